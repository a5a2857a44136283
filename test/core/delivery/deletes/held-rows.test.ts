import { describe, expect, it } from "vitest";
import { MAX_PENDING_DELETES } from "../../../../lib/core/delivery/deletes/places.ts";
import { deletesAnswered, FAR_MS, ROW, rowsOf } from "./answered-deletes.ts";

const NEVER = new Promise<void>(() => undefined);
const OTHER = { pk: "b", sk: "1", id: "b" };

describe("a row that is held until its receipt is kept", () => {
  it("is pending at once, and deleted after that", async () => {
    const { run, clock, add, pending, batches, counted } = deletesAnswered();
    await run(async () => {
      await add([ROW], clock.sleep(300));
      expect(pending.has(ROW)).toBe(true);
      expect(await pending.flush(FAR_MS)).toBe(0);
    });
    expect(batches).toEqual([{ atMs: 300, ids: ["a"] }]);
    expect(counted.timers).toBe(0);
  });

  it("holds up no row that may go", async () => {
    const { run, clock, add, pending, batches } = deletesAnswered();
    await run(async () => {
      await add([ROW], clock.sleep(300));
      await add([OTHER]);
      await pending.flush(FAR_MS);
    });
    expect(batches.map(({ atMs, ids }) => [atMs, ...ids])).toEqual([
      [0, "b"],
      [300, "a"],
    ]);
  });

  it("goes with others that are free by then", async () => {
    const { run, clock, add, pending, batches } = deletesAnswered();
    await run(async () => {
      await add(rowsOf(30), clock.sleep(300));
      await pending.flush(FAR_MS);
    });
    expect(batches.map(({ ids }) => ids.length)).toEqual([1, 25, 4]);
  });

  it("is left pending when the time of a flush is up, and a later flush deletes it", async () => {
    const { run, clock, add, pending, batches, counted } = deletesAnswered();
    await run(async () => {
      await add([ROW], clock.sleep(5_000));
      expect(await pending.flush(1_000)).toBe(1);
      expect([clock.now(), counted.timers, batches.length]).toEqual([1_000, 0, 0]);
      expect(pending.has(ROW)).toBe(true);
      expect(await pending.flush(FAR_MS)).toBe(0);
    });
    expect(batches).toEqual([{ atMs: 5_000, ids: ["a"] }]);
  });

  it.each(["flush", "untilDeleted"] as const)(
    "keeps a %s no longer than it has time, if it is held for ever",
    async (wait) => {
      const { run, clock, add, pending, counted } = deletesAnswered();
      await run(async () => {
        await add([ROW], NEVER);
        if (wait === "flush") expect(await pending.flush(700)).toBe(1);
        else expect(await pending.untilDeleted("a", 700)).toBe(false);
        expect([clock.now(), counted.timers]).toEqual([700, 0]);
      });
    },
  );

  it("keeps its place, so a process whose receipts are not kept publishes no more than a thousand", async () => {
    const { run, clock, add, pending } = deletesAnswered();
    await run(async () => {
      await add(rowsOf(MAX_PENDING_DELETES), clock.sleep(400));
      expect(await pending.reserve("default", 1, 300)).toBe(false);
      expect(clock.now()).toBe(300);
      expect(await pending.reserve("default", 1, FAR_MS)).toBe(true);
      expect(clock.now()).toBeLessThan(450);
    });
  });

  it.each([1, MAX_PENDING_DELETES])(
    "wakes who waited for a place before it was held, and has no more time than that: %s rows",
    async (rows) => {
      const { run, clock, pending, counted } = deletesAnswered();
      await run(async () => {
        expect(await pending.reserve("default", MAX_PENDING_DELETES, FAR_MS)).toBe(true);
        // All places are those of calls under way: this waits for one of them.
        const waiting = pending.reserve("default", 1, 1_000);
        await clock.sleep(100);
        for (const row of rowsOf(rows)) pending.startDelete("default", row, NEVER);
        expect(await waiting).toBe(false);
        expect([clock.now(), counted.timers]).toEqual([1_000, 0]);
      });
    },
  );

  it("costs a timer of who waits while it is held, for a request has its own deadline", async () => {
    const { run, clock, add, pending, counted } = deletesAnswered();
    await run(async () => {
      const timers: number[] = [];
      for (const after of [undefined, clock.sleep(100), undefined]) {
        await add([ROW], after);
        const flushed = pending.flush(FAR_MS);
        timers.push(counted.timers);
        await flushed;
      }
      expect(timers).toEqual([0, 1, 0]);
    });
  });

  it("is deleted while the table refuses others, by who waits for it", async () => {
    const { run, clock, add, pending, batches } = deletesAnswered("refused", "refused");
    await run(async () => {
      await add([OTHER]);
      await clock.sleep(20);
      pending.startDelete("default", ROW, clock.sleep(10));
      expect(await pending.flush(FAR_MS)).toBe(0);
    });
    expect(batches.at(-1)?.ids).toEqual(["b", "a"]);
  });

  it("that becomes free while the last deletes failed is tried by who waits, and by nobody else", async () => {
    const { run, clock, add, pending, batches } = deletesAnswered("refused");
    await run(async () => {
      await add([ROW], clock.sleep(100));
      await add([OTHER]);
      await clock.sleep(1_000);
      expect(batches).toHaveLength(1);
      expect(await pending.flush(FAR_MS)).toBe(0);
    });
    expect(batches.map(({ ids }) => ids)).toEqual([["b"], ["b", "a"]]);
  });

  it("is one, however often it was acknowledged: it goes after its first receipt", async () => {
    const { run, clock, add, pending, batches } = deletesAnswered();
    await run(async () => {
      await add([ROW], clock.sleep(100));
      await add([ROW], NEVER);
      expect(await pending.flush(FAR_MS)).toBe(0);
      expect(await pending.reserve("default", MAX_PENDING_DELETES, FAR_MS)).toBe(true);
    });
    expect(batches).toEqual([{ atMs: 100, ids: ["a"] }]);
  });
});
