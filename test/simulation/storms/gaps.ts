import type { Random } from "../../../lib/core/ports.ts";
import { oneOf } from "../one-of.ts";
import type { FaultMix } from "./fault-names.ts";
import type { Drawn } from "./scenario-shape.ts";

/**
 * Few keys with many events, so that a process mostly begins in the middle of a key, or while the key grows. A row that a query
 * does not show may be delivered, missed or not yet written.
 */
export function gaps(random: Random): Drawn {
  return {
    sweep: random() < 0.3,
    calm: false,
    events: 3 + Math.floor(random() * 7),
    ordering: oneOf(["strict", "strict", "per-key"] as const, random),
    keys: 1 + Math.floor(random() * 2),
    keyedShare: 1,
    earlyProbability: oneOf([0, 0, 0, 0.1], random),
    slow: {
      points: oneOf(
        [[], [], ["presence", "publish answers"], ["read, a row later"], ["read, a row later"], "any"] as const,
        random,
      ),
      ms: oneOf([2_000, 15_000], random),
    },
    visibleProbability: 0.9,
    writes:
      random() < 0.3
        ? { kind: "crowded", beforeMs: 15_000, afterMs: 15_000 }
        : { kind: "spread", spanMs: oneOf([1, 2_000, 20_000, 150_000], random) },
    batchSize: 1 + Math.floor(random() * 6),
  };
}

export const GAP_FAULTS: readonly FaultMix[] = [
  { faults: ["query missed a row"], chances: [0.1, 0.3, 0.6] },
  { faults: ["transaction conflict"], chances: [0, 0.1, 0.4] },
  { faults: ["publish failed", "partial batch failure"], chances: [0, 0.1, 0.4] },
  { faults: ["torn query"], chances: [0, 0.2, 0.6] },
  { faults: ["crash", "table write failed", "answer delayed"], chances: [0, 0.02, 0.2] },
  { faults: ["invocation overlaps", "batch redelivered", "record late", "records reordered"], chances: [0, 0.2, 0.6] },
];
