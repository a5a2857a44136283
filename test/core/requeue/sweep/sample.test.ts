import { describe, expect, it } from "vitest";
import type { RowKey, ScannedRow } from "../../../../lib/contract/event.ts";
import type { ScanFrom, ScanPage } from "../../../../lib/core/ports.ts";
import { backlogAges } from "../../../../lib/core/requeue/sweep/backlog-ages.ts";
import { takeSample } from "../../../../lib/core/requeue/sweep/sample.ts";
import { memoryTable } from "../../../world/memory-table.ts";
import { RecordingTelemetry } from "../../../world/recording-telemetry.ts";
import { VirtualClock } from "../../../world/virtual-clock.ts";
import { scannedRow } from "./scanned-row.ts";

const NOW_MS = 100_000;

const row = (pk: string, recordedAtMs?: number): ScannedRow =>
  scannedRow(pk, recordedAtMs === undefined ? {} : { recordedAtMs });
const parkedKey = (pk: string) => ({ pk, version: 1, attempts: 1 });

/** A sample of a table whose scans show these pages, one after the other. */
async function sampleOf(pages: readonly ScanPage[], full: readonly string[] = []) {
  const clock = new VirtualClock(NOW_MS);
  const telemetry = new RecordingTelemetry();
  const asked: ScanFrom[] = [];
  const noted: string[] = [];
  const table = {
    ...memoryTable(clock),
    async scan(from: ScanFrom) {
      const page = pages[asked.push(from) - 1];
      return page ?? { rows: [] };
    },
    async markSeen({ pk }: RowKey) {
      noted.push(pk);
      return !full.includes(pk);
    },
  };
  const ages = backlogAges(() => false);
  let place = 0;
  const random = () => (place += 0.1);
  const sample = await clock.run(() => takeSample({ table, clock, random, telemetry, ages }));
  ages.tell(telemetry, NOW_MS);
  const measured = (["ParkedKeys", "OldestUndeliveredAge", "OldestForeignAge"] as const).map((name) =>
    telemetry.measured(name).at(-1),
  );
  return { sample, asked, noted, measured };
}

const next = { pk: "z", sk: "1" };

describe("the sample of a table", () => {
  it("is all of a table of one page, which is read once", async () => {
    const rows = [row("a", 90_000), row("b", 95_000)];
    const { sample, asked, measured } = await sampleOf([{ rows, parkedKeys: [parkedKey("k")] }]);
    expect(asked).toEqual([{ limit: 100 }]);
    expect(sample).toEqual({ rows, parkedKeys: [parkedKey("k")], complete: true, ageless: false });
    expect(measured).toEqual([1, 10, undefined]);
  });

  it("is the first page of a large table and one from each of four random places", async () => {
    const page = (pk: string, atMs: number): ScanPage => ({
      rows: [row(pk, atMs)],
      parkedKeys: [parkedKey("k")],
      next,
    });
    const pages = [page("a", 90_000), page("b", 70_000), page("c", 80_000), { rows: [row("d", 60_000)] }, { rows: [] }];
    const { sample, asked, measured } = await sampleOf(pages);
    expect(asked[0]).toEqual({ limit: 100 });
    expect(asked.slice(1).map(({ limit }) => limit)).toEqual([100, 100, 100, 100]);
    expect(new Set(asked.slice(1).map(({ after }) => after?.pk)).size).toBe(4);
    expect(asked.slice(1).every(({ after }) => (after?.pk ?? "") !== "" && after?.sk === "1")).toBe(true);
    expect(sample.rows.map(({ key }) => key.pk)).toEqual(["a", "b", "c", "d"]);
    expect(sample.complete).toBe(false);
    // A key that two pages show is one key.
    expect(measured).toEqual([1, 40, undefined]);
  });

  it("notes the first look at rows of unknown age, foreign ones too, and says whether one of its own has no room", async () => {
    const page = { rows: [row("a"), row("old", 1_000)], foreign: [row("f")] };
    const { sample, noted, measured } = await sampleOf([page], ["f"]);
    expect(noted).toEqual(["a", "f"]);
    expect(sample.ageless).toBe(false);
    expect(measured).toEqual([0, 99, 0]);
    expect((await sampleOf([page], ["a"])).sample.ageless).toBe(true);
  });
});
