import type { BackoffSettings } from "../../contract/settings/settings.ts";
import type { Receipts } from "../archive/receipts.ts";
import type { Clock, Publisher, Random, Telemetry } from "../ports.ts";
import type { PendingDeletes } from "./deletes/pending-deletes.ts";
import type { DestinationLimiters } from "./limiter/destination-limiters.ts";
import type { Trials } from "./trials.ts";

/** What publishing needs. One per process for the relay; one per run for the requeuer, which starts with one call. */
export interface Delivery {
  readonly publisher: Publisher;
  readonly pendingDeletes: PendingDeletes;
  readonly limiters: DestinationLimiters;
  readonly backoff: BackoffSettings;
  readonly clock: Clock;
  readonly random: Random;
  readonly telemetry: Telemetry;
  /** @default nothing is archived */
  readonly receipts?: Receipts | undefined;
}

/** One invocation of the relay, or one run of the requeuer. */
export interface DeliveryRun extends Delivery {
  /** Whose fault it is that calls fail: judged anew in each invocation or run. */
  readonly trials: Trials;
}

/** Epoch milliseconds. The time between the two is for parking, deleting and answering. */
export interface Deadlines {
  /** No call to the target goes on beyond this. */
  readonly publishUntilMs: number;
  /** All work is done by this. */
  readonly endMs: number;
}
