import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readSecretRef } from "../../lib/aws/secrets.ts";
import { ENVIRONMENT, readEnvironment } from "../../lib/contract/deployment/environment.ts";
import { readCount, readFilter, readRate } from "../../lib/operator/cli/filter-options.ts";
import { readDuration } from "../../lib/operator/cli/times.ts";
import { readHttpTarget } from "../../lib/targets/http/settings.ts";
import { readKafkaConfig } from "../../lib/targets/kafka/settings.ts";
import { readNakadiTarget } from "../../lib/targets/nakadi/settings.ts";
import { readNatsConfig } from "../../lib/targets/nats/settings.ts";
import { readRabbitSettings } from "../../lib/targets/rabbitmq/settings.ts";
import { hostileText } from "./hostile-json.ts";
import { mutated } from "./mutated-json.ts";

const RUNS = { numRuns: 2_000, seed: 20_260_131 };

const DELIVERY = {
  ordering: "per-key",
  backoff: { jitter: "full", baseMs: 100, capMs: 5_000, attempts: 5, budgetMs: 20_000 },
  requeueBackoff: { baseSeconds: 60, capSeconds: 3_600 },
  ...{ concurrency: 32, minAgeSeconds: 300, maxDrainRate: 100, relayTimeoutSeconds: 60 },
  eventTypes: { only: ["order.*"] },
};
const secret = { secretArn: "arn:aws:secretsmanager:eu-west-1:123456789012:secret:s", field: "f" };
const parameter = { parameterName: "/p" };
const auth = { kind: "oauth2", tokenUrl: "https://auth.example.com", clientId: "relay", clientSecret: secret };

const TARGETS: readonly (readonly [kind: string, good: object, read: (path: string, value: unknown) => unknown])[] = [
  [
    "kafka",
    {
      ...{ kind: "kafka", brokers: "b:9098,[::1]:9099", topic: "t", alsoTo: ["u"], maxBytes: 1_000_000, tls: true },
      ...{ ca: parameter, auth: { mechanism: "scram-sha-512", username: parameter, password: secret } },
    },
    readKafkaConfig,
  ],
  [
    "nats",
    {
      kind: "nats",
      servers: ["tls://n.example.com:4222"],
      subject: "orders.{type}",
      alsoTo: ["x"],
      stream: "S",
      ca: secret,
    },
    readNatsConfig,
  ],
  [
    "rabbitmq",
    {
      ...{ kind: "rabbitmq", url: "amqps://mq.example.com", exchange: "e", routingKey: "{type}", alsoTo: ["f"] },
      ...{ username: parameter, password: secret },
    },
    readRabbitSettings,
  ],
  [
    "http",
    { kind: "http", url: "https://h.example.com/hook", mode: "batch", maxEntries: 10, timeoutMs: 1_000, auth },
    (path, value) => readHttpTarget(path, value, readSecretRef),
  ],
  [
    "nakadi",
    {
      kind: "nakadi",
      url: "https://n.example.com",
      eventType: "shop.order",
      alsoTo: ["shop.other"],
      events: "business",
    },
    (path, value) => readNakadiTarget(path, value, readSecretRef),
  ],
];

/** Runs a reader, and says whether it took the value. It may refuse it by no other error. */
function takes(read: () => unknown, name: string, message: RegExp): boolean {
  try {
    read();
    return true;
  } catch (error) {
    expect(error).toMatchObject({ name, message: expect.stringMatching(message) });
    return false;
  }
}

describe("settings that somebody wrote by hand", () => {
  it("of a function are read, or refused by the name of the variable", () => {
    const taken = { true: 0, false: 0 };
    const variables = {
      ...{ [ENVIRONMENT.tableName]: "t", [ENVIRONMENT.deadLetterQueueUrl]: "u", [ENVIRONMENT.relayName]: "r" },
      ...{ [ENVIRONMENT.settings]: JSON.stringify(DELIVERY), [ENVIRONMENT.target]: "{}", [ENVIRONMENT.metrics]: "[]" },
    };
    const name = fc.constantFrom(...Object.values(ENVIRONMENT), "AWS_LAMBDA_FUNCTION_MEMORY_SIZE");
    const text = fc.oneof(fc.string(), hostileText, fc.constant(undefined));
    fc.assert(
      fc.property(
        mutated(DELIVERY).map((value) => JSON.stringify(value)),
        fc.option(fc.tuple(name, text)),
        (settings, other) => {
          const given = {
            ...variables,
            [ENVIRONMENT.settings]: settings,
            ...(other === null ? {} : { [other[0]]: other[1] }),
          };
          taken[`${takes(() => readEnvironment(given), "SettingError", /OUTBOX_|DEAD_LETTER|POWERTOOLS/)}`] += 1;
        },
      ),
      RUNS,
    );
    expect(Math.min(taken.true, taken.false)).toBeGreaterThan(RUNS.numRuns / 50);
  });

  it.each(TARGETS)("of a %s target are read, or refused by the name of the setting", (_kind, good, read) => {
    const taken = { true: 0, false: 0 };
    expect(takes(() => read("target", good), "never", /never/)).toBe(true);
    fc.assert(
      fc.property(mutated(good), (value) => {
        taken[`${takes(() => read("target", value), "SettingError", /^target/)}`] += 1;
      }),
      RUNS,
    );
    expect(Math.min(taken.true, taken.false)).toBeGreaterThan(RUNS.numRuns / 100);
  });
});

describe("filters that somebody typed", () => {
  const text = fc.oneof(
    fc.string(),
    fc.constantFrom("order.*", "*", " * ", "1", "1.0", "90s", "10m", "-1", "1e400", "0x10"),
  );

  it("are read, or refused as misuse by the name of the option", () => {
    const options = fc.record(
      { key: text, sequence: text, type: text, failure: text, olderThan: text, newerThan: text },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(options, text, (given, other) => {
        takes(() => readFilter([], given), "OperatorError", /^--(type|sequence|older-than|newer-than) /);
        takes(() => readRate(other), "OperatorError", /^--rate /);
        takes(() => readCount("--limit", other, 500), "OperatorError", /^--limit /);
        takes(() => readDuration("--for", other), "OperatorError", /^--for /);
      }),
      RUNS,
    );
  });
});
