import { describe, expect, it } from "vitest";
import { admit, afterAnswer, afterFailure, type Breaker, CLOSED } from "../../../lib/core/resilience/breaker.ts";

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
