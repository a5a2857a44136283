import { App, RemovalPolicy } from "aws-cdk-lib";
import { describe, expect, test } from "vitest";
import { type AppSettings, readAppSettings, readContextSettings } from "../../lib/cdk/settings.ts";
import { LOCAL_SETTINGS } from "../../lib/local/deploy.ts";

const queueArn = "arn:aws:sqs:us-east-1:123456789012:orders";
const tableArn = "arn:aws:dynamodb:us-east-1:123456789012:table/Outbox";

const DEFAULTS: AppSettings = {
  target: { kind: "eventbridge" },
  counterTable: false,
  relay: {
    delivery: {
      ordering: "none",
      backoff: { jitter: "full", baseMs: 100, capMs: 5_000, attempts: 5, budgetMs: 20_000 },
      requeueBackoff: { baseSeconds: 60, capSeconds: 3_600 },
      concurrency: 32,
      minAgeSeconds: 300,
      relayTimeoutSeconds: 60,
    },
    memoryMb: 1_024,
    relayTimeoutSeconds: 60,
    batchSize: 1_000,
    requeueEverySeconds: 60,
    alarms: { composite: true, metricMath: true, undeliveredSeconds: 300 },
    monitoring: "full",
    removalPolicy: RemovalPolicy.RETAIN,
  },
};

describe("the documented defaults", () => {
  test.each([
    ["nothing", undefined],
    ["null, as cdk.json may say", null],
    ["an empty object", {}],
    ["an empty JSON text", "{}"],
  ])("hold for %s", (_what, context) => {
    expect(readAppSettings(context)).toEqual(DEFAULTS);
  });

  test("halve the concurrency of functions of 512 MB or less", () => {
    expect(readAppSettings({ memoryMb: 512 }).relay.delivery.concurrency).toBe(16);
    expect(readAppSettings({ memoryMb: 513 }).relay.delivery.concurrency).toBe(32);
  });

  test("let the sweep wait for a relay that has more than five minutes", () => {
    expect(readAppSettings({ relayTimeoutSeconds: 900 }).relay.delivery.minAgeSeconds).toBe(910);
  });
});

describe("settings", () => {
  test("may be a JSON text, as the command line gives it", () => {
    expect(readAppSettings('{"batchSize":7,"alarms":{"composite":false}}').relay).toMatchObject({
      batchSize: 7,
      alarms: { composite: false },
    });
  });

  test("are read from the context of an app", () => {
    const app = new App({ context: { outboxRelay: { minAgeSeconds: 70 } } });
    expect(readContextSettings(app.node).relay.delivery.minAgeSeconds).toBe(70);
  });

  test("take every value that the design allows", () => {
    const settings = readAppSettings({
      target: { kind: "sqs", queueArn },
      ordering: "strict",
      minAgeSeconds: 86_400,
      requeueEverySeconds: 3_600,
      backoff: { jitter: "decorrelated", baseMs: 1, capMs: 1, attempts: 1, budgetMs: 1 },
      requeueBackoff: { baseSeconds: 1, capSeconds: 43_200 },
      concurrency: 256,
      maxDrainRate: 1,
      memoryMb: 128,
      relayTimeoutSeconds: 15,
      batchSize: 10_000,
      table: { arn: tableArn, streamArn: `${tableArn}/stream/2026-01-01T00:00:00.000` },
      alarmTopicArn: "arn:aws:sns:us-east-1:123456789012:ops",
      pageTopicArn: "arn:aws:sns:us-east-1:123456789012:pager",
      alarms: { composite: false },
      requeuerReservedConcurrency: 1,
    });
    expect(settings.target).toEqual({ kind: "sqs", queueArn, fifo: false });
    expect(settings.relay.delivery.ordering).toBe("strict");
    expect(settings.relay.requeuerReservedConcurrency).toBe(1);
    expect(settings.relay.delivery.maxDrainRate).toBe(1);
    expect(settings).toMatchObject({
      alarmTopicArn: "arn:aws:sns:us-east-1:123456789012:ops",
      pageTopicArn: "arn:aws:sns:us-east-1:123456789012:pager",
    });
  });

  test("tell the functions the relay's timeout, for a parked key rests longer than that", () => {
    const { relay } = readAppSettings({ ordering: "per-key", relayTimeoutSeconds: 120 });
    expect(relay.relayTimeoutSeconds).toBe(120);
    expect(relay.delivery).toMatchObject({ ordering: "per-key", relayTimeoutSeconds: 120 });
  });

  test("know a FIFO queue by its name", () => {
    expect(readAppSettings({ target: { kind: "sqs", queueArn: `${queueArn}.fifo` } }).target).toEqual({
      kind: "sqs",
      queueArn: `${queueArn}.fifo`,
      fifo: true,
    });
  });
});

describe("a bad setting is refused with its name, the value received and what is allowed", () => {
  const refusals: readonly (readonly [context: unknown, message: string])[] = [
    ["{batchSize:1}", 'outboxRelay is "{batchSize:1}": it is not valid JSON'],
    ["[]", "outboxRelay is []: it must be an object with target, table"],
    [7, "outboxRelay is 7: it must be an object"],
    [{ batchsize: 7 }, "outboxRelay.batchsize is 7: there is no such setting; the settings here are target, table"],

    [{ target: "sqs" }, 'outboxRelay.target is "sqs": it must be an object with kind'],
    [{ target: {} }, "outboxRelay.target.kind is undefined: it must be one of eventbridge, sqs"],
    [{ target: { kind: "ftp" } }, 'outboxRelay.target.kind is "ftp": it must be one of eventbridge, sqs'],
    [
      { target: { kind: "eventbridge", queueArn } },
      `outboxRelay.target.queueArn is "${queueArn}": there is no such setting; the settings here are kind, busName`,
    ],
    [{ target: { kind: "eventbridge", busName: "" } }, 'outboxRelay.target.busName is "": it must be the name'],
    [
      { target: { kind: "eventbridge", busName: "arn:aws:events:us-east-1:123456789012:event-bus/orders" } },
      "it must be the name, not the ARN, of a bus",
    ],
    [{ target: { kind: "sqs", queueArn: "orders" } }, 'outboxRelay.target.queueArn is "orders": it must be the ARN'],
    [{ target: { kind: "sqs", fifo: "yes" } }, 'outboxRelay.target.fifo is "yes": it must be true or false'],
    [
      { target: { kind: "sqs", queueArn, fifo: true } },
      "outboxRelay.target.fifo is true: the queue's name says false: leave fifo out",
    ],

    [{ ordering: "total" }, 'outboxRelay.ordering is "total": it must be one of none, per-key, strict'],
    [
      { minAgeSeconds: 69 },
      "outboxRelay.minAgeSeconds is 69: it must be an integer from 70 to 86400 (the relay's timeout of 60 s plus 10 s",
    ],
    [
      { minAgeSeconds: 300, relayTimeoutSeconds: 300 },
      "outboxRelay.minAgeSeconds is 300: it must be an integer from 310",
    ],
    [{ minAgeSeconds: 86_401 }, "outboxRelay.minAgeSeconds is 86401"],
    [{ requeueEverySeconds: 59 }, "outboxRelay.requeueEverySeconds is 59: it must be an integer from 60 to 3600"],
    [{ requeueEverySeconds: 3_660 }, "outboxRelay.requeueEverySeconds is 3660"],
    [{ requeueEverySeconds: 90 }, "outboxRelay.requeueEverySeconds is 90: it must be a whole number of minutes"],
    [
      { backoff: { jitter: "none" } },
      'outboxRelay.backoff.jitter is "none": it must be one of full, equal, decorrelated',
    ],
    [{ backoff: { baseMs: 200, capMs: 100 } }, "outboxRelay.backoff.capMs is 100: it must be an integer from 200"],
    [{ backoff: { attempts: 0 } }, "outboxRelay.backoff.attempts is 0"],
    [{ backoff: { retries: 3 } }, "outboxRelay.backoff.retries is 3: there is no such setting"],
    [{ requeueBackoff: { capSeconds: 43_201 } }, "outboxRelay.requeueBackoff.capSeconds is 43201"],
    [{ concurrency: 0 }, "outboxRelay.concurrency is 0: it must be an integer from 1 to 256"],
    [{ concurrency: 257 }, "outboxRelay.concurrency is 257"],
    [{ maxDrainRate: 0 }, "outboxRelay.maxDrainRate is 0"],
    [{ memoryMb: 127 }, "outboxRelay.memoryMb is 127: it must be an integer from 128 to 10240"],
    [{ memoryMb: "1024" }, 'outboxRelay.memoryMb is "1024"'],
    [{ relayTimeoutSeconds: 14 }, "outboxRelay.relayTimeoutSeconds is 14: it must be an integer from 15 to 900"],
    [{ relayTimeoutSeconds: 901 }, "outboxRelay.relayTimeoutSeconds is 901"],
    [{ batchSize: 0 }, "outboxRelay.batchSize is 0: it must be an integer from 1 to 10000"],
    [{ batchSize: 10_001 }, "outboxRelay.batchSize is 10001"],
    [{ batchSize: 1.5 }, "outboxRelay.batchSize is 1.5"],
    [
      { requeuerReservedConcurrency: 2 },
      "outboxRelay.requeuerReservedConcurrency is 2: it must be an integer from 1 to 1",
    ],

    [{ table: "Outbox" }, 'outboxRelay.table is "Outbox": it must be an object { arn, streamArn }'],
    [{ table: tableArn }, "aws dynamodb describe-table"],
    [{ table: { arn: "Outbox", streamArn: "x" } }, 'outboxRelay.table.arn is "Outbox": it must be the ARN of a table'],
    [{ table: { arn: tableArn } }, "outboxRelay.table.streamArn is undefined: it must be an object { arn, streamArn }"],
    [
      { table: { arn: tableArn, streamArn: `${tableArn}2/stream/2026` } },
      `it must be the ARN of a stream of that table, ${tableArn}/stream/<label>`,
    ],
    [{ alarmTopicArn: "ops" }, 'outboxRelay.alarmTopicArn is "ops": it must be the ARN of a standard topic'],
    [
      { alarmTopicArn: "arn:aws:sns:us-east-1:123456789012:ops.fifo" },
      "it must be the ARN of a standard topic, arn:<partition>:sns:<region>:<account>:<name>",
    ],
    [{ pageTopicArn: "pager" }, 'outboxRelay.pageTopicArn is "pager": it must be the ARN of a standard topic'],
    [{ alarms: true }, "outboxRelay.alarms is true: it must be an object with composite"],
    [
      { alarms: { undeliveredSeconds: 43_200 } },
      "outboxRelay.alarms.undeliveredSeconds is 43200: it must be an integer from 30 to 43199",
    ],
    [
      { alarms: { undeliveredSeconds: 299 } },
      "outboxRelay.alarms.undeliveredSeconds is 299: it must be minAgeSeconds, 300, or more",
    ],
    [{ minAgeSeconds: 1_800, alarms: { undeliveredSeconds: 900 } }, "it must be minAgeSeconds, 1800, or more"],
    [{ collectorLayerArn: "adot" }, 'outboxRelay.collectorLayerArn is "adot": it must be the ARN of a layer'],
    [
      { alarms: { runbook: "docs/operations.md" } },
      'outboxRelay.alarms.runbook is "docs/operations.md": it must be a URL of up to 200 characters, https://..., without the #anchor',
    ],
    [{ alarms: { runbook: "https://wiki.example.com/outbox#top" } }, "outboxRelay.alarms.runbook is"],
    [{ alarms: { composite: 1 } }, "outboxRelay.alarms.composite is 1: it must be true or false"],
  ];

  test.each(refusals)("%j", (context, message) => {
    expect(() => readAppSettings(context)).toThrow(message);
  });

  test("a setting as a context key of its own, which nobody would read", () => {
    const app = new App({ context: { "outboxRelay.batchSize": "7" } });
    expect(() => readContextSettings(app.node)).toThrow(
      `outboxRelay.batchSize is "7": give all settings as one JSON string, for example -c outboxRelay='{"batchSize":100}'.`,
    );
  });
});

test("the local run's settings are settings that the app takes", () => {
  expect(readAppSettings(JSON.stringify(LOCAL_SETTINGS)).relay.delivery.minAgeSeconds).toBe(25);
});
