import { describe, expect, it } from "vitest";
import { afterSuccess, afterThrottle, startingAt } from "../../../lib/core/resilience/concurrency.ts";

const grown = (start: ReturnType<typeof startingAt>, successes: number, max = 32) =>
  Array.from({ length: successes }).reduce<typeof start>((state) => afterSuccess(state, max), start);

describe("adaptive concurrency", () => {
  it("doubles each round below its threshold", () => {
    expect(grown(startingAt(1, 32), 1).limit).toBe(2);
    expect(grown(startingAt(1, 32), 3).limit).toBe(4);
    expect(grown(startingAt(1, 32), 7).limit).toBe(8);
  });

  it("adds about one a round above it", () => {
    expect(grown({ limit: 10, threshold: 10, halvedAtMs: 0 }, 10).limit).toBeCloseTo(10.96, 1);
  });

  it("never exceeds its maximum", () => {
    expect(grown(startingAt(30, 32), 100).limit).toBe(32);
  });

  it("halves when throttled and grows slowly from there", () => {
    const throttled = afterThrottle(startingAt(32, 32), 5, 10);
    expect(throttled).toEqual({ limit: 16, threshold: 16, halvedAtMs: 10 });
    expect(afterSuccess(throttled, 32).limit).toBeLessThan(17);
  });

  it("halves for a call that was made at the very beginning of time", () => {
    expect(afterThrottle(startingAt(32, 32), 0, 10).limit).toBe(16);
  });

  it("halves once for calls of the millisecond in which it was halved", () => {
    const once = afterThrottle(startingAt(32, 32), 5, 10);
    expect(afterThrottle(once, 10, 11)).toBe(once);
  });

  it("is the same value where nothing changes", () => {
    const widest = startingAt(32, 32);
    expect(afterSuccess(widest, 32)).toBe(widest);
  });

  it("halves once for all calls of one overload", () => {
    const once = afterThrottle(startingAt(32, 32), 5, 10);
    expect(afterThrottle(once, 9, 11)).toBe(once);
    expect(afterThrottle(once, 12, 30).limit).toBe(8);
  });

  it("never falls below one call", () => {
    expect(afterThrottle(startingAt(1, 1), 5, 10).limit).toBe(1);
  });
});
