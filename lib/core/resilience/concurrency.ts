/**
 * How many calls may be out at once: additive increase, multiplicative decrease (AIMD), with a slow start.
 *
 * Below `threshold` every success adds one, which doubles the limit each round trip; above it, a whole round of
 * successes adds one. A throttle halves the limit and makes the result the new threshold.
 */
export interface Concurrency {
  readonly limit: number;
  readonly threshold: number;
  /** Epoch milliseconds of the last halving. */
  readonly halvedAtMs: number;
}

/** A relay starts at full width; a requeuer starts at one call and feels its way up. */
export const startingAt = (limit: number, threshold: number): Concurrency => ({ limit, threshold, halvedAtMs: -1 });

export function afterSuccess(concurrency: Concurrency, max: number): Concurrency {
  const { limit, threshold } = concurrency;
  const limitAfter = Math.min(max, limit < threshold ? limit + 1 : limit + 1 / limit);
  return limitAfter === limit ? concurrency : { ...concurrency, limit: limitAfter };
}

/** A call begun before the last halving tells about the old width: one overload halves once, not once per call. */
export function afterThrottle(concurrency: Concurrency, calledAtMs: number, nowMs: number): Concurrency {
  if (calledAtMs <= concurrency.halvedAtMs) {
    return concurrency;
  }
  const limit = Math.max(1, concurrency.limit / 2);
  return { limit, threshold: limit, halvedAtMs: nowMs };
}
