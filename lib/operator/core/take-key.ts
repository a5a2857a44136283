import { kindOfItem } from "../../contract/codec/item-kind.ts";
import { reasonOf } from "../../contract/dead-letter.ts";
import type { Failure } from "../../contract/failure.ts";
import { PARKED_KEY_SORT_KEY } from "../../contract/item-contract.ts";
import type { OrderedPorts } from "../../core/ordered/ordering.ts";
import { type ParkKeyPorts, parkKey } from "../../core/ordered/park-key.ts";
import type { OperatorTable } from "./operator-ports.ts";
import { earliestDue } from "./retry.ts";
import { type HolderPorts, pauseUntil } from "./until-nobody-holds.ts";

export interface TakeKeyPorts extends HolderPorts, Omit<ParkKeyPorts, "ordering" | "clock"> {
  readonly table: OperatorTable;
  readonly ordering: OrderedPorts;
}

/** Long enough for the work on one event. The lease is renewed for the next one. */
const LEASE_MS = 60_000;
/**
 * Longer than a parked-key record rests and a run of the requeuer lasts together. If the lease is not free by then,
 * another actor keeps it.
 */
const PATIENCE_MS = 150_000;

export type TakenKey =
  | { readonly kind: "taken"; readonly version: number }
  | { readonly kind: "nothing-waits" }
  /** A row stands where the key would be parked. */
  | { readonly kind: "place-taken" }
  /** Another actor has the lease. */
  | { readonly kind: "busy" }
  | { readonly kind: "stopped" };

/**
 * Takes the lease on a key's record, as a drainer would, so that nobody delivers events of the key meanwhile. A key
 * that flows is parked first, and rests until every relay that may have seen no record is over. A key that rests for
 * longer than that, after failures, is made due.
 */
export async function takeKey(pk: string, owner: string, ports: TakeKeyPorts): Promise<TakenKey> {
  const { table, ordering, clock, minParkedMs, stopped } = ports;
  const untilMs = clock.now() + minParkedMs + PATIENCE_MS;
  while (!stopped() && clock.now() < untilMs) {
    const nowMs = clock.now();
    const answer = await ordering.keys.acquire(pk, owner, nowMs, nowMs + LEASE_MS);
    if (answer.kind === "acquired") return { kind: "taken", version: answer.parkedKey.version };
    if (answer.kind === "not-parked") {
      if (await isTaken(table, pk)) return { kind: "place-taken" };
      const [head] = await table.readKey(pk, 0, 1);
      if (head === undefined) return { kind: "nothing-waits" };
      const taken = { failure: TAKEN_BY_HAND, attempts: 0, firstFailureMs: nowMs };
      const { notBeforeMs } = await parkKey(head, taken, ports);
      await pauseUntil(notBeforeMs, ports);
      continue;
    }
    const parkedKey = await table.readParkedKey(pk);
    const dueMs = parkedKey === undefined ? nowMs : earliestDue(parkedKey, minParkedMs, nowMs);
    await table.makeParkedKeyDue(pk, dueMs, nowMs);
    await pauseUntil(Math.max(nowMs + 1_000, Math.min(dueMs, parkedKey?.notBeforeMs ?? nowMs)), ports);
  }
  return { kind: stopped() ? "stopped" : "busy" };
}

async function isTaken(table: OperatorTable, pk: string): Promise<boolean> {
  const item = await table.readItem({ pk, sk: PARKED_KEY_SORT_KEY });
  return item !== undefined && kindOfItem(item) === "row";
}

/** Makes the lease last for another event. Resolves with the record's new version; undefined where the lease is lost. */
export async function keepKey(
  pk: string,
  owner: string,
  { ordering, clock }: TakeKeyPorts,
): Promise<number | undefined> {
  const nowMs = clock.now();
  const answer = await ordering.keys.acquire(pk, owner, nowMs, nowMs + LEASE_MS);
  return answer.kind === "acquired" ? answer.parkedKey.version : undefined;
}

/** Gives the lease back, with the key due at once: what waits goes on in its order. */
export async function giveKeyBack(pk: string, owner: string, { ordering, clock }: TakeKeyPorts): Promise<void> {
  const rest = { notBeforeMs: clock.now(), attempts: 0, reason: reasonOf(TAKEN_BY_HAND) };
  await ordering.keys.release(pk, owner, rest);
}

const TAKEN_BY_HAND: Failure = {
  class: "transient",
  scope: "target",
  code: "TakenByHand",
  message: "an operator changed what waits of this key; it goes on at the next run",
};
