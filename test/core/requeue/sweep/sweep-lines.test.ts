import { describe, expect, it } from "vitest";
import type { ScannedRow } from "../../../../lib/contract/event.ts";
import { taskGroup } from "../../../../lib/core/parallel.ts";
import { lateDestinations, PATIENCE_MS } from "../../../../lib/core/requeue/late-destinations.ts";
import { sweepLines } from "../../../../lib/core/requeue/sweep/sweep-lines.ts";
import { VirtualClock } from "../../../world/virtual-clock.ts";
import { times } from "../../../world/world.ts";
import { scannedRow } from "./scanned-row.ts";

const CHUNK_ROWS = 100;
const WIDTH = 4;

const destinationOf = ({ destination = "default" }: { readonly destination?: string }) => destination;

/** Lines whose chunks take so long as their destination does. */
function linesWorld(latencyOf: (destination: string) => number, { several = true, fails = "" } = {}) {
  const clock = new VirtualClock(0);
  const late = lateDestinations(clock);
  const chunks: { readonly destination: string; readonly rows: number; readonly atMs: number }[] = [];
  const swept: string[] = [];
  const may = { goOn: true };
  const lines = sweepLines({
    async sweepRows(rows) {
      const [destination = ""] = rows.map(destinationOf);
      chunks.push({ destination, rows: rows.length, atMs: clock.now() });
      await clock.sleep(latencyOf(destination));
      if (destination === fails) throw new Error("The table refuses");
      swept.push(...rows.map(({ key }) => key.pk));
    },
    tasks: taskGroup(WIDTH),
    delivery: { destinationOf, areSeveral: () => several },
    late,
  });
  const turn = () => lines.turn(() => may.goOn);
  /** A whole turn of these pages. */
  const sweep = (...pages: readonly (readonly ScannedRow[])[]) =>
    clock.run(async () => {
      const { stand, end } = turn();
      for (const page of pages) await stand(page);
      await end();
    });
  const chunksOf = (destination: string) => chunks.filter((chunk) => chunk.destination === destination);
  return { clock, late, turn, sweep, may, chunks, chunksOf, swept };
}

const rowsOf = (count: number, destination: string, name = destination): readonly ScannedRow[] =>
  times(count, (index) => scannedRow(`${name}-${index}`, { destination }));

describe("the lines of the sweep", () => {
  it("begin all rows of a page in chunks, in their order, and each row once", async () => {
    const { sweep, chunks, swept } = linesWorld(() => 50);
    const rows = [...rowsOf(250, "a"), ...rowsOf(30, "b")];
    await sweep(rows);
    expect(chunks.map(({ destination, rows: count }) => `${destination} ${count}`).toSorted()).toEqual([
      "a 100",
      "a 100",
      "a 50",
      "b 30",
    ]);
    expect(swept.toSorted()).toEqual(rows.map(({ key }) => key.pk).toSorted());
  });

  it("end with a turn whose rows are all swept, and not before", async () => {
    const { clock, turn, swept } = linesWorld(() => 500);
    await clock.run(async () => {
      const { stand, end } = turn();
      await stand(rowsOf(2 * WIDTH * CHUNK_ROWS, "a"));
      expect(swept.length).toBeLessThan(2 * WIDTH * CHUNK_ROWS);
      await end();
    });
    expect(swept).toHaveLength(2 * WIDTH * CHUNK_ROWS);
  });

  it("have nothing to wait for where a page has no row to sweep", async () => {
    const { clock, sweep } = linesWorld(() => 500);
    await sweep([]);
    expect(clock.now()).toBe(0);
  });

  it("have the sweep read on as soon as one destination of the page has begun all of its rows", async () => {
    const { clock, turn } = linesWorld((destination) => (destination === "slow" ? 700 : 10));
    await clock.run(async () => {
      const { stand } = turn();
      await stand([...rowsOf(10 * WIDTH * CHUNK_ROWS, "slow"), ...rowsOf(10, "quick")]);
    });
    expect(clock.now()).toBeLessThan(100);
  });

  it("have the sweep wait for a destination that is still at the rows of an earlier page", async () => {
    const { clock, turn } = linesWorld((destination) => (destination === "slow" ? 200 : 10));
    await clock.run(async () => {
      const { stand } = turn();
      await stand([...rowsOf(3 * WIDTH * CHUNK_ROWS, "slow"), ...rowsOf(10, "quick")]);
      expect(clock.now()).toBeLessThan(100);
      await stand(rowsOf(CHUNK_ROWS, "slow", "more"));
    });
    expect(clock.now()).toBeGreaterThan(900);
  });

  it.each([0, 1])(
    "end with the rows of several pages, too, which one work after the other begins (%s more)",
    async (more) => {
      const { sweep, swept } = linesWorld((destination) => (destination === "slow" ? 200 : 10), { several: false });
      const slow = rowsOf((6 + more) * CHUNK_ROWS, "slow");
      const later = rowsOf(3 * CHUNK_ROWS, "slow", "later");
      await sweep([...slow, ...rowsOf(10, "quick")], [...later, ...rowsOf(10, "quick", "again")]);
      expect(swept).toHaveLength(slow.length + later.length + 20);
    },
  );

  it("have the sweep wait for a sole destination no longer than for a late one", async () => {
    const { clock, turn, late } = linesWorld(() => 10_000, { several: false });
    await clock.run(() => turn().stand(rowsOf(10 * WIDTH * CHUNK_ROWS, "sole")));
    expect(clock.now()).toBe(PATIENCE_MS);
    expect(late.has("sole")).toBe(true);
  });

  it("end for several destinations without those that are late, and for a sole one when it is done", async () => {
    for (const [several, tookMs] of [
      [true, PATIENCE_MS],
      [false, 10_000],
    ] as const) {
      const { clock, sweep } = linesWorld(() => 10_000, { several });
      await sweep(rowsOf(10, "slow"));
      expect(clock.now()).toBe(tookMs);
    }
  });

  it("begin no chunk once the turn may not go on, and are gone on with in the next turn", async () => {
    const { clock, turn, may, chunks, swept, late } = linesWorld(() => 500);
    const rows = rowsOf(3 * WIDTH * CHUNK_ROWS, "a");
    await clock.run(async () => {
      const { stand, end } = turn();
      const standing = stand(rows);
      await clock.sleep(100);
      may.goOn = false;
      await standing;
      await end();
    });
    // One was waiting for its place already.
    expect(chunks).toHaveLength(WIDTH + 1);
    await clock.run(() => turn().end());
    expect(chunks).toHaveLength(WIDTH + 1);
    may.goOn = true;
    await clock.run(() => turn().end().then(late.settled));
    expect(swept).toEqual(rows.map(({ key }) => key.pk));
  });

  it("hold thirty thousand rows: a sole destination is waited for, so that memory has room", async () => {
    const { clock, turn, chunks } = linesWorld(() => 100, { several: false });
    await clock.run(() => turn().stand(rowsOf(40_000, "sole")));
    expect(chunks.length).toBeGreaterThanOrEqual(100);
  });

  it("take no more rows of a late destination than that, while others go on", async () => {
    const { clock, turn, chunks, chunksOf, late } = linesWorld((destination) => (destination === "late" ? 20_000 : 10));
    await clock.run(async () => {
      const { stand } = turn();
      await stand(rowsOf(31_000, "late", "first"));
      expect(late.has("late")).toBe(true);
      late.add("other", clock.sleep(20_000));
      await stand(rowsOf(10, "other"));
      await stand([...rowsOf(30_000, "late", "second"), ...rowsOf(500, "quick")]);
      await stand(rowsOf(500, "quick", "more"));
      expect(clock.now()).toBeLessThan(3 * PATIENCE_MS);
      expect(chunksOf("quick")).toHaveLength(10);
      await late.settled();
    });
    expect(chunks).toHaveLength(310 + 10);
    expect(chunksOf("late").reduce((sum, { rows }) => sum + rows, 0)).toBe(31_000);
  });

  it("hold back a late destination's rows only where memory has no room for them", async () => {
    const { clock, turn, chunksOf, late } = linesWorld((destination) => (destination === "late" ? 5_000 : 10));
    await clock.run(async () => {
      const { stand } = turn();
      await stand(rowsOf(10 * CHUNK_ROWS, "late", "first"));
      expect(late.has("late")).toBe(true);
      await stand(rowsOf(10 * CHUNK_ROWS, "late", "second"));
      await late.settled();
    });
    expect(chunksOf("late")).toHaveLength(20);
  });

  it("have the sweep read on while memory has room, at the pace of the quickest destination", async () => {
    const { clock, turn, chunks } = linesWorld(() => 100);
    await clock.run(async () => {
      const { stand } = turn();
      await stand([...rowsOf(20_000, "long"), ...rowsOf(CHUNK_ROWS, "short")]);
      expect(chunks.length).toBeLessThan(10);
    });
  });

  it("have the sweep wait for a destination of the page that is not late, beside one that is", async () => {
    const { clock, turn, chunksOf, late } = linesWorld((destination) => (destination === "late" ? 20_000 : 100));
    await clock.run(async () => {
      const { stand } = turn();
      await stand(rowsOf(10 * CHUNK_ROWS, "late"));
      expect(late.has("late")).toBe(true);
      await stand([...rowsOf(10, "late", "more"), ...rowsOf(3 * WIDTH * CHUNK_ROWS, "prompt")]);
      expect(chunksOf("prompt")).toHaveLength(3 * WIDTH);
      await late.settled();
    });
  });

  it("begin rows of a destination whose line a turn before has emptied", async () => {
    const { clock, turn, sweep, swept } = linesWorld(() => 50);
    await sweep(rowsOf(10, "a", "first"));
    await clock.run(() => turn().end());
    await sweep(rowsOf(10, "a", "second"));
    expect(swept).toHaveLength(20);
  });

  it("fail as the work of a destination does", async () => {
    const { sweep } = linesWorld(() => 50, { fails: "b" });
    await expect(sweep(rowsOf(10, "a"), rowsOf(10, "b"))).rejects.toThrow("The table refuses");
  });
});
