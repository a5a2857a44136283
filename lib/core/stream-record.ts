import type { OutboxRow } from "../contract/event.ts";

/** A record of the stream that carries the row of an event. The record is only a wake-up: the row counts. */
export interface StreamRecord {
  /** The record's sequence number in the stream. */
  readonly position: string;
  /** Epoch milliseconds: when the table wrote the record, by DynamoDB's clock. */
  readonly writtenAtMs: number;
  readonly row: OutboxRow;
}
