import { compareTexts } from "../../../contract/sort-key.ts";
import type { AuditFindings } from "./audit.ts";
import type { UnacknowledgedEvent, UnacknowledgedVerdict } from "./audit-report.ts";
import type { NeverMet } from "./never-met.ts";

/** The findings that a person is shown: the gravest first, and of them the oldest. */
export interface ShownFindings extends AuditFindings {
  events(): readonly UnacknowledgedEvent[];
  /** Runs of sequences that were never met, in the order of key and sequence. */
  sequences(): readonly NeverMet[];
}

const GRAVITY = {
  removed: 0,
  undecided: 1,
  "in-flight": 2,
  waiting: 3,
  "set-aside": 4,
} as const satisfies Record<UnacknowledgedVerdict["kind"], number>;

const compareEvents = (one: UnacknowledgedEvent, other: UnacknowledgedEvent): number =>
  GRAVITY[one.verdict.kind] - GRAVITY[other.verdict.kind] || one.metAtMs - other.metAtMs;

const compareSequences = (one: NeverMet, other: NeverMet): number =>
  compareTexts(one.pk, other.pk) || one.from - other.from;

/** @param limit of each list: more are counted, and not kept. */
export function shownFindings(limit: number): ShownFindings {
  const events = firstOf(limit, compareEvents);
  const sequences = firstOf(limit, compareSequences);
  return {
    unacknowledged: events.add,
    neverMet: sequences.add,
    events: events.sorted,
    sequences: sequences.sorted,
  };
}

/** The first ones of many, with room for a page more. */
function firstOf<Value>(limit: number, compare: (one: Value, other: Value) => number) {
  let kept: Value[] = [];
  const trim = () => {
    kept = kept.sort(compare).slice(0, limit);
  };
  return {
    add(value: Value): void {
      kept.push(value);
      if (kept.length >= 2 * limit + PAGE) trim();
    },
    sorted(): readonly Value[] {
      trim();
      return kept;
    },
  };
}

const PAGE = 1_000;
