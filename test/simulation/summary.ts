import type { Counted } from "../reliability/record.ts";
import type { Report } from "./simulate.ts";

/** The sum of many runs. It is plain data, for it crosses threads. */
export interface Summary {
  readonly seeds: number;
  /** Events written. */
  readonly events: number;
  readonly points: number;
  readonly failures: readonly Failure[];
  readonly storms: Readonly<Record<string, number>>;
  readonly faults: Readonly<Record<string, number>>;
  readonly duplicates: Readonly<Record<string, number>>;
  /** Storms with an archive, by what the audit at their end could do. */
  readonly audits: Readonly<Record<string, number>>;
  readonly visited: Readonly<Record<string, number>>;
  readonly crashed: Readonly<Record<string, number>>;
}

export interface Failure {
  readonly seed: number;
  readonly sweep: boolean;
  readonly violations: readonly string[];
}

export const NOTHING: Summary = {
  seeds: 0,
  events: 0,
  points: 0,
  failures: [],
  storms: {},
  faults: {},
  duplicates: {},
  audits: {},
  visited: {},
  crashed: {},
};

export function summaryOf({ scenario, violations, points, ...report }: Report): Summary {
  const { seed, sweep, storm, events } = scenario;
  return {
    seeds: 1,
    events,
    points,
    failures: violations.length === 0 ? [] : [{ seed, sweep, violations }],
    storms: { [storm]: 1 },
    faults: Object.fromEntries(report.faults),
    duplicates: Object.fromEntries(report.duplicates),
    audits: report.audit === undefined ? {} : { [report.audit]: 1 },
    visited: Object.fromEntries(report.visited),
    crashed: Object.fromEntries(report.crashed),
  };
}

export function added(one: Summary, other: Summary): Summary {
  return {
    seeds: one.seeds + other.seeds,
    events: one.events + other.events,
    points: one.points + other.points,
    failures: [...one.failures, ...other.failures],
    storms: countsAdded(one.storms, other.storms),
    faults: countsAdded(one.faults, other.faults),
    duplicates: countsAdded(one.duplicates, other.duplicates),
    audits: countsAdded(one.audits, other.audits),
    visited: countsAdded(one.visited, other.visited),
    crashed: countsAdded(one.crashed, other.crashed),
  };
}

type Counts = Readonly<Record<string, number>>;

function countsAdded(one: Counts, other: Counts): Counts {
  const sum: Record<string, number> = { ...one };
  for (const [name, count] of Object.entries(other)) sum[name] = (sum[name] ?? 0) + count;
  return sum;
}

/** What docs/reliability.json keeps of a campaign. */
export function countedIn(summary: Summary, unexercised: number): Pick<Counted, "figures" | "details"> {
  const total = (counts: Counts) => Object.values(counts).reduce((sum, count) => sum + count, 0);
  return {
    figures: {
      storms: summary.seeds,
      "events written": summary.events,
      "storms with a violation": summary.failures.length,
      "duplicates, each with its cause": total(summary.duplicates),
      "storms with an archive, each audited at its end": total(summary.audits),
      "faults met": total(summary.faults),
      "processes killed": total(summary.crashed),
      "await points": Object.keys(summary.visited).length,
      "kinds of fault or await point never met": unexercised,
    },
    details: {
      Storms: sorted(summary.storms),
      Faults: sorted(summary.faults),
      "Duplicates, by cause": sorted(summary.duplicates),
      "Audits, by what they could decide": sorted(summary.audits),
    },
  };
}

const sorted = (counts: Counts): Counts => Object.fromEntries(Object.entries(counts).sort());
