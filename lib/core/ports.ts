import type { DeadLetter, ReceivedDeadLetter } from "../contract/dead-letter.ts";
import type { Addressed, OutboxEvent, OutboxRow, RowKey, RowRef, ScannedRow } from "../contract/event.ts";
import type { Failure } from "../contract/failure.ts";
import type { MetricName } from "../contract/metrics.ts";
import type { ParkedKey } from "../contract/parked-key.ts";

/** Time. Epoch milliseconds. */
export interface Clock {
  now(): number;
  /** After the signal it waits for nothing any more, and may resolve early or never. */
  sleep(ms: number, over?: AbortSignal): Promise<void>;
}

/** The target, as an acknowledging receiver of batches. One per process; connections live across invocations. */
export interface Publisher {
  readonly limits: CallLimits;
  /**
   * A call is taken whole and in its order, or not at all. Only then may several events of one ordering key share one.
   *
   * @default false
   */
  readonly atomicBatches?: boolean;
  /** Where an event goes: its own destination, or the target's default. Breakers and calls are kept apart by it. */
  destinationOf(event: Addressed): string;
  /**
   * The way that an event takes inside its destination, where it is made of the event: a routing key, a subject. A failure
   * may be that route's alone.
   *
   * @default there is none: the destination is the route
   */
  routeOf?(event: OutboxEvent): string | undefined;
  /** The event's size in a call, in bytes, as the target counts it. */
  bytesOf(event: OutboxEvent): number;
  /**
   * Makes one attempt, with no retry of its own.
   *
   * Resolves with one result per event, in their order, and never rejects. Whatever was not acknowledged by name is
   * `failed`; a call that could have landed is `ambiguous`. Settles by `untilMs` (epoch milliseconds).
   */
  publish(destination: string, events: readonly OutboxEvent[], untilMs: number): Promise<readonly PublishResult[]>;
  /** How to check that a destination exists. Absent: the target refuses a missing one by itself. */
  readonly existence?: ExistenceChecks;
}

export type PublishResult =
  /** `duplicate`: the target says that it had the event already, by its id, and dropped this one. */
  { readonly kind: "acknowledged"; readonly duplicate?: true } | RefusedResult;

export type RefusedResult =
  | { readonly kind: "failed"; readonly failure: Failure }
  /** The call was refused because of some entry, nobody says which: each is tried in a call of its own. */
  | { readonly kind: "refused-together"; readonly failure: Failure };

export const ACKNOWLEDGED: PublishResult = { kind: "acknowledged" };
export const ACKNOWLEDGED_BEFORE: PublishResult = { kind: "acknowledged", duplicate: true };
/** A publisher that answered for fewer entries than it was given. Unacknowledged means failed. */
export const UNANSWERED: PublishResult = {
  kind: "failed",
  failure: {
    class: "ambiguous",
    scope: "event",
    code: "NoResult",
    message: "the target gave no result for this entry",
  },
};

/** For a target that acknowledges events for a destination that does not exist. Nothing is published to one that may not. */
export interface ExistenceChecks {
  /** Whether this destination can be checked, and shall be. */
  covers(destination: string): boolean;
  /** Makes one check, with no retry of its own. Settles by `untilMs` (epoch milliseconds). */
  check(destination: string, untilMs: number): Promise<CheckAnswer>;
  /** How long the last proof stands while checks go unanswered, in milliseconds. */
  readonly memoryMs: number;
  /** How long a proof is believed without another check, in milliseconds. */
  readonly checkEveryMs: number;
  /** What a check needs to be allowed. */
  readonly permission: string;
  /**
   * How many destinations would lose what they acknowledge when the key that they are encrypted with cannot be used. Undefined:
   * nobody could tell. Mostly told from earlier checks. Settles by `untilMs` (epoch milliseconds).
   *
   * @default there are none
   */
  unprotected?(untilMs: number): Promise<number | undefined>;
}

export type CheckAnswer =
  | "exists"
  | "missing"
  /** The check is not allowed. */
  | "denied"
  /** Throttled, failed or too late: it proves nothing. */
  | "unanswered";

/** `denied`: unknown, for checks have been denied for so long that they will not be allowed by themselves. */
export type Existence = "exists" | "missing" | "unknown" | "denied";

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
  mark(row: RowKey & { readonly id?: string }, mark: ParkMark): Promise<Marked>;
  /** Notes the first look at a row of unknown age, unless an earlier one is noted. False: the row has no room for it. */
  markSeen(key: RowKey, seenAtMs: number): Promise<boolean>;
  /**
   * Looks at one page of rows, eventually consistent: their keys and marks, not their events. The relay's own rows are left
   * out, so a page may be empty.
   */
  scan(from: ScanFrom): Promise<ScanPage>;
  /** Counts one page of rows. */
  count(after: RowKey | undefined): Promise<{ readonly rows: number; readonly next?: RowKey }>;
  /** Takes the requeuer's lease if it is free or over. Resolves false while another holds it. */
  acquireLease(owner: string, nowMs: number, untilMs: number): Promise<boolean>;
  /** Gives the lease back, if it is still this owner's. */
  releaseLease(owner: string): Promise<void>;
}

/** `no-room`: the row is as large as DynamoDB takes one, so that not even the mark without its reason fits. */
export type Marked = "marked" | "gone" | "no-room";

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
  readonly rows: readonly ScannedRow[];
  /** Rows that are not this relay's, for their type is not. Absent: every row is. */
  readonly foreign?: readonly ScannedRow[];
  /** Records of parked keys among the rows seen. Absent: none. */
  readonly parkedKeys?: readonly ParkedKey[];
  /** Where the next page starts; absent at the end. */
  readonly next?: RowKey;
}

/**
 * The outbox table as the ordered protocol uses it: one ordering key at a time, and always consistently. Methods reject
 * when the table cannot be reached or refuses; a condition that does not hold is an answer.
 */
export interface KeyTable {
  /**
   * Reads a key's record and its events with a sequence up to `ceiling`, ascending, one page of them. A read is not atomic:
   * it may see each row at another instant, the parked-key record first. So `ceiling` must be known to be committed.
   */
  read(pk: string, range: { readonly ceiling: number; readonly limit: number }): Promise<KeyPage>;
  /** The highest sequence that waits under a key. Rows without a place in the sequence do not count. */
  highest(pk: string): Promise<number | undefined>;
  readParkedKey(pk: string): Promise<ParkedKey | undefined>;
  /** Raises the parked-key record's version, if there is a parked-key record. Resolves with whether there was. */
  touch(pk: string): Promise<boolean>;
  /**
   * Makes the record of a key, or raises the version of the one there is, while the failed row still exists (and holds this
   * id, where one is given): one transaction. `gone` when it does not.
   */
  park(row: RowKey & { readonly id?: string | undefined }, parkedKey: NewParkedKey): Promise<"parked" | "gone">;
  /**
   * Takes the lease on a parked-key record that is due and free, and raises its version. Attributes of the record that are
   * missing or unreadable count as due and free. An owner that holds the lease takes it again.
   */
  acquire(pk: string, owner: string, nowMs: number, leaseUntilMs: number): Promise<Acquisition>;
  /** Gives the lease back, with the backoff moved where `rest` is given. False when the lease is not this owner's. */
  release(pk: string, owner: string, rest?: ParkMark): Promise<boolean>;
  /** Deletes the parked-key record if it is still this owner's and of this version. */
  close(pk: string, owner: string, version: number): Promise<boolean>;
  /** Looks at one row in a transaction, which no write that is still under way can hide from. */
  presence(row: RowKey): Promise<"present" | "absent" | "conflict">;
}

export interface KeyPage {
  readonly parkedKey?: ParkedKey;
  /**
   * Those with a place in the sequence, ascending; before them a row that stands where the parked-key record would. Empty
   * only where nothing follows.
   */
  readonly rows: readonly OutboxRow[];
  /** More rows follow, up to the ceiling. */
  readonly more: boolean;
}

export interface NewParkedKey extends ParkMark {
  /** Epoch milliseconds: when the dead-letter queue took the key's dead letter. Absent: it did not. */
  readonly deadLetterAtMs?: number;
}

export type Acquisition =
  | { readonly kind: "acquired"; readonly parkedKey: ParkedKey }
  /** Another holds it, or it is not due. */
  | { readonly kind: "busy"; readonly parkedKey: ParkedKey }
  | { readonly kind: "not-parked" };

/** The dead-letter queue: wake-ups with a history. Losing one costs time, never an event. */
export interface DeadLetterQueue {
  /** Resolves with one flag per dead letter, in their order: whether the queue took it. Never rejects. */
  send(deadLetters: readonly DeadLetter[]): Promise<readonly boolean[]>;
  /**
   * Receives up to 10 dead letters and hides them from others. Empty when none came; after a short poll there may be some all the
   * same.
   */
  receive(hiddenForSeconds: number, poll: Poll): Promise<readonly ReceivedDeadLetter[]>;
  /** Deletes dead letters. One that could not be deleted comes back by itself. */
  delete(receipts: readonly string[]): Promise<void>;
  /** Hides dead letters, each for its time, up to 12 hours. */
  hide(deadLetters: readonly { readonly receipt: string; readonly seconds: number }[]): Promise<void>;
  /** Dead letters there about now, approximately. */
  depth(): Promise<{ readonly visible: number; readonly hidden: number }>;
}

/** What happens is told here. Fields hold ids, types and reasons, never a payload; `key` is written as its hash. */
export interface Telemetry {
  count(metric: MetricName, by?: number, dimensions?: Readonly<Record<string, string>>): void;
  measure(metric: MetricName, value: number, dimensions?: Readonly<Record<string, string>>): void;
  /** `debug` is written by a sample of the invocations alone. */
  log(level: "debug" | "info" | "warn" | "error", message: string, fields?: LogFields): void;
}

export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

/** What one call to a target holds. */
export interface CallLimits {
  readonly maxEntries: number;
  /** Of all entries together, as the target counts them. An entry above it fits no call. */
  readonly maxBytes: number;
  /** Of one entry, where the target takes less of one than of all. @default maxBytes */
  readonly maxEntryBytes?: number;
}

/**
 * How the dead-letter queue is polled. SQS answers a short poll at once, from some of its servers, so one that brings
 * nothing proves nothing. A long poll asks all of them, and waits for a second where there is nothing.
 */
export type Poll = "short" | "long";
