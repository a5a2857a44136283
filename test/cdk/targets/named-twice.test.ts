import { Fn } from "aws-cdk-lib";
import { Function as LambdaFunction } from "aws-cdk-lib/aws-lambda";
import { describe, expect, test } from "vitest";
import { OutboxTarget } from "../../../lib/cdk/targets/outbox-target.ts";
import { createOwnStack, createRelay } from "../fixtures.ts";

const TWICE = "the target names it twice: leave it out here";

/** Each target that names its destinations by strings. */
const BY_TEXT: readonly (readonly [string, (first: string, alsoTo: readonly string[]) => OutboxTarget])[] = [
  ["kafka", (topic, alsoTo) => OutboxTarget.kafka({ brokers: ["b:9092"], topic, alsoTo })],
  [
    "msk",
    (topic, alsoTo) =>
      OutboxTarget.msk({
        ...{ brokers: ["b:9098"], topic, alsoTo },
        clusterArn: "arn:aws:kafka:eu-west-1:111111111111:cluster/orders/0a1b2c3d",
      }),
  ],
  ["nats", (subject, alsoTo) => OutboxTarget.nats({ servers: ["tls://nats.example.com"], subject, alsoTo })],
  ["rabbitMq", (exchange, alsoTo) => OutboxTarget.rabbitMq({ url: "amqps://mq.example.com", exchange, alsoTo })],
  ["rabbitMq", (queue, alsoTo) => OutboxTarget.rabbitMq({ url: "amqps://mq.example.com", queue, alsoTo })],
  ["nakadi", (eventType, alsoTo) => OutboxTarget.nakadi({ url: "https://nakadi.example.com", eventType, alsoTo })],
];

describe.each(BY_TEXT)("%s", (kind, targetTo) => {
  test("refuses a destination that is there twice, and takes others", () => {
    expect(() => targetTo("orders", ["orders"])).toThrow(`OutboxTarget.${kind}.alsoTo[0] is "orders": ${TWICE}`);
    expect(() => targetTo("orders", ["audit", "audit"])).toThrow(`OutboxTarget.${kind}.alsoTo[1] is "audit": ${TWICE}`);
    expect(() => targetTo("orders", ["Orders", "audit"])).not.toThrow();
  });
});

describe("http", () => {
  const to = (url: string, ...alsoTo: readonly string[]) => OutboxTarget.http({ url, alsoTo });

  test.each([
    ["https://h.example/x", "https://h.example/x"],
    ["https://h.example/x", "https://H.example/x"],
    ["https://h.example", "https://h.example/"],
    ["https://h.example:443/x", "https://h.example/x"],
  ])("refuses %s beside %s", (one, other) => {
    expect(() => to(one, other)).toThrow(`OutboxTarget.http.alsoTo[0] is "${other}": ${TWICE}`);
  });

  test("takes paths that differ, and what only the deployment knows", () => {
    expect(() =>
      to("https://h.example/x", "https://h.example/X", Fn.importValue("A"), Fn.importValue("B")),
    ).not.toThrow();
  });
});

describe("lambda", () => {
  const HERE = { account: "111111111111", region: "eu-west-1" };
  const arn = "arn:aws:lambda:eu-west-1:111111111111:function:f";
  const byArn = (text: string) => (stack: ReturnType<typeof createOwnStack>) =>
    LambdaFunction.fromFunctionArn(stack, text.replaceAll(/\W/g, ""), text);

  test.each([
    [byArn(arn), byArn(`${arn}:$LATEST`)],
    [byArn(`${arn}:$LATEST`), byArn(arn)],
    [byArn(arn), (stack: ReturnType<typeof createOwnStack>) => LambdaFunction.fromFunctionName(stack, "Named", "f")],
  ])("refuses a function beside its newest version, and by ARN beside its name", (one, other) => {
    const stack = createOwnStack({ env: HERE });
    const target = OutboxTarget.lambda(one(stack), { alsoTo: [other(stack)] });
    expect(() => createRelay(stack, { target })).toThrow(TWICE);
  });
});

describe("a refusal", () => {
  test("says of what only the deployment knows that it does", () => {
    const later = Fn.importValue("Topic");
    expect(() => OutboxTarget.kafka({ brokers: ["b:9092"], topic: later, alsoTo: [later] })).toThrow(
      `OutboxTarget.kafka.alsoTo[0] is a value that only the deployment knows: ${TWICE}`,
    );
  });

  test.each([
    ["http", () => OutboxTarget.http({ url: "https://h.example", netwerk: 1 } as never)],
    ["nakadi", () => OutboxTarget.nakadi({ url: "https://h.example", eventType: "a", netwerk: 1 } as never)],
  ])("of an option of %s that there is not lists network, and not kind", (_kind, make) => {
    expect(make).toThrow(/netwerk is 1: there is no such setting; the settings here are url, .*, network\.$/);
  });
});
