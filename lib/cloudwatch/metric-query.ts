import { evaluateMath, type LabelledSeries } from "./metric-math.ts";
import { searchLabels, searchMetrics } from "./metric-search.ts";
import { type MetricId, type MetricStore, periodsIn, type Series, type TimeRange } from "./metric-store.ts";

/** A metric or an expression of a widget or an alarm. */
export type Query = MetricQuery | ExpressionQuery;

interface CommonQuery {
  /** The id by which expressions refer to it. */
  readonly id?: string;
  readonly label?: string;
  /** Whether it is shown or evaluated, not only used in an expression. */
  readonly returned: boolean;
  readonly periodSeconds: number;
}
export interface MetricQuery extends CommonQuery {
  readonly kind: "metric";
  readonly metric: MetricId;
  readonly statistic: string;
}
export interface ExpressionQuery extends CommonQuery {
  readonly kind: "expression";
  readonly expression: string;
}

export interface QueryContext {
  readonly store: MetricStore;
  readonly range: TimeRange;
  /** How many seconds of a period pass in one real second, since a local run lasts only minutes. */
  readonly timeScale: number;
  /** The offset of periods from multiples of their length, in milliseconds. @default 0, as on a dashboard */
  readonly phaseMs?: number;
}

/** The series of one query among its siblings: one, or several for a search. */
export function seriesOf(query: Query, siblings: readonly Query[], context: QueryContext): readonly LabelledSeries[] {
  const { store, range, timeScale, phaseMs = 0 } = context;
  const periodMs = (query.periodSeconds * 1_000) / timeScale;
  const { label } = query;
  if (query.kind === "metric") {
    const { metric, statistic } = query;
    return [{ label: label ?? metric.name, series: store.series(metric, { ...range, statistic, periodMs, phaseMs }) }];
  }
  const found = evaluateMath(query.expression, {
    periods: periodsIn(range, periodMs, phaseMs),
    series: (id) => named(id, siblings, context),
    search: (expression, statistic, searchPeriodMs) => {
      const metrics = searchMetrics(store, expression);
      const labels = searchLabels(metrics);
      const search = { ...range, statistic, periodMs: searchPeriodMs / timeScale };
      return metrics.map((metric, index) => ({ label: labels[index] ?? "", series: store.series(metric, search) }));
    },
  });
  return label === undefined || label.trim() === "" ? found : found.map(({ series }) => ({ label, series }));
}

function named(id: string, siblings: readonly Query[], context: QueryContext): Series {
  const sibling = siblings.find((query) => query.id === id);
  if (sibling === undefined) throw new Error(`An expression names ${id}, and no metric beside it has this id.`);
  const [only, ...others] = seriesOf(sibling, siblings, context);
  if (only === undefined || others.length > 0) throw new Error(`${id} is not one series but ${1 + others.length}.`);
  return only.series;
}

/** The metrics of a query that never had a value. A search finds only existing metrics. */
export function unseenMetrics(queries: readonly Query[], store: MetricStore): readonly MetricId[] {
  return queries.flatMap((query) => (query.kind === "metric" && !store.has(query.metric) ? [query.metric] : []));
}
