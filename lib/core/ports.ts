import type { TargetReceipt } from "../contract/archive/archive-line.ts";
import type { DeadLetter, ReceivedDeadLetter } from "../contract/dead-letter.ts";
import type { Addressed, OutboxEvent, OutboxRow, RowKey, RowRef, ScannedRow } from "../contract/event.ts";
import type { Failure } from "../contract/failure.ts";
import type { ParkedKey } from "../contract/parked-key.ts";
import type { MetricName } from "../contract/telemetry/metrics.ts";

/** At least 0 and less than 1. */
export type Random = () => number;

/** Time. Epoch milliseconds. */
export interface Clock {
  now(): number;
  /** After the signal the sleep waits for nothing, and may resolve early or never. */
  sleep(ms: number, over?: AbortSignal): Promise<void>;
}

/** The target, as an acknowledging receiver of batches. One per process; connections live across invocations. */
export interface Publisher {
  readonly limits: CallLimits;
  /**
   * A call is taken whole and in its order, or not at all. Only such a target may get several events of one ordering
   * key in one call.
   *
   * @default false
   */
  readonly atomicBatches?: boolean;
  /** Where an event goes: its own destination, or the target's default. Each has its own breaker and calls. */
  destinationOf(event: Addressed): string;
  /**
   * Whether the deployment names this destination. Any other one is the text of whoever wrote the row, and may hold anything.
   *
   * @default it does not
   */
  isDeployed?(destination: string): boolean;
  /**
   * The route of an event inside its destination, where the event decides it: a routing key, a subject. A failure may
   * be that route's alone.
   *
   * @default there is none: the destination is the route
   */
  routeOf?(event: OutboxEvent): string | undefined;
  /** The event's size in a call, in bytes, as the target counts it. */
  bytesOf(event: OutboxEvent): number;
  /**
   * Makes one attempt, with no retry of its own.
   *
   * Resolves with one result per event, in their order, and never rejects. An entry not acknowledged by name is
   * `failed`; a call that could have landed is `ambiguous`. Settles by `untilMs` (epoch milliseconds).
   */
  publish(destination: string, events: readonly OutboxEvent[], untilMs: number): Promise<readonly PublishResult[]>;
  /** How to check that a destination exists. Absent: the target refuses a missing one by itself. */
  readonly existence?: ExistenceChecks;
}

export type PublishResult = AcknowledgedResult | RefusedResult;

export interface AcknowledgedResult {
  readonly kind: "acknowledged";
  /** The target says, by the event's id, that it already had the event and dropped this one. */
  readonly duplicate?: true;
  /** What the target calls the event, where it tells. */
  readonly receipt?: TargetReceipt;
}

export type RefusedResult =
  | { readonly kind: "failed"; readonly failure: Failure }
  /** The call was refused because of some entry, the target does not say which: each is tried in a call of its own. */
  | { readonly kind: "refused-together"; readonly failure: Failure };

export const ACKNOWLEDGED: AcknowledgedResult = { kind: "acknowledged" };
/** @param receipt what the target calls the event: what it did not tell is left out. */
export function acknowledgedAs(receipt: Readonly<Record<string, string | number | undefined>>): AcknowledgedResult {
  const told = Object.entries(receipt).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]]));
  return told.length === 0 ? ACKNOWLEDGED : { kind: "acknowledged", receipt: Object.fromEntries(told) };
}
export const ACKNOWLEDGED_BEFORE: AcknowledgedResult = { kind: "acknowledged", duplicate: true };
/** For an entry that a publisher gave no answer for. Unacknowledged means failed. */
export const UNANSWERED: PublishResult = {
  kind: "failed",
  failure: {
    class: "ambiguous",
    scope: "event",
    code: "NoResult",
    message: "the target gave no result for this entry",
  },
};

/**
 * For a target that acknowledges events for a destination that does not exist. Nothing is published to a destination
 * that may be missing.
 */
export interface ExistenceChecks {
  /** Whether this destination can and should be checked. */
  covers(destination: string): boolean;
  /** Makes one check, with no retry of its own. Settles by `untilMs` (epoch milliseconds). */
  check(destination: string, untilMs: number): Promise<CheckAnswer>;
  /** How long the last proof stands while checks go unanswered, in milliseconds. */
  readonly memoryMs: number;
  /** How long a proof is believed without another check, in milliseconds. */
  readonly checkEveryMs: number;
  /** The permission that a check needs. */
  readonly permission: string;
  /**
   * How many destinations would lose acknowledged events if the key that encrypts them cannot be used. Undefined:
   * unknown. Mostly answered from earlier checks. Settles by `untilMs` (epoch milliseconds).
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
  /** Throttled, failed or late: the check proves nothing. */
  | "unanswered";

/** `denied`: unknown, and checks have been denied for so long that waiting will not help. */
export type Existence = "exists" | "missing" | "unknown" | "denied";

/** The outbox table: the source of truth. Methods reject when the table cannot be reached or refuses. */
export interface OutboxTable {
  /**
   * Deletes rows that still hold the event of their id; a row that is gone, or has another id, counts as deleted.
   * Resolves with the rows that were *not* deleted and should be tried again.
   */
  deleteRows(rows: readonly RowRef[]): Promise<readonly RowRef[]>;
  /** Reads up to 100 rows, consistently. Rows that do not exist are missing from the answer. */
  readRows(keys: readonly RowKey[]): Promise<readonly OutboxRow[]>;
  /** Marks a row that still exists, and holds this id where one is given: when it is due, how often it failed, why. */
  mark(row: RowKey & { readonly id?: string }, mark: ParkMark): Promise<Marked>;
  /** Notes when a row of unknown age was first seen, unless noted already. False: the row has no room for it. */
  markSeen(key: RowKey, seenAtMs: number): Promise<boolean>;
  /**
   * Scans one page of rows, eventually consistent: their keys and marks, not their events. The relay's own items are
   * left out, so a page may be empty.
   */
  scan(from: ScanFrom): Promise<ScanPage>;
  /** Counts one page of rows. */
  count(after: RowKey | undefined): Promise<{ readonly rows: number; readonly next?: RowKey }>;
  /** Takes the requeuer's lease if it is free or over. Resolves with false while another owner holds it. */
  acquireLease(owner: string, nowMs: number, untilMs: number): Promise<boolean>;
  /** Gives the lease back, if it is still this owner's. */
  releaseLease(owner: string): Promise<void>;
}

/** `no-room`: the row is as large as DynamoDB allows, so that not even the mark without its reason fits. */
export type Marked = "marked" | "gone" | "no-room";

export interface ParkMark {
  readonly notBeforeMs: number;
  readonly attempts: number;
  readonly reason: string;
}

export interface ScanFrom {
  /** Any key, of a row or not, is a place in hash order. Absent: from the start. */
  readonly after?: RowKey;
  /** One of `of` equal parts of the hash range. */
  readonly segment?: { readonly index: number; readonly of: number };
  /** The most rows to read. */
  readonly limit: number;
}

export interface ScanPage {
  readonly rows: readonly ScannedRow[];
  /** Rows whose type is not this relay's. Absent: every row is the relay's. */
  readonly foreign?: readonly ScannedRow[];
  /** Records of parked keys among the rows scanned. Absent: none. */
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
   * Reads a key's record and one page of its events with a sequence up to `ceiling`, ascending. A read is not atomic:
   * it may see each row at another instant, the parked-key record first. So `ceiling` must be known to be committed.
   */
  read(pk: string, range: { readonly ceiling: number; readonly limit: number }): Promise<KeyPage>;
  /** The highest sequence that waits under a key. Rows without a place in the sequence do not count. */
  highest(pk: string): Promise<number | undefined>;
  readParkedKey(pk: string): Promise<ParkedKey | undefined>;
  /** Raises the version of the parked-key record, if there is one. Resolves with whether there was. */
  touch(pk: string): Promise<boolean>;
  /**
   * Makes the record of a key, or raises the version of an existing one, while the failed row still exists (and holds
   * this id, where one is given): one transaction. `gone` when the row does not exist.
   */
  park(row: RowKey & { readonly id?: string | undefined }, parkedKey: NewParkedKey): Promise<"parked" | "gone">;
  /**
   * Takes the lease on a parked-key record that is due and free, and raises its version. Attributes of the record that
   * are missing or unreadable count as due and free. An owner that holds the lease takes it again.
   */
  acquire(pk: string, owner: string, nowMs: number, leaseUntilMs: number): Promise<Acquisition>;
  /** Gives the lease back, and moves the backoff where `rest` is given. False when the lease is not this owner's. */
  release(pk: string, owner: string, rest?: ParkMark): Promise<boolean>;
  /** Deletes the parked-key record if it still has this owner and this version. */
  close(pk: string, owner: string, version: number): Promise<boolean>;
  /** Looks at one row in a transaction, which detects any write still under way. */
  presence(row: RowKey): Promise<"present" | "absent" | "conflict">;
}

export interface KeyPage {
  readonly parkedKey?: ParkedKey;
  /**
   * Rows with a place in the sequence, ascending; before them a row that stands in the place of the parked-key record.
   * Empty only where nothing follows.
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
  /** Another owner holds the lease, or the key is not due. */
  | { readonly kind: "busy"; readonly parkedKey: ParkedKey }
  | { readonly kind: "not-parked" };

/** The dead-letter queue: wake-ups with a history. A lost dead letter costs time, never an event. */
export interface DeadLetterQueue {
  /** Resolves with one flag per dead letter, in their order: whether the queue took it. Never rejects. */
  send(deadLetters: readonly DeadLetter[]): Promise<readonly boolean[]>;
  /**
   * Receives up to 10 dead letters and hides them from others. Empty when none came; after a short poll the queue may
   * still hold some.
   */
  receive(hiddenForSeconds: number, poll: Poll): Promise<readonly ReceivedDeadLetter[]>;
  /** Deletes dead letters. One that could not be deleted comes back by itself. */
  delete(receipts: readonly string[]): Promise<void>;
  /** Hides dead letters, each for its time, up to 12 hours. */
  hide(deadLetters: readonly { readonly receipt: string; readonly seconds: number }[]): Promise<void>;
  /** Approximately how many dead letters there are now. */
  depth(): Promise<{ readonly visible: number; readonly hidden: number }>;
}

/** Keeps what became of events, for as long as somebody may ask. */
export interface Archive {
  /** Writes lines of text as one object. Resolves once they are kept; rejects when that is not known. */
  write(lines: readonly string[]): Promise<void>;
  /**
   * Notes, where it stands as long as the archive, that lines of the hour which begins at `fromMs` (epoch milliseconds)
   * may be missing. Rejects when it is not noted.
   */
  noteMissing(fromMs: number): Promise<void>;
}

/** Takes everything that is told. Fields hold ids, types and reasons, never a payload; `key` is written as its hash. */
export interface Telemetry {
  count(metric: MetricName, by?: number, dimensions?: Readonly<Record<string, string>>): void;
  measure(metric: MetricName, value: number, dimensions?: Readonly<Record<string, string>>): void;
  /** Only a sample of the invocations writes `debug`. */
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
