import { createHash } from "node:crypto";
import { KinesisClient, PutRecordsCommand } from "@aws-sdk/client-kinesis";
import { afterEach, describe, expect, it } from "vitest";
import type { NewEvent } from "../../../lib/contract/codec/encode-row.ts";
import { createPublisher } from "../../../lib/targets/kinesis/publisher.ts";
import { eventOf, eventsOf, serviceError } from "../../aws/fixtures.ts";
import { mockClient } from "../../setup/mocked-clients.ts";
import { RecordingTelemetry } from "../../world/recording-telemetry.ts";
import { VirtualClock } from "../../world/virtual-clock.ts";

const mock = mockClient(KinesisClient);
afterEach(() => mock.reset());

const STREAM_ARN = "arn:aws:kinesis:us-east-1:123456789012:stream/orders";
const clock = new VirtualClock();
const publisherOf = (config: unknown) =>
  createPublisher({ config, path: "OUTBOX_RELAY_TARGET", concurrency: 32, clock, telemetry: new RecordingTelemetry() });
const publisher = () => publisherOf({ kind: "kinesis", streamArn: STREAM_ARN });

const ACKNOWLEDGED = { kind: "acknowledged" };
const UNTIL = clock.now() + 10_000;
const TAKEN = { SequenceNumber: "1", ShardId: "shardId-0" };
const publish = (count: number) => publisher().publish(STREAM_ARN, eventsOf(count), UNTIL);
async function recordSent(change: Partial<NewEvent> = {}) {
  mock.on(PutRecordsCommand).resolves({ Records: [TAKEN] });
  await publisher().publish(STREAM_ARN, [eventOf(change)], UNTIL);
  return mock.commandCalls(PutRecordsCommand)[0]?.args[0].input.Records?.[0];
}

describe("what is sent to Kinesis", () => {
  it("is the CloudEvent as the record's data, under the event's id", async () => {
    const record = await recordSent({ id: "e9" });
    expect(record?.PartitionKey).toBe("e9");
    expect(Buffer.from(record?.Data ?? "").toString()).toBe(eventOf({ id: "e9" }).json);
    expect(mock.commandCalls(PutRecordsCommand)[0]?.args[0].input.StreamARN).toBe(STREAM_ARN);
  });

  it("has the ordering key as its partition key", async () => {
    const record = await recordSent({ id: "e9", order: { key: "order#42", sequence: 3 } });
    expect(record?.PartitionKey).toBe("order#42");
  });

  it("has the hash of a key that is too long for a partition key, and no other", async () => {
    const longest = "k".repeat(256);
    expect((await recordSent({ order: { key: longest, sequence: 1 } }))?.PartitionKey).toBe(longest);
    mock.reset();
    const longer = `${longest}k`;
    expect((await recordSent({ order: { key: longer, sequence: 1 } }))?.PartitionKey).toBe(
      createHash("sha256").update(longer).digest("hex"),
    );
  });

  it("goes to another stream where the event names one, in whichever account it is", () => {
    const theirs = "arn:aws:kinesis:us-east-1:222222222222:stream/central";
    const { destinationOf } = publisherOf({ kind: "kinesis", streamArn: STREAM_ARN, alsoTo: ["audit", theirs] });
    expect(destinationOf(eventOf())).toBe(STREAM_ARN);
    expect(destinationOf(eventOf({ destination: "audit" }))).toBe(
      "arn:aws:kinesis:us-east-1:123456789012:stream/audit",
    );
    for (const destination of ["central", theirs]) expect(destinationOf(eventOf({ destination }))).toBe(theirs);
  });

  it("is measured by the bytes of its text and its partition key", () => {
    const event = eventOf({ id: "é", data: "€" });
    expect(publisher().bytesOf(event)).toBe(2 + Buffer.byteLength(event.json));
  });

  it("holds 1 MiB a record, or what the stream was set to", () => {
    const limits = { maxEntries: 500, maxBytes: 10_485_760 };
    expect(publisher().limits).toEqual({ ...limits, maxEntryBytes: 1_048_576 });
    const raised = publisherOf({ kind: "kinesis", streamArn: STREAM_ARN, maxRecordBytes: 10_485_760 });
    expect(raised.limits).toEqual({ ...limits, maxEntryBytes: 10_485_760 });
  });
});

describe("what Kinesis answers for each record", () => {
  it("acknowledges by the sequence number, in the order of the records", async () => {
    mock.on(PutRecordsCommand).resolves({
      FailedRecordCount: 1,
      Records: [
        TAKEN,
        { ErrorCode: "InternalFailure", ErrorMessage: "Internal Service Failure" },
        { ...TAKEN, SequenceNumber: "2" },
      ],
    });
    expect(await publish(3)).toEqual([
      { ...ACKNOWLEDGED, receipt: { shardId: "shardId-0", sequenceNumber: "1" } },
      {
        kind: "failed",
        failure: { class: "transient", scope: "event", code: "InternalFailure", message: "Internal Service Failure" },
      },
      { ...ACKNOWLEDGED, receipt: { shardId: "shardId-0", sequenceNumber: "2" } },
    ]);
  });

  it("takes a record over the throughput of its shard as throttled, of the target", async () => {
    const throttled = { ErrorCode: "ProvisionedThroughputExceededException", ErrorMessage: "Rate exceeded" };
    mock.on(PutRecordsCommand).resolves({ FailedRecordCount: 1, Records: [throttled, TAKEN] });
    expect(await publish(2)).toMatchObject([{ failure: { class: "throttled", scope: "target" } }, ACKNOWLEDGED]);
  });

  it("takes an error that befell every record as the target's", async () => {
    const failed = { ErrorCode: "InternalFailure" };
    mock.on(PutRecordsCommand).resolves({ FailedRecordCount: 2, Records: [failed, failed] });
    const down = { kind: "failed", failure: { class: "transient", scope: "target" } };
    expect(await publish(2)).toMatchObject([down, down]);
  });

  it("does not acknowledge a record that the answer does not mention: it may have landed", async () => {
    mock.on(PutRecordsCommand).resolves({ FailedRecordCount: 0, Records: [TAKEN, {}] });
    const unknown = { kind: "failed", failure: { class: "ambiguous", scope: "event", code: "NoResult" } };
    expect(await publish(3)).toMatchObject([ACKNOWLEDGED, unknown, unknown]);
  });
});

describe("a call that Kinesis refuses", () => {
  it.each([
    ["ResourceNotFoundException", 400, "failed", "permanent", "target"],
    ["AccessDeniedException", 400, "failed", "permanent", "target"],
    ["KMSDisabledException", 400, "failed", "permanent", "target"],
    ["KMSThrottlingException", 400, "failed", "throttled", "target"],
    ["ProvisionedThroughputExceededException", 400, "failed", "throttled", "target"],
    ["ResourceInUseException", 400, "failed", "transient", "target"],
    ["InternalFailureException", 500, "failed", "transient", "target"],
    ["InvalidArgumentException", 400, "refused-together", "permanent", "event"],
    ["ValidationException", 400, "refused-together", "permanent", "event"],
  ])("with %s (%i) is %s: %s, of the %s, for each record", async (name, status, kind, failureClass, scope) => {
    mock.on(PutRecordsCommand).rejects(serviceError(name, status));
    const result = { kind, failure: { class: failureClass, scope } };
    expect(await publish(2)).toMatchObject([result, result]);
  });
});

describe("whether the stream exists", () => {
  it("is proven by the acknowledgement, so there is no check", () => {
    expect(publisher().existence).toBeUndefined();
  });
});

describe("the target's configuration", () => {
  it.each([
    [{ kind: "kinesis" }, "OUTBOX_RELAY_TARGET.streamArn is undefined: it must be the ARN of a stream."],
    [{ kind: "sqs", streamArn: STREAM_ARN }, 'OUTBOX_RELAY_TARGET.kind is "sqs": it must be one of kinesis.'],
    [
      { kind: "kinesis", streamArn: STREAM_ARN, maxRecordBytes: 1_000 },
      "OUTBOX_RELAY_TARGET.maxRecordBytes is 1000: it must be an integer from 1048576 to 10485760 (",
    ],
  ])("refuses %j and says why", (config, message) => {
    expect(() => publisherOf(config)).toThrow(message);
  });
});
