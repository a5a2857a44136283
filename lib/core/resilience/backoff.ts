import type { BackoffSettings, RequeueBackoffSettings } from "../../contract/settings/settings.ts";
import type { Random } from "../ports.ts";

/**
 * The state of one sequence of attempts. Immutable: `next` gives the wait before the next attempt and the state after
 * it, or undefined when the attempts or the time budget are used up.
 */
export interface Backoff {
  /** Attempts made so far, including the one that just failed. */
  readonly attempts: number;
  next(
    elapsedMs: number,
    random: Random,
    /** The target asked for at least this wait. Our cap does not limit it; the budget does. @default 0 */
    atLeastMs?: number,
  ): { readonly waitMs: number; readonly backoff: Backoff } | undefined;
  /** One more attempt, even if the attempts are used up, and none after it. */
  once(): Backoff;
}

/**
 * The waits between attempts, by the named jitter:
 * - `full`: random from 0 to `min(cap, base * 2^n)`. Spreads best, so it is the default (Marc Brooker, "Exponential
 *   Backoff And Jitter", AWS Architecture Blog).
 * - `equal`: half of that ceiling, plus random up to the other half. Never hurries.
 * - `decorrelated`: random from base to three times the wait before, capped. Grows at random.
 */
export function backoffFrom(settings: BackoffSettings): Backoff {
  return afterAttempt(settings, 1, settings.baseMs);
}

function afterAttempt(settings: BackoffSettings, attempts: number, previousMs: number): Backoff {
  return {
    attempts,
    next(elapsedMs, random, atLeastMs = 0) {
      // All who were told the same time would come back together, so jitter is added to it.
      const waitMs = atLeastMs + jittered(settings, attempts, previousMs, random);
      if (attempts >= settings.attempts || elapsedMs + waitMs >= settings.budgetMs) {
        return undefined;
      }
      return { waitMs, backoff: afterAttempt(settings, attempts + 1, waitMs - atLeastMs) };
    },
    once: () => afterAttempt({ ...settings, attempts: attempts + 1 }, attempts + 1, previousMs),
  };
}

function jittered(settings: BackoffSettings, attempts: number, previousMs: number, random: Random): number {
  const { jitter, baseMs, capMs } = settings;
  const ceilingMs = Math.min(capMs, baseMs * 2 ** (attempts - 1));
  switch (jitter) {
    case "full":
      return random() * ceilingMs;
    case "equal":
      return ceilingMs / 2 + random() * (ceilingMs / 2);
    case "decorrelated":
      return Math.min(capMs, baseMs + random() * (Math.max(baseMs, previousMs * 3) - baseMs));
  }
}

/**
 * How long an event that failed by its own fault rests after `attempts` failed rounds (1 or more), in milliseconds.
 * Full jitter, so that events parked together do not come back together.
 */
export function requeueDelayMs(settings: RequeueBackoffSettings, attempts: number, random: Random): number {
  const ceilingSeconds = Math.min(settings.capSeconds, settings.baseSeconds * 2 ** (attempts - 1));
  return Math.ceil(random() * ceilingSeconds * 1_000);
}
