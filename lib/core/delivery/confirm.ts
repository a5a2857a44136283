import type { OutboxEvent } from "../event.ts";
import { LOG_MESSAGES } from "../log-messages.ts";
import type { Existence, PublishResult } from "../ports.ts";
import type { Failure } from "../resilience/failure.ts";
import type { Pending } from "./call-results.ts";
import type { Deadlines, Delivery, FailedOutcome, Outcome } from "./deliver.ts";
import { reportFailure } from "./failure-report.ts";

/** An acknowledgement counts once the destination is known to exist: some targets acknowledge for one that does not. */
export async function confirm(
  destination: string,
  events: readonly OutboxEvent[],
  attempts: number,
  delivery: Delivery,
  { endMs }: Deadlines,
  gathers: boolean,
): Promise<readonly Outcome[]> {
  const { pendingDeletes, limiters, clock, telemetry } = delivery;
  const acknowledgedMs = clock.now();
  const enough = gathers ? pendingDeletes.enough(destination) : 1;
  const existence = await limiters.of(destination).existence.confirm(events.length, endMs, enough);
  if (existence === "exists") {
    for (const event of events) {
      pendingDeletes.add(destination, event);
      if (event.recordedAtMs !== undefined) {
        telemetry.measure("EndToEndLatency", Math.max(0, acknowledgedMs - event.recordedAtMs));
      }
    }
    telemetry.count("EventsPublished", events.length);
    return events.map((event) => ({ kind: "acknowledged", event }));
  }
  pendingDeletes.release(destination, events.length);
  // They may have arrived, be it before the destination went away, and will be published again.
  telemetry.count("DuplicatesPossible", events.length, { cause: "unconfirmed" });
  const failure = existence === "missing" ? missing(destination) : unconfirmed(destination);
  reportFailure(failure, events.length, telemetry);
  return events.map((event) => failedOutcome({ event }, failure, attempts, clock.now(), delivery));
}

/** Why nothing is published to a destination. */
export function notKnownToExist(
  destination: string,
  existence: Exclude<Existence, "exists">,
  permission = "the permission to check it",
): Failure {
  switch (existence) {
    case "missing":
      return missing(destination);
    case "denied":
      return {
        class: "permanent",
        scope: "target",
        code: "DestinationCheckDenied",
        message: `whether ${destination} exists may not be checked, so nothing is published to it: allow the function ${permission}`,
      };
    case "unknown":
      return {
        class: "transient",
        scope: "target",
        code: "DestinationUnverified",
        message: `it is not known whether ${destination} exists, so nothing is published to it until a check finds it`,
      };
  }
}

const missing = (destination: string): Failure => ({
  class: "permanent",
  scope: "target",
  code: "DestinationMissing",
  message: `${destination} does not exist; create it, or correct the relay's target`,
});

const unconfirmed = (destination: string): Failure => ({
  class: "transient",
  scope: "target",
  code: "DestinationUnconfirmed",
  message: `it was acknowledged, but no check proved in time that ${destination} exists; it is published again when one does`,
});

/** A publisher that answered for fewer entries than it was given. Unacknowledged means failed. */
export const UNANSWERED: PublishResult = {
  kind: "failed",
  failure: {
    class: "ambiguous",
    scope: "event",
    code: "NoResult",
    message: "the target gave no result for this entry",
  },
};

/** An event failed alone, and nobody could tell whether it or its target is to blame: it bears no mark, so only this tells. */
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

export function failedOutcome(
  { event, firstFailureMs }: Pending,
  failure: Failure,
  attempts: number,
  nowMs: number,
  { telemetry }: Delivery,
): FailedOutcome {
  // A sample is enough: whoever parks the event, or puts it aside again, writes a line for each.
  telemetry.log("debug", "A round of attempts failed", {
    eventId: event.id,
    eventType: event.type,
    attempts,
    class: failure.class,
    scope: failure.scope,
    code: failure.code,
    error: failure.message,
  });
  return { kind: "failed", event, failure, attempts, firstFailureMs: firstFailureMs ?? nowMs };
}
