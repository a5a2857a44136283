/** A series of measurements, as the benchmark shows it. */
export interface Summary {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

export function summaryOf(values: readonly number[]): Summary {
  if (values.length === 0) throw new RangeError("There is nothing to summarise: no round was measured");
  const sorted = values.toSorted((one, other) => one - other);
  const upper = Math.floor(sorted.length / 2);
  const lower = sorted.length % 2 === 0 ? upper - 1 : upper;
  return {
    median: ((sorted[lower] ?? 0) + (sorted[upper] ?? 0)) / 2,
    min: sorted[0] ?? 0,
    max: sorted.at(-1) ?? 0,
  };
}

/**
 * How much slower one workload is than another. Compared round by round, since rounds close in time ran under the same
 * load; then summarised.
 */
export function ratioOf(values: readonly number[], baseline: readonly number[]): Summary {
  return summaryOf(values.map((value, round) => value / (baseline[round] ?? Number.NaN)));
}
