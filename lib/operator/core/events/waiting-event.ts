import { malformedFailure, readReason } from "../../../contract/dead-letter.ts";
import { idOf, type OutboxRow, type RowKey, seenOf } from "../../../contract/event.ts";
import type { FailureClass, FailureScope } from "../../../contract/failure.ts";
import { rests } from "../../../contract/read-back.ts";
import { isOrderedRow } from "../../../contract/sequence.ts";
import { waitingSince } from "../../../core/requeue/sweep/row-age.ts";
import type { AnnotatedParkedKey } from "../operator-ports.ts";

/** Why an undelivered event is where it is. */
export type WaitingState =
  /** Nothing was tried, or what was tried counts against the target alone. */
  | "waiting"
  /** It failed by its own fault and rests until its time. */
  | "resting"
  /** The first of its key, which is parked. */
  | "parked"
  /** Behind the first of its key. */
  | "behind"
  /** An operator's command has it in hand. */
  | "held";

/** An undelivered event as an operator sees it. */
export interface WaitingEvent {
  readonly key: RowKey;
  readonly id?: string;
  /** Absent: the row is malformed. */
  readonly type?: string;
  readonly state: WaitingState;
  /** Delivered in the order of its key. */
  readonly ordered: boolean;
  /** Epoch milliseconds: since when it waits, where that is known. */
  readonly sinceMs?: number;
  /** Epoch milliseconds: not tried before. */
  readonly notBeforeMs?: number;
  /** Rounds that failed by its own fault. */
  readonly attempts: number;
  readonly failure?: KnownFailure;
  /** The act that holds it. */
  readonly heldBy?: string;
}

export interface KnownFailure {
  readonly class?: FailureClass;
  readonly scope: FailureScope;
  readonly code?: string;
  readonly message: string;
}

export interface Context {
  readonly keepsOrder: boolean;
  /** The parked-key record of the row's key, where it has one. */
  readonly parkedKey?: AnnotatedParkedKey | undefined;
  /** It is the first of its key. */
  readonly isHead: boolean;
  /** A row stands where its key would be parked. @default false */
  readonly placeTaken?: boolean;
  readonly nowMs: number;
}

export function waitingEventOf(
  row: OutboxRow,
  { keepsOrder, parkedKey, isHead, placeTaken = false, nowMs }: Context,
): WaitingEvent {
  const { key, content, marks } = row;
  const id = idOf(content);
  const ordered = keepsOrder && isOrderedRow(row);
  const sinceMs = waitingSince(seenOf(row), nowMs);
  const behindParkedKey = ordered && parkedKey !== undefined;
  const isBlocked = ordered && placeTaken;
  const notBeforeMs = behindParkedKey ? parkedKey.notBeforeMs : marks.notBeforeMs;
  const attempts = behindParkedKey && isHead ? parkedKey.attempts : marks.attempts;
  const failure =
    behindParkedKey && isHead
      ? failureOf(parkedKey.reason, parkedKey.attempts)
      : failureOf(marks.reason, marks.attempts);
  return {
    key,
    ordered,
    attempts,
    state: stateOf(row, { behindParkedKey, isHead, isBlocked, nowMs }),
    ...(id === undefined ? {} : { id }),
    ...(content.kind === "event" ? { type: content.event.type } : {}),
    ...(sinceMs === undefined ? {} : { sinceMs }),
    ...(notBeforeMs === undefined ? {} : { notBeforeMs }),
    ...(isBlocked ? { failure: PLACE_TAKEN } : failure === undefined ? failureOfRow(row) : { failure }),
    ...(marks.heldBy === undefined || !rests(marks.notBeforeMs, nowMs) ? {} : { heldBy: marks.heldBy }),
  };
}

interface Standing extends Pick<Context, "isHead" | "nowMs"> {
  readonly behindParkedKey: boolean;
  readonly isBlocked: boolean;
}

function stateOf({ marks }: OutboxRow, { behindParkedKey, isBlocked, isHead, nowMs }: Standing): WaitingState {
  const isResting = rests(marks.notBeforeMs, nowMs);
  if (marks.heldBy !== undefined && isResting) return "held";
  if (isBlocked) return "behind";
  if (behindParkedKey) return isHead ? "parked" : "behind";
  return marks.attempts > 0 || isResting ? "resting" : "waiting";
}

/** Said of every event of a key whose place for the record of parking is taken. */
export const PLACE_TAKEN: KnownFailure = {
  scope: "event",
  code: "PlaceTaken",
  message:
    "a row at sort key 0 of its key stands where the relay records a parked key, so nothing of the key is delivered: set that row aside (quarantine or discard with --key and --sequence 0)",
};

/** Only failures of an event's own are counted on rows and parked-key records, so the count tells the scope. */
function failureOf(reason: string | undefined, attempts: number): KnownFailure | undefined {
  if (reason === undefined) return undefined;
  const scope = attempts > 0 ? "event" : "target";
  return { scope, ...(readReason(reason) ?? { message: reason }) };
}

const failureOfRow = ({ content }: OutboxRow): { readonly failure?: KnownFailure } =>
  content.kind === "malformed" ? { failure: malformedFailure(content.row.reason) } : {};
