/**
 * How many calls a second go to a destination whose quota others need too: a drain beside live traffic.
 *
 * A quota far below what one call after the other could use up is not found by counting calls in flight. So the time
 * between calls is what gives way: a throttle lowers the rate and stops all calls for a moment, in which the target
 * recovers and the live traffic's retries pass. The longer no throttle came, the faster the rate rises: slowly about the
 * quota that is known, boldly once that is long ago. It rises only while calls wait for it.
 */
export interface Rate {
  readonly callsPerSecond: number;
  /** How long calls went out at their rate since the last throttle, in milliseconds. Infinite before the first one. */
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

/** No call for so long after a throttle, in milliseconds. */
export const THROTTLE_PAUSE_MS = 1_000;
const LOWEST_CALLS_PER_SECOND = 1;
/** A rate that was feeling its way up may be far too high; one that has held may be a little. */
const CUT_WHILE_SEARCHING = 0.5;
const CUT = 0.9;
/** By what part the rate rises in a second, for each second of calm, and at most. */
const RISE_PER_SECOND_OF_CALM = 0.002;
const MAX_RISE = 3;
/** A rate that rises by this part in a second, or more, is feeling its way up. */
const SEARCHING = 0.2;

const riseOf = ({ calmMs }: Rate): number => Math.min(MAX_RISE, (RISE_PER_SECOND_OF_CALM * calmMs) / 1_000);

/** After a call that was answered while others waited: it stands for the time between two calls. */
export function afterSuccess(rate: Rate): Rate {
  const { callsPerSecond, calmMs } = rate;
  return { ...rate, callsPerSecond: callsPerSecond + riseOf(rate), calmMs: calmMs + 1_000 / callsPerSecond };
}

/** A call that set out before the last lowering tells of the old rate. */
export function afterThrottle(rate: Rate, calledAtMs: number, nowMs: number): Rate {
  if (calledAtMs <= rate.loweredAtMs) return rate;
  const cut = riseOf(rate) >= SEARCHING ? CUT_WHILE_SEARCHING : CUT;
  return {
    callsPerSecond: Math.max(LOWEST_CALLS_PER_SECOND, rate.callsPerSecond * cut),
    calmMs: 0,
    loweredAtMs: nowMs,
  };
}
