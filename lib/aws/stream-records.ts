import type { DynamoDBRecord, DynamoDBStreamEvent } from "aws-lambda";
import { decodeItem } from "../contract/codec/decode-row.ts";
import { type EventTypes, isOwn } from "../contract/settings/event-types.ts";
import type { Telemetry } from "../core/ports.ts";
import type { StreamRecord } from "../core/stream-record.ts";

/**
 * Reads the records that Lambda hands over. The mapping's filter passes only INSERTs; records that it should have
 * stopped are left out here too, as are the rows of the relay's own state and of another relay's events.
 */
export function streamRecords(
  event: DynamoDBStreamEvent,
  telemetry: Telemetry,
  eventTypes?: EventTypes,
): readonly StreamRecord[] {
  const records: StreamRecord[] = [];
  for (const each of event.Records) {
    const record = streamRecord(each, telemetry, eventTypes);
    if (record !== undefined) records.push(record);
  }
  return records;
}

function streamRecord(
  { eventName, dynamodb }: DynamoDBRecord,
  telemetry: Telemetry,
  eventTypes: EventTypes | undefined,
): StreamRecord | undefined {
  if (eventName !== "INSERT") return undefined;
  const { SequenceNumber, NewImage, ApproximateCreationDateTime } = dynamodb ?? {};
  if (SequenceNumber === undefined || NewImage === undefined) {
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
  const writtenAtMs = (ApproximateCreationDateTime ?? 0) * 1_000;
  return { position: SequenceNumber, writtenAtMs, row: decoded.row };
}

/** Lambda's answer for a partial batch: Lambda brings everything again from the lowest sequence number named. */
export const batchResponse = (checkpoint: string | undefined) => ({
  batchItemFailures: checkpoint === undefined ? [] : [{ itemIdentifier: checkpoint }],
});
