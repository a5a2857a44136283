import type { DueMarks, ScannedRow } from "../../../contract/event.ts";
import { rests } from "../../../contract/read-back.ts";
import { errorName } from "../../../contract/telemetry/error-name.ts";
import { boundedMap } from "../../parallel.ts";
import type { OutboxTable, Telemetry } from "../../ports.ts";

/**
 * Epoch milliseconds since when a row waits, or undefined where that is not known yet. A time in the future, from the
 * writer or from the first look, means a wrong clock and counts as absent.
 */
export function waitingSince({ recordedAtMs, marks }: ScannedRow, nowMs: number): number | undefined {
  return [recordedAtMs, marks.seenAtMs].find((sinceMs) => sinceMs !== undefined && sinceMs <= nowMs);
}

/** Whether the sweep may take a row: old enough that no relay still holds it, and not resting after a failure. */
export function isDue(row: ScannedRow, nowMs: number, minAgeMs: number): boolean {
  const sinceMs = waitingSince(row, nowMs);
  return sinceMs !== undefined && nowMs - sinceMs >= minAgeMs && isRested(row, nowMs);
}

export const isRested = ({ marks }: { readonly marks: DueMarks }, nowMs: number): boolean =>
  !rests(marks.notBeforeMs, nowMs);

const PARALLEL_MARKS = 16;

/** Notes the first look at rows of unknown age, to count from it. Resolves with the rows without room for the note. */
export async function markUnaged(
  rows: readonly ScannedRow[],
  nowMs: number,
  table: OutboxTable,
  telemetry: Telemetry,
): Promise<readonly ScannedRow[]> {
  const unaged = rows.filter((row) => waitingSince(row, nowMs) === undefined);
  const withoutRoom = await boundedMap(unaged, PARALLEL_MARKS, async (row): Promise<readonly ScannedRow[]> => {
    try {
      return (await table.markSeen(row.key, nowMs)) ? [] : [row];
    } catch (error) {
      telemetry.log("warn", "A row of unknown age could not be marked; it is aged from a later look", {
        eventId: row.id,
        error: errorName(error),
      });
      return [];
    }
  });
  return withoutRoom.flat();
}
