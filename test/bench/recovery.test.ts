import { describe, expect, it } from "vitest";
import { recovery } from "../../bench/simulated/recovery.ts";

const WORLD = { liveEventsPerSecond: 500, quotaEventsPerSecond: 600, atMostSeconds: 120 };
/** The quota refuses any call that comes at the wrong moment, so the slowest events of one run are a matter of luck. */
const SEEDS = [1, 2, 3];

describe("a backlog behind live traffic", () => {
  it("is drained by most of what the quota leaves, and live events hardly notice", async () => {
    const quiet = await recovery({ ...WORLD, seed: 1, backlog: 0, atMostSeconds: 30 });
    const p99Ms: number[] = [];
    for (const seed of SEEDS) {
      const loaded = await recovery({ ...WORLD, seed, backlog: 8_000 });
      expect(loaded.drained).toBe(8_000);
      expect(loaded.drained / loaded.seconds).toBeGreaterThanOrEqual(80);
      p99Ms.push(loaded.p99Ms);
    }
    const [, median] = p99Ms.sort((one, other) => one - other);
    expect(median).toBeLessThanOrEqual(2 * quiet.p99Ms);
    expect(quiet.liveEvents).toBeGreaterThan(14_000);
  });
});
