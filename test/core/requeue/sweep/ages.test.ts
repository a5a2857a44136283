import { describe, expect, it } from "vitest";
import type { Item } from "../../../../lib/contract/codec/item.ts";
import { itemBytes, MAX_ITEM_BYTES } from "../../../../lib/contract/codec/item-size.ts";
import type { RowKey } from "../../../../lib/contract/event.ts";
import type { MemoryTable } from "../../../world/memory-table.ts";
import type { RecordingTelemetry } from "../../../world/recording-telemetry.ts";
import { DOWN, REFUSED } from "../../../world/scripted-target.ts";
import { times, worldOf } from "../../../world/world.ts";

const HOUR_MS = 3_600_000;
const LONG_AGO_HOURS = 13;

/** New rows that rest, and among them one that was written half a day ago. */
function worldWithOneOldRow(rows: number) {
  const world = worldOf();
  const nowMs = world.clock.now();
  const at = (hoursAgo: number) => new Date(nowMs - hoursAgo * HOUR_MS).toISOString();
  const resting = { _notBefore: { N: String(nowMs + 6 * HOUR_MS) }, _attempts: { N: "1" } };
  for (const index of times(rows, (each) => each)) {
    const hoursAgo = index === rows - 1 ? LONG_AGO_HOURS : 0;
    world.write({ recordedtime: at(hoursAgo) }, (item) => ({ ...item, ...resting }));
  }
  return world;
}

const PAGE_ROWS = 10;

/** New rows that rest, in a table that shows few on a page. */
function worldInSmallPages() {
  const world = worldWithOneOldRow(600);
  world.table.remove({ pk: "e600", sk: "1" });
  const scan = world.table.scan;
  world.table.scan = (from) => scan({ ...from, limit: Math.min(from.limit, PAGE_ROWS) });
  return world;
}

function makeOld(table: MemoryTable, key: RowKey | undefined): void {
  const item = key && table.item(key);
  if (item === undefined) throw new Error("No such row");
  table.put({ ...item, recordedtime: { S: "2025-12-31T00:00:00Z" } });
}

const ageIn = ({ telemetry }: { readonly telemetry: RecordingTelemetry }) =>
  telemetry.measured("OldestUndeliveredAge").at(-1);

/** As large as a row in DynamoDB may be, so nothing can be noted on it. */
function filledUp(item: Item): Item {
  const { recordedtime: _absent, ...unaged } = item;
  const room = MAX_ITEM_BYTES - itemBytes({ ...unaged, filler: { S: "" } });
  return { ...unaged, filler: { S: "x".repeat(room) } };
}

describe("the oldest undelivered age", () => {
  it("is of every row that the sweep passes, so that one old row among 5,000 is told of in every run", async () => {
    const { requeuerProcess } = worldWithOneOldRow(5_000);
    for (let process = 0; process < 8; process += 1) {
      const requeuer = requeuerProcess();
      await requeuer.invoke();
      expect(ageIn(requeuer)).toBeGreaterThanOrEqual(LONG_AGO_HOURS * 3_600);
    }
  });

  it("is remembered through runs that cannot sweep, for the target is down", async () => {
    const { requeuerProcess, target, write, clock } = worldWithOneOldRow(5_000);
    const requeuer = requeuerProcess();
    await requeuer.invoke();
    for (const old of times(20, (each) => each)) write({ id: `waits-${old}`, recordedtime: "2025-12-31T23:00:00Z" });
    target.script = () => DOWN;
    for (let run = 0; run < 8; run += 1) {
      clock.skip(60_000);
      await requeuer.invoke();
      expect(ageIn(requeuer)).toBeGreaterThanOrEqual(LONG_AGO_HOURS * 3_600);
    }
  });

  it("is forgotten with the row", async () => {
    const { requeuerProcess, table } = worldWithOneOldRow(5_000);
    const requeuer = requeuerProcess();
    await requeuer.invoke();
    table.remove({ pk: "e5000", sk: "1" });
    await requeuer.invoke();
    expect(ageIn(requeuer)).toBeLessThan(3_600);
  });

  it("is of a row on any page of its part of the table", async () => {
    const { requeuerProcess, table, clock } = worldInSmallPages();
    const { rows, next } = await clock.run(() => table.scan({ segment: { index: 5, of: 16 }, limit: PAGE_ROWS }));
    expect(next).toBeDefined();
    // Not in the sample, which begins with the first rows of the table.
    makeOld(table, rows.at(-1)?.key);
    const requeuer = requeuerProcess();
    await requeuer.invoke();
    expect(ageIn(requeuer)).toBeGreaterThanOrEqual(LONG_AGO_HOURS * 3_600);
  });

  it("forgets rows that are gone once a whole pass follows one that broke off", async () => {
    const { requeuerProcess, table, clock } = worldInSmallPages();
    const old: RowKey[] = [];
    for (const index of times(16, (each) => each)) {
      const { rows } = await clock.run(() => table.scan({ segment: { index, of: 16 }, limit: 1 }));
      old.push(...rows.map(({ key }) => key));
    }
    for (const key of old) makeOld(table, key);
    const requeuer = requeuerProcess();
    const scan = table.scan;
    table.scan = async (from) => {
      if (from.segment !== undefined && from.after !== undefined) throw new Error("The table cannot be read on");
      return scan(from);
    };
    await requeuer.invoke();
    expect(ageIn(requeuer)).toBeGreaterThanOrEqual(LONG_AGO_HOURS * 3_600);
    table.scan = scan;
    for (const key of old) table.remove(key);
    await requeuer.invoke();
    expect(ageIn(requeuer)).toBeLessThan(3_600);
  });

  it("counts from this process's first look at a row that has no room to note its age", async () => {
    const { requeuerProcess, target, write, clock } = worldOf();
    target.script = () => DOWN;
    write({ id: "full" }, filledUp);
    const requeuer = requeuerProcess();
    for (let run = 0; run < 3; run += 1) {
      await requeuer.invoke();
      clock.skip(10 * 60_000);
    }
    expect(ageIn(requeuer)).toBeGreaterThanOrEqual(20 * 60);
  });

  it("is of rows that are parked, too, where they have no room for the mark that says so", async () => {
    const { requeuerProcess, target, write, clock } = worldOf();
    target.script = () => REFUSED;
    write({ id: "full" }, filledUp);
    const requeuer = requeuerProcess();
    for (let run = 0; run < 3; run += 1) {
      await requeuer.invoke();
      clock.skip(10 * 60_000);
    }
    expect(requeuer.telemetry.measured("OldestParkedAge").at(-1)).toBeGreaterThanOrEqual(10 * 60);
  });
});
