import { describe, expect, it } from "vitest";
import type { ScannedRow } from "../../../../lib/contract/event.ts";
import { isDue, markUnaged, waitingSince } from "../../../../lib/core/requeue/sweep/row-age.ts";
import { memoryTable } from "../../../world/memory-table.ts";
import { RecordingTelemetry } from "../../../world/recording-telemetry.ts";
import { VirtualClock } from "../../../world/virtual-clock.ts";
import { scannedRow } from "./scanned-row.ts";

const NOW_MS = 100_000;
const MIN_AGE_MS = 5_000;

const row = (recordedAtMs?: number, marks: Partial<ScannedRow["marks"]> = {}, pk = "a"): ScannedRow =>
  scannedRow(pk, { marks: { attempts: 0, ...marks }, ...(recordedAtMs !== undefined && { recordedAtMs }) });

describe("a row waits", () => {
  it("since it was written, or else since the first look at it; a time to come counts as none", () => {
    expect(waitingSince(row(90_000, { seenAtMs: 95_000 }), NOW_MS)).toBe(90_000);
    expect(waitingSince(row(undefined, { seenAtMs: 95_000 }), NOW_MS)).toBe(95_000);
    expect(waitingSince(row(NOW_MS), NOW_MS)).toBe(NOW_MS);
    expect(waitingSince(row(NOW_MS + 1, { seenAtMs: 95_000 }), NOW_MS)).toBe(95_000);
    expect(waitingSince(row(NOW_MS + 1, { seenAtMs: NOW_MS + 1 }), NOW_MS)).toBeUndefined();
    expect(waitingSince(row(), NOW_MS)).toBeUndefined();
  });
});

describe("a row is due", () => {
  it("from its minimum age on, once its rest is over, and never while its age is unknown", () => {
    const due = (each: ScannedRow) => isDue(each, NOW_MS, MIN_AGE_MS);
    expect(due(row(NOW_MS - MIN_AGE_MS))).toBe(true);
    expect(due(row(NOW_MS - MIN_AGE_MS + 1))).toBe(false);
    expect(due(row(undefined, { seenAtMs: NOW_MS - MIN_AGE_MS }))).toBe(true);
    expect(due(row(0, { notBeforeMs: NOW_MS + 1 }))).toBe(false);
    expect(due(row(0, { notBeforeMs: NOW_MS }))).toBe(true);
    expect(due(row())).toBe(false);
  });
});

describe("the first look at rows of unknown age", () => {
  it("is noted on them alone, and tells which have no room for the note", async () => {
    const clock = new VirtualClock(0);
    const telemetry = new RecordingTelemetry();
    const noted: string[] = [];
    const table = {
      ...memoryTable(clock),
      async markSeen({ pk }: ScannedRow["key"], seenAtMs: number) {
        if (pk === "refused") throw new TypeError("refused");
        noted.push(`${pk} ${seenAtMs}`);
        return pk !== "full";
      },
    };
    const rows = [
      row(1, {}, "known"),
      row(undefined, {}, "new"),
      row(undefined, {}, "full"),
      row(undefined, {}, "refused"),
    ];
    const withoutRoom = await clock.run(() => markUnaged(rows, NOW_MS, table, telemetry));
    expect(noted).toEqual([`new ${NOW_MS}`, `full ${NOW_MS}`]);
    expect(withoutRoom).toEqual([rows[2]]);
    expect(telemetry.logs).toMatchObject([{ level: "warn", fields: { error: "TypeError" } }]);
  });
});
