import { getEventListeners } from "node:events";
import { onAbort } from "../../lib/core/on-abort.ts";
import type { Clock } from "../../lib/core/ports.ts";

/**
 * A clock that knows how many of its timers still run. A timer that outlives its invocation is frozen with the process, and goes
 * off in the midst of another one.
 */
export interface CountedClock extends Clock {
  /** How many sleeps have neither ended nor been called off. */
  readonly timers: number;
  /** How many abort listeners are left on signals that may still abort, though no sleep waits for them any more. */
  readonly listeners: number;
}

export function countedClock(clock: Clock): CountedClock {
  const running = new Map<object, AbortSignal | undefined>();
  /** Those of all sleeps, without what has aborted by the last count. */
  const signals = new Set<AbortSignal>();
  return {
    get timers() {
      return running.size;
    },
    get listeners() {
      const waitedFor = new Set(running.values());
      let left = 0;
      for (const signal of signals) {
        if (signal.aborted) signals.delete(signal);
        else if (!waitedFor.has(signal)) left += getEventListeners(signal, "abort").length;
      }
      return left;
    },
    now: () => clock.now(),
    async sleep(ms, over) {
      const timer = {};
      running.set(timer, over);
      if (over !== undefined) signals.add(over);
      const stopListening = onAbort(over, () => running.delete(timer));
      await clock.sleep(ms, over);
      stopListening();
      running.delete(timer);
    },
  };
}

/**
 * How many timers a process may have at rest. The first check of the default destination begins with the process, before anybody
 * waits for it.
 */
export const mayRun = (isChecked: boolean): number => (isChecked ? 1 : 0);
