import { type Deadlines, type Delivery, deliver, type Outcome } from "../delivery/deliver.ts";
import type { Addressed, OutboxEvent } from "../event.ts";
import type { Pace } from "./pace.ts";
import type { TargetHealth } from "./target-health.ts";

/**
 * Delivery by the requeuer, which comes to a target that may still be down, with a backlog behind it.
 *
 * Each run meets each destination anew and half open: one live event goes first. Only once the target has acknowledged
 * one do the others follow, at rising concurrency. A destination that fails is left alone for the rest of the run, and
 * the events for it pay nothing. An event refused for its own fault proves nothing: the next one is the probe.
 */
export interface CarefulDelivery {
  deliver(events: readonly OutboxEvent[]): Promise<readonly Outcome[]>;
  /** Makes a destination known, so that the run goes on as long as one known destination may take events. */
  expect(event: Addressed): void;
  /** Every known destination failed: there is nothing to do in this run. */
  isHopeless(): boolean;
}

export function carefulDelivery(
  delivery: Delivery,
  deadlines: Deadlines,
  pace: Pace,
  health: TargetHealth,
): CarefulDelivery {
  const destinationOf = (event: Addressed) => delivery.publisher.destinationOf(event);
  const healthOf = (event: OutboxEvent) => health.of(destinationOf(event));
  const expect = (event: Addressed) => health.expect(destinationOf(event));

  /** Tries events one by one until their destinations are proven or failing. */
  async function probe(events: readonly OutboxEvent[]): Promise<readonly Outcome[]> {
    const outcomes: Outcome[] = [];
    for (const event of events) {
      if (healthOf(event) !== "unknown") continue;
      await pace(1);
      const [outcome] = await deliver([event], delivery, deadlines);
      if (outcome === undefined) continue;
      outcomes.push(outcome);
      if (outcome.kind === "acknowledged") health.note(destinationOf(event), "proven");
      // Not even let in: the destination asked in an earlier run to be left alone.
      const isKeptOut = outcome.kind === "shed" || (outcome.kind === "failed" && outcome.failure.scope === "target");
      if (isKeptOut) health.note(destinationOf(event), "failing");
    }
    return outcomes;
  }

  return {
    expect,
    isHopeless: () => health.isHopeless(),
    async deliver(events) {
      for (const event of events) expect(event);
      const probed = await probe(events);
      const tried = new Set(probed.map(({ event }) => event));
      const rest = events.filter((event) => !tried.has(event));
      const open = rest.filter((event) => healthOf(event) === "proven");
      const shed = rest.filter((event) => healthOf(event) !== "proven");
      if (open.length > 0) await pace(open.length);
      const delivered = await deliver(open, delivery, deadlines);
      for (const destination of new Set(open.map(destinationOf))) {
        if (delivery.gates.of(destination).breaker.kind !== "closed") health.note(destination, "failing");
      }
      return [...probed, ...delivered, ...shed.map((event): Outcome => ({ kind: "shed", event }))];
    },
  };
}
