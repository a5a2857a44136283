import type { Stack } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { Vpc } from "aws-cdk-lib/aws-ec2";
import { EventBus } from "aws-cdk-lib/aws-events";
import { User } from "aws-cdk-lib/aws-iam";
import { Stream } from "aws-cdk-lib/aws-kinesis";
import { Key } from "aws-cdk-lib/aws-kms";
import { Topic } from "aws-cdk-lib/aws-sns";
import { Queue } from "aws-cdk-lib/aws-sqs";
import { describe, expect, test } from "vitest";
import { DEFAULT_TABLE_LOGICAL_ID } from "../../lib/cdk/tables/outbox-table.ts";
import { OutboxTarget } from "../../lib/cdk/targets/outbox-target.ts";
import { PUBLISH_ACTIONS } from "../../lib/contract/deployment/permissions.ts";
import type { AwsTargetKind } from "../../lib/contract/deployment/target-kind.ts";
import {
  actionsOf,
  createEncryptedRelay,
  createOwnStack,
  createRelay,
  createStack,
  findResources,
  resourcesOf,
  type Statement,
  statementsOf,
  synthesize,
  synthesizeOwn,
} from "./fixtures.ts";

const TABLE = "AWS::DynamoDB::GlobalTable";
const FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:orders";
/** Actions without a resource. */
const ANYWHERE = ["cloudwatch:DescribeAlarms", "cloudwatch:GetMetricData", "lambda:ListEventSourceMappings"];

function granted(grant: "grantInspect" | "grantOperate"): readonly Statement[] {
  const stack = createStack();
  stack.outboxRelay[grant](new User(stack, "Person"));
  return statementsOf(Template.fromStack(stack), "Person");
}

const busOf = (scope: Stack, kmsKey: Key) =>
  new EventBus(scope, "Target", { kmsKey, deadLetterQueue: new Queue(scope, "Undeliverable") });

const onTable = (statements: readonly Statement[]) =>
  statements
    .filter(({ Resource }) => JSON.stringify(Resource) === '{"Fn::GetAtt":["OutboxTable","Arn"]}')
    .flatMap(actionsOf)
    .sort();

describe("the journal", () => {
  test("is kept when the stack goes, protected and restorable to any second", () => {
    const [journal, ...others] = findResources(synthesize(), TABLE).filter(
      ({ Properties }) => Properties.StreamSpecification === undefined,
    );
    expect(others).toEqual([]);
    expect(journal).toMatchObject({ DeletionPolicy: "Retain", UpdateReplacePolicy: "Retain" });
    expect(journal?.Properties.Replicas[0]).toMatchObject({
      DeletionProtectionEnabled: true,
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
    });
    expect(journal?.Properties).not.toHaveProperty("TimeToLiveSpecification");
  });

  test("is encrypted with the customer-managed key of the outbox", () => {
    for (const { Properties } of findResources(synthesizeOwn(createEncryptedRelay().stack), TABLE)) {
      expect(Properties.SSESpecification).toEqual({ SSEEnabled: true, SSEType: "KMS" });
    }
  });
});

describe("grantInspect", () => {
  const statements = granted("grantInspect");

  test("allows looking at the topics that alarms report to, and at a key of one that the app makes", () => {
    const stack = createOwnStack();
    const key = new Key(stack, "Key");
    const pageTopic = new Topic(stack, "Pager", { masterKey: key });
    const alarmTopic = Topic.fromTopicArn(stack, "Ops", "arn:aws:sns:us-east-1:123456789012:ops");
    createRelay(stack, { alarmTopic, pageTopic }).grantInspect(new User(stack, "Person"));
    const allowed = resourcesOf(synthesizeOwn(stack), "Person", "sns:GetTopicAttributes");
    expect(allowed.flat()).toEqual([alarmTopic.topicArn, stack.resolve(pageTopic.topicArn)]);
    expect(resourcesOf(synthesizeOwn(stack), "Person", "kms:GetKeyPolicy")).toEqual([stack.resolve(key.keyArn)]);
  });

  test.each([
    ["bus", (scope: Stack, key: Key) => OutboxTarget.eventBridge(busOf(scope, key))],
    ["queue", (scope: Stack, key: Key) => OutboxTarget.sqs(new Queue(scope, "Target", { encryptionMasterKey: key }))],
    ["topic", (scope: Stack, key: Key) => OutboxTarget.sns(new Topic(scope, "Target", { masterKey: key }))],
    ["stream", (scope: Stack, key: Key) => OutboxTarget.kinesis(new Stream(scope, "Target", { encryptionKey: key }))],
  ])("allows looking at the key of a %s that the app makes", (_what, targetOf) => {
    for (const grant of ["grantInspect", "grantOperate"] as const) {
      const stack = createOwnStack();
      const key = new Key(stack, "Key");
      createRelay(stack, { target: targetOf(stack, key) })[grant](new User(stack, "Person"));
      const template = synthesizeOwn(stack);
      for (const action of ["kms:DescribeKey", "kms:GetKeyPolicy"]) {
        expect(resourcesOf(template, "Person", action).flat()).toContainEqual(stack.resolve(key.keyArn));
      }
    }
  });

  test("allows looking for a way out of the functions' subnets, where they are in a VPC", () => {
    const looks = (network: boolean) => {
      const stack = createOwnStack();
      const place = network ? { network: { vpc: new Vpc(stack, "Vpc") } } : {};
      const target = OutboxTarget.nats({ servers: ["tls://nats.example.com"], subject: "orders", ...place });
      createRelay(stack, { target }).grantInspect(new User(stack, "Person"));
      const actions = statementsOf(synthesizeOwn(stack), "Person").flatMap(actionsOf);
      return actions.filter((action) => action.startsWith("ec2:"));
    };
    expect(looks(true)).toEqual(["ec2:DescribeRouteTables", "ec2:DescribeVpcEndpoints"]);
    expect(looks(false)).toEqual([]);
  });

  test("allows looking at the aliases of relay and requeuer", () => {
    const stack = createStack();
    stack.outboxRelay.grantInspect(new User(stack, "Person"));
    const template = Template.fromStack(stack);
    const configured = resourcesOf(template, "Person", "lambda:GetFunctionConfiguration");
    expect(resourcesOf(template, "Person", "lambda:GetAlias").flat()).toEqual(configured.flat());
    expect(configured.flat()).toHaveLength(4);
  });

  test("allows reading the table and nothing that changes it", () => {
    expect(onTable(statements)).toEqual([
      "dynamodb:DescribeTable",
      "dynamodb:DescribeTimeToLive",
      "dynamodb:GetItem",
      "dynamodb:Query",
      "dynamodb:Scan",
    ]);
  });

  const LOOKED_AT: Readonly<Record<AwsTargetKind, readonly [target: object, action: string]>> = {
    eventbridge: [{}, "events:DescribeEventBus"],
    sqs: [{}, "sqs:GetQueueAttributes"],
    sns: [{}, "sns:GetTopicAttributes"],
    kinesis: [{}, "kinesis:DescribeStreamSummary"],
    lambda: [{ functionArn: FUNCTION }, "lambda:GetFunctionConfiguration"],
  };

  test.each(Object.keys(LOOKED_AT) as AwsTargetKind[])("allows seeing whether the target is there: %s", (kind) => {
    const [settings, action] = LOOKED_AT[kind];
    const target = { kind, ...settings };
    const stack = createStack({ target });
    stack.outboxRelay.grantInspect(new User(stack, "Person"));
    const template = Template.fromStack(stack);
    // In the relay's policy the statement to publish comes first. The dead-letter queue, with the same action of SQS, comes
    // later.
    const [published] = resourcesOf(template, "RelayRoleDefaultPolicy", PUBLISH_ACTIONS[kind][0]).flat();
    expect(resourcesOf(template, "Person", action).flat()).toContainEqual(published);
  });

  test("allows nothing that writes anywhere", () => {
    const writing = /:(Put|Update|Delete|Send|Invoke|Create|Pass|Purge|Set|Start|Stop)/;
    expect(statements.flatMap(actionsOf).filter((action) => writing.test(action))).toEqual([]);
  });

  test("names resources, but for actions that know none", () => {
    for (const statement of statements) {
      if (statement.Resource === "*") expect([...actionsOf(statement)].sort()).toEqual(ANYWHERE);
      for (const action of actionsOf(statement)) expect(action).not.toContain("*");
    }
  });
});

describe("grantOperate", () => {
  const statements = granted("grantOperate");

  test("adds to the table what conditional writes need", () => {
    expect(onTable(statements)).toEqual(
      [
        ...onTable(granted("grantInspect")),
        "dynamodb:ConditionCheckItem",
        "dynamodb:DeleteItem",
        "dynamodb:PutItem",
        "dynamodb:UpdateItem",
      ].sort(),
    );
  });

  test("hands the schedule's role to the scheduler and to nobody else", () => {
    expect(statements.filter((statement) => actionsOf(statement).includes("iam:PassRole"))).toEqual([
      {
        Effect: "Allow",
        Action: "iam:PassRole",
        Resource: { "Fn::GetAtt": [expect.stringMatching(/SchedulerRole/), "Arn"] },
        Condition: { StringEquals: { "iam:PassedToService": "scheduler.amazonaws.com" } },
      },
    ]);
  });

  test("may start both functions by their aliases, as nobody may who inspects", () => {
    const started = statements.filter((statement) => actionsOf(statement).includes("lambda:InvokeFunction"));
    expect(started.map(({ Resource }) => Resource)).toEqual([
      [{ Ref: expect.stringMatching(/^RelayLive/) }, { Ref: expect.stringMatching(/^RelayRequeuerLive/) }],
    ]);
    expect(granted("grantInspect").flatMap(actionsOf)).not.toContain("lambda:InvokeFunction");
  });

  test("may not receive or purge dead letters, nor change a function", () => {
    const actions = statements.flatMap(actionsOf);
    // Except to end a throttle, by which `resume` lets a function run again.
    expect(actions.filter((action) => /^lambda:(Put|Update|Delete|Create)/.test(action)).sort()).toEqual([
      "lambda:DeleteFunctionConcurrency",
      "lambda:UpdateEventSourceMapping",
    ]);
    for (const action of [
      "sqs:PurgeQueue",
      "sqs:ReceiveMessage",
      "lambda:UpdateFunctionCode",
      "dynamodb:DeleteTable",
    ]) {
      expect(actions).not.toContain(action);
    }
  });
});

test("the outbox keeps its logical id beside the journal", () => {
  expect(Object.keys(synthesize().findResources(TABLE))).toContain(DEFAULT_TABLE_LOGICAL_ID);
});

test("a stack of somebody else's gets the outputs by which the command finds its relay", () => {
  const stack = createOwnStack();
  createRelay(stack).addOutputs();
  expect(Object.keys(synthesizeOwn(stack).toJSON()["Outputs"])).toEqual(
    expect.arrayContaining(["OutboxTableName", "JournalTableName", "RequeuerScheduleName", "RelayFunctionName"]),
  );
});

test("several relays of a stack have outputs of their own, under their names", () => {
  const stack = createOwnStack();
  const parcels = createRelay(stack, { eventTypes: { only: ["parcel.*"] } }, "Parcels");
  const others = createRelay(stack, { table: parcels.table, eventTypes: { except: ["parcel.*"] } }, "Others");
  parcels.addOutputs("Parcels");
  expect(() => others.addOutputs("Parcels")).toThrow(
    'addOutputs(name) is "Parcels": another relay of the stack Orders has it: give each one its own.',
  );
  expect(() => others.addOutputs("the others")).toThrow("it must be up to 64 letters and digits, a capital first");
  others.addOutputs("Others");
  expect(Object.keys(synthesizeOwn(stack).toJSON()["Outputs"])).toEqual(
    expect.arrayContaining(["ParcelsRelayFunctionName", "OthersRelayFunctionName", "OthersOutboxTableName"]),
  );
});
