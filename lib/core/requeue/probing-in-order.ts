import type { OutboxEvent } from "../../contract/event.ts";
import type { DeliveryRun } from "../delivery/delivery-run.ts";
import type { Trial } from "../delivery/trials.ts";
import type { InOrder, PublishInOrder } from "../ordered/publish-in-order.ts";
import type { FixedRateLimiter } from "./fixed-rate-limiter.ts";
import type { TargetHealth } from "./target-health.ts";

/**
 * Publishing in order by the requeuer. As in `probing-delivery.ts`, a destination is probed before the backlog goes there: with the
 * first event of one key and, after its failure, with those of two other keys, while the rest of the keys wait for the result. A
 * destination that fails is left alone for the rest of the run. Its keys pay nothing.
 *
 * @param mayCall asked before each call. Where it says no, the key stops as at an open breaker.
 */
export function probingInOrder(
  publish: PublishInOrder,
  { publisher, trials }: DeliveryRun,
  health: TargetHealth,
  waitForTurn: FixedRateLimiter,
  mayCall: (destination: string) => boolean,
): PublishInOrder {
  const runLength = publisher.atomicBatches === true ? publisher.limits.maxEntries : 1;

  async function publishNext(events: readonly [OutboxEvent, ...OutboxEvent[]], remaining: number): Promise<InOrder> {
    const [first] = events;
    const destination = publisher.destinationOf(first);
    health.expect(destination);
    if (!mayCall(destination)) return { delivered: 0, stop: { kind: "breaker-open", event: first } };
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
    health.judge(destination, done.stop?.kind === "failed" ? done.stop : undefined);
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
