import type { DynamoDBRecord, DynamoDBStreamEvent } from "aws-lambda";
import { decodeItem } from "../contract/codec/decode-row.ts";
import { fieldsOf, numberOf, textOf } from "../contract/foreign-value.ts";
import { type EventTypes, isOwn } from "../contract/settings/event-types.ts";
import { errorName } from "../contract/telemetry/error-name.ts";
import type { Telemetry } from "../core/ports.ts";
import type { StreamRecord } from "../core/stream-record.ts";

/** Something other than the event source mapping invoked the relay. */
export class NotAStreamBatchError extends Error {
  override readonly name = "NotAStreamBatchError";
}

/**
 * Reads the records that Lambda hands over. The mapping's filter passes only INSERTs; records that it should have
 * stopped are left out here too, as are the rows of the relay's own state and of another relay's events.
 *
 * A record that cannot be read is told and left out: it would hold up its shard, and the sweep delivers its row.
 *
 * @throws NotAStreamBatchError when there is no list of records.
 */
export function streamRecords(
  event: DynamoDBStreamEvent,
  telemetry: Telemetry,
  eventTypes?: EventTypes,
): readonly StreamRecord[] {
  if (!Array.isArray(event?.Records)) {
    throw new NotAStreamBatchError(
      "The relay was invoked with something that is not a batch of a DynamoDB stream: it has no list Records. Only the event " +
        "source mapping invokes it; to have an event tried again, use the command outbox-relay retry.",
    );
  }
  const records: StreamRecord[] = [];
  for (const each of event.Records) {
    try {
      const record = streamRecord(each, telemetry, eventTypes);
      if (record !== undefined) records.push(record);
    } catch (error) {
      telemetry.log("error", "A stream record cannot be read; the sweep delivers its row", { error: errorName(error) });
    }
  }
  return records;
}

function streamRecord(
  { eventName, dynamodb }: DynamoDBRecord,
  telemetry: Telemetry,
  eventTypes: EventTypes | undefined,
): StreamRecord | undefined {
  if (eventName !== "INSERT") return undefined;
  const { NewImage } = dynamodb ?? {};
  const { SequenceNumber, ApproximateCreationDateTime } = fieldsOf(dynamodb);
  const position = textOf(SequenceNumber);
  if (position === undefined || NewImage === undefined) {
    telemetry.log(
      "error",
      "A stream record has no image: set the table's stream view type to NEW_IMAGE. The sweep delivers the row",
    );
    return undefined;
  }
  if (!isOwn(NewImage, eventTypes)) return undefined;
  const decoded = decodeItem(NewImage);
  if (decoded.kind === "reserved") return undefined;
  // Epoch seconds, mostly whole ones. Without it the record counts as old, and its row is read before it is published.
  const writtenAtMs = numberOf((numberOf(ApproximateCreationDateTime) ?? 0) * 1_000) ?? 0;
  return { position, writtenAtMs, row: decoded.row };
}

/** Lambda's answer for a partial batch: Lambda brings everything again from the lowest sequence number named. */
export const batchResponse = (checkpoint: string | undefined) => ({
  batchItemFailures: checkpoint === undefined ? [] : [{ itemIdentifier: checkpoint }],
});
