import type { Clock } from "../ports.ts";
import type { Existences } from "./existences.ts";
import { type Gate, type GateMemory, type GateSettings, gateOf } from "./gate.ts";
import { keep } from "./kept.ts";

/** The gates of all destinations one process has met. */
export interface Gates {
  of(destination: string): Gate;
  /** Whether any breaker keeps events back now. */
  anyOpen(): boolean;
}

/** By destination. The requeuer's gates are new in each run, and what it was taught outlives them. */
export type GateMemories = Map<string, GateMemory>;

export function gatesWith(
  settings: GateSettings,
  clock: Clock,
  existences: Existences,
  memories: GateMemories = new Map(),
): Gates {
  const gates = new Map<string, Gate>();
  return {
    of(destination) {
      const known = gates.get(destination);
      if (known !== undefined) return known;
      const memory = memories.get(destination) ?? { restUntilMs: 0 };
      const existence = existences.of(destination);
      if (settings.anew) existence.renew();
      const gate = gateOf(settings, clock, memory, existence);
      keep(gates, destination, gate);
      keep(memories, destination, memory);
      return gate;
    },
    anyOpen: () => [...gates.values()].some(({ breaker }) => breaker.kind !== "closed"),
  };
}
