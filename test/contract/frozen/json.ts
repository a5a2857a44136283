import { CloudWatchClient, GetMetricDataCommand } from "@aws-sdk/client-cloudwatch";
import { CloudWatchLogsClient, FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import {
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  DynamoDBClient,
  PutItemCommand,
} from "@aws-sdk/client-dynamodb";
import { DescribeStreamCommand, DynamoDBStreamsClient } from "@aws-sdk/client-dynamodb-streams";
import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { IAMClient } from "@aws-sdk/client-iam";
import {
  GetFunctionConcurrencyCommand,
  LambdaClient,
  ListEventSourceMappingsCommand,
  UpdateEventSourceMappingCommand,
} from "@aws-sdk/client-lambda";
import { GetScheduleCommand, SchedulerClient, UpdateScheduleCommand } from "@aws-sdk/client-scheduler";
import { GetQueueAttributesCommand, SQSClient } from "@aws-sdk/client-sqs";
import type { Item } from "../../../lib/contract/codec/item.ts";
import { MARKS, PARKED_KEY } from "../../../lib/contract/item-contract.ts";
import { dashboard } from "../../../lib/operator/cli/commands/dashboard.ts";
import { doctor } from "../../../lib/operator/cli/commands/doctor.ts";
import { release, retry, setAside } from "../../../lib/operator/cli/commands/event-acts.ts";
import { journal } from "../../../lib/operator/cli/commands/journal.ts";
import { list } from "../../../lib/operator/cli/commands/list.ts";
import { put } from "../../../lib/operator/cli/commands/put.ts";
import { show } from "../../../lib/operator/cli/commands/show.ts";
import { status } from "../../../lib/operator/cli/commands/status.ts";
import { switchParts } from "../../../lib/operator/cli/commands/switching.ts";
import { outputTo } from "../../../lib/operator/cli/output.ts";
import type { Session } from "../../../lib/operator/cli/session.ts";
import { checked } from "../../operator/aws/doctor/checked.ts";
import { Collector } from "../../operator/cli/collector.ts";
import { mockClient } from "../../setup/mocked-clients.ts";
import { MemoryJournal, memoryOperatorTable } from "../../world/memory-operator.ts";
import { memoryTable } from "../../world/memory-table.ts";
import { VirtualClock } from "../../world/virtual-clock.ts";
import { auditLines } from "./audit-json.ts";
import { replayLines } from "./replay-json.ts";
import { shapeOf } from "./shape.ts";

const NOW = Date.parse("2026-01-31T12:00:00Z");
const STREAM = "arn:aws:dynamodb:us-east-1:123456789012:table/outbox/stream/1";

/** What each command prints with `--json`: a line for each path of the document. */
export async function jsonLines(): Promise<readonly string[]> {
  mockAws();
  const lines: string[] = [];
  const say = async (name: string, command: (session: Session) => Promise<number>) => {
    const stdout = new Collector();
    const { session } = world;
    const output = outputTo({ stdout, stderr: new Collector(), json: true, environment: {} });
    await command({ ...session, output });
    lines.push(...shapeOf(JSON.parse(stdout.text)).map((path) => `json ${name} ${path}`));
  };
  let world = newWorld({ ordering: "per-key" });
  const one = { filter: { ids: ["e1"] }, eventsPerSecond: 10, why: "a test", yes: true, dryRun: false };
  const nothing = { ...one, filter: { ids: ["none"] } };
  const page = { filter: {}, order: "oldest", limit: 2 } as const;

  await say("status", status);
  await say("doctor", doctor);
  await say("dashboard", dashboard);
  await say("list", (session) => list(session, page));
  await say("show", (session) => show(session, { ids: ["e1"] }, true));
  await say("show of a parked key", (session) => show(session, { key: "k", sequence: "1" }, false));
  await say("retry nothing", (session) => retry(session, nothing));
  await say("retry --dry-run", (session) => retry(session, { ...one, dryRun: true }));
  await say("retry", (session) => retry(session, one));
  await say("quarantine", (session) => setAside(session, "quarantined", { ...one, filter: { ids: ["bad"] } }));
  await say("list --aside", (session) => list(session, { ...page, place: "quarantined" }));
  await say("show of one set aside", (session) => show(session, { ids: ["bad"] }, true));
  await say("journal", (session) => journal(session, 10));
  await say("release", (session) => release(session, { ...one, filter: { ids: ["bad"] }, outOfOrder: false }));
  await say("pause --dry-run", (session) => switchParts(session, false, { parts: ["relay", "requeuer"], yes: false }));
  await say("pause", (session) => switchParts(session, false, { parts: ["relay", "requeuer"], yes: true }));
  await say("resume", (session) => switchParts(session, true, { parts: ["relay", "requeuer"], yes: true }));
  await say("put", (session) => put(session, { type: "t", source: "/s", timeoutMs: 200 }));
  world = newWorld({ eventTypes: { only: ["mine"] } });
  await say("status of a shared table", status);
  return [...lines, ...(await auditLines()), ...(await replayLines())];
}

const row = (id: string, attributes: Item = {}): Item => ({
  ...{ pk: { S: id }, sk: { N: "1" }, id: { S: id }, source: { S: "/s" }, type: { S: "t" } },
  ...{ time: { S: "2026-01-31T11:00:00Z" }, recordedtime: { S: "2026-01-31T11:00:00Z" }, ...attributes },
});

/** Only the command is at work, so its waits are over at once. */
class QuickClock extends VirtualClock {
  override async sleep(ms: number): Promise<void> {
    this.skip(ms);
  }
}

export function newWorld(settings: Readonly<Record<string, unknown>>) {
  const clock = new QuickClock(NOW);
  const table = memoryTable(clock);
  const book = new MemoryJournal(clock);
  const resting = { [MARKS.attempts]: { N: "2" }, [MARKS.reason]: { S: "permanent: Refused: no" } };
  table.put(row("e1", { ...resting, [MARKS.notBefore]: { N: String(NOW + 60_000) }, data: { S: "{}" } }));
  table.put(row("bad", { ...resting }));
  table.put(row("young"));
  table.put({ pk: { S: "malformed" }, sk: { N: "1" }, type: { S: "t" } });
  table.put({ ...row("o1"), pk: { S: "k" } });
  table.put({
    ...{ pk: { S: "k" }, sk: { N: "0" }, [PARKED_KEY.version]: { N: "3" }, [PARKED_KEY.attempts]: { N: "2" } },
    ...{ [PARKED_KEY.reason]: { S: "permanent: Refused: no" }, [PARKED_KEY.notBefore]: { N: String(NOW + 60_000) } },
    ...{ [PARKED_KEY.deadLetterAt]: { N: String(NOW - 60_000) } },
  });
  const looked = checked({ settings });
  const session = {
    ...looked,
    clock,
    stopped: () => false,
    table: memoryOperatorTable(table.store, book, clock),
    journal: book,
  } as unknown as Session;
  return { session };
}

/** A healthy deployment with some recent failures, which answers every request of a command. */
export function mockAws(): void {
  const timestamp = new Date(NOW - 5_000).toISOString();
  const failure = { scope: "target", class: "transient", code: "Down", error: "no answer" };
  const line = { message: "parked", timestamp, eventId: "e1", ...failure };
  denied(CloudWatchLogsClient)
    .on(FilterLogEventsCommand)
    .resolves({ events: [{ message: JSON.stringify(line), timestamp: NOW - 5_000 }] });
  denied(CloudWatchClient).on(GetMetricDataCommand).callsFake(metricData);
  const dynamodb = denied(DynamoDBClient);
  dynamodb.on(DescribeTableCommand).resolves({
    Table: { LatestStreamArn: STREAM, StreamSpecification: { StreamEnabled: true, StreamViewType: "NEW_IMAGE" } },
  });
  dynamodb.on(DescribeTimeToLiveCommand).resolves({ TimeToLiveDescription: { TimeToLiveStatus: "DISABLED" } });
  dynamodb.on(PutItemCommand).resolves({});
  const lambda = denied(LambdaClient);
  lambda
    .on(ListEventSourceMappingsCommand)
    .resolves({ EventSourceMappings: [{ UUID: "m", State: "Enabled", EventSourceArn: STREAM }] });
  lambda.on(GetFunctionConcurrencyCommand).resolves({});
  lambda.on(UpdateEventSourceMappingCommand).callsFake(({ Enabled: on }: { Enabled: boolean }) => {
    const EventSourceMappings = [{ UUID: "m", State: on ? "Enabled" : "Disabled", EventSourceArn: STREAM }];
    lambda.on(ListEventSourceMappingsCommand).resolves({ EventSourceMappings });
    return {};
  });
  const scheduler = denied(SchedulerClient);
  scheduler.on(GetScheduleCommand).resolves({ State: "ENABLED", ScheduleExpression: "rate(1 minute)" });
  scheduler.on(UpdateScheduleCommand).callsFake(({ State }: { State: "ENABLED" | "DISABLED" }) => {
    scheduler.on(GetScheduleCommand).resolves({ State, ScheduleExpression: "rate(1 minute)" });
    return {};
  });
  denied(SQSClient).on(GetQueueAttributesCommand).resolves({ Attributes: {} });
  for (const client of [IAMClient, EventBridgeClient]) denied(client);
  denied(DynamoDBStreamsClient)
    .on(DescribeStreamCommand)
    .resolves({ StreamDescription: { StreamArn: STREAM, Shards: [] } });
}

/** Every request that is not answered below is denied, and told as unknown. */
function denied(client: Parameters<typeof mockClient>[0]) {
  const mock = mockClient(client);
  mock.onAnyCommand().rejects(Object.assign(new Error("denied"), { name: "AccessDeniedException", $metadata: {} }));
  return mock;
}

/** A value for each query, so that no measurement is missing. */
const metricData = ({ MetricDataQueries = [] }: { MetricDataQueries?: readonly { readonly Id?: string }[] }) => ({
  MetricDataResults: MetricDataQueries.map(({ Id }) => ({ Id, Values: [7], Timestamps: [new Date(NOW - 60_000)] })),
});
