import { describe, expect, it } from "vitest";
import { fixedRateLimiter } from "../../../lib/core/requeue/fixed-rate-limiter.ts";
import { VirtualClock } from "../../world/virtual-clock.ts";

/** When events may go of which so many are asked for, one call after another, in milliseconds. */
async function turnsAt(eventsPerSecond: number | undefined, counts: readonly number[], untilMs?: number) {
  const clock = new VirtualClock(0);
  const waitForTurn = fixedRateLimiter(eventsPerSecond, clock, untilMs);
  const atMs: number[] = [];
  for (const count of counts) {
    await clock.run(() => waitForTurn(count));
    atMs.push(clock.now());
  }
  return { atMs, clock, waitForTurn };
}

describe("a fixed rate", () => {
  it("lets the first events go at once, and each of the others once those before have had their time", async () => {
    const { atMs, clock, waitForTurn } = await turnsAt(10, [5, 10, 1, 1]);
    expect(atMs).toEqual([0, 500, 1_500, 1_600]);
    clock.skip(5_000);
    await clock.run(() => waitForTurn(20));
    expect(clock.now()).toBe(6_600);
    await clock.run(() => waitForTurn(1));
    expect(clock.now()).toBe(8_600);
  });

  it("never waits beyond the end of the run", async () => {
    expect((await turnsAt(1, [10, 1, 1], 3_000)).atMs).toEqual([0, 3_000, 3_000]);
  });

  it("never waits where there is none", async () => {
    expect((await turnsAt(undefined, [1_000, 1_000])).atMs).toEqual([0, 0]);
  });
});
