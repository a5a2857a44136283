import type { Clock, Telemetry } from "../../core/ports.ts";
import { isUnprotected, type ShownBus } from "./bus-checks.ts";

/** Which buses are unprotected, as far as this process knows. */
export interface BusProtection {
  /** Is told every answer about a bus: the existence checks bring these at no cost. */
  note(bus: string, shown: ShownBus): void;
  /**
   * How many of the buses are unprotected. Undefined: some bus has no answer, and no answered bus is unprotected.
   *
   * @param look asks about one bus, and passes the answer to `note`. Used only for a bus without an answer for
   * {@link CHECK_EVERY_MS}, and for an unprotected one, so that the alarm goes back soon after the repair.
   */
  count(buses: readonly string[], look: (bus: string) => Promise<unknown>): Promise<number | undefined>;
}

/** A quiet relay asks four times an hour, each time an event of CloudTrail; a busy relay never asks for this alone. */
export const CHECK_EVERY_MS = 15 * 60_000;

export function busProtection(clock: Clock, telemetry: Telemetry): BusProtection {
  const known = new Map<string, { readonly unprotected: boolean; readonly atMs: number }>();

  function isFresh(bus: string): boolean {
    const last = known.get(bus);
    return last !== undefined && !last.unprotected && clock.now() - last.atMs < CHECK_EVERY_MS;
  }

  return {
    note(bus, shown) {
      const unprotected = isUnprotected(shown);
      if (unprotected && known.get(bus)?.unprotected !== true) {
        telemetry.log(
          "error",
          "The event bus is encrypted with a customer key and has no dead-letter queue: it loses what it acknowledges once the " +
            "key cannot be used. Give it one",
          { bus },
        );
      }
      known.set(bus, { unprotected, atMs: clock.now() });
    },
    async count(buses, look) {
      const startMs = clock.now();
      const stale = buses.filter((bus) => !isFresh(bus));
      for (const bus of stale) await look(bus);
      const unanswered = stale.some((bus) => (known.get(bus)?.atMs ?? Number.NEGATIVE_INFINITY) < startMs);
      const unprotected = buses.filter((bus) => known.get(bus)?.unprotected === true).length;
      return unanswered && unprotected === 0 ? undefined : unprotected;
    },
  };
}
