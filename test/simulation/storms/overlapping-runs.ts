import type { Random } from "../../../lib/core/ports.ts";
import { oneOf } from "../one-of.ts";
import type { FaultMix } from "./fault-names.ts";
import type { Drawn } from "./scenario-shape.ts";

/** Requeuers find each other at work, or find what a dead one left. Clocks that disagree make a lease end under its holder. */
export function overlappingRuns(random: Random): Drawn {
  return random() < 0.4 ? longDrains(random) : anyRuns(random);
}

/** So much to drain, and so slowly, that the next run begins meanwhile. */
const longDrains = (random: Random): Drawn => ({
  ...anyRuns(random),
  ...{ sweep: true, events: 5 + Math.floor(random() * 6), ordering: oneOf(["per-key", "strict"] as const, random) },
  ...{ keys: 1, keyedShare: 1, earlyProbability: 0, batchSize: 3 },
  slow: { points: oneOf([["publish answers"], ["publish answers", "read answers"]] as const, random), ms: 25_000 },
  writes: { kind: "spread", spanMs: oneOf([2_000, 60_000], random) },
});

function anyRuns(random: Random): Drawn {
  const ordering = oneOf(["none", "none", "per-key", "per-key", "per-key", "strict"] as const, random);
  return {
    sweep: random() < 0.7,
    calm: false,
    events: 2 + Math.floor(random() * 8),
    ordering,
    keys: ordering === "none" ? 0 : 1 + Math.floor(random() * 2),
    keyedShare: 0.9,
    earlyProbability: oneOf([0, 0, 0, 0.05], random),
    slow: {
      points: oneOf(
        [
          [],
          // In a drain: between its read of the key and its next event.
          ["publish answers", "read answers"],
          ["read", "publish", "deleteRows"],
          // In a sweep: between the scan and the second read; and deletes of dead letters that take long.
          ["readRows", "scan answers"],
          ["delete", "hide"],
          ["touch", "close"],
          "any",
        ] as const,
        random,
      ),
      ms: oneOf([5_000, 25_000], random),
    },
    visibleProbability: 0.9,
    writes: { kind: "spread", spanMs: oneOf([2_000, 60_000, 240_000], random) },
    batchSize: 1 + Math.floor(random() * 3),
  };
}

export const OVERLAPPING_RUN_FAULTS: readonly FaultMix[] = [
  { faults: ["run queued"], chances: [0.5, 0.9] },
  { faults: ["clock skewed"], chances: [0, 0.8] },
  { faults: ["target outage"], chances: [0, 0.5] },
  { faults: ["publish failed", "partial batch failure", "entry refused"], chances: [0, 0.3, 0.6] },
  { faults: ["crash", "table write failed", "torn query", "answer delayed"], chances: [0, 0.02, 0.2] },
  { faults: ["invocation overlaps", "batch redelivered", "record late", "records reordered"], chances: [0, 0.2, 0.5] },
];
