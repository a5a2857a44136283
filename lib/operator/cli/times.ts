import { timeOf } from "../../contract/codec/rfc-3339.ts";
import { OperatorError } from "../aws/operator-error.ts";

const UNITS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const DURATION = /^(\d+(?:\.\d+)?)(s|m|h|d)$/;

/** Longer than anything is kept, and small enough that a time in milliseconds is an exact number. */
const MAX_DURATION_MS = 36_500 * UNITS.d;

/** Reads `90s`, `10m`, `2h`, `1d` as milliseconds. */
export function readDuration(option: string, value: string): number {
  const [, count, unit] = DURATION.exec(value) ?? [];
  const ms = Number(count) * UNITS[unit as keyof typeof UNITS];
  // A duration of 0 selects nothing: every event is older than that.
  if (count === undefined || !(ms > 0 && ms <= MAX_DURATION_MS)) {
    throw new OperatorError("misuse", `${option} is ${JSON.stringify(value)}: give a time such as 90s, 10m, 2h or 1d.`);
  }
  return ms;
}

const DAY = /^\d{4}-\d\d-\d\d$/;

/**
 * Reads a moment: `2026-11-29T14:00:00Z`, `2026-11-29` for the beginning of that day in UTC, `24h` for so long ago.
 *
 * @returns the moment in epoch milliseconds, once it is known what time it is.
 */
export function readMoment(option: string, value: string): (nowMs: number) => number {
  if (DURATION.test(value)) {
    const agoMs = readDuration(option, value);
    return (nowMs) => nowMs - agoMs;
  }
  const ms = timeOf(DAY.test(value) ? `${value}T00:00:00Z` : value);
  if (ms !== undefined) return () => ms;
  throw new OperatorError(
    "misuse",
    `${option} is ${JSON.stringify(value)}: give a time with its zone such as 2026-11-29T14:00:00Z, a day (in UTC) such as 2026-11-29, or a time ago such as 24h.`,
  );
}

/** A duration in its two largest units: `2h 5m`. */
export function spanOf(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  const seconds = Math.round(ms / 1_000);
  const parts = [
    [Math.floor(seconds / 86_400), "d"],
    [Math.floor((seconds % 86_400) / 3_600), "h"],
    [Math.floor((seconds % 3_600) / 60), "m"],
    [seconds % 60, "s"],
  ] as const;
  const first = parts.findIndex(([count]) => count > 0);
  return parts
    .slice(first, first + 2)
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count}${unit}`)
    .join(" ");
}

export const clockTime = (ms: number): string => new Date(ms).toISOString().replace(/\.\d+Z$/, "Z");

/** A moment, absolute and relative: `2026-01-31T12:00:00Z (5m ago)`. */
export function moment(ms: number, nowMs: number): string {
  const distanceMs = ms - nowMs;
  if (Math.abs(distanceMs) < 1_000) return `${clockTime(ms)} (now)`;
  return `${clockTime(ms)} (${distanceMs < 0 ? `${spanOf(-distanceMs)} ago` : `in ${spanOf(distanceMs)}`})`;
}
