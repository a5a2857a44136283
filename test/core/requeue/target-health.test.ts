import { describe, expect, it } from "vitest";
import type { Failure } from "../../../lib/contract/failure.ts";
import type { DestinationLimiters } from "../../../lib/core/delivery/limiter/destination-limiters.ts";
import { trials } from "../../../lib/core/delivery/trials.ts";
import { targetHealth } from "../../../lib/core/requeue/target-health.ts";
import { eventOf } from "../../aws/fixtures.ts";
import { DOWN, REFUSED } from "../../world/scripted-target.ts";

/** @param open destinations whose breaker is open. */
function healthWith(...open: readonly string[]) {
  const limiters = {
    of: (destination: string) => ({ breaker: { kind: open.includes(destination) ? "open" : "closed" } }),
  } as DestinationLimiters;
  const known = trials();
  return { health: targetHealth({ trials: known, limiters }), known };
}

const failed = (failure: Failure, undecided?: true) =>
  ({
    kind: "failed",
    event: eventOf(),
    failure,
    attempts: 1,
    firstFailureMs: 0,
    ...(undecided && { undecided }),
  }) as const;

describe("what a run knows of a destination", () => {
  it("is nothing before anything was tried there, and that it takes events once one was acknowledged", () => {
    const { health, known } = healthWith();
    expect(health.of("a")).toBe("unknown");
    known.of("a").passed();
    expect(health.of("a")).toBe("available");
    health.judge("a");
    expect(health.of("a")).toBe("available");
    expect(health.of("b")).toBe("unknown");
  });

  it("is that it fails where a failure is the target's own, or its breaker has opened", () => {
    const { health } = healthWith("open");
    health.judge("a", failed(DOWN));
    health.judge("open");
    expect([health.of("a"), health.of("open"), health.of("b")]).toEqual(["unavailable", "unavailable", "unknown"]);
  });

  it.each([
    ["of an event's own", failed(REFUSED)],
    ["that nobody could attribute", failed(DOWN, true)],
    ["of one route", failed({ ...DOWN, route: "orders" })],
  ])("stays as it was after a failure %s", (_what, failure) => {
    const { health } = healthWith();
    health.judge("a", failure);
    expect(health.of("a")).toBe("unknown");
  });
});

describe("a run", () => {
  it("has something to do as long as one known destination may take events", () => {
    const { health } = healthWith();
    expect(health.allFailed()).toBe(false);
    health.expect("a");
    health.expect("b");
    expect(health.allFailed()).toBe(false);
    health.judge("a", failed(DOWN));
    expect(health.allFailed()).toBe(false);
    health.judge("b", failed(DOWN));
    expect(health.allFailed()).toBe(true);
    health.expect("c");
    expect(health.allFailed()).toBe(false);
  });

  it("has several destinations only where two that it knows may take events", () => {
    const { health } = healthWith();
    health.expect("a");
    health.expect("a");
    expect(health.areSeveral()).toBe(false);
    health.expect("b");
    expect(health.areSeveral()).toBe(true);
    health.judge("a", failed(DOWN));
    expect(health.areSeveral()).toBe(false);
    health.expect("c");
    expect(health.areSeveral()).toBe(true);
  });
});
