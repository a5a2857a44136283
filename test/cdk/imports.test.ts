import { Aws, Fn, type Stack } from "aws-cdk-lib";
import { type ITableV2, Table, TableV2 } from "aws-cdk-lib/aws-dynamodb";
import { EventBus } from "aws-cdk-lib/aws-events";
import { Stream } from "aws-cdk-lib/aws-kinesis";
import { Key } from "aws-cdk-lib/aws-kms";
import { Function as LambdaFunction } from "aws-cdk-lib/aws-lambda";
import { Topic } from "aws-cdk-lib/aws-sns";
import { Queue } from "aws-cdk-lib/aws-sqs";
import { describe, expect, test } from "vitest";
import { OutboxTarget } from "../../lib/cdk/targets/outbox-target.ts";
import { SettingError } from "../../lib/contract/settings/setting-reader.ts";
import { createOwnStack, createRelay } from "./fixtures.ts";

const OURS = "111111111111";
const THEIRS = "222222222222";
const HERE = { account: OURS, region: "eu-west-1" };
const arnOf = (service: string, end: string, { partition = "aws", account = OURS } = {}) =>
  `arn:${partition}:${service}:eu-west-1:${account}:${end}`;

/** A relay with an imported resource: undefined if it is accepted, otherwise the refusal. */
function refusalOf(use: (stack: Stack) => unknown): string | undefined {
  const stack = createOwnStack({ env: HERE });
  try {
    use(stack);
    return undefined;
  } catch (error) {
    // Without the CDK's own stack trace.
    expect(error).toBeInstanceOf(SettingError);
    return (error as SettingError).message;
  }
}

const bus = (arn: string) => (stack: Stack) =>
  createRelay(stack, { target: OutboxTarget.eventBridge(EventBus.fromEventBusArn(stack, "B", arn)) });
const queue = (arn: string) => (stack: Stack) =>
  createRelay(stack, { target: OutboxTarget.sqs(Queue.fromQueueArn(stack, "B", arn)) });
const topic = (arn: string) => (stack: Stack) =>
  createRelay(stack, { target: OutboxTarget.sns(Topic.fromTopicArn(stack, "B", arn)) });
const alarms = (arn: string) => (stack: Stack) =>
  createRelay(stack, { alarmTopic: Topic.fromTopicArn(stack, "T", arn) });
const stream = (arn: string) => (stack: Stack) =>
  createRelay(stack, { target: OutboxTarget.kinesis(Stream.fromStreamArn(stack, "B", arn)) });
const lambda = (arn: string) => (stack: Stack) =>
  createRelay(stack, { target: OutboxTarget.lambda(LambdaFunction.fromFunctionArn(stack, "B", arn)) });
const key = (arn: string) => (stack: Stack) => createRelay(stack, { encryptionKey: Key.fromKeyArn(stack, "K", arn) });
const table = (tableArn: string, tableStreamArn: string) => (stack: Stack) =>
  createRelay(stack, {
    table: Table.fromTableAttributes(stack, "T", { tableArn, tableStreamArn }) as ITableV2,
  });

const TABLE = arnOf("dynamodb", "table/Outbox");
const LABEL = "2026-01-01T00:00:00.000";
const BUS = arnOf("events", "event-bus/central", { account: THEIRS });

describe("an import by name that was given an ARN is refused, with the import by ARN", () => {
  test.each([
    [
      "a bus",
      (stack: Stack) =>
        createRelay(stack, { target: OutboxTarget.eventBridge(EventBus.fromEventBusName(stack, "B", BUS)) }),
      `OutboxTarget.eventBridge(bus).eventBusArn is "${BUS}": it was given where the name of a bus is wanted; use EventBus.fromEventBusArn(this, id, arn).`,
    ],
    [
      "a further bus",
      (stack: Stack) =>
        createRelay(stack, {
          target: OutboxTarget.eventBridge(new EventBus(stack, "A"), {
            alsoTo: [EventBus.fromEventBusName(stack, "B", BUS)],
          }),
        }),
      "OutboxTarget.eventBridge.alsoTo[0].eventBusArn",
    ],
    [
      "a function",
      (stack: Stack) =>
        createRelay(stack, {
          target: OutboxTarget.lambda(
            LambdaFunction.fromFunctionName(stack, "B", arnOf("lambda", "function:f", { account: THEIRS })),
          ),
        }),
      "it was given where the name of a function is wanted; use Function.fromFunctionArn(this, id, arn)",
    ],
    [
      "a table",
      (stack: Stack) =>
        createRelay(stack, {
          table: TableV2.fromTableName(stack, "T", TABLE),
          streamMapping: { id: "again", streamLabel: LABEL },
        }),
      "it was given where the name of a table is wanted; use TableV2.fromTableAttributes",
    ],
  ])("%s", (_what, use, message) => {
    expect(refusalOf(use)).toContain(message);
  });
});

describe("an ARN of another service or type is refused", () => {
  test.each([
    ["a queue's, for a bus", bus(arnOf("sqs", "orders"))],
    ["a rule's, for a bus", bus(arnOf("events", "rule/central"))],
    ["an endpoint's, for a bus", bus(arnOf("events", "endpoint/abc.xyz"))],
    ["a topic's, for a queue", queue(arnOf("sns", "orders"))],
    ["a subscription's, for a topic", topic(arnOf("sns", "orders:0a1b2c3d"))],
    ["a queue's, for the alarms' topic", alarms(arnOf("sqs", "orders"))],
    ["a consumer's, for a stream", stream(arnOf("kinesis", "stream/orders/consumer/c:1"))],
    ["a table's, for a stream", stream(TABLE)],
    ["a layer's, for a function", lambda(arnOf("lambda", "layer:orders:1"))],
    ["an index's, for a table", table(`${TABLE}/index/ByType`, `${TABLE}/stream/${LABEL}`)],
    ["a bus's, for a table", table(BUS, `${TABLE}/stream/${LABEL}`)],
    ["a secret's, for a key", key(arnOf("secretsmanager", "key/orders"))],
    ["one without an account", queue("arn:aws:sqs:eu-west-1::orders")],
  ])("%s", (_what, use) => {
    expect(refusalOf(use)).toMatch(/Arn is "arn:aws:.*": it must be the ARN of an? .*, arn:<partition>:/);
  });
});

describe("an ARN of another partition than its region's is refused", () => {
  const cn = { partition: "aws-cn" };
  test.each([
    ["a bus", bus(arnOf("events", "event-bus/orders", cn))],
    ["a queue", queue(arnOf("sqs", "orders", cn))],
    ["a topic", topic(arnOf("sns", "orders", cn))],
    ["the alarms' topic", alarms(arnOf("sns", "orders", cn))],
    ["a stream", stream(arnOf("kinesis", "stream/orders", cn))],
    ["a function", lambda(arnOf("lambda", "function:orders", cn))],
    ["a table", table(arnOf("dynamodb", "table/Outbox", cn), arnOf("dynamodb", `table/Outbox/stream/${LABEL}`, cn))],
    ["a key", key(arnOf("kms", "key/0a1b2c3d", cn))],
  ])("%s", (_what, use) => {
    expect(refusalOf(use)).toContain(
      "its partition is aws-cn, and that of the region eu-west-1 is aws; write arn:aws:...",
    );
  });
});

describe("an import by attributes that contradict each other is refused", () => {
  test("a bus's ARN and name", () => {
    const use = (stack: Stack) =>
      createRelay(stack, {
        target: OutboxTarget.eventBridge(
          EventBus.fromEventBusAttributes(stack, "B", {
            ...{ eventBusArn: arnOf("events", "event-bus/orders"), eventBusName: "central", eventBusPolicy: "" },
          }),
        ),
      });
    expect(refusalOf(use)).toBe(
      `OutboxTarget.eventBridge(bus).eventBusName is "central": its ARN ${arnOf("events", "event-bus/orders")} is of another, orders; import it by one of the two.`,
    );
  });

  const at = (queueUrl: string) => (stack: Stack) =>
    createRelay(stack, {
      target: OutboxTarget.sqs(Queue.fromQueueAttributes(stack, "Q", { queueArn: arnOf("sqs", "orders"), queueUrl })),
    });

  test.each([
    `https://sqs.eu-west-1.amazonaws.com/${THEIRS}/orders`,
    `https://sqs.eu-west-1.amazonaws.com/${OURS}/audit`,
    `https://sqs.us-east-1.amazonaws.com/${OURS}/orders`,
    `https://sqs.eu-west-1.amazonaws.com/${OURS}/orders/more`,
    arnOf("sqs", "orders"),
  ])("a queue's ARN and the URL %s", (url) => {
    expect(refusalOf(at(url))).toBe(
      `OutboxTarget.sqs(queue).queueUrl is "${url}": it is not the URL of the queue ${arnOf("sqs", "orders")}; leave it out, for it follows from the ARN.`,
    );
  });

  test.each([
    `https://sqs.eu-west-1.amazonaws.com/${OURS}/orders`,
    `https://vpce-0a1b-2c3d.sqs.eu-west-1.vpce.amazonaws.com/${OURS}/orders`,
    `http://127.0.0.1:4566/${OURS}/orders`,
    `https://sqs.${Aws.REGION}.${Aws.URL_SUFFIX}/${OURS}/orders`,
    Fn.importValue("QueueUrl"),
  ])("and not where they agree, or nobody can tell yet: %s", (url) => {
    expect(refusalOf(at(url))).toBeUndefined();
  });
});

describe("the stream of an imported table", () => {
  test.each(["latest", "", TABLE, `${BUS}/stream/${LABEL}`])("is refused where it is %j", (tableStreamArn) => {
    for (const use of [
      table(TABLE, tableStreamArn),
      (stack: Stack) =>
        createRelay(stack, { table: TableV2.fromTableAttributes(stack, "T", { tableName: "Outbox", tableStreamArn }) }),
    ]) {
      expect(refusalOf(use)).toBe(
        `Orders/Relay.table.tableStreamArn is "${tableStreamArn}": it must be the ARN of a table's stream, arn:<partition>:dynamodb:<region>:<account>:table/<name>/stream/<label>.`,
      );
    }
  });
});

describe("what is right is taken", () => {
  test.each([
    ["a partner's bus", bus(arnOf("events", "event-bus/aws.partner/example.com/orders-1/x"))],
    ["a FIFO queue", queue(arnOf("sqs", "orders.fifo"))],
    ["a FIFO topic", topic(arnOf("sns", "orders.fifo"))],
    ["a function's alias", lambda(arnOf("lambda", "function:orders:live"))],
    ["a function's newest version", lambda(arnOf("lambda", "function:orders:$LATEST"))],
    ["a table", table(TABLE, `${TABLE}/stream/${LABEL}`)],
    ["a key of several regions", key(arnOf("kms", "key/mrk-0a1b2c3d"))],
    ["an ARN that only the deployment knows", bus(Fn.importValue("BusArn"))],
    ["an ARN with an account that only the deployment knows", queue(`arn:aws:sqs:eu-west-1:${Aws.ACCOUNT_ID}:orders`)],
    [
      "a name that only the deployment knows",
      (stack: Stack) =>
        createRelay(stack, {
          target: OutboxTarget.eventBridge(EventBus.fromEventBusName(stack, "B", Fn.importValue("BusName"))),
        }),
    ],
  ])("%s", (_what, use) => {
    expect(refusalOf(use)).toBeUndefined();
  });
});
