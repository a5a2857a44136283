import { describe, expect, it } from "vitest";
import { afterSuccess, afterThrottle, type Rate, STARTING_RATE } from "../../../lib/core/resilience/rate.ts";

/** As many answered calls as fit into this many seconds. */
function grown(rate: Rate, seconds: number): Rate {
  let now = rate;
  for (let elapsed = 0; elapsed < seconds; elapsed += 1 / now.callsPerSecond) now = afterSuccess(now);
  return now;
}

const CALM: Rate = { callsPerSecond: 100, calmMs: 10_000, loweredAtMs: 0 };

describe("the rate of calls beside live traffic", () => {
  it("doubles in a quarter of a second while nothing is known", () => {
    expect(grown(STARTING_RATE, 0.25).callsPerSecond).toBeGreaterThan(1.7 * STARTING_RATE.callsPerSecond);
    expect(grown(STARTING_RATE, 2).callsPerSecond).toBeGreaterThan(1_000);
  });

  it("halves when the first throttle ends the search", () => {
    expect(afterThrottle({ ...STARTING_RATE, callsPerSecond: 80 }, 5, 10)).toEqual({
      callsPerSecond: 40,
      calmMs: 0,
      loweredAtMs: 10,
    });
  });

  it("halves while it rises by a fifth in a second, and gives way a little where it rises by less", () => {
    expect(afterThrottle({ ...CALM, calmMs: 100_000 }, 5, 10).callsPerSecond).toBeCloseTo(50);
    expect(afterThrottle({ ...CALM, calmMs: 99_000 }, 5, 10).callsPerSecond).toBeCloseTo(90);
  });

  it("gives way a little where it has held", () => {
    expect(afterThrottle(CALM, 5, 10).callsPerSecond).toBeCloseTo(90);
  });

  it("is lowered once for all calls of one overload", () => {
    const once = afterThrottle(CALM, 5, 10);
    expect(afterThrottle(once, 10, 11)).toBe(once);
    expect(afterThrottle(once, 11, 12).callsPerSecond).toBeLessThan(once.callsPerSecond);
  });

  it("rises slowly after a throttle, and boldly once that is long ago", () => {
    const lowered = afterThrottle(CALM, 5, 10);
    expect(grown(lowered, 1).callsPerSecond).toBeLessThan(91);
    expect(grown(lowered, 10).callsPerSecond).toBeGreaterThan(98);
    expect(grown(lowered, 10).callsPerSecond).toBeLessThan(102);
    expect(grown(lowered, 60).callsPerSecond).toBeGreaterThan(1_000);
  });

  it("never stops altogether", () => {
    expect(afterThrottle({ ...CALM, callsPerSecond: 1 }, 5, 10).callsPerSecond).toBe(1);
  });
});
