import type { Clock } from "../ports.ts";
import { type Gate, type GateSettings, gateOf } from "./gate.ts";

/** The gates of all destinations one process has met. */
export interface Gates {
  of(destination: string): Gate;
  /** Whether any breaker keeps events back now. */
  anyOpen(): boolean;
}

/** Rows name destinations freely, so the number kept is bounded; the one met first is forgotten first. */
const MAX_DESTINATIONS = 1_000;

export function gatesWith(settings: GateSettings, clock: Clock): Gates {
  const gates = new Map<string, Gate>();
  return {
    of(destination) {
      const known = gates.get(destination);
      if (known !== undefined) return known;
      const [oldest] = gates.keys();
      if (gates.size >= MAX_DESTINATIONS && oldest !== undefined) gates.delete(oldest);
      const gate = gateOf(settings, clock);
      gates.set(destination, gate);
      return gate;
    },
    anyOpen: () => [...gates.values()].some(({ breaker }) => breaker.kind !== "closed"),
  };
}
