import type { OutboxEvent } from "../../contract/event.ts";
import { groupedBy } from "../grouped.ts";
import { backoffFrom } from "../resilience/backoff.ts";
import { deliverCall } from "./call/deliver-call.ts";
import { oversized } from "./call/oversized.ts";
import { pack } from "./call/packing.ts";
import type { PendingDeletes } from "./deletes/pending-deletes.ts";
import type { Deadlines, DeliveryRun } from "./delivery-run.ts";
import type { Outcome } from "./outcome.ts";

/**
 * Publishes events that need no order: packed into calls, each call under backoff, all calls at once as far as the
 * limiter of their destination allows. An event acknowledged by a destination that is known to exist is handed to
 * {@link PendingDeletes} for deletion. Every event gets exactly one outcome.
 */
export async function deliver(
  events: readonly OutboxEvent[],
  delivery: DeliveryRun,
  deadlines: Deadlines,
): Promise<readonly Outcome[]> {
  const { publisher, clock } = delivery;
  const outcomes: Outcome[] = [];
  const fitting = events.filter((event) => {
    const oversize = oversized(event, delivery);
    if (oversize !== undefined) outcomes.push(oversize);
    return oversize === undefined;
  });
  const byDestination = groupedBy(fitting, (event) => publisher.destinationOf(event));
  const calls = [...byDestination].flatMap(([destination, some]) =>
    pack(some, (event) => publisher.bytesOf(event), publisher.limits).map((call) =>
      deliverCall(
        {
          destination,
          pending: call.map((event) => ({ event })),
          trial: delivery.trials.of(destination).begin(),
          backoff: backoffFrom(delivery.backoff),
          startedMs: clock.now(),
        },
        delivery,
        deadlines,
      ),
    ),
  );
  return outcomes.concat(...(await Promise.all(calls)));
}
