import { type MetricId, type MetricStore, textOf } from "./metric-store.ts";

/**
 * The result of a SEARCH: `{Namespace,dimension,...} MetricName="..." dimension="..."`. A metric must have exactly the
 * dimensions of the schema; a quoted value must match completely.
 */
export function searchMetrics(store: MetricStore, expression: string): readonly MetricId[] {
  const [, schema, terms = ""] = /^\{([^}]+)\}\s*(.*)$/.exec(expression) ?? [];
  if (schema === undefined) throw new Error(`The search ${JSON.stringify(expression)} has no {Namespace,dimension}.`);
  const [namespace, ...dimensions] = schema.split(",").map((part) => part.trim());
  const wanted = [...terms.matchAll(/(\w+)="([^"]*)"\s*/g)];
  if (
    wanted
      .map(([text]) => text)
      .join("")
      .trim() !== terms.trim()
  ) {
    throw new Error(`The search ${JSON.stringify(expression)} has terms other than name="value".`);
  }
  return store.metrics
    .filter(
      (metric) =>
        metric.namespace === namespace &&
        Object.keys(metric.dimensions).sort().join() === [...dimensions].sort().join() &&
        wanted.every(
          ([, name = "", value]) => (name === "MetricName" ? metric.name : metric.dimensions[name]) === value,
        ),
    )
    .sort((one, other) => (textOf(one) < textOf(other) ? -1 : 1));
}

/** The labels of the found metrics: the values of those dimensions in which they differ. */
export function searchLabels(found: readonly MetricId[]): readonly string[] {
  const [first] = found;
  const names = Object.keys(first?.dimensions ?? {});
  const telling = names.filter((name) => new Set(found.map(({ dimensions }) => dimensions[name])).size > 1);
  const shown = telling.length === 0 ? names.slice(-1) : telling;
  return found.map(({ dimensions }) => shown.map((name) => dimensions[name] ?? "").join(" "));
}
