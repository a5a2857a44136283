import type { DestinationTrials, Trials } from "../delivery/trials.ts";

/**
 * What one run of the requeuer knows of each destination. Every run starts anew: nothing is known until a live event was
 * acknowledged, or the target failed one by its own fault.
 */
export interface TargetHealth {
  of(destination: string): DestinationTrials["standing"];
  /** Makes a destination known, so that the run goes on as long as one known destination may take events. */
  expect(destination: string): void;
  /** Every known destination failed: there is nothing to do in this run. */
  allFailed(): boolean;
}

export function targetHealth(trials: Trials): TargetHealth {
  const known = new Set<string>();
  const of = (destination: string) => trials.of(destination).standing;
  return {
    of,
    expect: (destination) => known.add(destination),
    allFailed: () => known.size > 0 && [...known].every((destination) => of(destination) === "unavailable"),
  };
}
