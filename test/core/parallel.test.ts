import { describe, expect, it } from "vitest";
import { crewOf } from "../../lib/core/parallel.ts";
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
