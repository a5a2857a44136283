import { statisticOf } from "./statistic.ts";

/** A metric as CloudWatch knows it: another dimension is another metric. */
export interface MetricId {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
}

/** Values that were told at one instant. */
export interface Sample {
  readonly metric: MetricId;
  /** Epoch milliseconds. */
  readonly atMs: number;
  readonly values: readonly number[];
}

/** One value for each period that has any, by the period's start in epoch milliseconds, ascending. */
export type Series = ReadonlyMap<number, number>;

/** From the one, included, to the other, not included. Epoch milliseconds. */
export interface TimeRange {
  readonly fromMs: number;
  readonly toMs: number;
}

export interface SeriesQuery extends TimeRange {
  /** As CloudWatch spells it: Sum, Average, Maximum, Minimum, SampleCount, p99 ... */
  readonly statistic: string;
  readonly periodMs: number;
}

/** Everything that was told, and what CloudWatch would answer about it. */
export class MetricStore {
  readonly #samples = new Map<string, { readonly metric: MetricId; readonly samples: Sample[] }>();

  add(samples: readonly Sample[]): void {
    for (const sample of samples) {
      const key = textOf(sample.metric);
      const known = this.#samples.get(key) ?? { metric: sample.metric, samples: [] };
      known.samples.push(sample);
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

  series(metric: MetricId, { statistic, periodMs, fromMs, toMs }: SeriesQuery): Series {
    const values = new Map<number, number[]>();
    for (const { atMs, values: told } of this.#samples.get(textOf(metric))?.samples ?? []) {
      if (atMs < fromMs || atMs >= toMs) continue;
      const period = periodStart(atMs, periodMs);
      const inPeriod = values.get(period);
      if (inPeriod === undefined) values.set(period, [...told]);
      else inPeriod.push(...told);
    }
    return new Map(
      [...values].sort(([one], [other]) => one - other).map(([at, all]) => [at, statisticOf(statistic, all)]),
    );
  }
}

/** Periods begin at multiples of their length. */
export const periodStart = (atMs: number, periodMs: number): number => Math.floor(atMs / periodMs) * periodMs;

/** The starts of all periods that lie in a range, the first one also where only its end does. */
export function periodsIn({ fromMs, toMs }: TimeRange, periodMs: number): readonly number[] {
  const first = periodStart(fromMs, periodMs);
  return Array.from(
    { length: Math.max(0, Math.ceil((toMs - first) / periodMs)) },
    (_unused, index) => first + index * periodMs,
  );
}

export function textOf({ namespace, name, dimensions }: MetricId): string {
  const sorted = Object.entries(dimensions).sort(([one], [other]) => (one < other ? -1 : 1));
  return `${namespace} ${name} ${sorted.map(([key, value]) => `${key}=${value}`).join(" ")}`.trimEnd();
}
