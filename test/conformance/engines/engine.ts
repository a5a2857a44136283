import type { Item } from "../../../lib/contract/codec/item.ts";
import type { OutboxRow, RowKey } from "../../../lib/contract/event.ts";
import type { EventTypes } from "../../../lib/contract/settings/event-types.ts";
import type { Clock, DeadLetterQueue, KeyTable, OutboxTable } from "../../../lib/core/ports.ts";

/** What stands behind a port: an emulator, an engine of AWS's own, or one of our fakes. One per test. */
export interface Engine {
  /** Runs a test's work to its end, on the engine's own time. */
  run<Result>(work: () => Promise<Result>): Promise<Result>;
  end(): Promise<void>;
}

/** A new, empty outbox table. */
export interface TableEngine extends Engine {
  readonly table: OutboxTable;
  /** An outbox table that refuses every request. */
  readonly broken: OutboxTable;
  /** Writes an item as a writer does, past the port. */
  put(item: Item): Promise<void>;
  /** Reads a row past the port, consistently. */
  row(key: RowKey): Promise<OutboxRow | undefined>;
}

/** The same table, as the ordered protocol uses it. */
export interface KeyTableEngine extends TableEngine {
  readonly keys: KeyTable;
  readonly brokenKeys: KeyTable;
}

/** A table that several relays use, each for its own events. */
export interface SharedTableEngine extends KeyTableEngine {
  /** The table as the relay for these events sees it. */
  ownOf(eventTypes: EventTypes): OutboxTable;
}

/** A new, empty dead-letter queue. */
export interface QueueEngine extends Engine {
  readonly queue: DeadLetterQueue;
  /** A dead-letter queue that refuses every request. */
  readonly broken: DeadLetterQueue;
  /** The size of the largest message that it takes. */
  readonly maxMessageBytes: number;
  readonly clock: Clock;
}
