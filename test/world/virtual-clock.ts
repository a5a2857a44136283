import { onAbort } from "../../lib/core/on-abort.ts";
import type { Clock } from "../../lib/core/ports.ts";

/**
 * Time that passes only when nothing else can happen: a whole minute of backoff takes no time at all, and the same
 * program meets the same times in every run.
 */
export class VirtualClock implements Clock {
  #nowMs: number;
  /** In the order in which they go off; of equals, the one set first. */
  #timers: { readonly atMs: number; readonly wake: () => void }[] = [];

  constructor(startMs = Date.parse("2026-01-01T00:00:00Z")) {
    this.#nowMs = startMs;
  }

  now(): number {
    return this.#nowMs;
  }

  sleep(ms: number, over?: AbortSignal): Promise<void> {
    const atMs = this.#nowMs + ms;
    return new Promise((wake) => {
      // The timer goes behind all that go off no later. The place is found by halving, for a large world has thousands of
      // timers.
      let place = 0;
      for (let end = this.#timers.length; place < end; ) {
        const middle = (place + end) >>> 1;
        if ((this.#timers[middle]?.atMs ?? 0) > atMs) end = middle;
        else place = middle + 1;
      }
      const timer = {
        atMs,
        wake: () => {
          stopListening();
          wake();
        },
      };
      this.#timers.splice(place, 0, timer);
      const stopListening = onAbort(over, () => {
        this.#timers = this.#timers.filter((each) => each !== timer);
      });
    });
  }

  /** Lets time pass while no process is at work. */
  skip(ms: number): void {
    this.#nowMs += ms;
  }

  /** Runs `work` to its end, letting time pass whenever all of it waits. */
  async run<Result>(work: () => Promise<Result>): Promise<Result> {
    let settled = false;
    const result = work().finally(() => {
      settled = true;
    });
    // The rejection is handed to the caller below; until then it must not count as unhandled.
    result.catch(() => undefined);
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve));
      if (settled) return result;
      const next = this.#timers.shift();
      if (next === undefined) throw new Error("All of it waits, and for nothing that time could bring");
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.wake();
    }
  }
}
