import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readRelaySettings } from "../../lib/cdk/relay-settings.ts";
import { readTargetSettings } from "../../lib/cdk/targets/context-settings.ts";
import { mutated } from "../foreigners/mutated-json.ts";

const RUNS = { numRuns: 1_500, seed: 20_260_131 };

const RELAY = {
  ...{ ordering: "none", concurrency: 16, minAgeSeconds: 600, memoryMb: 512, batchSize: 100, requeueEverySeconds: 120 },
  backoff: { jitter: "equal", baseMs: 50, capMs: 1_000, attempts: 3, budgetMs: 5_000 },
  requeueBackoff: { baseSeconds: 30, capSeconds: 600 },
  eventTypes: { except: ["order.*", "parcel.sent"] },
  alarms: { composite: false },
};

const secret = { secretArn: "arn:aws:secretsmanager:us-east-1:123456789012:secret:s-AbCdEf" };
const queueArn = "arn:aws:sqs:us-east-1:123456789012:orders";
const TARGETS: readonly (readonly [kind: string, good: object])[] = [
  ["eventbridge", { kind: "eventbridge", busName: "orders", busMemorySeconds: 20 }],
  ["sqs", { kind: "sqs", queueArn }],
  ["sns", { kind: "sns", topicArn: "arn:aws:sns:us-east-1:123456789012:orders" }],
  ["kinesis", { kind: "kinesis", streamArn: "arn:aws:kinesis:us-east-1:123456789012:stream/orders" }],
  ["lambda", { kind: "lambda", functionArn: "arn:aws:lambda:us-east-1:123456789012:function:orders" }],
  ["rabbitmq", { kind: "rabbitmq", url: "amqps://mq.example.com", queue: "orders" }],
  ["nats", { kind: "nats", servers: ["tls://n.example.com"], subject: "orders.{type}" }],
  ["http", { kind: "http", url: "https://h.example.com/hook", auth: { kind: "bearer", token: secret } }],
  ["nakadi", { kind: "nakadi", url: "https://n.example.com", eventType: "shop.order" }],
  ["kafka", { kind: "kafka", brokers: ["b-1.example.com:9098"], topic: "orders" }],
];

/** Whether the value was taken. It may be refused by a SettingError that names the setting, and by nothing else. */
function takes(read: () => unknown): boolean {
  try {
    read();
    return true;
  } catch (error) {
    expect(error).toMatchObject({ name: "SettingError", message: expect.stringMatching(/^outboxRelay/) });
    return false;
  }
}

function check(good: object, read: (path: string, value: unknown) => unknown): void {
  const taken = { true: 0, false: 0 };
  expect(takes(() => read("outboxRelay", good))).toBe(true);
  fc.assert(
    fc.property(mutated(good), (value) => {
      taken[`${takes(() => read("outboxRelay", value))}`] += 1;
    }),
    RUNS,
  );
  expect(taken.false).toBeGreaterThan(RUNS.numRuns / 4);
}

describe("settings that somebody wrote by hand, at synth", () => {
  it("of a relay are read, or refused by the name of the setting", () => check(RELAY, readRelaySettings));

  it.each(TARGETS)("of a target of the kind %s are read, or refused by the name of the setting", (_kind, good) => {
    check(good, readTargetSettings);
  });
});
