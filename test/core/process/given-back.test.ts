import { describe, expect, it } from "vitest";
import { countedClock, mayRun } from "../../world/counted-clock.ts";
import { VirtualClock } from "../../world/virtual-clock.ts";

/** `world.ts` and the simulation ask this clock after each invocation. */
describe("the clock that counts a process's timers", () => {
  it("counts a sleep until it ends, or until nobody waits for it any more", async () => {
    const time = new VirtualClock();
    const clock = countedClock(time);
    const over = new AbortController();
    const ended = clock.sleep(5);
    void clock.sleep(10, over.signal);
    expect(clock.timers).toBe(2);
    await time.run(() => ended);
    expect(clock.timers).toBe(1);
    over.abort();
    expect(clock.timers).toBe(0);
  });

  it("allows a process at rest the first check of its destination, where there are checks, and no other timer", () => {
    expect([mayRun(true), mayRun(false)]).toEqual([1, 0]);
  });
});
