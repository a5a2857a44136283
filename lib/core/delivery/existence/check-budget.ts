import type { Clock } from "../../ports.ts";

/** What all existence checks of a process share, whatever their destination. */
export interface CheckBudget {
  /** Takes the next turn and returns the wait until then, in milliseconds. */
  takeTurn(): number;
}

/** A process makes 20 checks a second on average; EventBridge allows some 50 a second for a whole account. */
export const CHECK_INTERVAL_MS = 50;
/** Checks that a quiet process has saved up, so that a single batch need not wait. */
export const SAVED_CHECKS = 4;

export function checkBudget(clock: Clock): CheckBudget {
  /** When the next check may begin at the average rate; in the past where checks are saved up. */
  let dueAtMs = Number.NEGATIVE_INFINITY;
  return {
    takeTurn() {
      const nowMs = clock.now();
      dueAtMs = Math.max(dueAtMs, nowMs - SAVED_CHECKS * CHECK_INTERVAL_MS);
      const waitMs = Math.max(0, dueAtMs - nowMs);
      dueAtMs += CHECK_INTERVAL_MS;
      return waitMs;
    },
  };
}
