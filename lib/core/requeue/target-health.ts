import { isOfTarget } from "../../contract/failure.ts";
import type { DeliveryRun } from "../delivery/delivery-run.ts";
import type { FailedOutcome } from "../delivery/outcome.ts";
import type { DestinationTrials } from "../delivery/trials.ts";

/**
 * What one run of the requeuer knows of each destination. Every run starts with no knowledge, until the target
 * acknowledges a live event or fails one by its own fault.
 */
export interface TargetHealth {
  of(destination: string): DestinationTrials["standing"];
  /** Makes a destination known, so that the run goes on as long as one known destination may take events. */
  expect(destination: string): void;
  /**
   * Leaves a destination alone for the rest of the run where its breaker has opened, or where a failure is the target's own. A
   * failure that nobody could attribute, or that is of one route, does not count.
   */
  judge(destination: string, failed?: FailedOutcome): void;
  /** Several known destinations may take events: one must not wait for another. */
  areSeveral(): boolean;
  /** Every known destination failed: there is nothing to do in this run. */
  allFailed(): boolean;
}

export function targetHealth({ trials, limiters }: Pick<DeliveryRun, "trials" | "limiters">): TargetHealth {
  const known = new Set<string>();
  const of = (destination: string) => trials.of(destination).standing;
  return {
    of,
    expect: (destination) => known.add(destination),
    judge(destination, failed) {
      const failure = failed === undefined || failed.undecided ? undefined : failed.failure;
      if ((failure !== undefined && isOfTarget(failure)) || limiters.of(destination).breaker.kind !== "closed")
        trials.of(destination).fail();
    },
    areSeveral: () => [...known].filter((destination) => of(destination) !== "unavailable").length > 1,
    allFailed: () => known.size > 0 && [...known].every((destination) => of(destination) === "unavailable"),
  };
}
