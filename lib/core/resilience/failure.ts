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
}

export const FAILURE_CLASSES = ["throttled", "transient", "ambiguous", "permanent"] as const;
export type FailureClass = (typeof FAILURE_CLASSES)[number];
export type FailureScope = "event" | "target";
