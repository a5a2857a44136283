import { describe, expect, it } from "vitest";
import { recovery } from "../../bench/simulated/recovery.ts";

const WORLD = { seed: 1, liveEventsPerSecond: 500, quotaEventsPerSecond: 600, atMostSeconds: 120 };

describe("a backlog behind live traffic", () => {
  it("is drained by most of what the quota leaves, and live events hardly notice", async () => {
    const quiet = await recovery({ ...WORLD, backlog: 0, atMostSeconds: 30 });
    const loaded = await recovery({ ...WORLD, backlog: 8_000 });
    expect(loaded.drained).toBe(8_000);
    expect(loaded.drained / loaded.seconds).toBeGreaterThanOrEqual(80);
    expect(loaded.p99Ms).toBeLessThanOrEqual(2 * quiet.p99Ms);
    expect(quiet.liveEvents).toBeGreaterThan(14_000);
  });
});
