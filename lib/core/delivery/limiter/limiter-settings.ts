import { startingAt } from "../../resilience/concurrency.ts";
import { STARTING_RATE } from "../../resilience/rate.ts";
import type { LimiterSettings } from "./destination-limiter.ts";

/** The relay starts at full width, and a burst of failures is left to the backoff for a second. */
export const relayLimiter = (concurrency: number): LimiterSettings => ({
  start: startingAt(concurrency, concurrency),
  maxConcurrency: concurrency,
  breaker: { failures: 10, failingForMs: 1_000, openMs: 5_000, maxOpenMs: 60_000 },
  anew: false,
});

/**
 * The requeuer starts with one call, and limits its rate: its backlog has waited already, and the relay's live events
 * need the same quota. Its breaker stays open for the rest of the run.
 */
export const requeuerLimiter = (concurrency: number): LimiterSettings => ({
  start: startingAt(1, concurrency),
  maxConcurrency: concurrency,
  rate: STARTING_RATE,
  breaker: { failures: 5, failingForMs: 0, openMs: 60_000, maxOpenMs: 60_000 },
  anew: true,
});
