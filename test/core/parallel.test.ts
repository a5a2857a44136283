import { describe, expect, it } from "vitest";
import { atMost, crewOf } from "../../lib/core/parallel.ts";
import { VirtualClock } from "../world/virtual-clock.ts";

describe("a crew", () => {
  it("has so many pieces of work in hand, and begins the next one when any is done", async () => {
    const clock = new VirtualClock(0);
    const begunAt: number[] = [];
    const crew = crewOf(2);
    await clock.run(async () => {
      for (const ms of [100, 10, 10, 10]) {
        await crew.begin(async () => {
          begunAt.push(clock.now());
          await clock.sleep(ms);
        });
      }
      await crew.done();
    });
    expect(begunAt).toEqual([0, 0, 10, 20]);
    expect(clock.now()).toBe(100);
  });

  it("begins nothing more once a piece has failed, and tells the first failure when the others are done", async () => {
    const clock = new VirtualClock(0);
    const crew = crewOf(2);
    const ended: string[] = [];
    const piece = (name: string, ms: number, fails: boolean) => async () => {
      await clock.sleep(ms);
      ended.push(name);
      if (fails) throw new Error(name);
    };
    await clock.run(async () => {
      await crew.begin(piece("slow", 50, true));
      await crew.begin(piece("first", 10, true));
      await expect(crew.begin(piece("never", 0, false))).rejects.toThrow("first");
      await expect(crew.done()).rejects.toThrow("first");
    });
    expect(ended).toEqual(["first", "slow"]);
  });
});

describe("work in turns", () => {
  it("begins in order, so many at a time, and hands each result or failure to whom it belongs", async () => {
    const clock = new VirtualClock(0);
    const begunAt: number[] = [];
    const inTurn = atMost(2);
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
