import type { OutboxEvent } from "../../contract/event.ts";
import type { BackoffSettings } from "../../contract/settings.ts";
import type { Clock, Publisher, Telemetry } from "../ports.ts";
import { backoffFrom, type Random } from "../resilience/backoff.ts";
import { deliverCall } from "./deliver-call.ts";
import type { DestinationLimiters } from "./destination-limiters.ts";
import type { Outcome } from "./outcome.ts";
import { oversized } from "./oversized.ts";
import { pack } from "./packing.ts";
import type { PendingDeletes } from "./pending-deletes.ts";
import type { Trials } from "./trials.ts";

/** What publishing needs. One per process for the relay; one per run for the requeuer, which starts carefully. */
export interface Delivery {
  readonly publisher: Publisher;
  readonly pendingDeletes: PendingDeletes;
  readonly limiters: DestinationLimiters;
  readonly backoff: BackoffSettings;
  readonly clock: Clock;
  readonly random: Random;
  readonly telemetry: Telemetry;
}

/** One invocation of the relay, or one run of the requeuer. */
export interface DeliveryRun extends Delivery {
  /** Whose fault it is that calls fail: judged anew each time. */
  readonly trials: Trials;
}

/** Epoch milliseconds. Between the two there is time to park, to delete and to answer. */
export interface Deadlines {
  /** No call to the target goes on beyond this. */
  readonly publishUntilMs: number;
  /** Everything is done by this. */
  readonly endMs: number;
}

/**
 * Publishes events that need no order: packed into calls, each call under backoff, all calls at once as far as the
 * limiter of their destination allows. Whatever the target acknowledged, and is known to exist for, is handed to
 * {@link PendingDeletes} for deletion. Every event gets exactly one outcome.
 */
export async function deliver(
  events: readonly OutboxEvent[],
  delivery: DeliveryRun,
  deadlines: Deadlines,
): Promise<readonly Outcome[]> {
  const { publisher, clock } = delivery;
  const outcomes: Outcome[] = [];
  const byDestination = new Map<string, OutboxEvent[]>();
  for (const event of events) {
    const oversize = oversized(event, delivery);
    if (oversize !== undefined) {
      outcomes.push(oversize);
      continue;
    }
    const destination = publisher.destinationOf(event);
    const keyGroup = byDestination.get(destination);
    if (keyGroup === undefined) byDestination.set(destination, [event]);
    else keyGroup.push(event);
  }
  const calls = [...byDestination].flatMap(([destination, keyGroup]) =>
    pack(keyGroup, (event) => publisher.bytesOf(event), publisher.limits).map((call) =>
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
