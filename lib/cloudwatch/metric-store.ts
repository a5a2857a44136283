import { statisticOf } from "./statistic.ts";

/** A metric by CloudWatch's identity: with another dimension it is another metric. */
export interface MetricId {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
}

/** Values reported at one instant. */
export interface Sample {
  readonly metric: MetricId;
  /** Epoch milliseconds. */
  readonly atMs: number;
  readonly values: readonly number[];
}

/** One value for each period that has any, by the period's start in epoch milliseconds, ascending. */
export type Series = ReadonlyMap<number, number>;

/** From the first, inclusive, to the second, exclusive. Epoch milliseconds. */
export interface TimeRange {
  readonly fromMs: number;
  readonly toMs: number;
}

export interface SeriesQuery extends TimeRange {
  /** In CloudWatch's spelling: Sum, Average, Maximum, Minimum, SampleCount, p99 ... */
  readonly statistic: string;
  readonly periodMs: number;
  /** The offset of periods from multiples of their length, in milliseconds. @default 0, as on a dashboard */
  readonly phaseMs?: number;
}

/** All reported values, with CloudWatch's way to query them. */
export class MetricStore {
  readonly #samples = new Map<string, { readonly metric: MetricId; readonly samples: Sample[] }>();

  add(samples: readonly Sample[]): void {
    for (const sample of samples) {
      const key = textOf(sample.metric);
      const known = this.#samples.get(key) ?? { metric: sample.metric, samples: [] };
      // Sorted by time, the order in which nearly all values arrive: a day of values is queried in parts of minutes.
      known.samples.splice(firstFrom(known.samples, sample.atMs + 1), 0, sample);
      this.#samples.set(key, known);
    }
  }

  /** Every metric that has a value. */
  get metrics(): readonly MetricId[] {
    return [...this.#samples.values()].map(({ metric }) => metric);
  }

  has(metric: MetricId): boolean {
    return this.#samples.has(textOf(metric));
  }

  series(metric: MetricId, { statistic, periodMs, phaseMs, fromMs, toMs }: SeriesQuery): Series {
    const values = new Map<number, number[]>();
    const samples = this.#samples.get(textOf(metric))?.samples ?? [];
    for (const { atMs, values: told } of samples.slice(firstFrom(samples, fromMs), firstFrom(samples, toMs))) {
      const period = periodStart(atMs, periodMs, phaseMs);
      const inPeriod = values.get(period);
      if (inPeriod === undefined) values.set(period, [...told]);
      else inPeriod.push(...told);
    }
    return new Map(
      [...values].sort(([one], [other]) => one - other).map(([at, all]) => [at, statisticOf(statistic, all)]),
    );
  }
}

/** The place of the first sample that is not earlier. */
function firstFrom(samples: readonly Sample[], fromMs: number): number {
  let low = 0;
  for (let end = samples.length; low < end; ) {
    const middle = (low + end) >>> 1;
    if ((samples[middle]?.atMs ?? 0) >= fromMs) end = middle;
    else low = middle + 1;
  }
  return low;
}

/** Periods begin at multiples of their length, or so much later. */
export const periodStart = (atMs: number, periodMs: number, phaseMs = 0): number =>
  Math.floor((atMs - phaseMs) / periodMs) * periodMs + phaseMs;

/** The starts of all periods in a range; the first period may begin before the range. */
export function periodsIn({ fromMs, toMs }: TimeRange, periodMs: number, phaseMs = 0): readonly number[] {
  const first = periodStart(fromMs, periodMs, phaseMs);
  return Array.from(
    { length: Math.max(0, Math.ceil((toMs - first) / periodMs)) },
    (_unused, index) => first + index * periodMs,
  );
}

export function textOf({ namespace, name, dimensions }: MetricId): string {
  const sorted = Object.entries(dimensions).sort(([one], [other]) => (one < other ? -1 : 1));
  return `${namespace} ${name} ${sorted.map(([key, value]) => `${key}=${value}`).join(" ")}`.trimEnd();
}
