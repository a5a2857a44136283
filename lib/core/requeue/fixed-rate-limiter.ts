import type { Clock } from "../ports.ts";

/** Waits until the next `count` events may go. */
export type FixedRateLimiter = (count: number) => Promise<void>;

/**
 * Spreads events over time at so many a second; without a rate it never waits.
 *
 * @param untilMs nobody waits beyond this, in epoch milliseconds: a run is over then. @default a person may wait for
 * ever
 */
export function fixedRateLimiter(
  eventsPerSecond: number | undefined,
  clock: Clock,
  untilMs = Number.POSITIVE_INFINITY,
): FixedRateLimiter {
  let freeAtMs = 0;
  return async (count) => {
    if (eventsPerSecond === undefined) return;
    const nowMs = clock.now();
    const startMs = Math.max(nowMs, freeAtMs);
    freeAtMs = startMs + (count * 1_000) / eventsPerSecond;
    const wakeMs = Math.min(startMs, untilMs);
    if (wakeMs > nowMs) await clock.sleep(wakeMs - nowMs);
  };
}
