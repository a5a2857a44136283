import { describe, expect, it } from "vitest";
import type { RowKey, ScannedRow } from "../../../../lib/contract/event.ts";
import type { ScanFrom, ScanPage } from "../../../../lib/core/ports.ts";
import { type BacklogAges, backlogAges } from "../../../../lib/core/requeue/sweep/backlog-ages.ts";
import { takeSample } from "../../../../lib/core/requeue/sweep/sample.ts";
import { memoryTable } from "../../../world/memory-table.ts";
import { RecordingTelemetry } from "../../../world/recording-telemetry.ts";
import { VirtualClock } from "../../../world/virtual-clock.ts";
import { worldOf } from "../../../world/world.ts";
import { MINUTE_MS } from "../../after-outage.ts";
import { scannedRow } from "./scanned-row.ts";

const NOW_MS = 100_000;

const row = (pk: string, recordedAtMs?: number): ScannedRow =>
  scannedRow(pk, recordedAtMs === undefined ? {} : { recordedAtMs });
const parkedKey = (pk: string) => ({ pk, version: 1, attempts: 1 });

interface Given {
  /** Partition keys of rows without room for a note. */
  readonly full: readonly string[];
  readonly random: () => number;
  readonly ages: BacklogAges;
}

/** A sample of a table whose scans show these pages, one after the other. */
async function sampleOf(
  pages: readonly ScanPage[],
  { full = [], random, ages = backlogAges(() => false) }: Partial<Given> = {},
) {
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
  let place = 0;
  const rising = () => (place += 0.1);
  const sample = await clock.run(() => takeSample({ table, clock, random: random ?? rising, telemetry, ages }));
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

  it("forgets what was seen of the table before, where it is all of it", async () => {
    const ages = backlogAges(() => false);
    ages.saw({ rows: [row("gone", 10_000)] }, NOW_MS, { segment: 0, first: true });
    const { measured } = await sampleOf([{ rows: [row("a", 90_000)] }], { ages });
    expect(measured).toEqual([0, 10, undefined]);
  });

  it("counts the parked keys that it shows", async () => {
    const { measured } = await sampleOf([{ rows: [], parkedKeys: [parkedKey("k"), parkedKey("l")] }]);
    expect(measured[0]).toBe(2);
  });

  it("begins each page at a key that a table can have, whatever number chance brings", async () => {
    for (const drawn of [0, 0.5, 1 - Number.EPSILON]) {
      const { asked } = await sampleOf([{ rows: [], next }], { random: () => drawn });
      expect(asked.slice(1).map(({ after }) => after?.pk)).not.toContain("");
    }
  });

  it("notes the first look at rows of unknown age, foreign ones too, and says whether one of its own has no room", async () => {
    const page = { rows: [row("a"), row("old", 1_000)], foreign: [row("f")] };
    const { sample, noted, measured } = await sampleOf([page], { full: ["f"] });
    expect(noted).toEqual(["a", "f"]);
    expect(sample.ageless).toBe(false);
    expect(measured).toEqual([0, 99, 0]);
    expect((await sampleOf([page], { full: ["a"] })).sample.ageless).toBe(true);
  });
});

describe("a table that cannot be sampled", () => {
  it("is swept all the same, and is not told of as an empty one", async () => {
    const { write, requeuerProcess, table, target, clock } = worldOf();
    write();
    clock.skip(10 * MINUTE_MS);
    const scan = table.scan;
    table.scan = async (from) => {
      if (from.segment === undefined) throw new Error("The table cannot be sampled");
      return scan(from);
    };
    const { invoke, telemetry } = requeuerProcess();
    expect(await invoke()).toBe("incomplete");
    expect(target.delivered).toEqual(["e1"]);
    expect(telemetry.measured("OldestUndeliveredAge")).toEqual([]);
    // Counted before the sweep's first delivery.
    expect(telemetry.measured("UndeliveredEvents")).toEqual([1]);
  });
});
