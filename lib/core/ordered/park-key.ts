import { standsInForParkedKey } from "../../contract/codec/item-kind.ts";
import { reasonOf } from "../../contract/dead-letter.ts";
import { idOf, type OutboxRow } from "../../contract/event.ts";
import { retryAfterOf } from "../../contract/failure.ts";
import type { Parking } from "../delivery/park.ts";
import type { Clock, KeyPage, Random, Telemetry } from "../ports.ts";
import { requeueDelayMs } from "../resilience/backoff.ts";
import type { Failing } from "./deliver-rows.ts";
import type { OrderedPorts } from "./ordering.ts";

export interface ParkKeyPorts {
  readonly ordering: OrderedPorts;
  readonly parking: Parking;
  readonly clock: Clock;
  readonly random: Random;
  readonly telemetry: Telemetry;
}

export interface ParkedKey {
  /** Whether the parked-key record was made, or somebody else delivered the failed event meanwhile. */
  readonly kind: "parked" | "gone";
  /** The queue took a dead letter for the key. */
  readonly deadLetterSent: boolean;
  /** Epoch milliseconds: when the key may be drained. */
  readonly notBeforeMs: number;
}

/**
 * Parks a key at its first undelivered event. The dead letter is sent first, so that somebody comes for every parked
 * key; then the record is made, if that event still exists. A dead letter that the queue refuses is only a metric, for
 * the sweep finds the record.
 *
 * @throws when the table cannot be reached or refuses.
 */
export async function parkKey(
  { content, marks, key }: OutboxRow,
  { failure, attempts, firstFailureMs }: Failing,
  { ordering, parking, clock, random, telemetry }: ParkKeyPorts,
): Promise<ParkedKey> {
  const deadLetterSent = await parking.leaveDeadLetter({ content, marks, failure, attempts, firstFailureMs });
  const rounds = failure.scope === "event" ? 1 : 0;
  const restMs = rounds === 0 ? 0 : requeueDelayMs(ordering.requeueBackoff, rounds, random);
  const deadLetterAtMs = clock.now();
  const notBeforeMs = deadLetterAtMs + Math.max(ordering.minParkedMs, restMs, retryAfterOf(failure));
  const kind = await ordering.keys.park(
    { ...key, id: idOf(content) },
    { notBeforeMs, attempts: rounds, reason: reasonOf(failure), ...(deadLetterSent ? { deadLetterAtMs } : {}) },
  );
  if (kind === "parked") telemetry.count("KeysParked");
  return { kind, deadLetterSent, notBeforeMs };
}

/** Whether a row stands in the place of the parked-key record. Such a row comes first: a page begins there. */
export const isPlaceTaken = ({ rows: [first] }: KeyPage): boolean =>
  first !== undefined && standsInForParkedKey(first.key);
