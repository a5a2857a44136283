import type { RowKey } from "../../../contract/event.ts";
import type { AuditWindow } from "./audit-window.ts";
import type { EventHistory } from "./histories.ts";
import type { Verdict } from "./verdict.ts";

/** An event that the relay met in the window, and of which no receipt tells. */
export interface UnacknowledgedEvent {
  readonly key: RowKey;
  readonly id?: string;
  readonly type?: string;
  /** Epoch milliseconds. */
  readonly metAtMs: number;
  /** Epoch milliseconds. Absent: nobody knows. */
  readonly writtenAtMs?: number;
  readonly verdict: UnacknowledgedVerdict;
}

export type UnacknowledgedVerdict = Exclude<Verdict, { readonly kind: "acknowledged" }>;

/** Events that the relay met in the window, by what became of them, and what else was counted. */
export interface AuditCounts {
  met: number;
  acknowledged: number;
  waiting: number;
  setAside: number;
  inFlight: number;
  undecided: number;
  removed: number;
  /** Acknowledged inside the window, and met before it or by no line: the requeuer delivered them, or lines are missing. */
  acknowledgedUnmet: number;
  /** How often the target took an event beyond the first time. */
  duplicates: number;
  /** How often the target had an event already, and dropped it. */
  dropped: number;
  /** Sequences of which nothing is known, where keys are gapless. */
  neverMet: number;
}

/** An object of the archive, or a line of one, that cannot be read. It may have told of anything. */
export interface Unreadable {
  readonly objectKey: string;
  /** From 1. Absent: the whole object. */
  readonly line?: number;
  readonly why: string;
  /** Epoch milliseconds, by the object's name. */
  readonly writtenAtMs: number;
}

export interface AuditReport {
  readonly window: AuditWindow;
  /** Whether the window was to end later. */
  readonly isCut: boolean;
  /** Epoch milliseconds: when the reading began. What became of the events is as of then, or later. */
  readonly beganMs: number;
  readonly counts: AuditCounts;
  readonly objects: number;
  readonly lines: number;
  /** Epoch milliseconds: the beginnings of hours whose lines may be missing, from the window's on. */
  readonly missingHours: readonly number[];
  /** Whether any of these hours is in the window: events that were met in it may be unknown. */
  readonly isWindowMissing: boolean;
  /** The first of them; `unreadableCount` is how many there are. */
  readonly unreadable: readonly Unreadable[];
  readonly unreadableCount: number;
  /** Epoch milliseconds: when the archive's oldest object was written. Absent: it has none. */
  readonly oldestObjectMs?: number | undefined;
  /** How long the bucket keeps objects. */
  readonly kept: KeptFor;
  /** Epoch milliseconds: objects written before may have been deleted by age. Absent: none that the window needs. */
  readonly expiredUntilMs?: number | undefined;
  /** Exit code 0: nothing of what the relay met in the window is without an explanation, and nothing hides. */
  readonly isAccountedFor: boolean;
}

export type KeptFor =
  | { readonly kind: "for-ever" }
  | { readonly kind: "days"; readonly days: number }
  /** It may not be asked. */
  | { readonly kind: "unknown" };

export const noCounts = (): AuditCounts => ({
  ...{ met: 0, acknowledged: 0, waiting: 0, setAside: 0, inFlight: 0, undecided: 0, removed: 0 },
  ...{ acknowledgedUnmet: 0, duplicates: 0, dropped: 0, neverMet: 0 },
});

const COUNT_OF = {
  acknowledged: "acknowledged",
  waiting: "waiting",
  "set-aside": "setAside",
  "in-flight": "inFlight",
  undecided: "undecided",
  removed: "removed",
} as const satisfies Record<Verdict["kind"], keyof AuditCounts>;

export function countMet(counts: AuditCounts, verdict: Verdict): void {
  counts.met += 1;
  counts[COUNT_OF[verdict.kind]] += 1;
  if (verdict.kind === "acknowledged") countReceipts(counts, verdict);
}

export function countReceipts(
  counts: AuditCounts,
  { duplicates, dropped }: Extract<Verdict, { readonly kind: "acknowledged" }>,
): void {
  counts.duplicates += duplicates;
  counts.dropped += dropped;
}

export function unacknowledgedEvent(
  { key, id, type, metAtMs = 0, writtenAtMs }: EventHistory,
  verdict: UnacknowledgedVerdict,
): UnacknowledgedEvent {
  return {
    key,
    ...(id === undefined ? {} : { id }),
    ...(type === undefined ? {} : { type }),
    metAtMs,
    ...(writtenAtMs === undefined || writtenAtMs === 0 ? {} : { writtenAtMs }),
    verdict,
  };
}
