import type { OutboxRow } from "../contract/event.ts";

/** A record of the stream that carries the row of an event. It is a wake-up: the row is what counts. */
export interface StreamRecord {
  /** The sequence number by which the stream knows it. */
  readonly position: string;
  /** Epoch milliseconds: when the table wrote it, by DynamoDB's clock. */
  readonly writtenAtMs: number;
  readonly row: OutboxRow;
}
