import { type FixedRateLimiter, fixedRateLimiter } from "../../core/requeue/fixed-rate-limiter.ts";
import type { CommandPorts } from "./operator-ports.ts";

const STEP_MS = 1_000;

/**
 * Spreads the events of a command over time. At a slow rate those who wait in parallel have their turns minutes ahead. Once the
 * operator stops the command nobody waits for a turn any more: whoever asked for one looks then whether it is stopped.
 */
export const stoppableRateLimiter = (
  eventsPerSecond: number | undefined,
  { clock, stopped }: CommandPorts,
): FixedRateLimiter =>
  fixedRateLimiter(eventsPerSecond, {
    now: () => clock.now(),
    // The steps are counted, so that a clock that is set back makes no sleep longer.
    async sleep(ms) {
      for (let leftMs = ms; leftMs > 0 && !stopped(); leftMs -= STEP_MS) await clock.sleep(Math.min(STEP_MS, leftMs));
    },
  });
