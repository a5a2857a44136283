import type { OutboxEvent } from "../../contract/event.ts";
import type { DeliveryRun } from "../delivery/delivery-run.ts";
import type { Trial } from "../delivery/trials.ts";
import type { InOrder, PublishInOrder } from "../ordered/publish-in-order.ts";
import type { FixedRateLimiter } from "./fixed-rate-limiter.ts";
import type { TargetHealth } from "./target-health.ts";

/**
 * Publishing in order by the requeuer, as careful as `probing-delivery.ts`: the first event of one key probes each
 * destination, and after its failure those of two other keys do, while the rest of the keys wait for the result. A
 * destination that fails is left alone for the rest of the run, and its keys pay nothing.
 */
export function probingInOrder(
  publish: PublishInOrder,
  { publisher, limiters, trials }: DeliveryRun,
  health: TargetHealth,
  waitForTurn: FixedRateLimiter,
): PublishInOrder {
  const runLength = publisher.atomicBatches === true ? publisher.limits.maxEntries : 1;

  async function publishNext(events: readonly [OutboxEvent, ...OutboxEvent[]], remaining: number): Promise<InOrder> {
    const [first] = events;
    const destination = publisher.destinationOf(first);
    health.expect(destination);
    const admission = await trials.of(destination).probe(first.id);
    switch (admission.kind) {
      case "probe":
        return attempt([first], remaining, destination, admission.trial);
      case "available":
        return attempt(neighbours(events, destination), remaining, destination);
      case "unavailable":
      case "tried":
        return { delivered: 0, stop: { kind: "breaker-open", event: first } };
    }
  }

  async function attempt(
    run: readonly OutboxEvent[],
    remaining: number,
    destination: string,
    probe?: Trial,
  ): Promise<InOrder> {
    await waitForTurn(run.length);
    const done = await publish(run, remaining, probe);
    const { stop } = done;
    const failure = stop?.kind === "failed" && !stop.undecided ? stop.failure : undefined;
    const isTargets = failure?.scope === "target" && failure.route === undefined;
    if (isTargets || limiters.of(destination).breaker.kind !== "closed") trials.of(destination).fail();
    return done;
  }

  const neighbours = (events: readonly OutboxEvent[], destination: string): readonly OutboxEvent[] => {
    const run = events.slice(0, runLength);
    const end = run.findIndex((event) => publisher.destinationOf(event) !== destination);
    return end === -1 ? run : run.slice(0, end);
  };

  return async (events, remaining) => {
    let delivered = 0;
    for (let [next, ...rest] = events; next !== undefined; [next, ...rest] = events.slice(delivered)) {
      const done = await publishNext([next, ...rest], remaining - delivered);
      delivered += done.delivered;
      if (done.stop !== undefined) return { delivered, stop: done.stop };
    }
    return { delivered };
  };
}
