import { CloudWatchClient, DescribeAlarmsCommand, GetMetricDataCommand } from "@aws-sdk/client-cloudwatch";
import {
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  DynamoDBClient,
  QueryCommand,
} from "@aws-sdk/client-dynamodb";
import { DescribeEventBusCommand, EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { IAMClient, SimulatePrincipalPolicyCommand } from "@aws-sdk/client-iam";
import {
  type EventSourceMappingConfiguration,
  GetAliasCommand,
  GetFunctionConcurrencyCommand,
  GetFunctionConfigurationCommand,
  InvokeCommand,
  LambdaClient,
  ListEventSourceMappingsCommand,
} from "@aws-sdk/client-lambda";
import { GetScheduleCommand, SchedulerClient } from "@aws-sdk/client-scheduler";
import { GetQueueAttributesCommand, SQSClient } from "@aws-sdk/client-sqs";
import { beforeEach, describe, expect, it } from "vitest";
import { START_CHECK } from "../../../../lib/contract/deployment/start-check.ts";
import { checkDeployment } from "../../../../lib/operator/aws/doctor/check-deployment.ts";
import type { Checked } from "../../../../lib/operator/aws/doctor/finding.ts";
import { findingDocument } from "../../../../lib/operator/cli/findings/finding-texts.ts";
import { mockClient } from "../../../setup/mocked-clients.ts";
import { checked, type Deployed, QUEUE_URL, SCHEDULE_ROLE } from "./checked.ts";

/** The findings, as in `doctor --json`. */
const findingsOf = async (given: Checked) => (await checkDeployment(given)).map(findingDocument);
type Finding = ReturnType<typeof findingDocument>;

const cloudwatch = mockClient(CloudWatchClient);
const dynamodb = mockClient(DynamoDBClient);
const eventbridge = mockClient(EventBridgeClient);
const iam = mockClient(IAMClient);
const lambda = mockClient(LambdaClient);
const scheduler = mockClient(SchedulerClient);
const sqs = mockClient(SQSClient);

const TABLE = "arn:aws:dynamodb:us-east-1:123456789012:table/outbox";
const STREAM = `${TABLE}/stream/2026-01-31T12:00:00.000`;
const MAPPING: EventSourceMappingConfiguration = { UUID: "made", State: "Enabled", EventSourceArn: STREAM };

/** AWS's name of the error, whichever service answers it. */
const missing = (name: string) => Object.assign(new Error("no such thing"), { name, $metadata: {} });

beforeEach(() => {
  for (const mock of [cloudwatch, dynamodb, eventbridge, iam, lambda, scheduler, sqs]) mock.reset();
  cloudwatch.on(GetMetricDataCommand).resolves({});
  cloudwatch.on(DescribeAlarmsCommand).resolves({ MetricAlarms: [{ AlarmDescription: "orders: it means that." }] });
  streamOf({ StreamEnabled: true, StreamViewType: "NEW_IMAGE" });
  dynamodb.on(DescribeTimeToLiveCommand).resolves({ TimeToLiveDescription: { TimeToLiveStatus: "DISABLED" } });
  dynamodb.on(QueryCommand).resolves({});
  eventbridge.on(DescribeEventBusCommand).resolves({ Arn: "arn:bus" });
  iam.on(SimulatePrincipalPolicyCommand).callsFake(({ ActionNames: names = [] }: { ActionNames?: string[] }) => ({
    EvaluationResults: names.map((EvalActionName) => ({
      EvalActionName,
      EvalDecision: EvalActionName === "iam:CreateUser" ? "implicitDeny" : "allowed",
    })),
  }));
  mappings(MAPPING);
  lambda.on(GetFunctionConcurrencyCommand).resolves({});
  lambda.on(GetAliasCommand).resolves({ FunctionVersion: "7" });
  lambda.on(GetFunctionConfigurationCommand).resolves({ Environment: checked().deployment.relay?.Environment });
  lambda.on(InvokeCommand).resolves({});
  const requeuer = "arn:aws:lambda:us-east-1:123456789012:function:requeuer:live";
  scheduler.on(GetScheduleCommand).resolves({
    State: "ENABLED",
    ScheduleExpression: "rate(1 minute)",
    Target: { Arn: requeuer, RoleArn: SCHEDULE_ROLE },
  });
  sqs.on(GetQueueAttributesCommand).resolves({ Attributes: { QueueArn: "arn:queue", Policy: "aws:SecureTransport" } });
});

function mappings(...found: readonly EventSourceMappingConfiguration[]): void {
  lambda.on(ListEventSourceMappingsCommand).resolves({ EventSourceMappings: [...found] });
}

function streamOf(specification: { StreamEnabled: boolean; StreamViewType?: "NEW_IMAGE" | "KEYS_ONLY" }): void {
  const Table = { TableArn: TABLE, LatestStreamArn: STREAM, StreamSpecification: specification };
  dynamodb.on(DescribeTableCommand).resolves({ Table });
}

function findingOf(findings: readonly Finding[], check: string): Finding {
  const one = findings.find((finding) => finding.check === check);
  if (one === undefined) throw new Error(`there is no check ${check}`);
  return one;
}

async function found(check: string, deployed: Deployed = {}): Promise<Finding | undefined> {
  return (await findingsOf(checked(deployed))).find((finding) => finding.check === check);
}

describe("a part of the deployment that is gone is wrong, not unknown", () => {
  it.each([
    [
      "requeuer's schedule",
      () => scheduler.on(GetScheduleCommand).rejects(missing("ResourceNotFoundException")),
      "the schedule schedule is gone",
    ],
    ["event source mapping", () => mappings(), "the event source mapping of relay is gone"],
    [
      "event source mapping",
      () => mappings({ ...MAPPING, State: "Deleting" }),
      "the event source mapping of relay is gone",
    ],
    [
      "dead-letter queue",
      () => sqs.on(GetQueueAttributesCommand).rejects(missing("QueueDoesNotExist")),
      `the dead-letter queue ${QUEUE_URL} is gone`,
    ],
    [
      "dead-letter queue",
      () => sqs.on(GetQueueAttributesCommand).rejects(missing("AWS.SimpleQueueService.NonExistentQueue")),
      "is gone",
    ],
    [
      "relay",
      () => lambda.on(InvokeCommand).rejects(missing("ResourceNotFoundException")),
      "the function relay, or its alias live, is gone",
    ],
    [
      "requeuer",
      () => lambda.on(InvokeCommand).rejects(missing("ResourceNotFoundException")),
      "the function requeuer, or its alias live, is gone",
    ],
    [
      "table's keys",
      () => dynamodb.on(DescribeTableCommand).rejects(missing("ResourceNotFoundException")),
      "the outbox table outbox is gone",
    ],
    [
      "journal",
      () => dynamodb.on(QueryCommand).rejects(missing("ResourceNotFoundException")),
      "the journal journal is gone",
    ],
  ])("%s", async (check, take, what) => {
    take();
    const finding = await found(check);
    expect(finding).toMatchObject({ state: "wrong", what: expect.stringContaining(what), fix: expect.any(String) });
  });

  it.each(["relay", "requeuer"] as const)("the %s, known by its configuration", async (part) => {
    const drift = await found("settings", { gone: [part] });
    expect(drift).toMatchObject({ state: "wrong", what: `the function ${part}, or its alias live, is gone` });
  });

  it("and of the parts that are there the roles are asked about all the same", async () => {
    scheduler.on(GetScheduleCommand).rejects(missing("ResourceNotFoundException"));
    sqs.on(GetQueueAttributesCommand).rejects(missing("QueueDoesNotExist"));
    expect(await found("permissions", { gone: ["requeuer"] })).toMatchObject({ state: "fine" });
  });

  it.each([
    ["the mapping", () => mappings(), "event source mapping"],
    ["one of two mappings", () => mappings(MAPPING, { ...MAPPING, UUID: "by hand" }), "event source mapping"],
    [
      "the table",
      () => {
        dynamodb.on(DescribeTableCommand).rejects(missing("ResourceNotFoundException"));
        dynamodb.on(DescribeTimeToLiveCommand).rejects(missing("ResourceNotFoundException"));
      },
      "table's keys",
    ],
    [
      "the relay",
      () => {
        lambda.on(InvokeCommand, { FunctionName: "relay" }).rejects(missing("ResourceNotFoundException"));
        lambda.on(ListEventSourceMappingsCommand).rejects(missing("ResourceNotFoundException"));
      },
      "relay",
    ],
  ])("and told once, with one fix, where others hang on it: %s", async (_what, take, owner) => {
    take();
    const findings = await findingsOf(checked());
    const [one, ...others] = findings.filter(({ what }) => what.includes(findingOf(findings, owner).what));
    expect(one).toMatchObject({ check: owner, state: "wrong", fix: expect.any(String) });
    expect(others.length).toBeGreaterThan(0);
    for (const other of others) {
      expect(other).toEqual({ check: other.check, state: "unknown", what: `${one?.what}: see ${owner}` });
    }
  });

  it("so is a second mapping, by which each event is published twice", async () => {
    mappings(MAPPING, { ...MAPPING, UUID: "by hand" });
    expect(await found("event source mapping")).toMatchObject({
      state: "wrong",
      fix: expect.stringContaining("aws lambda delete-event-source-mapping --uuid`: made, by hand"),
    });
  });
});

it("an error that nobody expected in a check stops no other one, and is told by its name, whichever check it is", async () => {
  const well = await findingsOf(checked());
  const broken = new TypeError("of a payload: secret");
  const clients = new Proxy(checked().clients, {
    get: () => {
      throw broken;
    },
  });
  const findings = await findingsOf({ ...checked(), clients });
  expect(findings.map(({ check }) => check)).toEqual(well.map(({ check }) => check));
  // These checks ask AWS nothing here.
  const asking = findings.filter(({ check }) => !["clock", "archive", "settings", "network"].includes(check));
  for (const finding of asking) {
    expect(finding).toMatchObject({ state: "unknown", what: expect.stringContaining("(TypeError)") });
    expect(JSON.stringify(finding)).not.toContain("secret");
  }
});

it("a mapping of the function itself, beside the one of its alias, is found, though Lambda lists each under its own name", async () => {
  const listed = (name: string, UUID: string) =>
    lambda
      .on(ListEventSourceMappingsCommand, { FunctionName: name })
      .resolves({ EventSourceMappings: [{ ...MAPPING, UUID }] });
  listed("relay:live", "made");
  listed("relay", "by hand");
  expect(await found("event source mapping")).toMatchObject({
    state: "wrong",
    fix: expect.stringContaining("made, by hand"),
  });
  listed("relay", "made");
  expect(await found("event source mapping")).toMatchObject({ state: "fine" });
});

it("a schedule that invokes the requeuer past its alias is told: code and settings would change one after the other", async () => {
  scheduler.on(GetScheduleCommand).resolves({
    State: "ENABLED",
    Target: { Arn: "arn:aws:lambda:us-east-1:123456789012:function:requeuer", RoleArn: SCHEDULE_ROLE },
  });
  expect(await found("requeuer's schedule")).toMatchObject({
    state: "wrong",
    what: expect.stringContaining("which is not the requeuer's alias live"),
  });
});

it("the doctor starts what stream and schedule start", async () => {
  await findingsOf(checked());
  const started = lambda.commandCalls(InvokeCommand).map(({ args }) => args[0].input);
  expect(started.map(({ FunctionName, Qualifier }) => `${FunctionName}:${Qualifier}`)).toEqual([
    "relay:live",
    "requeuer:live",
  ]);
});

it("a mapping that reads a stream of before, beside the one that reads the table's, is the one to delete", async () => {
  mappings(MAPPING, { ...MAPPING, UUID: "before", EventSourceArn: `${TABLE}/stream/2025-01-01T00:00:00.000` });
  expect(await found("event source mapping")).toMatchObject({
    state: "wrong",
    fix: "delete what reads a stream of before: `aws lambda delete-event-source-mapping --uuid before`",
  });
});

describe("a stream that was switched off and on", () => {
  const remake =
    /give the setting streamMapping the value \{"id":"\d{8}T\d{6}","streamLabel":"2026-01-31T12:00:00.000"\}/;

  it("is read again by a mapping of another logical id, which a plain deploy does not make", async () => {
    mappings({ ...MAPPING, EventSourceArn: `${TABLE}/stream/2025-01-01T00:00:00.000` });
    expect(await found("stream")).toMatchObject({ state: "wrong", fix: expect.stringMatching(remake) });
  });

  it("is read again by another mapping where somebody deleted the one there was", async () => {
    mappings();
    expect(await found("event source mapping")).toMatchObject({ state: "wrong", fix: expect.stringMatching(remake) });
  });

  it("is switched on first", async () => {
    streamOf({ StreamEnabled: false });
    expect(await found("stream")).toMatchObject({
      state: "wrong",
      fix: expect.stringContaining("update-table --table-name outbox --stream-specification StreamEnabled=true"),
    });
    mappings();
    expect((await found("event source mapping"))?.fix).toMatch(/\{"id":"\d{8}T\d{6}"\}/);
  });
});

describe("a function that is throttled by a reserved concurrency of 0", () => {
  it.each([
    [["relay"], "outbox-relay resume relay --yes"],
    [["requeuer"], "outbox-relay resume requeuer --yes"],
    [["relay", "requeuer"], "outbox-relay resume both --yes"],
  ])("%j is named, with the command that ends it", async (functions, fix) => {
    for (const FunctionName of functions) {
      lambda.on(GetFunctionConcurrencyCommand, { FunctionName }).resolves({ ReservedConcurrentExecutions: 0 });
    }
    const finding = await found("reserved concurrency");
    expect(finding).toMatchObject({ state: "wrong", fix });
    for (const name of functions) expect(finding?.what).toContain(`the ${name} ${name}`);
  });

  it("is not one that has some reserved", async () => {
    lambda.on(GetFunctionConcurrencyCommand).resolves({ ReservedConcurrentExecutions: 1 });
    expect(await found("reserved concurrency")).toMatchObject({ state: "fine" });
  });
});

describe("the doctor starts both functions", () => {
  it("each with nothing to do, and tells what one dies of", async () => {
    lambda.on(InvokeCommand, { FunctionName: "requeuer" }).resolves({
      FunctionError: "Unhandled",
      Payload: Buffer.from('{"errorMessage":"OUTBOX_TABLE_NAME is not set"}') as never,
    });
    expect(await found("relay")).toMatchObject({ state: "fine" });
    expect(await found("requeuer")).toMatchObject({
      state: "wrong",
      what: "it fails: OUTBOX_TABLE_NAME is not set",
    });
    const events = lambda
      .commandCalls(InvokeCommand)
      .map(({ args: [{ input }] }) => [
        input.FunctionName,
        JSON.parse(Buffer.from(input.Payload as Uint8Array).toString()),
      ]);
    expect(events).toContainEqual(["relay", { Records: [] }]);
    expect(events).toContainEqual(["requeuer", START_CHECK]);
  });
});
