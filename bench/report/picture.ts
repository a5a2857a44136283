import { isMet, type Row } from "../workload.ts";
import type { Result } from "./result.ts";
import { number } from "./table.ts";

const WIDTH = 990;
const LABELS = 410;
const VALUES = 140;
const LINE = 26;
const TOP = 64;
const BAR = 14;
/** The goal is at the same place in each line, so that one sees at a glance which bars pass it. */
const GOAL_AT = 0.5;
/** The far end of the scale, as a multiple of the goal. */
const SCALE = 1 / GOAL_AT;

/**
 * Bars of each row's ratio, scaled to the row's goal. If less is better, a bar that ends before the line is good. If
 * more is better, the ratio is inverted, so that the same holds.
 */
export function picture({ workloads }: Pick<Result, "workloads">): string {
  const rows = workloads.flatMap((workload) => workload.rows);
  const height = TOP + rows.length * LINE + 16;
  const width = WIDTH - LABELS - VALUES;
  const goalX = LABELS + width * GOAL_AT;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="Each measured ratio beside its goal">
<style>
  text { font: 13px system-ui, sans-serif; fill: #1f2328 }
  .note { fill: #59636e; font-size: 12px }
  .rail { fill: #eaeef2 }
  .met { fill: #1a7f37 }
  .missed { fill: #bc4c00 }
  .goal { stroke: #1f2328; stroke-width: 1.5; stroke-dasharray: 3 3 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 }
    .note { fill: #9198a1 }
    .rail { fill: #262c36 }
    .met { fill: #3fb950 }
    .missed { fill: #f0883e }
    .goal { stroke: #e6edf3 }
  }
</style>
<text x="${LABELS}" y="22" font-weight="600">How near each row is to its goal</text>
<text class="note" x="${LABELS}" y="40">A bar that ends before the line has met the goal.</text>
${rows.map((row, index) => barOf(row, TOP + index * LINE, width)).join("\n")}
<line class="goal" x1="${goalX}" y1="${TOP - 14}" x2="${goalX}" y2="${height - 10}"/>
</svg>
`;
}

function barOf(row: Row, y: number, width: number): string {
  const part = Math.min(SCALE, distanceOf(row)) / SCALE;
  const text = y + BAR - 2;
  return [
    `<text x="${LABELS - 12}" y="${text}" text-anchor="end">${escaped(row.name)}</text>`,
    `<rect class="rail" x="${LABELS}" y="${y}" width="${width}" height="${BAR}" rx="3"/>`,
    `<rect class="${isMet(row) ? "met" : "missed"}" x="${LABELS}" y="${y}" width="${Math.max(3, Math.round(width * part))}" height="${BAR}" rx="3"/>`,
    `<text x="${LABELS + width + 12}" y="${text}">x ${number(row.ratio.median)}<tspan class="note"> (${goalText(row)})</tspan></text>`,
  ].join("");
}

/** 1 is the goal, less is better. */
const distanceOf = ({ ratio, goal }: Row): number =>
  "atMost" in goal ? ratio.median / goal.atMost : goal.atLeast / ratio.median;

const goalText = ({ goal }: Row): string =>
  "atMost" in goal ? `at most ${number(goal.atMost)}` : `at least ${number(goal.atLeast)}`;

const escaped = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
