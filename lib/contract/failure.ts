/**
 * Why a delivery failed, in the two questions that decide what happens next.
 *
 * The class asks *is it worth another try?*
 * - `throttled`: the target asks for less. Try later, with fewer calls at once.
 * - `transient`: the target is unwell. Try later.
 * - `ambiguous`: unknown; the call timed out and may have landed. Try later, at the price of a possible duplicate.
 * - `permanent`: the same call will fail again until a person changes something.
 *
 * The scope asks *whose fault is it?*
 * - `event`: this entry is refused while others pass. It counts against the event, which moves aside.
 * - `target`: any entry would fail. It counts against no event.
 */
export interface Failure {
  readonly class: FailureClass;
  readonly scope: FailureScope;
  /** The target's own error code where it gave one. */
  readonly code: string;
  /** For people; holds no payload. */
  readonly message: string;
  /** The target asked not to be called again for this long, in milliseconds, as HTTP's Retry-After does. */
  readonly retryAfterMs?: number;
  /**
   * Only this route of the destination failed, where events decide the route: a full queue behind an exchange, a
   * subject at its limit. It counts against no event, and not against the destination.
   */
  readonly route?: string;
  /** No connection to the target could be made: the entries had no part in the failure. @default false */
  readonly unreached?: boolean;
}

/** A failure that any event of the destination would meet. A route's failure speaks only for the route. */
export const isOfTarget = ({ scope, route }: Failure): boolean => scope === "target" && route === undefined;

/**
 * Whether this failure alone leaves open whose fault it is: the call was sent, and the target failed or did not answer.
 * One event may have caused that. A target that throttles, asks for a cooldown, is not reached or refuses the caller
 * shows that no event is to blame.
 */
export const isDoubtful = (failure: Failure): boolean =>
  isOfTarget(failure) &&
  (failure.class === "transient" || failure.class === "ambiguous") &&
  failure.unreached !== true &&
  retryAfterOf(failure) === 0;

/** The same failure, once it is known that the event itself is to blame. */
export const ownFault = (failure: Failure): Failure => ({
  ...failure,
  scope: "event",
  message: `${failure.message} (this event alone: others of its destination were acknowledged meanwhile)`,
});

/** The longest cooldown that a target gets by asking: a clock or a header may be wrong. */
export const MAX_RETRY_AFTER_MS = 3_600_000;

/** How long the target asked to be left alone, in milliseconds: 0 if it did not ask. */
export const retryAfterOf = ({ retryAfterMs = 0 }: Failure): number => Math.min(retryAfterMs, MAX_RETRY_AFTER_MS);

export const FAILURE_CLASSES = ["throttled", "transient", "ambiguous", "permanent"] as const;
export type FailureClass = (typeof FAILURE_CLASSES)[number];
export const FAILURE_SCOPES = ["event", "target"] as const;
export type FailureScope = (typeof FAILURE_SCOPES)[number];

/** The combinations that can happen: a target that throttles never throttles a single event. */
export const FAILURE_KINDS = FAILURE_CLASSES.flatMap((failureClass) =>
  FAILURE_SCOPES.filter((scope) => !(failureClass === "throttled" && scope === "event")).map((scope) => ({
    class: failureClass,
    scope,
  })),
);
