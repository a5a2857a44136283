import type { Addressed, OutboxEvent } from "../../contract/event.ts";
import { deliverProbe } from "../delivery/call/deliver-call.ts";
import { deliver } from "../delivery/deliver.ts";
import type { Deadlines, DeliveryRun } from "../delivery/delivery-run.ts";
import type { Outcome } from "../delivery/outcome.ts";
import type { Trial } from "../delivery/trials.ts";
import { groupedBy } from "../grouped.ts";
import type { FixedRateLimiter } from "./fixed-rate-limiter.ts";
import type { TargetHealth } from "./target-health.ts";

/**
 * Delivery by the requeuer, which comes to a target that may still be down, with a backlog behind it.
 *
 * Each run probes each destination anew, as a half-open breaker would:
 *
 *   unknown -- one live event goes alone, in one attempt, and is acknowledged --> proven
 *   unknown -- it fails, nobody knows why: two others go together ---------------> proven by either, failing by both
 *   unknown -- it was not reached, or asks to be left alone ----------------------> failing
 *
 * The others follow, at rising concurrency, only once the target has acknowledged one event. A destination that fails
 * is left alone for the rest of the run, and its events pay nothing. An event refused for its own fault proves nothing:
 * the next one is the probe. Destinations are probed side by side, so that one which hangs keeps no other waiting.
 * Fewer than three events may decide nothing: each then had its one attempt in this run, and bears no mark.
 */
export interface ProbingDelivery {
  deliver(events: readonly OutboxEvent[]): Promise<readonly Outcome[]>;
  /** Where an event goes. */
  destinationOf(event: Addressed): string;
  /** Makes a destination known, so that the run goes on as long as one known destination may take events. */
  expect(event: Addressed): void;
  /** The destination failed in this run: nothing is tried there, so nothing need be read for it. */
  isUnavailable(destination: string): boolean;
  /** Several known destinations may take events: one must not wait for another. */
  areSeveral(): boolean;
  /** Every known destination failed: nothing is left to do in this run. */
  allFailed(): boolean;
}

export function probingDelivery(
  delivery: DeliveryRun,
  deadlines: Deadlines,
  waitForTurn: FixedRateLimiter,
  health: TargetHealth,
): ProbingDelivery {
  const { publisher, trials } = delivery;
  const destinationOf = (event: Addressed) => publisher.destinationOf(event);

  async function probe(destination: string, event: OutboxEvent, trial: Trial): Promise<readonly Outcome[]> {
    await waitForTurn(1);
    return deliverProbe(destination, event, trial, delivery, deadlines);
  }

  async function deliverRest(destination: string, events: readonly OutboxEvent[]): Promise<readonly Outcome[]> {
    await waitForTurn(events.length);
    const outcomes = await deliver(events, delivery, deadlines);
    health.judge(destination);
    return outcomes;
  }

  /** Probes with one event after another until the destination is proven or failing; then handles all others. */
  async function deliverTo(destination: string, events: readonly OutboxEvent[]): Promise<readonly Outcome[]> {
    const own = trials.of(destination);
    const tried: Promise<readonly Outcome[]>[] = [];
    const untried: OutboxEvent[] = [];
    // While events of this destination may still be tried, no verdict falls.
    const present = own.begin();
    for (const [place, event] of events.entries()) {
      const admission = await own.probe(event.id);
      if (admission.kind === "probe") tried.push(probe(destination, event, admission.trial));
      if (admission.kind === "tried") untried.push(event);
      if (admission.kind === "unavailable") untried.push(...events.slice(place));
      if (admission.kind === "available") tried.push(deliverRest(destination, events.slice(place)));
      if (admission.kind === "unavailable" || admission.kind === "available") break;
    }
    present.end();
    return [...(await all(tried)), ...untried.map(breakerOpen)];
  }

  return {
    destinationOf,
    expect(event) {
      const destination = destinationOf(event);
      health.expect(destination);
      delivery.pendingDeletes.expect(destination);
    },
    isUnavailable: (destination) => health.of(destination) === "unavailable",
    areSeveral: () => health.areSeveral(),
    allFailed: () => health.allFailed(),
    async deliver(events) {
      const byDestination = [...groupedBy(events, destinationOf)];
      for (const [destination] of byDestination) health.expect(destination);
      return all(byDestination.map(([destination, some]) => deliverTo(destination, some)));
    },
  };
}

const all = async (parts: readonly Promise<readonly Outcome[]>[]): Promise<readonly Outcome[]> =>
  (await Promise.all(parts)).flat();

const breakerOpen = (event: OutboxEvent): Outcome => ({ kind: "breaker-open", event });
