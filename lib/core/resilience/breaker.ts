/**
 * The circuit breaker of one destination in one process.
 *
 *   closed ----- failures in a row, over a while ----> open
 *   closed ----- different events failed alone ------> open (see `fault-attribution.ts`)
 *   open ------- its time is over, one call asks ----> half-open (that call is the probe)
 *   half-open -- the probe fails --------------------> open, for twice as long
 *   any -------- an answer from the target ----------> closed
 *   any -------- the target asks to be left alone ---> open, for that long
 *
 * Closed: every call is admitted. Open: no call is, and no event pays an attempt. Half-open: only the probe is out.
 * Throttling does not count as a failure: a target that throttles is alive, and the concurrency window deals with it. A
 * target that asks for more time than the backoff's whole budget gets that time. A burst of failures shorter than
 * `failingForMs` opens nothing: the backoff is for bursts.
 */
export type Breaker =
  | { readonly kind: "closed"; readonly failures: number; readonly failingSinceMs: number }
  | { readonly kind: "open"; readonly untilMs: number; readonly openings: number }
  | { readonly kind: "half-open"; readonly openings: number };

export interface BreakerLimits {
  /** Calls failed in a row. Infinite: the breaker never opens. */
  readonly failures: number;
  /** How long calls must have been failing, in milliseconds. */
  readonly failingForMs: number;
  /** How long the first opening lasts, in milliseconds; each failed probe doubles it. */
  readonly openMs: number;
  /** The longest opening, in milliseconds. */
  readonly maxOpenMs: number;
}

export const CLOSED: Breaker = { kind: "closed", failures: 0, failingSinceMs: 0 };

/** Whether a call may go out now, and the state of the breaker afterwards. */
export function admit(breaker: Breaker, nowMs: number): { readonly admitted: boolean; readonly breaker: Breaker } {
  switch (breaker.kind) {
    case "closed":
      return { admitted: true, breaker };
    case "open":
      return nowMs < breaker.untilMs
        ? { admitted: false, breaker }
        : { admitted: true, breaker: { kind: "half-open", openings: breaker.openings } };
    case "half-open":
      return { admitted: false, breaker };
  }
}

/** After an answer that shows the target alive, even one that refuses the event. */
export const afterAnswer = (): Breaker => CLOSED;

/** After a call that failed by the target's fault. */
export function afterFailure(breaker: Breaker, nowMs: number, limits: BreakerLimits): Breaker {
  switch (breaker.kind) {
    case "closed": {
      const failures = breaker.failures + 1;
      const failingSinceMs = breaker.failures === 0 ? nowMs : breaker.failingSinceMs;
      return failures >= limits.failures && nowMs - failingSinceMs >= limits.failingForMs
        ? opened(1, nowMs, limits)
        : { kind: "closed", failures, failingSinceMs };
    }
    case "half-open":
      return opened(breaker.openings + 1, nowMs, limits);
    case "open":
      // This call was already out when the breaker opened: it says nothing new.
      return breaker;
  }
}

/** Once it is known that the target is to blame, not an event. */
export function afterVerdict(breaker: Breaker, nowMs: number, limits: BreakerLimits): Breaker {
  return breaker.kind === "closed" && Number.isFinite(limits.failures) ? opened(1, nowMs, limits) : breaker;
}

/** After an answer that asked for a cooldown longer than any call waits. */
export const coolingDownUntil = (untilMs: number): Breaker => ({ kind: "open", untilMs, openings: 0 });

function opened(openings: number, nowMs: number, { openMs, maxOpenMs }: BreakerLimits): Breaker {
  return { kind: "open", untilMs: nowMs + Math.min(maxOpenMs, openMs * 2 ** (openings - 1)), openings };
}
