/**
 * What one run of the requeuer knows of each destination. Every run starts anew: nothing is known until a live event was
 * acknowledged, or failed by the target's fault.
 */
export interface TargetHealth {
  of(destination: string): Health;
  /** Makes a destination known, so that the run goes on as long as one known destination may take events. */
  expect(destination: string): void;
  note(destination: string, health: "proven" | "failing"): void;
  /** Every known destination failed: there is nothing to do in this run. */
  isHopeless(): boolean;
}

export type Health = "unknown" | "proven" | "failing";

export function targetHealth(): TargetHealth {
  const known = new Map<string, Health>();
  return {
    of: (destination) => known.get(destination) ?? "unknown",
    expect(destination) {
      if (!known.has(destination)) known.set(destination, "unknown");
    },
    note: (destination, health) => known.set(destination, health),
    isHopeless: () => known.size > 0 && [...known.values()].every((health) => health === "failing"),
  };
}
