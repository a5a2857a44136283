import { onAbort } from "../core/on-abort.ts";
import type { Clock } from "../core/ports.ts";

/** The machine's own time. */
export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (ms, over) =>
    new Promise((wake) => {
      const timer = setTimeout(
        () => {
          stopListening();
          wake();
        },
        Math.max(0, ms),
      );
      const stopListening = onAbort(over, () => clearTimeout(timer));
    }),
};
