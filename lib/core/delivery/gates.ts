import type { Clock } from "../ports.ts";
import { type Gate, type GateSettings, gateOf, type Rest } from "./gate.ts";

/** The gates of all destinations one process has met. */
export interface Gates {
  of(destination: string): Gate;
  /** Whether any breaker keeps events back now. */
  anyOpen(): boolean;
}

/** By destination. The requeuer's gates are new in each run, and what was asked of it outlives them. */
export type Rests = Map<string, Rest>;

/** Rows name destinations freely, so the number kept is bounded; the one met first is forgotten first. */
const MAX_DESTINATIONS = 1_000;

export function gatesWith(settings: GateSettings, clock: Clock, rests: Rests = new Map()): Gates {
  const gates = new Map<string, Gate>();
  return {
    of(destination) {
      const known = gates.get(destination);
      if (known !== undefined) return known;
      const rest = rests.get(destination) ?? { untilMs: 0 };
      const gate = gateOf(settings, clock, rest);
      keep(gates, destination, gate);
      keep(rests, destination, rest);
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
