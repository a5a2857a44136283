import type { OutboxEvent } from "../../contract/event.ts";
import type { Failure } from "../../contract/failure.ts";
import { LOG_MESSAGES } from "../../contract/telemetry/log-messages.ts";
import type { Delivery } from "./delivery-run.ts";

/** What became of one event. */
export type Outcome =
  | { readonly kind: "acknowledged"; readonly event: OutboxEvent }
  | FailedOutcome
  /** The breaker is open, because of this failure where there is one. No call was made, and no attempt is used. */
  | { readonly kind: "breaker-open"; readonly event: OutboxEvent; readonly failure?: Failure }
  /** Time ran out before the first call. */
  | { readonly kind: "deadline-exceeded"; readonly event: OutboxEvent };

/** What became of an event that was not delivered. */
export type Undelivered = Exclude<Outcome, { readonly kind: "acknowledged" }>;

export interface FailedOutcome {
  readonly kind: "failed";
  readonly event: OutboxEvent;
  readonly failure: Failure;
  readonly attempts: number;
  readonly firstFailureMs: number;
  /** Nobody could tell whose fault the failure was, so it counts as the target's. @default false */
  readonly undecided?: boolean;
}

/** An event on its way, with the failure of its last attempt. */
export interface Pending {
  readonly event: OutboxEvent;
  readonly failure?: Failure;
  readonly firstFailureMs?: number;
}
export type FailedAttempt = Required<Pending>;

/**
 * Reports an event that failed alone while nobody could tell whether the event or its target is to blame. The event
 * bears no mark, so only this report tells.
 */
export function undecidedOutcome(outcome: FailedOutcome, { telemetry }: Delivery): FailedOutcome {
  const { event, failure } = outcome;
  telemetry.log("warn", LOG_MESSAGES.undecided, {
    eventId: event.id,
    eventType: event.type,
    class: failure.class,
    scope: failure.scope,
    code: failure.code,
    error: failure.message,
    undecided: true,
  });
  return { ...outcome, undecided: true };
}

/** @param attempts calls made for the event in this round. */
export function failedOutcome(
  { event, firstFailureMs }: Pending,
  failure: Failure,
  attempts: number,
  { clock, telemetry }: Delivery,
): FailedOutcome {
  // A sample is enough: parking the event, or marking it again, writes a line for each.
  telemetry.log("debug", "A round of attempts failed", {
    eventId: event.id,
    eventType: event.type,
    attempts,
    class: failure.class,
    scope: failure.scope,
    code: failure.code,
    error: failure.message,
  });
  return { kind: "failed", event, failure, attempts, firstFailureMs: firstFailureMs ?? clock.now() };
}
