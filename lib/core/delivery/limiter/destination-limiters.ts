import { keepRecent } from "../../keep-recent.ts";
import type { Clock } from "../../ports.ts";
import { type Existences, MOST_DESTINATIONS } from "../existence/existences.ts";
import {
  type DestinationLimiter,
  destinationLimiter,
  type LimiterMemory,
  type LimiterSettings,
} from "./destination-limiter.ts";

/** The limiters of all destinations one process has met. */
export interface DestinationLimiters {
  of(destination: string): DestinationLimiter;
  /** Whether any breaker holds events back now. */
  anyOpen(): boolean;
}

/** By destination. The requeuer's limiters are new in each run; these memories outlive them. */
export type LimiterMemories = Map<string, LimiterMemory>;

export function limitersWith(
  settings: LimiterSettings,
  clock: Clock,
  existences: Existences,
  memories: LimiterMemories = new Map(),
): DestinationLimiters {
  const limiters = new Map<string, DestinationLimiter>();
  return {
    of(destination) {
      const known = limiters.get(destination);
      if (known !== undefined) return known;
      const memory = memories.get(destination) ?? { cooldownUntilMs: 0 };
      const existence = existences.of(destination);
      if (settings.anew) existence.renew();
      const limiter = destinationLimiter(settings, clock, memory, existence);
      keepRecent(limiters, destination, limiter, MOST_DESTINATIONS);
      keepRecent(memories, destination, memory, MOST_DESTINATIONS);
      return limiter;
    },
    anyOpen: () => [...limiters.values()].some(({ breaker }) => breaker.kind !== "closed"),
  };
}
