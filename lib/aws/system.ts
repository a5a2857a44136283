import type { Clock } from "../core/ports.ts";

/** The machine's own time. */
export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (ms, over) =>
    new Promise((wake) => {
      const timer = setTimeout(wake, Math.max(0, ms));
      over?.addEventListener("abort", () => clearTimeout(timer), { once: true });
    }),
};
