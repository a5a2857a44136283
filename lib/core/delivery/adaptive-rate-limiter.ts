import type { Clock } from "../ports.ts";
import { afterSuccess, afterThrottle, type Rate, THROTTLE_PAUSE_MS } from "../resilience/rate.ts";
import type { CallVerdict } from "./call-verdict.ts";

/** Calls that wait for their turn, so many a second as the rate allows. */
export interface AdaptiveRateLimiter {
  /** Waits for a turn, or until then (epoch milliseconds). */
  turn(untilMs: number): Promise<void>;
  /** Tells how a call ended that had a turn. */
  observe(verdict: CallVerdict, calledAtMs: number): void;
}

/**
 * A timer wakes every millisecond at most, and late in a busy process: were each turn counted from the wake that gave it, so
 * many turns would be all a process could give, whatever its rate. So turns that came due while the limiter slept are made up
 * for, those of so long at most; more at once would be a burst.
 */
export const MOST_LATE_MS = 50;

/** Where the rate is kept: it may outlive the limiter. */
export interface RateMemory {
  rate: Rate;
}

export function adaptiveRateLimiter(memory: RateMemory, clock: Clock): AdaptiveRateLimiter {
  const waiting: { readonly untilMs: number; readonly go: () => void }[] = [];
  let nextTurnMs = Number.NEGATIVE_INFINITY;
  let moving = false;

  /** One at a time looks at the rate, so that a rate lowered now holds for all who wait already. */
  async function move(): Promise<void> {
    moving = true;
    // No turn came due while nobody waited.
    nextTurnMs = Math.max(nextTurnMs, clock.now());
    for (let [first] = waiting; first !== undefined; [first] = waiting) {
      const nowMs = clock.now();
      const dueMs = Math.min(nextTurnMs, first.untilMs);
      if (dueMs > nowMs) {
        await clock.sleep(dueMs - nowMs);
        continue;
      }
      waiting.shift();
      if (nowMs < first.untilMs) {
        nextTurnMs = Math.max(nextTurnMs, nowMs - MOST_LATE_MS) + 1_000 / memory.rate.callsPerSecond;
      }
      first.go();
    }
    moving = false;
  }

  return {
    turn: (untilMs) =>
      new Promise((go) => {
        waiting.push({ untilMs, go });
        if (!moving) void move();
      }),
    observe(verdict, calledAtMs) {
      if (verdict === "answered" && waiting.length > 0) memory.rate = afterSuccess(memory.rate);
      if (verdict !== "throttled") return;
      const nowMs = clock.now();
      memory.rate = afterThrottle(memory.rate, calledAtMs, nowMs);
      nextTurnMs = Math.max(nextTurnMs, nowMs + THROTTLE_PAUSE_MS);
    },
  };
}
