import type { Failure } from "../../../contract/failure.ts";
import { notKnownToExist } from "../deletes/delete-confirmed.ts";
import type { Delivery } from "../delivery-run.ts";

/** Whether a call may be made now. Once admitted, its places are taken and the limiter must be left. */
export type Entry = { readonly kind: "admitted"; readonly isProbe: boolean } | Refusal;

export type Refusal =
  /** With the failure where the destination is not known to exist. */
  { readonly kind: "breaker-open"; readonly failure?: Failure } | { readonly kind: "deadline-exceeded" };

/**
 * Waits until a call may be made: the destination is known to exist, its rows have places among the pending deletes,
 * and its limiter admits the call. A call that waits for proof of existence takes no places from other destinations.
 */
export async function enterLimiter(
  destination: string,
  places: number,
  { limiters, pendingDeletes, clock, publisher }: Delivery,
  untilMs: number,
): Promise<Entry> {
  const limiter = limiters.of(destination);
  for (;;) {
    const existence = await limiter.existence.untilPublishable(untilMs);
    if (clock.now() >= untilMs) return { kind: "deadline-exceeded" };
    if (existence !== "exists") {
      const failure = notKnownToExist(destination, existence, publisher.existence?.permission);
      return { kind: "breaker-open", failure };
    }
    if (!(await pendingDeletes.reserve(destination, places, untilMs))) return { kind: "deadline-exceeded" };
    const entry = await limiter.enter(untilMs);
    if (entry === "admitted" || entry === "probe") return { kind: "admitted", isProbe: entry === "probe" };
    pendingDeletes.release(destination, places);
    if (entry !== "existence-unknown") return { kind: entry };
  }
}
