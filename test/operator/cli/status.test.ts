import { readFileSync } from "node:fs";
import { join } from "node:path";
import { CloudWatchClient, GetMetricDataCommand } from "@aws-sdk/client-cloudwatch";
import { CloudWatchLogsClient, FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { DescribeTableCommand, DescribeTimeToLiveCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { GetFunctionConcurrencyCommand, LambdaClient, ListEventSourceMappingsCommand } from "@aws-sdk/client-lambda";
import { GetScheduleCommand, SchedulerClient } from "@aws-sdk/client-scheduler";
import { GetQueueAttributesCommand, SQSClient } from "@aws-sdk/client-sqs";
import { beforeEach, describe, expect, it } from "vitest";
import type { Item } from "../../../lib/contract/codec/item.ts";
import { PROJECT_ROOT } from "../../../lib/local/run-folder.ts";
import { status } from "../../../lib/operator/cli/commands/status.ts";
import { outputTo } from "../../../lib/operator/cli/output.ts";
import type { Session } from "../../../lib/operator/cli/session.ts";
import type { OperatorPage } from "../../../lib/operator/core/operator-ports.ts";
import { NEW_IMAGES, tableSchema } from "../../aws/tables/table-schema.ts";
import { rowsAmong } from "../../engine/table-effects.ts";
import { mockClient } from "../../setup/mocked-clients.ts";
import { checked, type Deployed } from "../aws/doctor/checked.ts";
import { Collector } from "./collector.ts";

const cloudwatch = mockClient(CloudWatchClient);
const logs = mockClient(CloudWatchLogsClient);
const dynamodb = mockClient(DynamoDBClient);
const lambda = mockClient(LambdaClient);
const scheduler = mockClient(SchedulerClient);
const sqs = mockClient(SQSClient);

const NOW = Date.parse("2026-01-31T12:00:00Z");
const STREAM = "arn:aws:dynamodb:us-east-1:123456789012:table/outbox/stream/1";
const missing = (name: string) => Object.assign(new Error("no such thing"), { name, $metadata: {} });
const noResource = () => missing("ResourceNotFoundException");

beforeEach(() => {
  for (const mock of [cloudwatch, logs, dynamodb, lambda, scheduler, sqs]) mock.reset();
  runsHeardOf(15);
  logs.on(FilterLogEventsCommand).resolves({ events: [] });
  dynamodb.on(DescribeTableCommand).resolves({
    Table: {
      LatestStreamArn: STREAM,
      StreamSpecification: NEW_IMAGES,
      ...tableSchema(),
    },
  });
  timeToLive("DISABLED");
  lambda
    .on(ListEventSourceMappingsCommand)
    .resolves({ EventSourceMappings: [{ State: "Enabled", EventSourceArn: STREAM }] });
  lambda.on(GetFunctionConcurrencyCommand).resolves({});
  scheduler.on(GetScheduleCommand).resolves({ State: "ENABLED", ScheduleExpression: "rate(1 minute)" });
  sqs.on(GetQueueAttributesCommand).resolves({ Attributes: {} });
});

function runsHeardOf(runs: number | undefined): void {
  const MetricDataResults = runs === undefined ? [] : [{ Id: "requeuerHeartbeat", Values: [runs] }];
  cloudwatch.on(GetMetricDataCommand).resolves({ MetricDataResults });
}

/** Healthy runs, and this many events in a minute. */
function published(minuteMs: number, events: number): void {
  const MetricDataResults = [
    { Id: "requeuerHeartbeat", Values: [15] },
    { Id: "eventsPublished", Values: [events, 5], Timestamps: [new Date(minuteMs), new Date(NOW - 800_000)] },
  ];
  cloudwatch.on(GetMetricDataCommand).resolves({ MetricDataResults });
}

function timeToLive(TimeToLiveStatus: "ENABLED" | "DISABLED"): void {
  dynamodb
    .on(DescribeTimeToLiveCommand)
    .resolves({ TimeToLiveDescription: { TimeToLiveStatus, AttributeName: "expires" } });
}

function targetFailed(secondsAgo: number): void {
  const timestamp = new Date(NOW - secondsAgo * 1_000).toISOString();
  const line = { message: "parked", timestamp, scope: "target", class: "transient", code: "Down", error: "no answer" };
  logs.on(FilterLogEventsCommand).resolves({ events: [{ message: JSON.stringify(line) }] });
}

/** Lines of a layer's, which are in the same log. */
function strangeLines(): void {
  const odd = { toString: 1, valueOf: 1 };
  const lines = [
    {
      message: "odd",
      scope: "target",
      class: odd,
      code: odd,
      error: odd,
      undecided: true,
      eventId: odd,
      timestamp: odd,
    },
    { message: "odd", scope: "event", code: null, error: [odd], timestamp: null },
    { message: odd, scope: "target", code: "c" },
    null,
  ];
  logs.on(FilterLogEventsCommand).resolves({
    events: lines.map((line) => ({ message: `${JSON.stringify(line)}`, timestamp: NOW })),
  });
}

interface Looked extends Deployed {
  readonly items?: readonly Item[];
  readonly scan?: () => Promise<OperatorPage>;
  readonly aside?: () => Promise<never>;
}

async function look({ items = [], scan, aside, ...deployed }: Looked = {}) {
  const stdout = new Collector();
  let page: OperatorPage = { rows: rowsAmong(items), parkedKeys: [] };
  const once = async () => {
    const rows = page;
    page = { rows: [], parkedKeys: [] };
    return rows;
  };
  const session = {
    ...checked(deployed),
    output: outputTo({ stdout, stderr: stdout, json: false, environment: {} }),
    clock: { now: () => NOW, sleep: async () => undefined },
    stopped: () => false,
    table: { scan: scan ?? once },
    journal: { aside: aside ?? (async () => ({ events: [] })) },
  } as unknown as Session;
  return { exitCode: await status(session), stdout: stdout.text };
}

describe("status is healthy", () => {
  it("when all is there, runs, and nothing waits", async () => {
    const { exitCode, stdout } = await look();
    expect(stdout).toMatch(/^Healthy\n/);
    expect(stdout).toMatch(/oldest +none/);
    expect(exitCode).toBe(0);
  });

  it("and says which target it is, of a webhook its server alone", async () => {
    expect((await look()).stdout).toMatch(/target +orders\n/);
    const { stdout } = await look({ targetName: "https://hooks.example.com/services/hunter2" });
    expect(stdout).toMatch(/target +https:\/\/hooks\.example\.com\/\(not shown\)\n/);
  });

  it("and says how many events may have come twice, and why", async () => {
    expect((await look()).stdout).toMatch(/duplicates +no data\n/);
    const sums = (counts: Readonly<Record<string, number>>) =>
      cloudwatch.on(GetMetricDataCommand).resolves({
        MetricDataResults: Object.entries({ requeuerHeartbeat: 15, ...counts }).map(([Id, value]) => ({
          ...{ Id, Values: [value], Timestamps: [new Date(NOW - 60_000)] },
        })),
      });
    sums({ duplicates_unconfirmed: 0, eventsPublished: 5 });
    expect((await look()).stdout).toMatch(/duplicates +none possible in 15m\n/);
    sums({
      duplicates_unconfirmed: 0,
      duplicates_ambiguous_publish: 3,
      duplicates_delete_failed: 1,
      eventsPublished: 80_000,
      duplicatesDropped: 2,
    });
    const [line] = /^duplicates .*/m.exec((await look()).stdout) ?? [];
    expect(line).toContain(
      "4 possible in 15m, 50 of a million (ambiguous-publish 3, delete-failed 1); 2 dropped by the target",
    );
    expect(readFileSync(join(PROJECT_ROOT, "docs", "duplicates.md"), "utf8")).toContain(`\n${line}\n`);
    sums({ duplicates_delete_failed: 1 });
    expect((await look()).stdout).toMatch(/duplicates +1 possible in 15m \(delete-failed 1\)\n/);
  });

  it("without metrics of the relay's own, as its monitoring was left out, by Lambda's", async () => {
    const ofLambda = (...Values: readonly number[]) => [
      { Id: "requeuerInvocations", Values: [15] },
      { Id: "requeuerErrors", Values: [...Values] },
    ];
    cloudwatch.on(GetMetricDataCommand).resolves({ MetricDataResults: ofLambda(0) });
    expect((await look()).stdout).toMatch(/^Healthy\n/);
    cloudwatch.on(GetMetricDataCommand).resolves({ MetricDataResults: ofLambda(15) });
    expect((await look()).stdout).toContain("has not completed a run in 15 minutes");
    // If the relay's own metrics can be read, a missing heartbeat counts.
    const MetricDataResults = [...ofLambda(0), { Id: "breakerOpen", Values: [0] }];
    cloudwatch.on(GetMetricDataCommand).resolves({ MetricDataResults });
    expect((await look()).stdout).toContain("has not completed a run in 15 minutes");
  });

  it.each([
    ["a target that failed seconds ago", () => targetFailed(5), "The target fails: Down: no answer"],
    ["a table with a time to live", () => timeToLive("ENABLED"), "The table outbox loses events"],
    ["no run that CloudWatch heard of", () => runsHeardOf(undefined), "has not completed a run in 15 minutes"],
    ["no run in 15 minutes", () => runsHeardOf(0), "has not completed a run in 15 minutes"],
  ])("never beside %s", async (_what, befall, problem) => {
    befall();
    const { exitCode, stdout } = await look();
    expect(stdout).toMatch(/^Not healthy: 1 problem\n/);
    expect(stdout).toContain(problem);
    expect(exitCode).toBe(1);
  });

  it("although a layer wrote lines into the log that were made to do harm", async () => {
    strangeLines();
    const { stdout } = await look();
    expect(stdout).toContain("an object: an object");
  });

  it("beside a failure after which the target took events, where it is the only destination", async () => {
    targetFailed(50);
    published(NOW - 40_000, 3);
    expect((await look()).stdout).toMatch(/^Healthy\n/);
    published(NOW - 40_000, 0);
    expect((await look()).stdout).toContain("The target fails: Down: no answer");
    published(NOW - 40_000, 3);
    const target = { kind: "eventbridge", busName: "orders", alsoTo: ["audit"] };
    expect((await look({ target })).stdout).toContain("The target fails: Down: no answer");
  });

  it("waits for two of the requeuer's periods where those are longer than 15 minutes", async () => {
    scheduler.on(GetScheduleCommand).resolves({ State: "ENABLED", ScheduleExpression: "rate(1 hour)" });
    runsHeardOf(0);
    expect((await look()).stdout).toContain("has not completed a run in 120 minutes");
  });

  it.each(["relay", "requeuer"])("never beside a throttled function, and names what ends it: %s", async (part) => {
    lambda.on(GetFunctionConcurrencyCommand, { FunctionName: part }).resolves({ ReservedConcurrentExecutions: 0 });
    const { exitCode, stdout } = await look();
    expect(stdout).toMatch(new RegExp(`The ${part} is switched off \\(.*reserved concurrency 0\\)`));
    expect(stdout).toContain(`do: outbox-relay resume ${part} --yes`);
    expect(exitCode).toBe(1);
  });
});

describe("status tells the rest where a part is gone", () => {
  it.each([
    ["its schedule", () => scheduler.on(GetScheduleCommand).rejects(noResource()), {}, "The schedule schedule is gone"],
    [
      "its mapping",
      () => lambda.on(ListEventSourceMappingsCommand).resolves({}),
      {},
      "The event source mapping of relay is gone",
    ],
    [
      "its queue",
      () => sqs.on(GetQueueAttributesCommand).rejects(missing("QueueDoesNotExist")),
      {},
      "The dead-letter queue https://",
    ],
    [
      "the relay",
      () => lambda.on(ListEventSourceMappingsCommand).rejects(noResource()),
      { gone: ["relay"] },
      "The function relay, or its alias live, is gone",
    ],
    ["the requeuer", () => undefined, { gone: ["requeuer"] }, "The function requeuer, or its alias live, is gone"],
    ["the journal", () => undefined, { aside: () => Promise.reject(noResource()) }, "The journal journal is gone"],
    [
      "the table",
      () => dynamodb.on(DescribeTableCommand).rejects(noResource()),
      { scan: () => Promise.reject(noResource()) },
      "The outbox table outbox is gone",
    ],
  ] as [string, () => unknown, Looked, string][])("%s", async (_what, take, looked, problem) => {
    take();
    const { exitCode, stdout } = await look({
      ...looked,
      items: [row("e1", { recordedtime: "2026-01-31T11:59:50Z" })],
    });
    expect(stdout).toMatch(/^Not healthy: 1 problem\n/);
    expect(stdout).toContain(problem);
    for (const fact of ["undelivered", "dead letters", "relay ", "requeuer", "versions"])
      expect(stdout).toContain(fact);
    if (looked.scan === undefined) expect(stdout).toMatch(/undelivered +1 event\n/);
    expect(exitCode).toBe(1);
  });
});

const row = (id: string, attributes: Readonly<Record<string, string>>): Item => ({
  ...{ pk: { S: id }, sk: { N: "1" }, id: { S: id }, source: { S: "/s" }, type: { S: "t" } },
  ...{ time: { S: "2020-01-01T00:00:00Z" }, data: { S: "{}" } },
  ...Object.fromEntries(Object.entries(attributes).map(([name, value]) => [name, { S: value }])),
});

describe("the oldest event", () => {
  it("is unknown, and not none, where no row says since when it waits", async () => {
    const { stdout } = await look({ items: [row("e1", {})] });
    expect(stdout).toMatch(/undelivered +1 event\n/);
    expect(stdout).toMatch(/oldest +unknown: nobody knows since when they wait/);
  });

  it("may be older where some rows do not say so", async () => {
    const { stdout } = await look({ items: [row("e1", { recordedtime: "2026-01-31T11:59:50Z" }), row("e2", {})] });
    expect(stdout).toContain(
      "waits since 2026-01-31T11:59:50Z (10s ago), or longer: of 1 nobody knows since when they wait",
    );
  });
});
