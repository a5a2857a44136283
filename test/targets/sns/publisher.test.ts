import { createHash } from "node:crypto";
import { PublishBatchCommand, SNSClient } from "@aws-sdk/client-sns";
import { afterEach, describe, expect, it } from "vitest";
import type { NewEvent } from "../../../lib/contract/codec/encode-row.ts";
import { createPublisher } from "../../../lib/targets/sns/publisher.ts";
import { eventOf, eventsOf, serviceError } from "../../aws/fixtures.ts";
import { mockClient } from "../../setup/mocked-clients.ts";
import { RecordingTelemetry } from "../../world/recording-telemetry.ts";
import { VirtualClock } from "../../world/virtual-clock.ts";

const mock = mockClient(SNSClient);
afterEach(() => mock.reset());

const TOPIC_ARN = "arn:aws:sns:us-east-1:123456789012:orders";
const clock = new VirtualClock();
const publisherOf = (config: unknown) =>
  createPublisher({ config, path: "OUTBOX_RELAY_TARGET", concurrency: 32, clock, telemetry: new RecordingTelemetry() });
const standard = () => publisherOf({ kind: "sns", topicArn: TOPIC_ARN });
const fifo = () => publisherOf({ kind: "sns", topicArn: `${TOPIC_ARN}.fifo` });

const ACKNOWLEDGED = { kind: "acknowledged" };
const UNTIL = clock.now() + 10_000;
const taken = (Id: string) => ({ Id, MessageId: `m${Id}` });
const acknowledgedAs = (messageId: string) => ({ ...ACKNOWLEDGED, receipt: { messageId } });
const publish = (count: number) => standard().publish(TOPIC_ARN, eventsOf(count), UNTIL);
async function entrySent(publisher: ReturnType<typeof standard>, change: Partial<NewEvent> = {}) {
  mock.on(PublishBatchCommand).resolves({ Successful: [taken("0")], Failed: [] });
  const event = eventOf(change);
  expect(await publisher.publish(publisher.destinationOf(event), [event], UNTIL)).toMatchObject([ACKNOWLEDGED]);
  return mock.commandCalls(PublishBatchCommand)[0]?.args[0].input.PublishBatchRequestEntries?.[0];
}
const text = (StringValue: string) => ({ DataType: "String", StringValue });

describe("what is sent to SNS", () => {
  it("is the CloudEvent as the message, with attributes for filter policies", async () => {
    expect(await entrySent(standard())).toEqual({
      Id: "0",
      Message: eventOf().json,
      MessageAttributes: { id: text("e1"), source: text("shop"), type: text("order.placed") },
    });
    expect(mock.commandCalls(PublishBatchCommand)[0]?.args[0].input.TopicArn).toBe(TOPIC_ARN);
  });

  it("has the ordering key as its group and the id for deduplication in a FIFO topic", async () => {
    const entry = await entrySent(fifo(), { id: "e9", order: { key: "order#42", sequence: 3 } });
    expect(entry).toMatchObject({ MessageGroupId: "order#42", MessageDeduplicationId: "e9" });
  });

  it("has the hash of an id that SNS does not allow in a FIFO topic", async () => {
    const hash = createHash("sha256").update("an id").digest("hex");
    expect(await entrySent(fifo(), { id: "an id" })).toMatchObject({
      MessageGroupId: hash,
      MessageDeduplicationId: hash,
    });
  });

  it("goes to another topic where the event names one, in whichever account it is", () => {
    const theirs = "arn:aws:sns:us-east-1:222222222222:central";
    const { destinationOf } = publisherOf({ kind: "sns", topicArn: TOPIC_ARN, alsoTo: ["audit", theirs] });
    expect(destinationOf(eventOf())).toBe(TOPIC_ARN);
    expect(destinationOf(eventOf({ destination: "audit" }))).toBe("arn:aws:sns:us-east-1:123456789012:audit");
    for (const destination of ["central", theirs]) expect(destinationOf(eventOf({ destination }))).toBe(theirs);
  });

  it("is measured by the bytes of its text and of its attributes", () => {
    const event = eventOf({ data: "€" });
    const attributes = "idStringe1sourceStringshoptypeStringorder.placed";
    expect(standard().bytesOf(event)).toBe(Buffer.byteLength(event.json) + attributes.length);
  });

  it("holds 256 KiB, or what the topic was set to", () => {
    expect(standard().limits).toEqual({ maxEntries: 10, maxBytes: 262_144 });
    const raised = publisherOf({ kind: "sns", topicArn: TOPIC_ARN, maxMessageBytes: 1_048_576 });
    expect(raised.limits).toEqual({ maxEntries: 10, maxBytes: 1_048_576 });
  });
});

describe("the attributes of a message", () => {
  const attributesOf = async (change: Partial<NewEvent>) =>
    (await entrySent(standard(), change))?.MessageAttributes ?? {};

  it("are what identifies the event, its subject, its key, and its own extensions", async () => {
    const attributes = await attributesOf({
      subject: "42",
      dataschema: "https://example.com/order.json",
      traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
      extensions: { urgent: true, tries: 3, region: "eu" },
      order: { key: "order#42", sequence: 3 },
    });
    expect(attributes).toEqual({
      id: text("e1"),
      source: text("shop"),
      type: text("order.placed"),
      subject: text("42"),
      partitionkey: text("order#42"),
      region: text("eu"),
      tries: { DataType: "Number", StringValue: "3" },
      urgent: text("true"),
    });
  });

  it("have no names that are longer than SQS takes", async () => {
    const attributes = await attributesOf({ extensions: { ["x".repeat(257)]: 1, ["y".repeat(256)]: 1 } });
    expect(Object.keys(attributes)).toEqual(["id", "source", "type", "y".repeat(256)]);
  });

  it("are ten at most, the extensions from the front of the alphabet: with more, SQS would discard a raw message", async () => {
    const extensions = Object.fromEntries(["z", "y", "x", "d", "c", "b", "a"].map((name) => [name, name]));
    const attributes = await attributesOf({ subject: "42", extensions });
    expect(Object.keys(attributes)).toEqual(["id", "source", "type", "subject", "a", "b", "c", "d", "x", "y"]);
  });

  it.each([
    ["empty", ""],
    ["with a control character", "a\u0001b"],
    ["with a character that Unicode never assigns", "a\uFFFEb"],
  ])("stay in the message alone where SQS would refuse them: %s", async (_why, region) => {
    const entry = await entrySent(standard(), { extensions: { region } });
    expect(Object.keys(entry?.MessageAttributes ?? {})).toEqual(["id", "source", "type"]);
    expect(JSON.parse(entry?.Message ?? "")).toMatchObject({ region });
  });
});

describe("what SNS answers for each entry", () => {
  it("acknowledges by the list of the successful, in any order, and by nothing else", async () => {
    mock.on(PublishBatchCommand).resolves({
      Successful: [taken("2"), taken("0")],
      Failed: [{ Id: "1", Code: "SomethingNew", SenderFault: false, Message: "try again" }],
    });
    expect(await publish(3)).toEqual([
      acknowledgedAs("m0"),
      { kind: "failed", failure: { class: "transient", scope: "event", code: "SomethingNew", message: "try again" } },
      acknowledgedAs("m2"),
    ]);
  });

  it("has the sequence number of a FIFO topic in its receipt", async () => {
    mock.on(PublishBatchCommand).resolves({ Successful: [{ ...taken("0"), SequenceNumber: "100" }], Failed: [] });
    expect(await fifo().publish(`${TOPIC_ARN}.fifo`, eventsOf(1), UNTIL)).toEqual([
      { ...ACKNOWLEDGED, receipt: { messageId: "m0", sequenceNumber: "100" } },
    ]);
  });

  it("does not acknowledge an entry that stands in neither list: it may have landed", async () => {
    mock.on(PublishBatchCommand).resolves({ Successful: [taken("0")] });
    expect(await publish(2)).toMatchObject([ACKNOWLEDGED, { failure: { class: "ambiguous", code: "NoResult" } }]);
  });

  it.each([
    ["InvalidParameter", true, "permanent", "event"],
    ["SomethingNew", true, "permanent", "event"],
    ["InternalError", false, "transient", "target"],
    ["KMSThrottling", true, "throttled", "target"],
    ["SomethingThrottled", false, "throttled", "target"],
    ["KMSDisabled", true, "permanent", "target"],
    ["AuthorizationError", true, "permanent", "target"],
  ])("takes %s (sender's fault: %s) as %s, of the %s", async (Code, SenderFault, failureClass, scope) => {
    mock.on(PublishBatchCommand).resolves({ Successful: [taken("1")], Failed: [{ Id: "0", Code, SenderFault }] });
    expect(await publish(2)).toMatchObject([{ failure: { class: failureClass, scope, code: Code } }, ACKNOWLEDGED]);
  });
});

describe("a call that SNS refuses", () => {
  it.each([
    ["NotFound", 404, "failed", "permanent", "target"],
    ["AuthorizationError", 403, "failed", "permanent", "target"],
    ["InvalidSecurity", 403, "failed", "permanent", "target"],
    ["KMSDisabled", 400, "failed", "permanent", "target"],
    ["KMSThrottling", 400, "failed", "throttled", "target"],
    ["Throttled", 429, "failed", "throttled", "target"],
    ["InternalError", 500, "failed", "transient", "target"],
    ["BatchRequestTooLong", 400, "refused-together", "permanent", "event"],
    ["InvalidParameter", 400, "refused-together", "permanent", "event"],
    ["ParameterValueInvalid", 400, "refused-together", "permanent", "event"],
  ])("with %s (%i) is %s: %s, of the %s, for each entry", async (name, status, kind, failureClass, scope) => {
    // The code as it stands in the answer. The SDK's own name for it ends in "Exception".
    mock.on(PublishBatchCommand).rejects(Object.assign(serviceError(`${name}Exception`, status), { Code: name }));
    const result = { kind, failure: { class: failureClass, scope } };
    expect(await publish(2)).toMatchObject([result, result]);
  });
});

describe("whether the topic exists", () => {
  it("is proven by the acknowledgement, so there is no check", () => {
    expect(standard().existence).toBeUndefined();
  });
});

describe("the target's configuration", () => {
  it.each([
    [{ kind: "sns" }, "OUTBOX_RELAY_TARGET.topicArn is undefined: it must be the ARN of a topic."],
    [{ kind: "sns", topicArn: "orders" }, 'OUTBOX_RELAY_TARGET.topicArn is "orders": it must be the ARN of a topic.'],
    [{ kind: "sqs", topicArn: TOPIC_ARN }, 'OUTBOX_RELAY_TARGET.kind is "sqs": it must be one of sns.'],
    [
      { kind: "sns", topicArn: TOPIC_ARN, maxMessageBytes: 2_000_000 },
      "OUTBOX_RELAY_TARGET.maxMessageBytes is 2000000: it must be an integer from 1024 to 1048576 (",
    ],
  ])("refuses %j and says why", (config, message) => {
    expect(() => publisherOf(config)).toThrow(message);
  });
});
