import type { OutboxEvent } from "../event.ts";
import { LOG_MESSAGES } from "../log-messages.ts";
import type { PublishResult } from "../ports.ts";
import type { Failure } from "../resilience/failure.ts";
import type { Pending } from "./call-results.ts";
import type { Deadlines, Delivery, FailedOutcome, Outcome } from "./deliver.ts";
import { reportFailure } from "./failure-report.ts";
import type { Gate } from "./gate.ts";

/** An acknowledgement counts once the destination is known to exist: some targets acknowledge for one that does not. */
export async function confirm(
  destination: string,
  events: readonly OutboxEvent[],
  attempts: number,
  delivery: Delivery,
  { endMs }: Deadlines,
  gate: Gate,
): Promise<readonly Outcome[]> {
  const { publisher, acknowledged, clock, telemetry } = delivery;
  const acknowledgedMs = clock.now();
  const existence = await publisher.verify(destination, endMs);
  if (existence === "exists") {
    for (const event of events) {
      acknowledged.add(event);
      if (event.recordedAtMs !== undefined) {
        telemetry.measure("EndToEndLatency", Math.max(0, acknowledgedMs - event.recordedAtMs));
      }
    }
    telemetry.count("EventsPublished", events.length);
    return events.map((event) => ({ kind: "acknowledged", event }));
  }
  acknowledged.release(events.length);
  gate.fail();
  const failure = existence === "missing" ? missing(destination) : unverified(destination);
  reportFailure(failure, events.length, telemetry);
  return events.map((event) => failedOutcome({ event }, failure, attempts, clock.now(), delivery));
}

const missing = (destination: string): Failure => ({
  class: "permanent",
  scope: "target",
  code: "DestinationMissing",
  message: `${destination} does not exist; create it, or correct the relay's target`,
});

const unverified = (destination: string): Failure => ({
  class: "transient",
  scope: "target",
  code: "DestinationUnverified",
  message: `it could not be verified that ${destination} exists`,
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
