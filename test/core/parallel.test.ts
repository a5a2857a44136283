import { describe, expect, it } from "vitest";
import { boundedMap, semaphore, taskGroup } from "../../lib/core/parallel.ts";
import { VirtualClock } from "../world/virtual-clock.ts";

describe("a task group", () => {
  it("has so many pieces of work in hand, and begins the next one when any is done", async () => {
    const clock = new VirtualClock(0);
    const begunAt: number[] = [];
    const tasks = taskGroup(2);
    await clock.run(async () => {
      for (const ms of [100, 10, 10, 10]) {
        await tasks.begin("one", async () => {
          begunAt.push(clock.now());
          await clock.sleep(ms);
        });
      }
      await tasks.done();
    });
    expect(begunAt).toEqual([0, 0, 10, 20]);
    expect(clock.now()).toBe(100);
  });

  it("shares its places out among its lines, and a line that stands still keeps no other waiting", async () => {
    const clock = new VirtualClock(0);
    const begunAt: (readonly [string, number])[] = [];
    const tasks = taskGroup(4);
    const work = async (line: string, ms: number) => {
      for (let piece = 0; piece < 4; piece += 1) {
        await tasks.begin(line, async () => {
          begunAt.push([line, clock.now()]);
          await clock.sleep(ms);
        });
      }
    };
    await clock.run(async () => {
      await Promise.all([work("hangs", 5_000), work("other", 10)]);
      await tasks.done();
    });
    const times = (line: string) => begunAt.flatMap(([of, atMs]) => (of === line ? [atMs] : []));
    expect(times("other")).toEqual([0, 0, 10, 10]);
    expect(times("hangs")).toEqual([0, 0, 5_000, 5_000]);
  });

  it("begins nothing more once a piece has failed, and tells the first failure when the others are done", async () => {
    const clock = new VirtualClock(0);
    const tasks = taskGroup(2);
    const ended: string[] = [];
    const piece = (name: string, ms: number, fails: boolean) => async () => {
      await clock.sleep(ms);
      ended.push(name);
      if (fails) throw new Error(name);
    };
    await clock.run(async () => {
      await tasks.begin("one", piece("slow", 50, true));
      await tasks.begin("one", piece("first", 10, true));
      await expect(tasks.begin("one", piece("never", 0, false))).rejects.toThrow("first");
      await expect(tasks.done()).rejects.toThrow("first");
    });
    expect(ended).toEqual(["first", "slow"]);
  });
});

describe("work in turns", () => {
  it("has its places again once all is done", async () => {
    const clock = new VirtualClock(0);
    const inTurn = semaphore(2);
    const begunAt: number[] = [];
    const piece = async () => {
      begunAt.push(clock.now());
      await clock.sleep(10);
    };
    for (const _round of [1, 2]) await clock.run(() => Promise.all([piece, piece, piece].map(inTurn)));
    expect(begunAt).toEqual([0, 0, 10, 20, 20, 30]);
  });

  it("begins in order, so many at a time, and hands each result or failure to whom it belongs", async () => {
    const clock = new VirtualClock(0);
    const begunAt: number[] = [];
    const inTurn = semaphore(2);
    const piece = (ms: number) => async () => {
      begunAt.push(clock.now());
      await clock.sleep(ms);
      if (ms === 20) throw new Error("twenty");
      return ms;
    };
    const results = await clock.run(() => Promise.allSettled([50, 20, 10, 30].map((ms) => inTurn(piece(ms)))));
    expect(begunAt).toEqual([0, 0, 20, 30]);
    expect(results.map((result) => (result.status === "fulfilled" ? result.value : "failed"))).toEqual([
      ...[50, "failed", 10, 30],
    ]);
  });
});

describe("a number of things at once", () => {
  const NO_WIDTHS = [0, -1, 0.5, 1.5, Number.NaN, Number.NEGATIVE_INFINITY];

  it.each(NO_WIDTHS)("is refused when it is %d, for nothing or everything would run", async (width) => {
    const refusal = `The number of things at once is ${width}: it must be a whole number from 1 up.`;
    const worked: number[] = [];
    await expect(boundedMap([1, 2], width, async (item) => worked.push(item))).rejects.toThrow(refusal);
    await expect(boundedMap([], width, async () => {})).rejects.toThrow(refusal);
    expect(() => semaphore(width)).toThrow(refusal);
    expect(() => taskGroup(width)).toThrow(refusal);
    expect(worked).toEqual([]);
  });

  it.each([1, 3, Number.POSITIVE_INFINITY])("leaves out no item when it is %d", async (width) => {
    expect(await boundedMap([], width, async () => 1)).toEqual([]);
    expect(await boundedMap([1, 2, 3, 4], width, async (item) => item * 10)).toEqual([10, 20, 30, 40]);
  });
});

describe("a bounded map", () => {
  it("works on so many items at once and no more, and begins them in order", async () => {
    const clock = new VirtualClock(0);
    const begun: (readonly [number, number])[] = [];
    const work = async (ms: number) => {
      begun.push([ms, clock.now()]);
      await clock.sleep(ms);
    };
    await clock.run(() => boundedMap([50, 20, 10, 5], 2, work));
    expect(begun).toEqual([
      [50, 0],
      [20, 0],
      [10, 20],
      [5, 30],
    ]);
  });

  it("rejects only when all that it has begun is over, with the first error, and begins nothing more", async () => {
    const clock = new VirtualClock(0);
    const ended: string[] = [];
    const work = async ([name, ms, fails]: readonly [string, number, boolean]) => {
      await clock.sleep(ms);
      ended.push(name);
      if (fails) throw new Error(name);
    };
    const pieces = [
      ["slow", 50, true],
      ["first", 10, true],
      ["never", 0, false],
    ] as const;
    await clock.run(async () => {
      await expect(boundedMap(pieces, 2, work)).rejects.toThrow("first");
    });
    expect(ended).toEqual(["first", "slow"]);
  });
});
