import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  type SendMessageBatchCommandInput,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { afterEach, describe, expect, it } from "vitest";
import { sqsDeadLetterQueue } from "../../lib/aws/dead-letter-queue.ts";
import { mockClient } from "../setup/mocked-clients.ts";
import { RecordingTelemetry } from "../world/recording-telemetry.ts";
import { deadLetterOf, serviceError } from "./fixtures.ts";

const mock = mockClient(SQSClient);
afterEach(() => mock.reset());

const QUEUE_URL = "https://sqs.us-east-1.amazonaws.com/123456789012/dead-letters";

function queue() {
  const telemetry = new RecordingTelemetry();
  const client = new SQSClient({ region: "us-east-1" });
  return { telemetry, ...sqsDeadLetterQueue({ client, queueUrl: QUEUE_URL, telemetry }) };
}

const deadLetters = (count: number, data?: unknown) =>
  Array.from({ length: count }, (_unused, index) => deadLetterOf({ id: `e${index}`, data }));
const batchesSent = () => mock.commandCalls(SendMessageBatchCommand).map(({ args }) => args[0].input.Entries ?? []);
const acceptAll = ({ Entries }: SendMessageBatchCommandInput) => ({
  Successful: (Entries ?? []).map(({ Id }) => ({ Id, MessageId: "m", MD5OfMessageBody: "x" })),
  Failed: [],
});

describe("send", () => {
  it("sends the whole event with its history", async () => {
    mock.on(SendMessageBatchCommand).callsFake(acceptAll);
    expect(await queue().send([deadLetterOf({ id: "a" })])).toEqual([true]);
    const input = mock.commandCalls(SendMessageBatchCommand)[0]?.args[0].input;
    expect(input?.QueueUrl).toBe(QUEUE_URL);
    expect(JSON.parse(input?.Entries?.[0]?.MessageBody ?? "")).toMatchObject({
      pk: "a",
      sk: "1",
      id: "a",
      class: "transient",
      scope: "target",
      code: "Down",
      error: "the target is down",
      attempts: 5,
      firstFailure: "2026-01-01T00:00:00.000Z",
      parked: "2026-01-01T00:00:20.000Z",
      event: { specversion: "1.0", id: "a", data: { total: 7 } },
    });
  });

  it("sends ten dead letters a call", async () => {
    mock.on(SendMessageBatchCommand).callsFake(acceptAll);
    expect(await queue().send(deadLetters(25))).toEqual(Array(25).fill(true));
    expect(batchesSent().map((entries) => entries.length)).toEqual([10, 10, 5]);
  });

  it("fills calls by bytes, up to 1 MiB", async () => {
    mock.on(SendMessageBatchCommand).callsFake(acceptAll);
    await queue().send(deadLetters(4, "x".repeat(400_000)));
    expect(batchesSent().map((entries) => entries.length)).toEqual([2, 2]);
  });

  it("leaves the event behind where it is too large for SQS, and points to the row", async () => {
    mock.on(SendMessageBatchCommand).callsFake(acceptAll);
    expect(await queue().send([deadLetterOf({ id: "a", data: "x".repeat(1_100_000) })])).toEqual([true]);
    const body = JSON.parse(batchesSent()[0]?.[0]?.MessageBody ?? "");
    expect(body).toMatchObject({ pk: "a", sk: "1", id: "a", pointer: true, code: "Down" });
    expect(body).not.toHaveProperty("event");
  });

  it("tells of each dead letter whether the queue took it, and logs the refusals", async () => {
    mock.on(SendMessageBatchCommand).resolves({
      Successful: [
        { Id: "2", MessageId: "m", MD5OfMessageBody: "x" },
        { Id: "0", MessageId: "m", MD5OfMessageBody: "x" },
      ],
      Failed: [{ Id: "1", Code: "InternalError", SenderFault: false, Message: "try later" }],
    });
    const { send, telemetry } = queue();
    expect(await send(deadLetters(3))).toEqual([true, false, true]);
    expect(telemetry.logs).toMatchObject([{ level: "error", fields: { code: "InternalError", error: "try later" } }]);
  });

  it("counts a dead letter that the answer does not mention as not taken", async () => {
    mock.on(SendMessageBatchCommand).resolves({ Successful: [], Failed: [] });
    expect(await queue().send(deadLetters(2))).toEqual([false, false]);
  });

  it("keeps the results of the other calls when one fails", async () => {
    mock
      .on(SendMessageBatchCommand)
      .callsFakeOnce(acceptAll)
      .rejectsOnce(serviceError("KmsDisabled", 400, "the key is disabled"))
      .callsFake(acceptAll);
    const { send, telemetry } = queue();
    const taken = await send(deadLetters(25));
    expect(taken.map(Number)).toEqual([...Array(10).fill(1), ...Array(10).fill(0), ...Array(5).fill(1)]);
    expect(telemetry.logs).toMatchObject([{ level: "error", fields: { deadLetters: 10, error: "KmsDisabled" } }]);
  });

  it("makes no call for no dead letters", async () => {
    expect(await queue().send([])).toEqual([]);
    expect(mock.calls()).toHaveLength(0);
  });
});

describe("receive", () => {
  /** As documented for the on-failure destination of a DynamoDB stream (AWS Lambda Developer Guide). */
  const GIVEN_UP = {
    requestContext: {
      requestId: "316aa6d0-8154-xmpl-9af7-85d5f4a6bc81",
      functionArn: "arn:aws:lambda:us-east-2:123456789012:function:myfunction",
      condition: "RetryAttemptsExhausted",
      approximateInvokeCount: 1,
    },
    responseContext: { statusCode: 200, executedVersion: "$LATEST", functionError: "Unhandled" },
    version: "1.0",
    timestamp: "2019-11-14T00:13:49.717Z",
    DDBStreamBatchInfo: {
      shardId: "shardId-00000001573689847184-864758bb",
      startSequenceNumber: "800000000003126276362",
      endSequenceNumber: "800000000003126276362",
      approximateArrivalOfFirstRecord: "2019-11-14T00:13:19Z",
      approximateArrivalOfLastRecord: "2019-11-14T00:13:19Z",
      batchSize: 3,
      streamArn: "arn:aws:dynamodb:us-east-2:123456789012:table/mytable/stream/2019-11-14T00:04:06.388",
    },
  };

  it.each([
    ["long", 1],
    ["short", 0],
  ] as const)("asks for ten dead letters by a %s poll, and hides them", async (poll, WaitTimeSeconds) => {
    mock.on(ReceiveMessageCommand).resolves({});
    expect(await queue().receive(70, poll)).toEqual([]);
    expect(mock.commandCalls(ReceiveMessageCommand)[0]?.args[0].input).toEqual({
      QueueUrl: QUEUE_URL,
      MaxNumberOfMessages: 10,
      VisibilityTimeout: 70,
      WaitTimeSeconds,
    });
  });

  it("reads back the dead letters it sent, stream positions, and messages of others", async () => {
    mock.on(SendMessageBatchCommand).callsFake(acceptAll);
    const { send, receive } = queue();
    await send([deadLetterOf({ id: "a", order: { key: "order#42", sequence: 3 } })]);
    mock.on(ReceiveMessageCommand).resolves({
      Messages: [
        { ReceiptHandle: "r1", Body: batchesSent()[0]?.[0]?.MessageBody },
        { ReceiptHandle: "r2", Body: JSON.stringify(GIVEN_UP) },
        { ReceiptHandle: "r3", Body: '{"hello":"world"}' },
        { ReceiptHandle: "r4", Body: "not JSON" },
        { ReceiptHandle: "r5", Body: '"text"' },
        { ReceiptHandle: "r6" },
        { Body: "a message without a receipt cannot be handled" },
      ],
    });
    expect(await receive(70, "long")).toEqual([
      { receipt: "r1", content: { kind: "event", key: { pk: "order#42", sk: "3" }, id: "a" } },
      { receipt: "r2", content: { kind: "stream-positions", records: 3 } },
      ...["r3", "r4", "r5", "r6"].map((receipt) => ({ receipt, content: { kind: "unrecognised" } })),
    ]);
  });
});

describe("delete, hide and depth", () => {
  const receipts = Array.from({ length: 12 }, (_unused, index) => `r${index}`);

  it("deletes ten dead letters a call, and tells of those that stayed", async () => {
    mock.on(DeleteMessageBatchCommand).resolves({
      Successful: [],
      Failed: [{ Id: "0", Code: "ReceiptHandleIsInvalid", SenderFault: true }],
    });
    const { delete: deleteDeadLetters, telemetry } = queue();
    await deleteDeadLetters(receipts);
    const calls = mock.commandCalls(DeleteMessageBatchCommand).map(({ args }) => args[0].input.Entries ?? []);
    expect(calls.map((entries) => entries.length)).toEqual([10, 2]);
    expect(calls.flat().map(({ ReceiptHandle }) => ReceiptHandle)).toEqual(receipts);
    expect(telemetry.logs).toMatchObject(Array(2).fill({ level: "warn", fields: { code: "ReceiptHandleIsInvalid" } }));
  });

  it("makes the other deletes when one call fails, and rejects", async () => {
    mock.on(DeleteMessageBatchCommand).rejectsOnce(serviceError("AccessDenied", 403)).resolves({ Failed: [] });
    await expect(queue().delete(receipts)).rejects.toThrow("AccessDenied");
    expect(mock.commandCalls(DeleteMessageBatchCommand)).toHaveLength(2);
  });

  it("hides each dead letter for its own time, ten a call, and tells of those that stayed visible", async () => {
    mock
      .on(ChangeMessageVisibilityBatchCommand)
      .resolves({ Successful: [], Failed: [{ Id: "1", Code: "MessageNotInflight", SenderFault: true }] });
    const { hide, telemetry } = queue();
    await hide(receipts.map((receipt, index) => ({ receipt, seconds: index })));
    const calls = mock.commandCalls(ChangeMessageVisibilityBatchCommand).map(({ args }) => args[0].input.Entries ?? []);
    expect(calls.map((entries) => entries.length)).toEqual([10, 2]);
    expect(calls[1]).toEqual([
      { Id: "0", ReceiptHandle: "r10", VisibilityTimeout: 10 },
      { Id: "1", ReceiptHandle: "r11", VisibilityTimeout: 11 },
    ]);
    expect(telemetry.logs).toHaveLength(2);
  });

  it("makes no call for nothing to delete or hide", async () => {
    const { delete: deleteDeadLetters, hide } = queue();
    await deleteDeadLetters([]);
    await hide([]);
    expect(mock.calls()).toHaveLength(0);
  });

  it("tells how many dead letters wait and how many are hidden", async () => {
    mock.on(GetQueueAttributesCommand).resolves({
      Attributes: { ApproximateNumberOfMessages: "3", ApproximateNumberOfMessagesNotVisible: "4" },
    });
    expect(await queue().depth()).toEqual({ visible: 3, hidden: 4 });
    mock.on(GetQueueAttributesCommand).resolves({});
    expect(await queue().depth()).toEqual({ visible: 0, hidden: 0 });
  });
});
