import { createHash } from "node:crypto";
import { SendMessageBatchCommand, SQSClient } from "@aws-sdk/client-sqs";
import { afterEach, describe, expect, it } from "vitest";
import type { NewEvent } from "../../../lib/contract/codec/encode-row.ts";
import { createPublisher } from "../../../lib/targets/sqs/publisher.ts";
import { eventOf, eventsOf, serviceError } from "../../aws/fixtures.ts";
import { mockClient } from "../../setup/mocked-clients.ts";
import { RecordingTelemetry } from "../../world/recording-telemetry.ts";
import { VirtualClock } from "../../world/virtual-clock.ts";

const mock = mockClient(SQSClient);
afterEach(() => mock.reset());

const QUEUE_URL = "https://sqs.us-east-1.amazonaws.com/123456789012/orders";
const clock = new VirtualClock();
const publisherOf = (config: unknown) =>
  createPublisher({ config, path: "OUTBOX_RELAY_TARGET", concurrency: 32, clock, telemetry: new RecordingTelemetry() });
const standard = () => publisherOf({ kind: "sqs", queueUrl: QUEUE_URL });
const fifo = () => publisherOf({ kind: "sqs", queueUrl: `${QUEUE_URL}.fifo` });

const ACKNOWLEDGED = { kind: "acknowledged" };
const UNTIL = clock.now() + 10_000;
const taken = (Id: string) => ({ Id, MessageId: `m${Id}`, MD5OfMessageBody: "x" });
const acknowledgedAs = (messageId: string) => ({ ...ACKNOWLEDGED, receipt: { messageId } });
const publish = (count: number) => standard().publish(QUEUE_URL, eventsOf(count), UNTIL);
async function entrySent(publisher: ReturnType<typeof standard>, change: Partial<NewEvent> = {}) {
  mock.on(SendMessageBatchCommand).resolves({ Successful: [taken("0")], Failed: [] });
  const event = eventOf(change);
  await publisher.publish(publisher.destinationOf(event), [event], UNTIL);
  return mock.commandCalls(SendMessageBatchCommand)[0]?.args[0].input.Entries?.[0];
}

describe("what is sent to SQS", () => {
  it("is the CloudEvent as the message, and nothing else in a standard queue", async () => {
    expect(await entrySent(standard())).toEqual({ Id: "0", MessageBody: eventOf().json });
    expect(mock.commandCalls(SendMessageBatchCommand)[0]?.args[0].input.QueueUrl).toBe(QUEUE_URL);
  });

  it("has the ordering key as its group and the id for deduplication in a FIFO queue", async () => {
    const entry = await entrySent(fifo(), { id: "e9", order: { key: "order#42", sequence: 3 } });
    expect(entry).toMatchObject({ MessageGroupId: "order#42", MessageDeduplicationId: "e9" });
  });

  it("is a group of its own in a FIFO queue when it is unordered", async () => {
    expect(await entrySent(fifo(), { id: "e9" })).toMatchObject({
      MessageGroupId: "e9",
      MessageDeduplicationId: "e9",
    });
  });

  it.each([
    ["too long", "x".repeat(129)],
    ["with a space", "order 42"],
    ["with a dead letter beyond ASCII", "bestellung#größe"],
    ["with a control character", "a\tb"],
  ])("has the hash of an id that SQS does not allow: %s", async (_why, id) => {
    const hash = createHash("sha256").update(id).digest("hex");
    expect(await entrySent(fifo(), { id })).toMatchObject({ MessageGroupId: hash, MessageDeduplicationId: hash });
  });

  it.each(["x".repeat(128), "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", "019a-7b3c"])(
    "keeps an id that SQS allows: %s",
    async (id) => {
      expect(await entrySent(fifo(), { id })).toMatchObject({ MessageGroupId: id, MessageDeduplicationId: id });
    },
  );

  it("carries the trace as AWS's own system attribute where the event has one", async () => {
    const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";
    expect((await entrySent(standard(), { traceparent }))?.MessageSystemAttributes).toEqual({
      AWSTraceHeader: {
        DataType: "String",
        StringValue: "Root=1-0af76519-16cd43dd8448eb211c80319c;Parent=b7ad6b7169203331;Sampled=0",
      },
    });
  });

  it("goes to another queue where the event names one, and to that one in its own account", async () => {
    mock.on(SendMessageBatchCommand).resolves({ Successful: [taken("0")], Failed: [] });
    const theirs = "https://sqs.us-east-1.amazonaws.com/222222222222/orders";
    const publisher = publisherOf({ kind: "sqs", queueUrl: QUEUE_URL, alsoTo: ["audit", theirs] });
    const results = [];
    for (const destination of [undefined, "audit", theirs, QUEUE_URL, "orders", "secrets", "$&"]) {
      const event = eventOf(destination === undefined ? {} : { destination });
      results.push(...(await publisher.publish(publisher.destinationOf(event), [event], UNTIL)));
    }
    expect(mock.commandCalls(SendMessageBatchCommand).map(({ args }) => args[0].input.QueueUrl)).toEqual([
      QUEUE_URL,
      "https://sqs.us-east-1.amazonaws.com/123456789012/audit",
      theirs,
      QUEUE_URL,
    ]);
    expect(results.slice(-3)).toMatchObject([
      { failure: { code: "DestinationAmbiguous", class: "permanent", scope: "event" } },
      { failure: { code: "DestinationNotAllowed", message: expect.stringContaining('"secrets"') } },
      { failure: { code: "DestinationNotAllowed" } },
    ]);
  });

  it("is measured by the bytes of its text", () => {
    const event = eventOf({ data: "€" });
    expect(standard().bytesOf(event)).toBe(Buffer.byteLength(event.json));
    const escaped = eventOf({ data: "\uFFFE" });
    expect(standard().bytesOf(escaped)).toBe(Buffer.byteLength(escaped.json) + 3);
    expect(standard().limits).toEqual({ maxEntries: 10, maxBytes: 1_048_576 });
  });
});

describe("what SQS answers for each entry", () => {
  it("acknowledges by the list of the successful, in any order, and by nothing else", async () => {
    mock.on(SendMessageBatchCommand).resolves({
      Successful: [taken("2"), taken("0")],
      Failed: [{ Id: "1", Code: "InternalError", SenderFault: false, Message: "try again" }],
    });
    expect(await publish(3)).toEqual([
      acknowledgedAs("m0"),
      { kind: "failed", failure: { class: "transient", scope: "event", code: "InternalError", message: "try again" } },
      acknowledgedAs("m2"),
    ]);
  });

  it("has the sequence number of a FIFO queue in its receipt", async () => {
    mock.on(SendMessageBatchCommand).resolves({ Successful: [{ ...taken("0"), SequenceNumber: "100" }], Failed: [] });
    expect(await fifo().publish(`${QUEUE_URL}.fifo`, eventsOf(1), UNTIL)).toEqual([
      { ...ACKNOWLEDGED, receipt: { messageId: "m0", sequenceNumber: "100" } },
    ]);
  });

  it("does not acknowledge an entry that stands in neither list: it may have landed", async () => {
    mock.on(SendMessageBatchCommand).resolves({ Successful: [taken("0")], Failed: [] });
    expect(await publish(2)).toMatchObject([
      ACKNOWLEDGED,
      { kind: "failed", failure: { class: "ambiguous", scope: "event", code: "NoResult" } },
    ]);
  });

  it("takes a fault of the sender as the event's own, permanently", async () => {
    mock.on(SendMessageBatchCommand).resolves({
      Successful: [taken("1")],
      Failed: [{ Id: "0", Code: "InvalidMessageContents", SenderFault: true }],
    });
    expect(await publish(2)).toMatchObject([
      { kind: "failed", failure: { class: "permanent", scope: "event", code: "InvalidMessageContents" } },
      ACKNOWLEDGED,
    ]);
  });

  it("takes a throttled entry as the target's", async () => {
    mock.on(SendMessageBatchCommand).resolves({
      Successful: [taken("1")],
      Failed: [{ Id: "0", Code: "RequestThrottled", SenderFault: true }],
    });
    expect(await publish(2)).toMatchObject([{ failure: { class: "throttled", scope: "target" } }, ACKNOWLEDGED]);
  });

  it("takes an error that befell every entry as the target's", async () => {
    mock.on(SendMessageBatchCommand).resolves({
      Successful: [],
      Failed: [0, 1].map((index) => ({ Id: String(index), Code: "InternalError", SenderFault: false })),
    });
    const down = { kind: "failed", failure: { class: "transient", scope: "target" } };
    expect(await publish(2)).toMatchObject([down, down]);
  });
});

describe("a call that SQS refuses", () => {
  it.each([
    ["QueueDoesNotExist", 400, "failed", "permanent", "target"],
    ["AccessDenied", 403, "failed", "permanent", "target"],
    ["KmsDisabled", 400, "failed", "permanent", "target"],
    ["KmsThrottled", 400, "failed", "throttled", "target"],
    ["RequestThrottled", 403, "failed", "throttled", "target"],
    ["BatchRequestTooLong", 400, "refused-together", "permanent", "event"],
    ["InvalidParameterValue", 400, "refused-together", "permanent", "event"],
    ["ServiceUnavailable", 503, "failed", "transient", "target"],
  ])("with %s (%i) is %s: %s, of the %s, for each entry", async (name, status, kind, failureClass, scope) => {
    mock.on(SendMessageBatchCommand).rejects(serviceError(name, status));
    const result = { kind, failure: { class: failureClass, scope } };
    expect(await publish(2)).toMatchObject([result, result]);
  });
});

describe("whether the queue exists", () => {
  it("is proven by the acknowledgement, so there is no check", () => {
    expect(standard().existence).toBeUndefined();
  });
});

describe("the target's configuration", () => {
  it.each([
    [{ kind: "sqs" }, "OUTBOX_RELAY_TARGET.queueUrl is undefined: it must be a string that is not empty."],
    [{ kind: "eventbridge", queueUrl: QUEUE_URL }, 'OUTBOX_RELAY_TARGET.kind is "eventbridge": it must be one of sqs.'],
  ])("refuses %j and says why", (config, message) => {
    expect(() => publisherOf(config)).toThrow(message);
  });
});
