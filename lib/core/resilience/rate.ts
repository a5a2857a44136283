/**
 * How many calls a second go to a destination whose quota others need too: a drain beside live traffic.
 *
 * Counting calls in flight does not find a quota that even one call after the other exceeds, so the time between calls
 * varies instead. A throttle lowers the rate and stops all calls for a moment, in which the target recovers and the
 * live traffic's retries pass. The longer no throttle came, the faster the rate rises: slowly near the known quota,
 * boldly once the last throttle is long ago. It rises only while calls wait for it.
 */
export interface Rate {
  readonly callsPerSecond: number;
  /** How long calls have gone at their rate since the last throttle, in milliseconds. Infinite before the first. */
  readonly calmMs: number;
  /** Epoch milliseconds of the last lowering. */
  readonly loweredAtMs: number;
}

/** Nothing is known of the destination yet: the rate doubles in a quarter of a second. */
export const STARTING_RATE: Rate = {
  callsPerSecond: 20,
  calmMs: Number.POSITIVE_INFINITY,
  loweredAtMs: Number.NEGATIVE_INFINITY,
};

/** No call for this long after a throttle, in milliseconds. */
export const THROTTLE_PAUSE_MS = 1_000;
const LOWEST_CALLS_PER_SECOND = 1;
/** A rate still searching upwards may be far too high; a rate that has held may be slightly too high. */
const CUT_WHILE_SEARCHING = 0.5;
const CUT = 0.9;
/** The part by which the rate rises in a second: for each second of calm, and at most. */
const RISE_PER_SECOND_OF_CALM = 0.002;
const MAX_RISE = 3;
/** A rate that rises by at least this part in a second is still searching. */
const SEARCHING = 0.2;

const riseOf = ({ calmMs }: Rate): number => Math.min(MAX_RISE, (RISE_PER_SECOND_OF_CALM * calmMs) / 1_000);

/** After a call that was answered while others waited: the call stands for the time between two calls. */
export function afterSuccess(rate: Rate): Rate {
  const { callsPerSecond, calmMs } = rate;
  return { ...rate, callsPerSecond: callsPerSecond + riseOf(rate), calmMs: calmMs + 1_000 / callsPerSecond };
}

/** A call begun before the last lowering tells about the old rate. */
export function afterThrottle(rate: Rate, calledAtMs: number, nowMs: number): Rate {
  if (calledAtMs <= rate.loweredAtMs) return rate;
  const cut = riseOf(rate) >= SEARCHING ? CUT_WHILE_SEARCHING : CUT;
  return {
    callsPerSecond: Math.max(LOWEST_CALLS_PER_SECOND, rate.callsPerSecond * cut),
    calmMs: 0,
    loweredAtMs: nowMs,
  };
}
