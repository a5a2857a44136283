import type { Clock } from "../ports.ts";
import { type Gate, type GateMemory, type GateSettings, gateOf } from "./gate.ts";

/** The gates of all destinations one process has met. */
export interface Gates {
  of(destination: string): Gate;
  /** Whether any breaker keeps events back now. */
  anyOpen(): boolean;
}

/** By destination. The requeuer's gates are new in each run, and what it was taught outlives them. */
export type GateMemories = Map<string, GateMemory>;

/** Rows name destinations freely, so the number kept is bounded; the one met first is forgotten first. */
const MAX_DESTINATIONS = 1_000;

export function gatesWith(settings: GateSettings, clock: Clock, memories: GateMemories = new Map()): Gates {
  const gates = new Map<string, Gate>();
  return {
    of(destination) {
      const known = gates.get(destination);
      if (known !== undefined) return known;
      const memory = memories.get(destination) ?? { restUntilMs: 0 };
      const gate = gateOf(settings, clock, memory);
      keep(gates, destination, gate);
      keep(memories, destination, memory);
      return gate;
    },
    anyOpen: () => [...gates.values()].some(({ breaker }) => breaker.kind !== "closed"),
  };
}

function keep<Value>(map: Map<string, Value>, destination: string, value: Value): void {
  const [oldest] = map.keys();
  if (map.size >= MAX_DESTINATIONS && oldest !== undefined && !map.has(destination)) map.delete(oldest);
  map.set(destination, value);
}
