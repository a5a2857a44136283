import { DescribeEventBusCommand, EventBridgeClient, ResourceNotFoundException } from "@aws-sdk/client-eventbridge";
import { DescribeStreamSummaryCommand, KinesisClient, type StreamStatus } from "@aws-sdk/client-kinesis";
import { GetFunctionConcurrencyCommand, GetFunctionConfigurationCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { GetTopicAttributesCommand, NotFoundException, SNSClient } from "@aws-sdk/client-sns";
import { GetQueueAttributesCommand, QueueDoesNotExist, SQSClient } from "@aws-sdk/client-sqs";
import { beforeEach, describe, expect, it } from "vitest";
import { checkTarget } from "../../../../lib/operator/aws/doctor/target-check.ts";
import { closedPort, socketServer } from "../../../aws/loopback.ts";
import { mockClient } from "../../../setup/mocked-clients.ts";
import { checked } from "./checked.ts";
import { inWords } from "./in-words.ts";

const eventbridge = mockClient(EventBridgeClient);
const sqs = mockClient(SQSClient);
const sns = mockClient(SNSClient);
const kinesis = mockClient(KinesisClient);
const lambda = mockClient(LambdaClient);
beforeEach(() => {
  for (const mock of [eventbridge, sqs, sns, kinesis, lambda]) mock.reset();
});

const gone = { message: "gone", $metadata: {} };
const looked = (target: Readonly<Record<string, unknown>>, vpcId?: string) =>
  inWords(checkTarget)(checked({ target, ...(vpcId === undefined ? {} : { vpcId }) }));

describe("a target of AWS", () => {
  const TOPIC = "arn:aws:sns:us-east-1:123456789012:orders";
  const STREAM = "arn:aws:kinesis:us-east-1:123456789012:stream/orders";
  const FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:orders";
  const QUEUE = "https://sqs.us-east-1.amazonaws.com/123456789012/orders";
  const streamIs = (StreamStatus: StreamStatus) => ({
    StreamDescriptionSummary: {
      ...{ StreamName: "orders", StreamARN: STREAM, StreamStatus, RetentionPeriodHours: 24, OpenShardCount: 1 },
      ...{ StreamCreationTimestamp: new Date(0), EnhancedMonitoring: [] },
    },
  });

  it("is fine where it exists, and every further destination with it", async () => {
    eventbridge.on(DescribeEventBusCommand).resolves({ Arn: "arn" });
    expect(await looked({ kind: "eventbridge", busName: "orders", alsoTo: ["audit"] })).toEqual({
      ...{ state: "fine", what: "the bus orders, the bus audit exist" },
    });
    sqs.on(GetQueueAttributesCommand).resolves({ Attributes: { QueueArn: "arn" } });
    expect(await looked({ kind: "sqs", queueUrl: QUEUE, alsoTo: ["audit"] })).toMatchObject({ state: "fine" });
    expect(sqs.commandCalls(GetQueueAttributesCommand).map(({ args: [{ input }] }) => input.QueueUrl)).toEqual([
      QUEUE,
      QUEUE.replace("orders", "audit"),
    ]);
    sns.on(GetTopicAttributesCommand, { TopicArn: TOPIC }).resolves({});
    expect(await looked({ kind: "sns", topicArn: TOPIC })).toEqual({
      state: "fine",
      what: `the topic ${TOPIC} exists`,
    });
    kinesis.on(DescribeStreamSummaryCommand, { StreamARN: STREAM }).resolves(streamIs("ACTIVE"));
    expect(await looked({ kind: "kinesis", streamArn: STREAM })).toMatchObject({ state: "fine" });
    lambda.on(GetFunctionConfigurationCommand, { FunctionName: FUNCTION }).resolves({ State: "Active" });
    lambda.on(GetFunctionConcurrencyCommand, { FunctionName: FUNCTION }).resolves({});
    expect(await looked({ kind: "lambda", functionArn: FUNCTION })).toMatchObject({ state: "fine" });
  });

  it("is wrong where it does not exist", async () => {
    eventbridge.on(DescribeEventBusCommand, { Name: "orders" }).resolves({ Arn: "arn" });
    eventbridge.on(DescribeEventBusCommand, { Name: "audit" }).rejects(new ResourceNotFoundException(gone));
    expect(await looked({ kind: "eventbridge", busName: "orders", alsoTo: ["audit"] })).toMatchObject({
      ...{ state: "wrong", what: "audit does not exist", fix: expect.stringContaining("create it again") },
    });
    sqs.on(GetQueueAttributesCommand).rejects(new QueueDoesNotExist(gone));
    expect(await looked({ kind: "sqs", queueUrl: QUEUE })).toMatchObject({ state: "wrong" });
    sns.on(GetTopicAttributesCommand).rejects(new NotFoundException(gone));
    expect(await looked({ kind: "sns", topicArn: TOPIC })).toMatchObject({ state: "wrong" });
    kinesis.on(DescribeStreamSummaryCommand).rejects(new ResourceNotFoundException(gone));
    expect(await looked({ kind: "kinesis", streamArn: STREAM })).toMatchObject({ state: "wrong" });
    lambda.on(GetFunctionConfigurationCommand).rejects(new ResourceNotFoundException(gone));
    expect(await looked({ kind: "lambda", functionArn: FUNCTION })).toMatchObject({ state: "wrong" });
  });

  it("of another account that lets nobody look is neither fine nor wrong, and the others are looked at", async () => {
    const THEIRS = "222222222222";
    const denied = Object.assign(new Error("no"), { name: "AccessDeniedException" });
    const home = "arn:aws:events:us-east-1:123456789012:event-bus/";
    const central = `arn:aws:events:us-east-1:${THEIRS}:event-bus/central`;
    eventbridge.on(DescribeEventBusCommand, { Name: "orders" }).resolves({ Arn: "arn" });
    eventbridge.on(DescribeEventBusCommand, { Name: central }).rejects(denied);
    const told = { kind: "eventbridge", busName: "orders", alsoTo: [central], unverified: [central], home };
    expect(await looked(told)).toMatchObject({
      state: "out of sight",
      what: `the bus orders exists; whether ${central} of another account exists nobody can ask: its acknowledgement alone is taken`,
    });
    // SQS also answers this for a queue that it hides from the caller.
    sqs.on(GetQueueAttributesCommand).rejects(new QueueDoesNotExist(gone));
    const queueUrl = QUEUE.replace(/\d{12}/, THEIRS);
    expect(await looked({ kind: "sqs", queueUrl })).toMatchObject({
      state: "out of sight",
      what: `whether ${queueUrl} of another account takes events only the relay finds out`,
    });
    sns.on(GetTopicAttributesCommand).rejects(denied);
    const topicArn = TOPIC.replace(/\d{12}/, THEIRS);
    expect(await looked({ kind: "sns", topicArn })).toMatchObject({ state: "out of sight" });
  });

  it("is wrong where it is there and takes nothing", async () => {
    kinesis.on(DescribeStreamSummaryCommand).resolves(streamIs("DELETING"));
    expect(await looked({ kind: "kinesis", streamArn: STREAM })).toMatchObject({
      ...{ state: "wrong", what: `the stream ${STREAM} takes nothing: it is DELETING` },
    });
    lambda.on(GetFunctionConfigurationCommand).resolves({ State: "Failed" });
    expect(await looked({ kind: "lambda", functionArn: FUNCTION })).toMatchObject({ state: "wrong" });
  });

  it("is wrong where it is a function that Lambda never runs, by whatever alias it is called", async () => {
    lambda.on(GetFunctionConfigurationCommand).resolves({ State: "Active" });
    lambda.on(GetFunctionConcurrencyCommand, { FunctionName: FUNCTION }).resolves({ ReservedConcurrentExecutions: 0 });
    expect(await looked({ kind: "lambda", functionArn: `${FUNCTION}:live` })).toEqual({
      state: "wrong",
      what: `the function ${FUNCTION}:live takes nothing: its reserved concurrency is 0, so Lambda never runs it`,
      fix: `aws lambda delete-function-concurrency --function-name ${FUNCTION}`,
    });
    lambda.on(GetFunctionConcurrencyCommand, { FunctionName: FUNCTION }).resolves({ ReservedConcurrentExecutions: 1 });
    expect(await looked({ kind: "lambda", functionArn: FUNCTION })).toMatchObject({ state: "fine" });
  });

  it("is no finding of its own where nobody may look", async () => {
    const denied = Object.assign(new Error("not authorized"), { name: "AccessDeniedException" });
    eventbridge.on(DescribeEventBusCommand).rejects(denied);
    await expect(looked({ kind: "eventbridge", busName: "orders" })).rejects.toMatchObject({ name: denied.name });
  });
});

describe("a target that is reached over the network", () => {
  const told = (address: string) => {
    const { hostname, port } = new URL(address);
    return [
      { kind: "http", url: address, allowInsecure: true },
      { kind: "nakadi", url: address, eventType: "orders" },
      { kind: "rabbitmq", url: `amqp://${hostname}:${port}`, queue: "orders" },
      { kind: "nats", servers: [`tls://${hostname}:${port}`], subject: "orders" },
      { kind: "kafka", brokers: `${hostname}:${port}`, topic: "orders", tls: false },
    ];
  };
  const KINDS = [0, 1, 2, 3, 4];

  it.each(KINDS)("is never said to be fine: who listens may still refuse events (%i)", async (place) => {
    const heard: string[] = [];
    const address = await socketServer((socket) => socket.on("data", (data) => heard.push(data.toString())));
    const finding = await looked(told(address)[place] ?? {});
    expect(finding).toMatchObject({
      state: "out of sight",
      what: expect.stringMatching(/127\.0\.0\.1:\d+ answers; whether/),
    });
    expect(heard).toEqual([]);
  });

  it.each(KINDS)("is wrong where nobody listens (%i)", async (place) => {
    expect(await looked(told(await closedPort())[place] ?? {})).toMatchObject({
      ...{ state: "wrong", what: expect.stringMatching(/^nobody listens at 127\.0\.0\.1:\d+ \(ECONNREFUSED\)$/) },
    });
  });

  it("is not looked for where the relay reaches it from inside a VPC", async () => {
    const [target = {}] = told(await closedPort());
    expect(await looked(target, "vpc-1")).toMatchObject({
      ...{ state: "out of sight", what: expect.stringContaining("from inside the VPC vpc-1") },
    });
  });

  it("is unknown where it speaks no TLS, or gives no answer", async () => {
    const address = new URL(await socketServer((socket) => socket.destroy()));
    const target = { kind: "kafka", brokers: address.host, topic: "orders" };
    expect(await looked(target)).toMatchObject({ state: "unknown", what: expect.stringContaining("does not answer") });
  });
});

it("a kind that a later version brought is unknown", async () => {
  expect(await looked({ kind: "pigeon" })).toMatchObject({ state: "unknown" });
});
