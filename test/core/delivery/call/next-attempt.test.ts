import { describe, expect, it } from "vitest";
import type { Failure } from "../../../../lib/contract/failure.ts";
import { applyRetryAfter, nextAttempt } from "../../../../lib/core/delivery/call/next-attempt.ts";
import { ACKNOWLEDGED } from "../../../../lib/core/ports.ts";
import { backoffFrom } from "../../../../lib/core/resilience/backoff.ts";
import { DOWN, failedWith, REFUSED, THROTTLED } from "../../../world/scripted-target.ts";
import { runOf } from "../run-of.ts";

const PUBLISH_MS = 15_000;

/** What follows a first attempt that began `elapsedMs` ago and failed so. */
function nextOf(failures: readonly Failure[], { elapsedMs = 0, publishMs = PUBLISH_MS } = {}) {
  const { run, clock, deadlines } = runOf();
  const delivery = { ...run, random: () => 0.5 };
  return nextAttempt(backoffFrom(run.backoff), failures, clock.now() - elapsedMs, delivery, deadlines(publishMs));
}

const askingFor = (retryAfterMs: number, failure: Failure = THROTTLED): Failure => ({ ...failure, retryAfterMs });

describe("the next attempt", () => {
  it("follows after the backoff's wait", () => {
    expect(nextOf([DOWN])).toMatchObject({ waitMs: 50, backoff: { attempts: 2 } });
  });

  it("is none where no event is worth one", () => {
    expect(nextOf([])).toBeUndefined();
  });

  it("waits for whoever asked for the longest rest, and for the backoff's wait after it", () => {
    expect(nextOf([askingFor(1_000), DOWN, askingFor(3_000)])?.waitMs).toBe(3_050);
  });

  it("is none once the budget is used up since the first attempt", () => {
    expect(nextOf([DOWN], { elapsedMs: 19_949 })?.waitMs).toBe(50);
    expect(nextOf([DOWN], { elapsedMs: 19_950 })).toBeUndefined();
  });

  it("is none where the rest that was asked for ends when the time to publish does, or later", () => {
    expect(nextOf([askingFor(PUBLISH_MS - 1)])?.waitMs).toBe(PUBLISH_MS - 1 + 50);
    expect(nextOf([askingFor(PUBLISH_MS)])).toBeUndefined();
  });

  it("is begun where nobody asked for a rest, whatever time is left: the deadline ends it", () => {
    expect(nextOf([DOWN], { publishMs: 0 })?.waitMs).toBe(50);
  });
});

describe("a rest that a target asks for", () => {
  /** How long the destination is left alone after a call with these failures. */
  function restAfter(...failures: readonly Failure[]) {
    const { run, clock } = runOf();
    const limiter = run.limiters.of("default");
    applyRetryAfter(limiter, [ACKNOWLEDGED, ...failures.map(failedWith)], run);
    return limiter.breaker.kind === "open" ? limiter.breaker.untilMs - clock.now() : 0;
  }

  it("keeps all calls away where it is as long as the budget or longer: the longest counts", () => {
    expect(restAfter(askingFor(20_000))).toBe(20_000);
    expect(restAfter(askingFor(30_000), askingFor(90_000), DOWN)).toBe(90_000);
  });

  it("keeps no other call away where a call can wait for it", () => {
    expect(restAfter(askingFor(19_999))).toBe(0);
    expect(restAfter()).toBe(0);
  });

  it("keeps no other call away where it is asked for one event or one route", () => {
    expect(restAfter(askingFor(90_000, REFUSED), askingFor(90_000, { ...THROTTLED, route: "full" }))).toBe(0);
  });
});
