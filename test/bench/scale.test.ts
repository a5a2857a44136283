import { describe, expect, it } from "vitest";
import { scale } from "../../bench/simulated/scale.ts";

const TWO_SECONDS = { eventsPerSecond: 1_000, seconds: 2 };

describe("relays of many shards", () => {
  it("deliver as much as so many single ones", async () => {
    const { deliveredPerSecond } = await scale({ ...TWO_SECONDS, shards: 4, keys: 0 });
    expect(deliveredPerSecond).toBeGreaterThan(3_800);
  });

  it("have one event of a key in flight", async () => {
    const { deliveredPerSecond } = await scale({ ...TWO_SECONDS, shards: 1, keys: 2 });
    expect(deliveredPerSecond).toBeGreaterThan(90);
    expect(deliveredPerSecond).toBeLessThan(105);
  });
});
