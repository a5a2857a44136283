import { type FixedRateLimiter, fixedRateLimiter } from "../../core/requeue/fixed-rate-limiter.ts";
import type { CommandPorts } from "./operator-ports.ts";
import { pauseUntil } from "./until-nobody-holds.ts";

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
    sleep: (ms) => pauseUntil(clock.now() + ms, { clock, stopped }),
  });
