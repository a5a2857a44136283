import { isMet, LEAST_HEADROOM, type Row } from "../workload.ts";
import type { Summary } from "./statistics.ts";

export const HEADINGS = ["row", "ratio", "goal", "", "ours", "against", "CPU us per event", "stub headroom"] as const;

/** The cells of one row: first the ratio, which also holds on other machines, then the figures behind it. */
export function cellsOf(row: Row): readonly string[] {
  const { name, ratio, goal, ours, against, unit, cpuMicrosPerEvent: cpu, stubHeadroom } = row;
  return [
    name,
    `x ${range(ratio)}`,
    "atMost" in goal ? `<= ${number(goal.atMost)}` : `>= ${number(goal.atLeast)}`,
    isMet(row) ? "met" : "missed",
    `${range(ours)} ${unit}`,
    `${against.name}: ${range(against.value)}`,
    cpu === undefined
      ? ""
      : [cpu.ours, cpu.against].flatMap((value) => (value === undefined ? [] : number(value))).join(" / "),
    stubHeadroom === undefined ? "" : `x ${number(stubHeadroom)}${isStubTheLimit(row) ? " (too little)" : ""}`,
  ];
}

/** Whether the stub was near its limit: then the stub was measured, not the client. */
export const isStubTheLimit = ({ stubHeadroom }: Pick<Row, "stubHeadroom">): boolean =>
  stubHeadroom !== undefined && stubHeadroom < LEAST_HEADROOM;

/** A table for a terminal. */
export function plainTable(rows: readonly Row[]): string {
  const lines = [HEADINGS, ...rows.map(cellsOf)];
  const widths = HEADINGS.map((_heading, column) => Math.max(...lines.map((cells) => cells[column]?.length ?? 0)));
  return lines
    .map((cells) =>
      cells
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

const range = ({ median, min, max }: Summary) =>
  min === max ? number(median) : `${number(median)} (${number(min)}-${number(max)})`;

/** Three significant digits: a benchmark is not more precise. */
export const number = (value: number): string =>
  value.toLocaleString("en-US", { maximumFractionDigits: value < 10 ? 2 : value < 100 ? 1 : 0 });
