import {
  GraphWidget,
  type IMetric,
  type IWidget,
  LegendPosition,
  TextWidget,
  TextWidgetBackground,
} from "aws-cdk-lib/aws-cloudwatch";
import type { MetricName } from "../../../contract/telemetry/metrics.ts";
import type { RelayMetrics } from "../relay-metrics.ts";

/** One row of the dashboard: its widgets' widths add up to {@link COLUMNS}. */
export type Row = readonly IWidget[];

/** The console's grid. */
export const COLUMNS = 24;
export const HALF = COLUMNS / 2;
export const THIRD = COLUMNS / 3;
const GRAPH_HEIGHT = 6;

export interface GraphProps {
  readonly title: string;
  readonly width: number;
  readonly left: readonly IMetric[];
  readonly right?: readonly IMetric[];
  /** What the left axis counts. */
  readonly unit: string;
  readonly rightUnit?: string;
  readonly stacked?: boolean;
}

export function graph(props: GraphProps): IWidget {
  const { title, width, left, right = [], unit, rightUnit, stacked = false } = props;
  return new GraphWidget({
    title,
    width,
    height: GRAPH_HEIGHT,
    left: [...left],
    right: [...right],
    leftYAxis: { min: 0, label: unit, showUnits: false },
    // Without a line on the right axis, its scale would only confuse.
    ...(right.length === 0 ? {} : { rightYAxis: { min: 0, label: rightUnit, showUnits: false } }),
    legendPosition: LegendPosition.BOTTOM,
    stacked,
  });
}

/** A text above a row: what the row shows, and what to do about it. */
export const section = (title: string, text: string): Row => [
  new TextWidget({
    markdown: `## ${title}\n${text}`,
    width: COLUMNS,
    height: 2,
    background: TextWidgetBackground.TRANSPARENT,
  }),
];

export const sums = (metrics: RelayMetrics, ...names: readonly MetricName[]): readonly IMetric[] =>
  names.map((name) => metrics.one(name));
