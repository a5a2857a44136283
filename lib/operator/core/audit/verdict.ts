import type { WaitingEvent } from "../events/waiting-event.ts";
import { CLOCK_MARGIN_MS, STREAM_KEEPS_MS } from "./audit-window.ts";
import type { SetAside } from "./facts.ts";
import type { EventHistory, RowHistory } from "./histories.ts";

/** What became of an event that the relay met. */
export type Verdict =
  | AcknowledgedVerdict
  /** Its row is in the table. */
  | { readonly kind: "waiting"; readonly row: WaitingEvent }
  /** An operator took it out of the table. */
  | { readonly kind: "set-aside"; readonly aside: SetAside }
  /** An operator's command moved events while they were read, or it was written just now: another audit can tell. */
  | { readonly kind: "in-flight" }
  | { readonly kind: "undecided"; readonly because: Doubt }
  /** Nobody delivered it, and its row is gone: somebody deleted the row, or wrote another event over it. */
  | { readonly kind: "removed"; readonly successor?: Successor };

/** A receipt exists. */
export interface AcknowledgedVerdict {
  readonly kind: "acknowledged";
  /** How often the target took it beyond the first time: exact duplicates. */
  readonly duplicates: number;
  /** How often the target had it already, and dropped it. */
  readonly dropped: number;
}

export type Doubt =
  /** Lines are missing of a time in which it may have been acknowledged. */
  | { readonly kind: "lines-missing" }
  /** Its row had no id, and another event came to its place: the row was repaired, or written over. */
  | { readonly kind: "repaired-or-replaced"; readonly successor: Successor };

/** The event that came to the place of another one. */
export interface Successor {
  readonly id: string | undefined;
}

/** What is known of the reading as a whole. */
export interface ReadingContext {
  /** Epoch milliseconds: when the reading of table and journal began. */
  readonly beganMs: number;
  /** Whether an operator released events into the table while it was read. */
  readonly released: boolean;
  /**
   * Epoch milliseconds: the end of the last time whose lines may be missing. An event that was written before it may have
   * been acknowledged without a line that tells. Absent: no line is missing.
   */
  readonly missingUntilMs?: number | undefined;
}

/**
 * Judges an event by everything that is known of it. Only a receipt makes an event acknowledged, and only what cannot be
 * explained otherwise is removed without a receipt: `audit.ts` says why the order of the reads allows that.
 */
export function verdictOf(event: EventHistory, ofRow: RowHistory, reading: ReadingContext): Verdict {
  const { receipts, row, asideBefore, asideAfter } = event;
  if (receipts.size > 0) return acknowledged(event);
  if (row !== undefined) return { kind: "waiting", row };
  if (asideAfter !== undefined) return { kind: "set-aside", aside: asideAfter };
  // It has left the journal while everything was read: an operator released it.
  if (asideBefore !== undefined || reading.released) return { kind: "in-flight" };
  const writtenMs = writtenFrom(event);
  if (writtenMs > reading.beganMs - CLOCK_MARGIN_MS) return { kind: "in-flight" };
  if (reading.missingUntilMs !== undefined && writtenMs < reading.missingUntilMs) {
    return { kind: "undecided", because: { kind: "lines-missing" } };
  }
  const successor = successorOf(event, ofRow);
  if (successor === undefined) return { kind: "removed" };
  // Whether a row without an id was repaired where it stood, or another event was written over it, nothing tells.
  return event.id === undefined
    ? { kind: "undecided", because: { kind: "repaired-or-replaced", successor } }
    : { kind: "removed", successor };
}

function acknowledged({ receipts }: EventHistory): AcknowledgedVerdict {
  const dropped = [...receipts.values()].filter(({ isDropped }) => isDropped).length;
  return { kind: "acknowledged", duplicates: Math.max(0, receipts.size - dropped - 1), dropped };
}

/**
 * From when on the event may have been acknowledged: the requeuer may have delivered it before the stream brought it. A
 * record that does not say when it was written is at most as old as a stream's records get.
 */
export function writtenFrom({ writtenAtMs, metAtMs = 0 }: MetTimes): number {
  const oldestMs = metAtMs - STREAM_KEEPS_MS - CLOCK_MARGIN_MS;
  return writtenAtMs === undefined ? oldestMs : Math.max(writtenAtMs, oldestMs);
}

/** Epoch milliseconds. */
interface MetTimes {
  readonly metAtMs?: number | undefined;
  readonly writtenAtMs?: number | undefined;
}

/** The event that came to the row's key after this one: the last, for the latest events are found without a search. */
function successorOf(event: EventHistory, ofRow: RowHistory): Successor | undefined {
  const sinceMs = event.metAtMs ?? 0;
  const isLater = (other: EventHistory) =>
    other.row !== undefined ||
    (other.metAtMs ?? 0) > sinceMs ||
    (other.asideAfter?.atMs ?? 0) > sinceMs ||
    [...other.receipts.values()].some(({ atMs }) => atMs > sinceMs);
  const other = ofRow.findLast((each) => each !== event && isLater(each));
  return other === undefined ? undefined : { id: other.id };
}
