/**
 * Why a delivery failed, in the two questions that decide what happens next.
 *
 * The class asks *is it worth another try?*
 * - `throttled`: the target asks for less. Try later, with fewer calls at once.
 * - `transient`: the target is unwell. Try later.
 * - `ambiguous`: nobody knows; it timed out and may have landed. Try later, at the price of a possible duplicate.
 * - `permanent`: the same call will fail again until a person changes something.
 *
 * The scope asks *whose fault is it?*
 * - `event`: this entry is refused while others pass. It counts against the event, which moves aside.
 * - `target`: whatever is sent would fail. It counts against no event.
 */
export interface Failure {
  readonly class: FailureClass;
  readonly scope: FailureScope;
  /** The target's own error code where it gave one. */
  readonly code: string;
  /** For people; holds no payload. */
  readonly message: string;
  /** The target asked not to be called again for so long, in milliseconds, as HTTP's Retry-After does. */
  readonly retryAfterMs?: number;
  /**
   * Only this route of the destination failed, where routes are made of the events: a full queue behind an exchange, a
   * subject at its limit. It counts against no event, and not against the destination.
   */
  readonly route?: string;
  /** No connection to the target could be made: whatever was to be sent had no part in it. @default false */
  readonly unreached?: boolean;
}

/**
 * Whether nobody can tell from this failure alone whose fault it is: the call was sent, and the target failed at it or did not
 * answer. One event may have done that to it. Who asks for less or for a rest, is not reached, or refuses whoever calls,
 * says himself that no event is to blame.
 */
export const isDoubtful = (failure: Failure): boolean =>
  failure.scope === "target" &&
  (failure.class === "transient" || failure.class === "ambiguous") &&
  failure.unreached !== true &&
  failure.route === undefined &&
  retryAfterOf(failure) === 0;

/** The same failure, once it is known that the event itself is to blame. */
export const ownFault = (failure: Failure): Failure => ({
  ...failure,
  scope: "event",
  message: `${failure.message} (this event alone: others of its destination were acknowledged meanwhile)`,
});

/** Longer than this nobody is left alone on the target's word: a clock or a header may be wrong. */
export const MAX_RETRY_AFTER_MS = 3_600_000;

/** How long the target asked to be left alone, in milliseconds: 0 where it did not. */
export const retryAfterOf = ({ retryAfterMs = 0 }: Failure): number => Math.min(retryAfterMs, MAX_RETRY_AFTER_MS);

export const FAILURE_CLASSES = ["throttled", "transient", "ambiguous", "permanent"] as const;
export type FailureClass = (typeof FAILURE_CLASSES)[number];
export const FAILURE_SCOPES = ["event", "target"] as const;
export type FailureScope = (typeof FAILURE_SCOPES)[number];

/** What can happen: a target that throttles never throttles a single event. */
export const FAILURE_KINDS = FAILURE_CLASSES.flatMap((failureClass) =>
  FAILURE_SCOPES.filter((scope) => !(failureClass === "throttled" && scope === "event")).map((scope) => ({
    class: failureClass,
    scope,
  })),
);
