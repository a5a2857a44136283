import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { systemClock } from "../../lib/aws/system.ts";
import { powertoolsTelemetry } from "../../lib/aws/telemetry.ts";
import { messagingCall } from "../../lib/aws/tracing/messaging.ts";
import { decodeItem } from "../../lib/contract/codec/decode-row.ts";
import { encodeItem } from "../../lib/contract/codec/encode-row.ts";
import type { Item } from "../../lib/contract/codec/item.ts";
import { deadLetterText, reasonOf } from "../../lib/contract/dead-letter.ts";
import { TARGET_KINDS, type TargetKind } from "../../lib/contract/deployment/target-kind.ts";
import type { RowContent } from "../../lib/contract/event.ts";
import type { Failure } from "../../lib/contract/failure.ts";
import { metLine } from "../../lib/core/archive/archive-lines.ts";
import { reportFailure } from "../../lib/core/delivery/failure-report.ts";
import { parkingFor } from "../../lib/core/delivery/park.ts";
import type { DeadLetterQueue, OutboxTable, Publisher } from "../../lib/core/ports.ts";
import { createPublisher as eventbridge } from "../../lib/targets/eventbridge/publisher.ts";
import { createPublisher as http } from "../../lib/targets/http/publisher.ts";
import { createPublisher as kafka } from "../../lib/targets/kafka/publisher.ts";
import { createPublisher as kinesis } from "../../lib/targets/kinesis/publisher.ts";
import { createPublisher as lambda } from "../../lib/targets/lambda/publisher.ts";
import { createPublisher as nakadi } from "../../lib/targets/nakadi/publisher.ts";
import { createPublisher as nats } from "../../lib/targets/nats/publisher.ts";
import { createPublisher as rabbitmq } from "../../lib/targets/rabbitmq/publisher.ts";
import type { CreatePublisher } from "../../lib/targets/shared/run/target-factory.ts";
import { createPublisher as sns } from "../../lib/targets/sns/publisher.ts";
import { createPublisher as sqs } from "../../lib/targets/sqs/publisher.ts";
import { eventOf, itemOf } from "../aws/fixtures.ts";
import { closedPort } from "../aws/loopback.ts";
import { foreignDestination, PLANTED } from "../foreigners/foreign-destinations.ts";
import { secretTexts } from "../servers/secret-texts.ts";

const ARN = "us-east-1:123456789012";
const TARGETS: Readonly<Record<TargetKind, readonly [CreatePublisher, object]>> = {
  eventbridge: [eventbridge, { busName: "orders" }],
  sqs: [sqs, { queueUrl: "https://sqs.us-east-1.amazonaws.com/123456789012/orders" }],
  sns: [sns, { topicArn: `arn:aws:sns:${ARN}:orders` }],
  kinesis: [kinesis, { streamArn: `arn:aws:kinesis:${ARN}:stream/orders` }],
  lambda: [lambda, { functionArn: `arn:aws:lambda:${ARN}:function:orders:live` }],
  http: [http, { url: "https://events.example.com/orders" }],
  nakadi: [nakadi, { url: "https://nakadi.example.com", eventType: "shop.order-placed" }],
  kafka: [kafka, { brokers: "b-1.example.com:9098", topic: "orders" }],
  rabbitmq: [rabbitmq, { url: "amqps://broker.example.com", queue: "orders" }],
  nats: [nats, { servers: ["tls://nats.example.com"], subject: "orders.{type}" }],
};

const SECRETS = /hunter2|hunter%202|T0K3N|svc-user/i;
const NAMED = [
  "https://svc-user:hunter2@events.example.com/orders",
  "https://svc-user:hun/ter2/hunter2@x@events.example.com",
  "https://svc-user:12?hunter2@events.example.com",
  "https://T0K3N@events.example.com",
  "amqps://svc-user:hunter2@broker.example.com/vhost",
  "tls://svc-user:hunter%202@nats.example.com",
  "svc-user:hunter2@b-1.example.com:9092",
  "https:svc-user:hunter2@events.example.com",
  "https:\\\\svc-user:hunter2@events.example.com",
  "https://events.example.com/orders?token=T0K3N",
  "https://events.example.com/orders#T0K3N",
  "https://hooks.example.com/services/T0K3N",
  "https:/hooks.example.com/T0K3N",
  "https://sqs.us-east-1.amazonaws.com/123456789012/orders?Signature=T0K3N",
  `arn:aws:sqs:${ARN}:orders password=hunter2`,
  `arn:aws:lambda:${ARN}:function:orders?token=T0K3N`,
  `arn:aws:events:${ARN}:event-bus/orders;T0K3N`,
  "orders\nT0K3N",
  "password:hunter2",
  "hooks.slack.com/services/T0/B0/T0K3N",
  "url:https://hooks.slack.com/services/T0K3N",
  "jdbc:redis://h/T0K3N",
  "token:T0K3N",
  "SharedAccessKey:T0K3N",
  "secret:T0K3N",
  "Bearer:T0K3N",
  "aws_secret_access_key:T0K3N",
  "AccountKey:T0K3N",
  "my-password:T0K3N",
  "amqp:user:hunter2",
  "+https://host/T0K3N",
  "https://evil.example.com/123456789012/T0K3N",
  "https://events.example.com/to?from=me@T0K3N",
];

/** What rows of a relay may well name, though this one was not deployed for it. */
const USEFUL: Readonly<Record<TargetKind, readonly string[]>> = {
  eventbridge: ["audit", `arn:aws:events:${ARN}:event-bus/audit`],
  sqs: ["audit.fifo", "https://sqs.eu-west-1.amazonaws.com/123456789012/audit", `arn:aws:sqs:${ARN}:audit`],
  sns: ["audit", `arn:aws:sns:${ARN}:audit.fifo`],
  kinesis: ["audit", `arn:aws:kinesis:${ARN}:stream/audit`],
  lambda: ["audit", `arn:aws:lambda:${ARN}:function:audit:live`, `arn:aws:lambda:${ARN}:function:audit:$LATEST`],
  http: ["https://hooks.example.com/"],
  nakadi: ["shop.order-shipped"],
  kafka: ["audit.v1_a-b"],
  rabbitmq: ["audit", "audit.größe"],
  nats: ["audit.{type}", "audit.placed"],
};

/** What a failed event leaves anywhere: log lines and metrics as they are written, the row's reason, its dead letter. */
async function tracesOf(content: RowContent, failure: Failure): Promise<string> {
  const written: string[] = [];
  const write = (text: unknown) => written.push(String(text)) > 0;
  vi.spyOn(process.stdout, "write").mockImplementation(write);
  vi.spyOn(process.stderr, "write").mockImplementation(write);
  const telemetry = powertoolsTelemetry("orders-relay");
  const table = {
    mark: async (_row: unknown, mark: unknown) => void written.push(JSON.stringify(mark)),
  } as unknown as OutboxTable;
  const deadLetters = {
    depth: async () => ({ visible: 0, hidden: 0 }),
    send: async (all: Parameters<DeadLetterQueue["send"]>[0]) =>
      all.map((each) => written.push(deadLetterText(each, 1_000_000)) > 0),
  } as unknown as DeadLetterQueue;
  const requeueBackoff = { baseSeconds: 60, capSeconds: 3_600 };
  const parking = parkingFor({ table, deadLetters, clock: systemClock, random: () => 0, telemetry, requeueBackoff });
  const parked = { content, marks: { attempts: 0 }, failure, attempts: 1, firstFailureMs: 0 };
  reportFailure(failure, 1, telemetry);
  await parking.park([parked]);
  await parking.markAgain(parked);
  telemetry.flush();
  vi.restoreAllMocks();
  return written.join("\n");
}

function publisherOf(kind: TargetKind, change: object = {}) {
  const [createPublisher, config] = TARGETS[kind];
  return createPublisher({
    config: { kind, ...config, ...change },
    ...{ path: "OUTBOX_RELAY_TARGET", concurrency: 4, clock: systemClock },
    telemetry: powertoolsTelemetry("orders-relay"),
    secrets: secretTexts({}),
  });
}

function rowOf(item: Item) {
  const decoded = decodeItem(item);
  if (decoded.kind !== "row") throw new Error(`This is a row, not ${decoded.kind}`);
  return decoded;
}

/** What a row leaves that names a destination for which the relay was not deployed. */
async function refusedAt(publisher: Publisher, kind: TargetKind, destination: string) {
  const event = eventOf({ destination });
  const to = publisher.destinationOf(event);
  const [result] = await publisher.publish(to, [event], systemClock.now() + 1_000);
  if (result?.kind !== "failed") throw new Error(`This is a refusal, not ${JSON.stringify(result)}`);
  expect(result.failure.code).toBe("DestinationNotAllowed");
  const { message } = result.failure;
  const traces = await tracesOf({ kind: "event", event }, result.failure);
  const span = JSON.stringify(messagingCall(kind, to, publisher.isDeployed?.(to) ?? false));
  const { row } = rowOf(itemOf({ destination }));
  const met = JSON.stringify(metLine({ row, position: "1", writtenAtMs: 0 }, 0, to));
  return { message, traces, all: [JSON.stringify(result), traces, span, met].join("\n") };
}

describe.each(TARGET_KINDS)("a row's destination with credentials, at %s", (kind) => {
  const publisher = publisherOf(kind);

  it.each(NAMED)("reaches no log line, metric, reason, dead letter, error or span: %j", async (destination) => {
    const { message, traces, all } = await refusedAt(publisher, kind, destination);
    expect(traces).toContain("_aws");
    expect(traces).toContain('"reason"');
    expect(traces).toContain("outbox-dead-letter/1");
    expect(all).not.toMatch(SECRETS);
    expect(message).toContain("not shown");
    expect(message, "says where it is").toContain("`outbox-relay show <id> --data`");
    expect(reasonOf({ class: "permanent", scope: "event", code: "DestinationNotAllowed", message })).toContain(
      "--data",
    );
  });

  it("reaches none of them in any shape", async () => {
    await fc.assert(
      fc.asyncProperty(foreignDestination, async (destination) => {
        expect((await refusedAt(publisher, kind, destination)).all).not.toContain(PLANTED);
      }),
      { numRuns: 200, seed: 20_260_131 },
    );
  });

  it.each(USEFUL[kind])("is told whole where it has the shape of one: %s", async (destination) => {
    const { message, traces } = await refusedAt(publisher, kind, destination);
    expect(message).toMatch(
      /^The event names the destination "[^"]*", for which this relay was not deployed: .* write it for another$/,
    );
    expect(message).toContain(JSON.stringify(destination));
    expect(traces).toContain(destination);
  });
});

describe("an exchange of the deployment's own, of whatever name", () => {
  it.each(["Orders.Contracts:OrderPlaced", "exchange/with/slashes"])("is shown to traces: %s", (exchange) => {
    const publisher = publisherOf("rabbitmq", { queue: undefined, exchange });
    const to = publisher.destinationOf(eventOf());
    expect(messagingCall("rabbitmq", to, publisher.isDeployed?.(to) ?? false).destinationName).toBe(exchange);
    expect(publisher.isDeployed?.("elsewhere")).toBe(false);
  });
});

/** Whatever a connection that is refused says, of an address, a login and a token that the settings have. */
describe("a target's own address and login", () => {
  const LOGIN = { username: { parameterName: "u" }, password: { parameterName: "p" } };
  const secrets = secretTexts({ u: "svc-user", p: "hunter2" });
  const cases: readonly (readonly [TargetKind, (port: string) => object])[] = [
    ["http", (port) => ({ url: `http://${port}/T0K3N?token=T0K3N`, allowInsecure: true })],
    ["rabbitmq", (port) => ({ url: `amqp://${port}`, queue: "orders", ...LOGIN })],
    ["nats", (port) => ({ servers: [`nats://${port}`], subject: "orders", ...LOGIN })],
    [
      "kafka",
      (port) => ({ brokers: port, topic: "orders", tls: false, auth: { mechanism: "scram-sha-512", ...LOGIN } }),
    ],
  ];

  it.each(cases)(
    "reach no log line, metric, reason or dead letter when %s cannot be reached",
    async (kind, settings) => {
      const port = (await closedPort()).replace("http://", "");
      const publisher = TARGETS[kind][0]({
        config: { kind, ...settings(port) },
        ...{ path: "OUTBOX_RELAY_TARGET", concurrency: 4, clock: systemClock, secrets },
        telemetry: powertoolsTelemetry("orders-relay"),
      });
      const event = eventOf();
      const [result] = await publisher.publish(publisher.destinationOf(event), [event], systemClock.now() + 3_000);
      if (result?.kind !== "failed") throw new Error(`Nobody listens there: ${JSON.stringify(result)}`);
      expect(await tracesOf({ kind: "event", event }, result.failure)).not.toMatch(SECRETS);
    },
  );
});

describe("a malformed row's destination with credentials", () => {
  it.each(NAMED)("reaches no log line, metric, reason or dead letter: %j", async (destination) => {
    const decoded = decodeItem({ ...itemOf({ destination }), time: { S: "yesterday" } });
    if (decoded.kind !== "row" || decoded.row.content.kind !== "malformed") throw new Error("This is not malformed");
    const { content } = decoded.row;
    const traces = await tracesOf(content, {
      ...{ class: "permanent", scope: "event", code: "MalformedRow" },
      message: content.row.reason,
    });
    expect(traces).toContain('"item"');
    expect(traces).not.toMatch(SECRETS);
  });

  it("reaches none of them in any shape", () => {
    fc.assert(
      fc.property(foreignDestination, (destination) => {
        const decoded = decodeItem({ ...itemOf({ destination }), time: { S: "yesterday" } });
        expect(JSON.stringify(decoded)).not.toContain(PLANTED);
      }),
      { numRuns: 1_000, seed: 20_260_131 },
    );
  });

  it("is left out of the dead letter where it is of another type than a string", () => {
    const destination = { M: { password: { S: "hunter2" } } };
    const decoded = decodeItem({ ...encodeItem({ ...itemFields, destination: "x" }), destination });
    expect(JSON.stringify(decoded)).not.toMatch(SECRETS);
    expect(JSON.stringify(decoded)).toContain("not shown");
  });
});

const itemFields = {
  ...{ id: "e1", source: "shop", type: "order.placed" },
  ...{ time: "2026-01-01T00:00:00Z", recordedtime: "2026-01-01T00:00:00Z" },
};
