import { describe, expect, it } from "vitest";
import {
  admit,
  afterAnswer,
  afterFailure,
  afterVerdict,
  type Breaker,
  CLOSED,
  coolingDownUntil,
} from "../../../lib/core/resilience/breaker.ts";

const LIMITS = { failures: 3, failingForMs: 1_000, openMs: 5_000, maxOpenMs: 15_000 };

const failing = (breaker: Breaker, ...times: readonly number[]): Breaker =>
  times.reduce((state, atMs) => afterFailure(state, atMs, LIMITS), breaker);

describe("circuit breaker", () => {
  it("opens after enough failures in a row over a while", () => {
    expect(failing(CLOSED, 0, 500, 1_000)).toEqual({ kind: "open", untilMs: 6_000, openings: 1 });
  });

  it("stays closed in a burst shorter than the while: that is the backoff's business", () => {
    expect(failing(CLOSED, 0, 1, 2, 3, 999).kind).toBe("closed");
  });

  it("stays closed after fewer failures than enough, however long the while", () => {
    expect(failing(CLOSED, 10_000, 20_000).kind).toBe("closed");
  });

  it("measures the while from the first failure in a row", () => {
    expect(failing(CLOSED, 10_000, 10_100, 10_999).kind).toBe("closed");
    expect(failing(CLOSED, 10_000, 10_100, 11_000).kind).toBe("open");
  });

  it("admits every call while closed, also after a failure", () => {
    const once = failing(CLOSED, 0);
    expect(admit(once, 1)).toEqual({ admitted: true, breaker: once });
  });

  it("opens at once by a verdict that the target is to blame", () => {
    expect(afterVerdict(CLOSED, 500, LIMITS)).toEqual({ kind: "open", untilMs: 5_500, openings: 1 });
  });

  it("learns nothing from a verdict while it is open or a probe is out, and never opens where it may not", () => {
    for (const breaker of [failing(CLOSED, 0, 500, 1_000), { kind: "half-open", openings: 2 } as const]) {
      expect(afterVerdict(breaker, 2_000, LIMITS)).toBe(breaker);
    }
    expect(afterVerdict(CLOSED, 500, { ...LIMITS, failures: Number.POSITIVE_INFINITY })).toBe(CLOSED);
  });

  it("is open for as long as the target asked to be left alone, and its next opening is a first one", () => {
    const cooling = coolingDownUntil(9_000);
    expect(admit(cooling, 8_999).admitted).toBe(false);
    const { breaker } = admit(cooling, 9_000);
    expect(afterFailure(breaker, 9_000, LIMITS)).toEqual({ kind: "open", untilMs: 14_000, openings: 1 });
  });

  it("starts counting anew after any answer", () => {
    expect(failing(afterAnswer(), 2_000, 2_500).kind).toBe("closed");
  });

  it("admits nobody while open, and one probe when its time is over", () => {
    const open = failing(CLOSED, 0, 500, 1_000);
    expect(admit(open, 5_999).admitted).toBe(false);
    const probing = admit(open, 6_000);
    expect(probing).toEqual({ admitted: true, breaker: { kind: "half-open", openings: 1 } });
    expect(admit(probing.breaker, 6_001).admitted).toBe(false);
  });

  it("opens for twice as long after a failed probe, up to the longest", () => {
    let breaker: Breaker = { kind: "half-open", openings: 1 };
    const lengths = [0, 0, 0].map(() => {
      breaker = afterFailure(breaker, 0, LIMITS);
      const { untilMs, openings } = breaker as Extract<Breaker, { kind: "open" }>;
      breaker = { kind: "half-open", openings };
      return untilMs;
    });
    expect(lengths).toEqual([10_000, 15_000, 15_000]);
  });

  it("closes on the probe's answer", () => {
    expect(afterAnswer()).toEqual(CLOSED);
  });

  it("learns nothing from calls that were out when it opened", () => {
    const open = failing(CLOSED, 0, 500, 1_000);
    expect(failing(open, 1_100, 1_200)).toBe(open);
  });
});
