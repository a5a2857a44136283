import type { AlarmState } from "./alarm-rule.ts";
import type { AlarmWatch } from "./alarm-watch.ts";
import { type LogLine, type LogTable, queryLogs } from "./logs-insights.ts";
import { type Query, type QueryContext, seriesOf } from "./metric-query.ts";
import { alarmIdOf, type References, resourcesOf, type Template } from "./template.ts";

/** A place in the console's grid of 24 columns. */
export interface Place {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** A widget of the synthesized dashboard. */
export type Widget = { readonly place: Place; readonly title: string } & WidgetContent;

type WidgetContent =
  | { readonly kind: "text"; readonly markdown: string }
  | { readonly kind: "number"; readonly queries: readonly Query[] }
  | {
      readonly kind: "graph";
      readonly queries: readonly Query[];
      /** The axes of the queries, in their order. */
      readonly axes: readonly Axis[];
      readonly units: Readonly<Record<Axis, string>>;
      readonly stacked: boolean;
    }
  | { readonly kind: "alarms"; readonly alarmIds: readonly string[] }
  | { readonly kind: "table"; readonly query: string };

export type Axis = "left" | "right";

/** The drawing of a widget. */
export type View = { readonly place: Place; readonly title: string } & ViewContent;

type ViewContent =
  | { readonly kind: "text"; readonly markdown: string }
  | {
      readonly kind: "number";
      readonly label: string;
      readonly value: number | undefined;
      readonly line: readonly Point[];
    }
  | {
      readonly kind: "graph";
      readonly lines: readonly Line[];
      readonly units: Readonly<Record<Axis, string>>;
      readonly stacked: boolean;
    }
  | { readonly kind: "alarms"; readonly alarms: readonly { readonly name: string; readonly state: AlarmState }[] }
  | { readonly kind: "table"; readonly table: LogTable };

export interface Line {
  readonly label: string;
  readonly axis: Axis;
  readonly points: readonly Point[];
}
/** Epoch milliseconds, and the value. */
export type Point = readonly [number, number];

export interface ViewContext extends QueryContext {
  readonly watch: AlarmWatch;
  readonly linesOf: (logGroup: string) => readonly LogLine[];
}

/** Computes a widget's data. */
export function viewOf(widget: Widget, context: ViewContext): View {
  const { place, title } = widget;
  switch (widget.kind) {
    case "text":
      return { place, title, kind: "text", markdown: widget.markdown };
    case "number": {
      const [only] = linesOf(widget.queries, () => "left", context);
      const line = only?.points ?? [];
      return { place, title, kind: "number", label: only?.label ?? "", value: line.at(-1)?.[1], line };
    }
    case "graph": {
      const lines = linesOf(widget.queries, (index) => widget.axes[index] ?? "left", context);
      return { place, title, kind: "graph", lines, units: widget.units, stacked: widget.stacked };
    }
    case "alarms": {
      const { watch } = context;
      const shown = widget.alarmIds.flatMap((id) => watch.alarms.find((alarm) => alarm.id === id) ?? []);
      const alarms = shown.map((alarm) => ({ name: alarm.name, state: watch.stateOf(alarm) }));
      return { place, title, kind: "alarms", alarms };
    }
    case "table":
      return { place, title, kind: "table", table: queryLogs(widget.query, context.linesOf) };
  }
}

function linesOf(queries: readonly Query[], axisOf: (index: number) => Axis, context: QueryContext): readonly Line[] {
  return queries.flatMap((query, index) => {
    if (!query.returned) return [];
    return seriesOf(query, queries, context).map(({ label, series }) => ({
      label,
      axis: axisOf(index),
      points: [...series],
    }));
  });
}

/** Reads the widgets of the one dashboard in a template. */
export function widgetsOf(template: Template, references: References): readonly Widget[] {
  const dashboards = resourcesOf(template, "AWS::CloudWatch::Dashboard", references);
  const [dashboard] = dashboards;
  if (dashboard === undefined || dashboards.length > 1)
    throw new Error(`There are ${dashboards.length} dashboards, not one.`);
  const { widgets } = JSON.parse(String(dashboard[1]["DashboardBody"])) as { readonly widgets: readonly WidgetJson[] };
  return widgets.map(widgetOf);
}

interface WidgetJson extends Place {
  readonly type: string;
  readonly properties: {
    readonly title?: string;
    readonly markdown?: string;
    readonly view?: string;
    readonly metrics?: readonly (readonly unknown[])[];
    readonly alarms?: readonly string[];
    readonly query?: string;
    readonly stat?: string;
    readonly period?: number;
    readonly stacked?: boolean;
    readonly yAxis?: Partial<Readonly<Record<Axis, { readonly label?: string }>>>;
  };
}

function widgetOf({ type, x, y, width, height, properties }: WidgetJson): Widget {
  const common = { place: { x, y, width, height }, title: properties.title ?? "" };
  switch (type) {
    case "text":
      return { ...common, kind: "text", markdown: properties.markdown ?? "" };
    case "alarm":
      return { ...common, kind: "alarms", alarmIds: (properties.alarms ?? []).map(alarmIdOf) };
    case "log":
      return { ...common, kind: "table", query: properties.query ?? "" };
    case "metric": {
      const { metrics = [], yAxis = {}, stacked = false } = properties;
      const queries = metrics.map((metric) => queryOf(metric, properties));
      if (properties.view === "singleValue") return { ...common, kind: "number", queries };
      const axes = metrics.map((metric) => (optionsOf(metric).yAxis === "right" ? "right" : "left"));
      const units = { left: yAxis.left?.label ?? "", right: yAxis.right?.label ?? "" };
      return { ...common, kind: "graph", queries, axes, units, stacked };
    }
    default:
      throw new Error(`A widget of type ${type} is not known here yet.`);
  }
}

interface MetricOptions {
  readonly id?: string;
  readonly expression?: string;
  readonly label?: string;
  readonly stat?: string;
  readonly period?: number;
  readonly visible?: boolean;
  readonly yAxis?: string;
}

function optionsOf(metric: readonly unknown[]): MetricOptions {
  const last = metric.at(-1);
  return typeof last === "object" && last !== null ? last : {};
}

/** CloudWatch's own defaults, if neither the metric nor the widget sets a value. */
const DEFAULT_STATISTIC = "Average";
const DEFAULT_PERIOD_SECONDS = 300;

/** Reads `[namespace, name, dimension, value, ..., { options }]`, or `[{ expression }]`. */
function queryOf(metric: readonly unknown[], widget: WidgetJson["properties"]): Query {
  const options = optionsOf(metric);
  const { id, label, expression, visible = true } = options;
  const common = {
    ...(id === undefined ? {} : { id }),
    ...(label === undefined ? {} : { label }),
    returned: visible,
    periodSeconds: options.period ?? widget.period ?? DEFAULT_PERIOD_SECONDS,
  };
  if (expression !== undefined) return { ...common, kind: "expression", expression };
  const [namespace = "", name = "", ...pairs] = metric.filter((part) => typeof part === "string");
  const dimensions: Record<string, string> = {};
  for (let index = 0; index < pairs.length; index += 2) dimensions[pairs[index] ?? ""] = pairs[index + 1] ?? "";
  const statistic = options.stat ?? widget.stat ?? DEFAULT_STATISTIC;
  return { ...common, kind: "metric", metric: { namespace, name, dimensions }, statistic };
}
