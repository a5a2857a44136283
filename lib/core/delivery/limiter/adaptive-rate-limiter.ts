import type { Clock } from "../../ports.ts";
import { afterSuccess, afterThrottle, type Rate, THROTTLE_PAUSE_MS } from "../../resilience/rate.ts";
import type { CallVerdict } from "./call-verdict.ts";

/** Lets waiting calls go one by one, as many a second as the rate allows. */
export interface AdaptiveRateLimiter {
  /** Waits for a turn, at most until `untilMs` (epoch milliseconds). */
  turn(untilMs: number): Promise<void>;
  /** Tells how a call that had a turn ended. */
  observe(verdict: CallVerdict, calledAtMs: number): void;
}

/**
 * A timer wakes at most every millisecond, and late in a busy process. One turn per wake would cap the rate at what the
 * process manages, so turns that came due while the limiter slept are made up for: those of this long at most, for more
 * at once would be a burst.
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

  /** One waiter at a time looks at the rate, so that a lowered rate holds for everyone who already waits. */
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
