import fc from "fast-check";

/** What a person may take for a place to write a credential: beside a destination's name, and never in it. */
export const PLANTED = "T0K3N";

const ARN = "us-east-1:123456789012";
const name = fc.constantFrom(
  ...["orders", "orders.fifo", "my-password", "secret", "token", "Bearer", "aws_secret_access_key", "AccountKey"],
  ...["SharedAccessKey", "url", "a.b.c", "größe", "orders.{type}", "svc", "x"],
);
const host = fc.constantFrom(
  ...["hooks.slack.com", "evil.example.com", "broker", "127.0.0.1", "[::1]", "localhost", "10.0.0.1:8443"],
  ...[
    "sqs.us-east-1.amazonaws.com",
    "abc.execute-api.us-east-1.amazonaws.com",
    "sqs.us-east-1.amazonaws.com.evil.example",
  ],
);
const scheme = fc.constantFrom(
  ...["https://", "http://", "HTTPS://", "https:", "https:/", "https:\\\\", "+https://", "url:https://", "//", ""],
  ...["amqps://", "amqp:", "nats://", "tls://", "jdbc:redis://", "kafka:", "postgres://"],
);
/** A whole destination of some target, or what people take for one. */
const place = fc.oneof(
  name,
  fc.tuple(scheme, host).map((parts) => parts.join("")),
  fc.tuple(scheme, host, name).map(([first, at, path]) => `${first}${at}/${path}`),
  fc.tuple(scheme, host).map(([first, at]) => `${first}${at}/123456789012/orders`),
  fc.constantFrom(
    ...[`arn:aws:sqs:${ARN}:orders`, `arn:aws:sns:${ARN}:orders.fifo`, `arn:aws:kinesis:${ARN}:stream/orders`],
    ...[`arn:aws:lambda:${ARN}:function:orders:live`, `arn:aws:events:${ARN}:event-bus/orders`],
    ...["https://sqs.us-east-1.amazonaws.com/123456789012/orders", "http://127.0.0.1:4566/000000000000/orders"],
    ...["orders:live", "Orders.Contracts:OrderPlaced", "exchange/with/slashes"],
  ),
);
/** No name of any target has one of these, but for a slash in some exchanges and a colon in some aliases. */
const mark = fc.constantFrom(...[...':/?#@=;,|&+%~*>$!"()[]\\ \t\n\0\u2028', "://", ":@", "/?x=", "%20", " password="]);

/** {@link PLANTED} after a mark, before one, or in a place of an ARN or URL where no name stands. */
export const foreignDestination: fc.Arbitrary<string> = fc
  .oneof(
    fc.tuple(place, mark).map(([before, by]) => `${before}${by}${PLANTED}`),
    fc.tuple(mark, place).map(([by, after]) => `${PLANTED}${by}${after}`),
    fc
      .tuple(place, mark, mark, place)
      .map(([before, one, other, after]) => `${before}${one}${PLANTED}${other}${after}`),
    fc.constantFrom(
      ...[`arn:${PLANTED}:sqs:${ARN}:orders`, `arn:aws:${PLANTED}:${ARN}:orders`, `arn:aws:sns:${PLANTED}:orders`],
      ...[`arn:aws:sqs:us-east-1:${PLANTED}:orders`, `arn:aws:iam::123456789012:user/${PLANTED}`],
      ...[`arn:aws:sqs:${ARN}:stream/${PLANTED}`, `arn:aws:kinesis:${ARN}:${PLANTED}`],
      ...[
        `https://sqs.us-east-1.amazonaws.com/${PLANTED}/orders`,
        `https://10.0.0.1:${PLANTED}/`,
        `https://${PLANTED}/`,
      ],
      ...[`{"password":"${PLANTED}"}`, `${PLANTED}${"x".repeat(100)}`, `{${PLANTED}}`, `orders.{${PLANTED}}`],
    ),
  )
  .filter((text) => !NAMED_BY_IT.test(text));

/** Where what is planted is a name after all: a host's, a queue's. */
const NAMED_BY_IT =
  /^https?:\/\/(?:[\w.-]+:\d+|127\.0\.0\.1|localhost|\[::1\]|sqs\.[\w-]+\.amazonaws\.com)\/123456789012\/T0K3N$/i;
