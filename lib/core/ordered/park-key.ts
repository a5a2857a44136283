import { standsInForParkedKey } from "../codec/item-kind.ts";
import { reasonOf } from "../delivery/dead-letter.ts";
import type { Parking } from "../delivery/park.ts";
import { idOf } from "../event.ts";
import type { Clock, KeyPage, Telemetry } from "../ports.ts";
import { type Random, requeueDelayMs } from "../resilience/backoff.ts";
import { retryAfterOf } from "../resilience/failure.ts";
import type { FailedRow } from "./deliver-rows.ts";
import type { OrderedPorts } from "./ordering.ts";

export interface ParkKeyPorts {
  readonly ordering: OrderedPorts;
  readonly parking: Parking;
  readonly clock: Clock;
  readonly random: Random;
  readonly telemetry: Telemetry;
}

export interface ParkedKey {
  /** Whether the gate was made, or the failed event was delivered meanwhile by somebody else. */
  readonly kind: "parked" | "gone";
  /** The queue took a letter for the key. */
  readonly letterSent: boolean;
  /** Epoch milliseconds: when the gate may be taken. */
  readonly notBeforeMs: number;
}

/**
 * Parks a key at its first undelivered event: the letter first, so that no gate is without somebody who comes; then the
 * gate, if that event still exists. A letter that the queue does not take is a metric, for the sweep finds the gate.
 *
 * @throws when the table cannot be reached or refuses.
 */
export async function parkKey(
  { row, failure, attempts, firstFailureMs }: FailedRow,
  { ordering, parking, clock, random, telemetry }: ParkKeyPorts,
): Promise<ParkedKey> {
  const { content, marks, key } = row;
  const letterSent = await parking.leaveLetter({ content, marks, failure, attempts, firstFailureMs });
  const rounds = failure.scope === "event" ? 1 : 0;
  const restMs = rounds === 0 ? 0 : requeueDelayMs(ordering.requeueBackoff, rounds, random);
  const letterAtMs = clock.now();
  const notBeforeMs = letterAtMs + Math.max(ordering.gateMs, restMs, retryAfterOf(failure));
  const kind = await ordering.keys.park(
    { ...key, id: idOf(content) },
    { notBeforeMs, attempts: rounds, reason: reasonOf(failure), ...(letterSent ? { letterAtMs } : {}) },
  );
  if (kind === "parked") telemetry.count("KeysParked");
  return { kind, letterSent, notBeforeMs };
}

/** Whether a row stands where the key would be parked. It comes first, for a page begins there. */
export const isPlaceTaken = ({ rows: [first] }: KeyPage): boolean =>
  first !== undefined && standsInForParkedKey(first.key);
