import type { Failure } from "../resilience/failure.ts";
import { notKnownToExist } from "./confirm.ts";
import type { Delivery } from "./deliver.ts";

/** Whether a call may be made now. After `admitted` and `probe` the places are taken, and the gate is to be left. */
export type Entry = { readonly kind: "admitted" | "probe" } | Refusal;

export type Refusal =
  /** With the failure, where it is that the destination is not known to exist. */
  { readonly kind: "breaker-open"; readonly failure?: Failure } | { readonly kind: "out-of-time" };

/**
 * Waits until a call may be made: the destination is known to exist, its rows have places among those to be deleted, and its gate
 * is open. Who waits for proof of existence takes no places from other destinations meanwhile.
 */
export async function enterGate(
  destination: string,
  places: number,
  { gates, acknowledged, clock, publisher }: Delivery,
  untilMs: number,
): Promise<Entry> {
  const gate = gates.of(destination);
  for (;;) {
    const existence = await gate.existence.known(untilMs);
    if (clock.now() >= untilMs) return { kind: "out-of-time" };
    if (existence !== "exists") {
      const failure = notKnownToExist(destination, existence, publisher.existence?.permission);
      return { kind: "breaker-open", failure };
    }
    if (!(await acknowledged.reserve(destination, places, untilMs))) return { kind: "out-of-time" };
    const entry = await gate.enter(untilMs);
    if (entry === "admitted" || entry === "probe") return { kind: entry };
    acknowledged.release(destination, places);
    if (entry !== "unproven") return { kind: entry };
  }
}
