import type { Random } from "../../../lib/core/ports.ts";
import { oneOf } from "../one-of.ts";
import type { FaultMix } from "./fault-names.ts";
import type { Drawn } from "./scenario-shape.ts";

/** More than a process may have acknowledged and not deleted. */
const CROWD = 1_300;
const CROWDED_SHARE = 0.03;

/** Acknowledged rows that the table does not delete: for a while, slowly, or so many at once that the ceiling is reached. */
export function undeletedStorm(random: Random): Drawn {
  const common = { calm: false, earlyProbability: 0, visibleProbability: 0.9 };
  if (random() < CROWDED_SHARE) {
    return {
      ...common,
      ...{ events: CROWD, sweep: true, ordering: "none", keys: 0, keyedShare: 0, batchSize: 10_000, maxEntries: 100 },
      slow: { points: ["deleteRows"], ms: 2_000 },
      writes: { kind: "spread", spanMs: 1 },
    };
  }
  const ordering = oneOf(["none", "none", "per-key", "per-key", "strict"] as const, random);
  return {
    ...common,
    sweep: random() < 0.5,
    events: 4 + Math.floor(random() * 9),
    ordering,
    keys: ordering === "none" ? 0 : 1 + Math.floor(random() * 2),
    keyedShare: 0.9,
    slow: {
      // Slow point: a delete that one invocation begins, and whose answer the next one gets.
      points: oneOf([[], ["deleteRows answers"], ["deleteRows answers"], ["publish answers"], "any"] as const, random),
      ms: oneOf([5_000, 110_000], random),
    },
    writes: { kind: "spread", spanMs: oneOf([2_000, 240_000, 240_000], random) },
    batchSize: 1 + Math.floor(random() * 6),
  };
}

export const UNDELETED_FAULTS: readonly FaultMix[] = [
  { faults: ["deletes refused for a while"], chances: [0.2, 0.5] },
  // Events that an outage parks keep requeuers busy, one run after another.
  { faults: ["target outage"], chances: [0, 0.5] },
  { faults: ["publish failed", "partial batch failure"], chances: [0, 0.1, 0.4] },
  { faults: ["crash", "table write failed", "write landed late"], chances: [0, 0, 0.05] },
  { faults: ["invocation overlaps", "batch redelivered", "record late"], chances: [0, 0.2, 0.5] },
];
