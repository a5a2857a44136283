import type { DeadLetter, ReceivedLetter } from "./delivery/dead-letter.ts";
import type { CallLimits } from "./delivery/packing.ts";
import type { OutboxEvent, OutboxRow, RowKey, RowRef } from "./event.ts";
import type { MetricName } from "./metrics.ts";
import type { Failure } from "./resilience/failure.ts";

/** Time. Epoch milliseconds. */
export interface Clock {
  now(): number;
  sleep(ms: number): Promise<void>;
}

/** The target, as an acknowledging receiver of batches. One per process; connections live across invocations. */
export interface Publisher {
  readonly limits: CallLimits;
  /** Where an event goes: its own destination, or the target's default. Breakers and calls are kept apart by it. */
  destinationOf(event: OutboxEvent): string;
  /** The event's size in a call, in bytes, as the target counts it. */
  bytesOf(event: OutboxEvent): number;
  /**
   * Makes one attempt, with no retry of its own.
   *
   * Resolves with one result per event, in their order, and never rejects. Whatever was not acknowledged by name is
   * `failed`; a call that could have landed is `ambiguous`. Settles by `untilMs` (epoch milliseconds).
   */
  publish(destination: string, events: readonly OutboxEvent[], untilMs: number): Promise<readonly PublishResult[]>;
  /**
   * Says whether the destination exists, by a look that began after this call did. A row may be deleted only after
   * `exists`. Targets that refuse a missing destination by themselves answer `exists` at once. Never rejects.
   */
  verify(destination: string, untilMs: number): Promise<Existence>;
}

export type PublishResult = { readonly kind: "acknowledged" } | RefusedResult;

export type RefusedResult =
  | { readonly kind: "failed"; readonly failure: Failure }
  /** The call was refused because of some entry, nobody says which: each is tried in a call of its own. */
  | { readonly kind: "refused-together"; readonly failure: Failure };

export const ACKNOWLEDGED: PublishResult = { kind: "acknowledged" };

export type Existence = "exists" | "missing" | "unknown";

/** The outbox table: the source of truth. Methods reject when the table cannot be reached or refuses. */
export interface OutboxTable {
  /**
   * Deletes rows that still hold the event of their id; a row gone, or of another id, counts as deleted.
   * Resolves with the rows that were *not* deleted and should be tried again.
   */
  deleteRows(rows: readonly RowRef[]): Promise<readonly RowRef[]>;
  /** Reads up to 100 rows, consistently. Rows that do not exist are missing from the answer. */
  readRows(keys: readonly RowKey[]): Promise<readonly OutboxRow[]>;
  /** Marks a row that still exists, and holds this id where one is given: not due before, how often it failed, why. */
  mark(row: RowKey & { readonly id?: string }, mark: ParkMark): Promise<"marked" | "gone">;
  /** Notes the first look at a row of unknown age, unless noted before. */
  markSeen(key: RowKey, seenAtMs: number): Promise<void>;
  /** Reads one page of rows, eventually consistent. The relay's own rows are left out, so a page may be empty. */
  scan(from: ScanFrom): Promise<ScanPage>;
  /** Counts one page of rows. */
  count(after: RowKey | undefined): Promise<{ readonly rows: number; readonly next?: RowKey }>;
  /** Takes the requeuer's lease if it is free or over. Resolves false while another holds it. */
  acquireLease(owner: string, nowMs: number, untilMs: number): Promise<boolean>;
  /** Gives the lease back, if it is still this owner's. */
  releaseLease(owner: string): Promise<void>;
}

export interface ParkMark {
  readonly notBeforeMs: number;
  readonly attempts: number;
  readonly reason: string;
}

export interface ScanFrom {
  /** Any key, of a row or not, gives a place in hash order. Absent: from the start. */
  readonly after?: RowKey;
  /** One of `of` equal parts of the hash range. */
  readonly segment?: { readonly index: number; readonly of: number };
  /** Rows read at most. */
  readonly limit: number;
}

export interface ScanPage {
  readonly rows: readonly OutboxRow[];
  /** Where the next page starts; absent at the end. */
  readonly next?: RowKey;
}

/** The dead-letter queue: wake-ups with a history. Losing one costs time, never an event. */
export interface DeadLetterQueue {
  /** Resolves with one flag per letter, in their order: whether the queue took it. Never rejects. */
  send(letters: readonly DeadLetter[]): Promise<readonly boolean[]>;
  /** Receives up to 10 letters and hides them from others. Empty when none came. */
  receive(hiddenForSeconds: number): Promise<readonly ReceivedLetter[]>;
  /** Deletes letters. One that could not be deleted comes back by itself. */
  delete(receipts: readonly string[]): Promise<void>;
  /** Hides letters, each for its time, up to 12 hours. */
  hide(letters: readonly { readonly receipt: string; readonly seconds: number }[]): Promise<void>;
  /** Letters there about now, approximately. */
  depth(): Promise<{ readonly visible: number; readonly hidden: number }>;
}

/** What happens is told here. Fields hold ids, types and reasons, never a payload. */
export interface Telemetry {
  count(metric: MetricName, by?: number, dimensions?: Readonly<Record<string, string>>): void;
  measure(metric: MetricName, value: number): void;
  log(level: "info" | "warn" | "error", message: string, fields?: LogFields): void;
}

export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;
