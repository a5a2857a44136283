import { describe, expect, it, vi } from "vitest";
import { FORGOTTEN_AFTER_MS, type trackPendingDeletes } from "../../../../lib/core/delivery/deletes/pending-deletes.ts";
import { MAX_PENDING_DELETES } from "../../../../lib/core/delivery/deletes/places.ts";
import { type Answer, deletesAnswered, FAR_MS, ROW, rowsOf } from "./answered-deletes.ts";

describe("the batches of deletes", () => {
  it.each<readonly [what: string, rows: number, batches: readonly number[]]>([
    ["one row goes at once, alone", 1, [1]],
    ["a second one waits for the first, for it may not be the last", 2, [1, 1]],
    ["those that come meanwhile go together", 25, [1, 24]],
    ["a full batch waits for nobody", 26, [1, 25]],
    ["what fills no batch waits until none is out", 60, [1, 25, 25, 9]],
    ["what comes while eight are out waits for one of them", 250, [1, 25, 25, 25, 25, 25, 25, 25, 25, 25, 24]],
  ])("%s", async (_what, rows, sizes) => {
    const { run, add, pending, batches, world } = deletesAnswered();
    await run(async () => {
      await add(rowsOf(rows));
      expect(await pending.flush(FAR_MS)).toBe(0);
    });
    expect(batches.map(({ ids }) => ids.length)).toEqual(sizes);
    expect(world.mostAtOnce).toBeLessThanOrEqual(8);
  });

  it.each<readonly [rows: number, atMs: readonly number[]]>([
    [25, [0, 10]],
    [26, [0, 0]],
    [50, [0, 0, 10]],
    [51, [0, 0, 0]],
  ])("are sent at once where they are full, and else when no other is out: %s rows", async (rows, times) => {
    const { run, add, pending, batches } = deletesAnswered();
    await run(async () => {
      await add(rowsOf(rows));
      await pending.flush(FAR_MS);
    });
    expect(batches.map(({ atMs }) => atMs)).toEqual(times);
  });

  it("name an event once, however often it was acknowledged", async () => {
    const { run, add, pending, batches } = deletesAnswered();
    await run(async () => {
      await add([ROW, ROW]);
      await pending.flush(FAR_MS);
      // Its place came back both times, so all places are free.
      expect(await pending.reserve("default", MAX_PENDING_DELETES, FAR_MS)).toBe(true);
    });
    expect(batches.map(({ ids }) => ids)).toEqual([["a"]]);
  });
});

describe("a row whose process has slept since its delete was tried", () => {
  it.each<readonly [what: string, sleptMs: number, isTried: boolean]>([
    ["is tried again up to the last moment", FORGOTTEN_AFTER_MS, true],
    ["is forgotten a moment later, and its place is free", FORGOTTEN_AFTER_MS + 1, false],
  ])("%s", async (_what, sleptMs, isTried) => {
    const { run, clock, add, pending, batches } = deletesAnswered("refused");
    await run(async () => {
      await add([ROW]);
      expect(await pending.flush(clock.now() + 20)).toBe(1);
    });
    const [{ atMs = 0 } = {}] = batches;
    clock.skip(atMs + 10 + sleptMs - clock.now());
    expect(pending.has(ROW)).toBe(isTried);
    expect(pending.has({ pk: ROW.pk, sk: ROW.sk })).toBe(isTried);
    await run(async () => {
      expect(await pending.flush(clock.now() + FAR_MS)).toBe(0);
      expect(await pending.reserve("default", MAX_PENDING_DELETES, clock.now() + FAR_MS)).toBe(true);
    });
    expect(batches).toHaveLength(isTried ? 2 : 1);
  });
});

describe("a delete that fails", () => {
  it.each<readonly [what: string, answers: readonly Answer[], atMs: readonly number[], failures: number]>([
    ["is tried again after a while", ["refused"], [0, 60], 1],
    ["is tried again by the rows that are left alone", [["a"]], [0, 60], 1],
    ["is tried ever less often", ["refused", "refused", "refused"], [0, 60, 170, 380], 3],
    [
      "is tried every two seconds in the end",
      Array<Answer>(8).fill("refused"),
      [0, 60, 170, 380, 790, 1_600, 3_210, 5_220, 7_230],
      8,
    ],
  ])("%s", async (_what, answers, times, failures) => {
    const { run, add, pending, batches, telemetry } = deletesAnswered(...answers);
    await run(async () => {
      await add([ROW]);
      expect(await pending.flush(FAR_MS)).toBe(0);
    });
    expect(batches.map(({ atMs }) => atMs)).toEqual(times);
    expect(telemetry.total("DeleteFailures")).toBe(failures);
  });

  it("is told of where the table refuses, with how many rows it was for, and not where it deletes", async () => {
    const { run, clock, add, pending, telemetry } = deletesAnswered([], "refused");
    const count = vi.spyOn(telemetry, "count");
    await run(async () => {
      await add(rowsOf(1));
      await clock.sleep(20);
      // CloudWatch bills each metric that is told, though it is zero.
      expect(count).not.toHaveBeenCalled();
      await add(rowsOf(3));
      await pending.flush(FAR_MS);
    });
    const told = { level: "warn", fields: { rows: 1, error: "Error" } };
    expect(telemetry.logs).toMatchObject([{ ...told, message: expect.stringContaining("did not delete") }]);
    expect(count.mock.calls).toEqual([["DeleteFailures", 1]]);
  });

  it("is for the rows that are left: the others are not pending any more", async () => {
    const { run, clock, add, pending, batches } = deletesAnswered([], ["e2"], []);
    const rows = rowsOf(4);
    await run(async () => {
      await add(rows);
      await clock.sleep(25);
      expect(rows.map((row) => pending.has(row))).toEqual([false, false, true, false]);
      await pending.flush(FAR_MS);
    });
    expect(batches.map(({ ids }) => ids)).toEqual([["e0"], ["e1", "e2", "e3"], ["e2"]]);
  });

  it("keeps everybody from publishing until one works", async () => {
    const { run, clock, add, pending } = deletesAnswered("refused", "refused");
    await run(async () => {
      await add([ROW]);
      await clock.sleep(20);
      expect(await pending.reserve("default", 1, 100)).toBe(false);
      expect(clock.now()).toBeGreaterThanOrEqual(100);
      expect(await pending.reserve("default", 1, FAR_MS)).toBe(true);
      expect(clock.now()).toBe(180);
    });
  });

  it("sends no further batch but the one that finds out", async () => {
    const { run, clock, add, pending, batches } = deletesAnswered("refused", "refused");
    await run(async () => {
      await add([ROW]);
      await clock.sleep(20);
      for (const row of rowsOf(60)) pending.startDelete("default", row);
      await clock.sleep(20);
      expect(batches).toHaveLength(1);
      expect(await pending.flush(FAR_MS)).toBe(0);
    });
    expect(batches.slice(0, 3).map(({ ids }) => ids.length)).toEqual([1, 25, 25]);
  });

  it("is tried again by one batch at a time, however many wait for it", async () => {
    const { run, clock, add, pending, batches } = deletesAnswered("refused", "refused", "refused");
    await run(async () => {
      await add([ROW]);
      await clock.sleep(20);
      for (const row of rowsOf(60)) pending.startDelete("default", row);
      await Promise.all([pending.flush(FAR_MS), pending.flush(FAR_MS), pending.reserve("default", 1, FAR_MS)]);
    });
    expect(batches.slice(0, 4).map(({ atMs }) => atMs)).toEqual([0, 60, 170, 380]);
  });

  it("is left pending when time is up, and told of", async () => {
    const { run, add, pending, clock } = deletesAnswered(...Array<Answer>(50).fill("refused"));
    await run(async () => {
      await add([ROW]);
      expect(await pending.flush(3_000)).toBe(1);
      expect(clock.now()).toBeGreaterThanOrEqual(3_000);
      expect(pending.has(ROW)).toBe(true);
    });
  });
});

describe("what is pending", () => {
  const OTHER_EVENT = { ...ROW, id: "b" };
  const { id: _id, ...ANY_EVENT } = ROW;

  it.each<readonly [what: string, row: Parameters<ReturnType<typeof trackPendingDeletes>["has"]>[0], is: boolean]>([
    ["the event itself", ROW, true],
    ["some event of its row", ANY_EVENT, true],
    ["another event that has taken its key", OTHER_EVENT, false],
    ["a row beside it", { ...ANY_EVENT, sk: "2" }, false],
    ["a row of another key", { ...ANY_EVENT, pk: "b" }, false],
  ])("is asked for by key and id: %s", async (_what, row, is) => {
    const { run, add, pending } = deletesAnswered();
    await run(async () => {
      expect(pending.has(row)).toBe(false);
      await add([ROW]);
      expect(pending.has(row)).toBe(is);
      await pending.flush(FAR_MS);
      expect(pending.has(row)).toBe(false);
    });
  });

  it.each<readonly [what: string, pk: string, untilMs: number, deleted: boolean, atMs: number]>([
    ["waits until its rows are deleted", "a", FAR_MS, true, 70],
    ["waits for no other key", "b", FAR_MS, true, 0],
    ["waits no longer than it has time", "a", 40, false, 60],
  ])("holds up a read of its key: %s", async (_what, pk, untilMs, deleted, atMs) => {
    const { run, add, pending, clock } = deletesAnswered("refused");
    await run(async () => {
      await add([ROW]);
      expect(await pending.untilDeleted(pk, untilMs)).toBe(deleted);
      expect(clock.now()).toBeLessThanOrEqual(atMs);
    });
  });

  it("is flushed as it is by now: what others add meanwhile is not waited for", async () => {
    const { run, add, pending, clock } = deletesAnswered();
    await run(async () => {
      await add(rowsOf(1));
      const flushed = pending.flush(FAR_MS);
      await clock.sleep(5);
      pending.startDelete("default", ROW);
      expect(await flushed).toBe(1);
      expect(clock.now()).toBe(10);
    });
  });
});

describe("places among the pending deletes", () => {
  it("are a thousand, and come back as rows are deleted or calls fail", async () => {
    const { run, pending, clock, add } = deletesAnswered();
    await run(async () => {
      await add(rowsOf(1));
      expect(await pending.reserve("default", MAX_PENDING_DELETES - 1, FAR_MS)).toBe(true);
      expect(await pending.reserve("default", 1, FAR_MS)).toBe(true);
      expect(clock.now()).toBe(10);
      const next = pending.reserve("default", 2, FAR_MS);
      await clock.sleep(30);
      pending.release("default", 2);
      expect(await next).toBe(true);
      expect(clock.now()).toBe(40);
    });
  });

  it("are not taken by a call whose time is up, though they are free", async () => {
    const { run, pending } = deletesAnswered();
    await run(async () => {
      expect(await pending.reserve("default", 1, 0)).toBe(false);
      expect(await pending.reserve("default", MAX_PENDING_DELETES, FAR_MS)).toBe(true);
    });
  });

  it("are taken by half where acknowledgements are enough, and pending rows are nobody's", async () => {
    const { run, add, pending } = deletesAnswered();
    await run(async () => {
      expect(pending.enough("default")).toBe(MAX_PENDING_DELETES / 2);
      pending.expect("default");
      pending.expect("other");
      expect(pending.enough("default")).toBe(375);
      await add(rowsOf(200), new Promise<void>(() => undefined));
      expect(pending.enough("default")).toBe(300);
    });
  });

  it("are not taken by who waited in vain", async () => {
    const { run, pending, clock } = deletesAnswered();
    await run(async () => {
      expect(await pending.reserve("default", MAX_PENDING_DELETES, FAR_MS)).toBe(true);
      const inVain = pending.reserve("default", 1, 20);
      await clock.sleep(30);
      pending.release("default", MAX_PENDING_DELETES);
      expect(await inVain).toBe(false);
      expect(await pending.reserve("default", MAX_PENDING_DELETES, FAR_MS)).toBe(true);
    });
  });

  it("are free to a single call of more events than there are, when nobody has any", async () => {
    const { run, pending } = deletesAnswered();
    await run(async () => {
      expect(await pending.reserve("default", 5 * MAX_PENDING_DELETES, FAR_MS)).toBe(true);
      pending.release("default", 5 * MAX_PENDING_DELETES);
    });
  });
});
