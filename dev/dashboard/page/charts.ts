import uPlot from "uplot";
import type { Line, Point, View } from "../../../lib/cloudwatch/widgets.ts";
import { formatTime, formatValue } from "./format.ts";

/** Okabe and Ito's palette, which colour-blind people can distinguish, with the console's blue first. */
export const LINE_COLORS = ["#0073bb", "#e69f00", "#009e73", "#d55e00", "#cc79a7", "#56b4e9", "#8c6d31", "#7f7f7f"];

/** The times at a chart's left and right edge, in epoch milliseconds. */
export interface Range {
  readonly fromMs: number;
  readonly toMs: number;
}

type Graph = Extract<View, { kind: "graph" }>;
type Column = (number | null)[];

const AXIS = {
  font: "11px sans-serif",
  stroke: "#5f6b7a",
  grid: { stroke: "#eef1f4", width: 1 },
  ticks: { show: false },
};
const LABEL = { labelFont: "11px sans-serif", labelSize: 15, labelGap: 0 };
const seconds = (ms: number): number => ms / 1_000;

/** The lines of a graph; those of the right axis have their own scale. */
export function drawGraph(into: HTMLElement, { lines, units, stacked }: Graph, range: Range): void {
  const at = evenly([...new Set(lines.flatMap(({ points }) => points.map(([ms]) => ms)))]);
  const columns = stacked ? stackedColumns(lines, at) : lines.map(({ points }) => columnOf(points, at));
  const hasRight = lines.some(({ axis }) => axis === "right");
  const series = lines.map(({ label, axis }, index): uPlot.Series => {
    const stroke = LINE_COLORS[index % LINE_COLORS.length] ?? "";
    return {
      label,
      stroke,
      scale: axis,
      width: 1.6,
      // A period without a value is a gap, and a value between two gaps is a point.
      spanGaps: false,
      points: { show: !stacked, size: 3.5, fill: stroke },
      ...(stacked ? { fill: `${stroke}55` } : {}),
    };
  });
  const valueAxis = (scale: "left" | "right"): uPlot.Axis => ({
    ...AXIS,
    ...LABEL,
    scale,
    label: units[scale],
    side: scale === "left" ? 3 : 1,
    size: 44,
    values: (_plot, splits) => splits.map((split) => formatValue(split)),
    ...(scale === "right" ? { grid: { show: false } } : {}),
  });
  const times: uPlot.Axis = {
    ...AXIS,
    size: 24,
    space: 90,
    values: (_plot, splits) => splits.map((split) => formatTime(split * 1_000)),
  };
  const axes = [times, valueAxis("left"), ...(hasRight ? [valueAxis("right")] : [])];
  draw(into, { series, axes, range }, [at.map(seconds), ...columns]);
}

/** The history of a number, without axes. */
export function drawSparkline(into: HTMLElement, line: readonly Point[], range: Range): void {
  const series: uPlot.Series[] = [
    { scale: "left", stroke: "#0073bb", width: 1.5, fill: "#0073bb22", points: { show: false }, spanGaps: true },
  ];
  draw(into, { series, axes: [{ show: false }, { show: false }], range }, [
    line.map(([ms]) => seconds(ms)),
    line.map(([, value]) => value),
  ]);
}

interface Drawing {
  readonly series: uPlot.Series[];
  readonly axes: uPlot.Axis[];
  readonly range: Range;
}

function draw(into: HTMLElement, { series, axes, range }: Drawing, data: (number | null)[][]): void {
  const { width, height } = into.getBoundingClientRect();
  const fromZero: uPlot.Scale = { range: (_plot, _min, max) => [0, max > 0 ? max * 1.08 : 1] };
  const options: uPlot.Options = {
    width,
    height,
    series: [{}, ...series],
    axes,
    scales: {
      x: { time: true, range: [seconds(range.fromMs), seconds(range.toMs)] },
      left: fromZero,
      right: fromZero,
    },
    legend: { show: false },
    cursor: { show: false },
    padding: [6, 4, 0, 0],
  };
  new uPlot(options, data as uPlot.AlignedData, into);
}

/** All periods from the first to the last, including those without a value. */
function evenly(some: readonly number[]): readonly number[] {
  const at = [...some].sort((one, other) => one - other);
  const steps = at.slice(1).map((ms, index) => ms - (at[index] ?? ms));
  const step = Math.min(...steps);
  const [first = 0] = at;
  if (!Number.isFinite(step) || step <= 0) return at;
  return Array.from(
    { length: Math.round(((at.at(-1) ?? first) - first) / step) + 1 },
    (_unused, index) => first + index * step,
  );
}

function columnOf(points: readonly Point[], at: readonly number[]): Column {
  const values = new Map(points);
  return at.map((ms) => values.get(ms) ?? null);
}

/** Stacks the lines: each lies on top of those after it, so that the first is the total. */
function stackedColumns(lines: readonly Line[], at: readonly number[]): Column[] {
  const totals = at.map(() => 0);
  return lines
    .map(({ points }) => columnOf(points, at))
    .reverse()
    .map((column) =>
      column.map((value, index) => {
        totals[index] = (totals[index] ?? 0) + (value ?? 0);
        return totals[index] ?? 0;
      }),
    )
    .reverse();
}
