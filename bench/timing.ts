import type { Round, Standings } from "./report/comparison.ts";
import { ratioOf, type Summary, summaryOf } from "./report/statistics.ts";
import { RECORDS } from "./rows.ts";
import type { Goal, Row } from "./workload.ts";

export interface TimedComparison {
  readonly name: string;
  /** Names of contenders. */
  readonly ours: string;
  readonly theirs: string;
  /** Their names in the table. */
  readonly against: string;
  readonly goal: Goal;
  readonly note?: string;
}

/** A row with two contenders' times for a batch; a round of fewer events is scaled to a batch. */
export function timedRow(standings: Standings, { ours, theirs, against, ...row }: TimedComparison): Row {
  const [we, they] = [standings.of(ours), standings.of(theirs)];
  const [ourMs, theirMs] = [batchMs(we), batchMs(they)];
  return {
    ...row,
    unit: BATCH_UNIT,
    ours: summaryOf(ourMs),
    against: { name: against, value: summaryOf(theirMs) },
    ratio: "atMost" in row.goal ? ratioOf(ourMs, theirMs) : ratioOf(theirMs, ourMs),
    cpuMicrosPerEvent: { ours: cpuMicrosPerEvent(we), against: cpuMicrosPerEvent(they) },
    stubHeadroom: standings.stubHeadroom,
  };
}

export interface BoundComparison {
  readonly name: string;
  readonly ours: string;
  readonly bound: { readonly name: string; readonly ms: number };
  readonly goal: { readonly atMost: number };
  readonly note?: string;
}

/** A row with a contender's time beside the theoretical minimum: a calculated number, not a measurement. */
export function boundedRow(standings: Standings, { ours, bound, ...row }: BoundComparison): Row {
  const rounds = standings.of(ours);
  const ourMs = batchMs(rounds);
  return {
    ...row,
    unit: BATCH_UNIT,
    ours: summaryOf(ourMs),
    against: { name: bound.name, value: constant(bound.ms) },
    ratio: summaryOf(ourMs.map((ms) => ms / bound.ms)),
    cpuMicrosPerEvent: { ours: cpuMicrosPerEvent(rounds) },
    stubHeadroom: standings.stubHeadroom,
  };
}

const BATCH_UNIT = `ms per ${RECORDS.toLocaleString("en-US")} events`;

const constant = (value: number): Summary => ({ median: value, min: value, max: value });

const batchMs = (rounds: readonly Round[]): readonly number[] =>
  rounds.map(({ ms, events }) => (ms * RECORDS) / events);

const cpuMicrosPerEvent = (rounds: readonly Round[]): number =>
  summaryOf(rounds.map(({ cpuMs, events }) => (1_000 * cpuMs) / events)).median;
