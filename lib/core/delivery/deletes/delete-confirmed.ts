import type { Failure } from "../../../contract/failure.ts";
import type { Acknowledged } from "../../archive/archive-lines.ts";
import type { Existence } from "../../ports.ts";
import type { Deadlines, DeliveryRun } from "../delivery-run.ts";
import { reportFailure } from "../failure-report.ts";

/**
 * Deletes the rows of acknowledged events once the destination is known to exist, for some targets acknowledge events
 * for a destination that does not. Resolves with the reason why the acknowledgements do not count, or with undefined
 * once the deletes are on their way. Where there is an archive, a row goes after its receipt.
 *
 * @param gathers whether the events may wait for others, so that one check confirms them all.
 */
export async function deleteConfirmed(
  destination: string,
  acknowledged: readonly Acknowledged[],
  { pendingDeletes, limiters, trials, clock, telemetry, receipts }: DeliveryRun,
  { endMs }: Deadlines,
  gathers: boolean,
): Promise<Failure | undefined> {
  const acknowledgedMs = clock.now();
  const enough = gathers ? pendingDeletes.enough(destination) : 1;
  const count = acknowledged.length;
  const existence = await limiters.of(destination).existence.confirm(count, endMs, enough);
  if (existence === "exists") {
    const kept = receipts?.acknowledged(destination, acknowledged);
    for (const { event } of acknowledged) {
      pendingDeletes.startDelete(destination, event, kept);
      if (event.recordedAtMs !== undefined) {
        telemetry.measure("EndToEndLatency", Math.max(0, acknowledgedMs - event.recordedAtMs));
      }
    }
    telemetry.count("EventsPublished", count);
    // An acknowledgement speaks for the target only once the destination is known to exist.
    trials.of(destination).passed();
    return undefined;
  }
  pendingDeletes.release(destination, count);
  // The events may have arrived before the destination went away, and will be published again.
  telemetry.count("DuplicatesPossible", count, { cause: "unconfirmed" });
  const failure = existence === "missing" ? missing(destination) : unconfirmed(destination);
  reportFailure(failure, count, telemetry);
  return failure;
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
