import type { Clock } from "../ports.ts";

/** Waits until the next `count` events may go. */
export type Pace = (count: number) => Promise<void>;

/** Spreads events over time, so many a second; without a rate it never waits. */
export function paceOf(eventsPerSecond: number | undefined, clock: Clock): Pace {
  let freeAtMs = 0;
  return async (count) => {
    if (eventsPerSecond === undefined) return;
    const nowMs = clock.now();
    const startMs = Math.max(nowMs, freeAtMs);
    freeAtMs = startMs + (count * 1_000) / eventsPerSecond;
    if (startMs > nowMs) await clock.sleep(startMs - nowMs);
  };
}
