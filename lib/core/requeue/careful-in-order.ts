import type { Delivery } from "../delivery/deliver.ts";
import type { OutboxEvent } from "../event.ts";
import type { InOrder, PublishInOrder } from "../ordered/publish-in-order.ts";
import type { Pace } from "./pace.ts";
import type { TargetHealth } from "./target-health.ts";

/**
 * Publishing in order by the requeuer, with the care of `careful-delivery.ts`: each destination is probed by one event of
 * one key, while the other keys wait for what becomes of it. A destination that fails is left alone for the rest of the
 * run, and its keys pay nothing.
 */
export function carefulInOrder(
  publish: PublishInOrder,
  { publisher, gates }: Delivery,
  health: TargetHealth,
  pace: Pace,
): PublishInOrder {
  const probes = new Map<string, Promise<InOrder>>();
  const runLength = publisher.atomicBatches === true ? publisher.limits.maxEntries : 1;

  async function publishNext(events: readonly [OutboxEvent, ...OutboxEvent[]], remaining: number): Promise<InOrder> {
    const [first] = events;
    const destination = publisher.destinationOf(first);
    health.expect(destination);
    for (;;) {
      switch (health.of(destination)) {
        case "failing":
          return { delivered: 0, stop: { kind: "shed", event: first } };
        case "proven":
          return attempt(neighbours(events, destination), remaining, destination);
        case "unknown": {
          const probe = probes.get(destination);
          if (probe === undefined) return probeWith(first, remaining, destination);
          await probe;
        }
      }
    }
  }

  function probeWith(event: OutboxEvent, remaining: number, destination: string): Promise<InOrder> {
    const probe = attempt([event], remaining, destination).finally(() => probes.delete(destination));
    probes.set(destination, probe);
    return probe;
  }

  async function attempt(run: readonly OutboxEvent[], remaining: number, destination: string): Promise<InOrder> {
    await pace(run.length);
    const done = await publish(run, remaining);
    if (done.delivered > 0) health.note(destination, "proven");
    const failed = done.stop?.kind === "failed" && done.stop.failure.scope === "target";
    if (failed || gates.of(destination).breaker.kind !== "closed") health.note(destination, "failing");
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
