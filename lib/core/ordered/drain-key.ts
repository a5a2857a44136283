import { reasonOf } from "../../contract/dead-letter.ts";
import type { OutboxRow } from "../../contract/event.ts";
import { type Failure, retryAfterOf } from "../../contract/failure.ts";
import { reportFailedAgain, reportMalformed } from "../delivery/park.ts";
import type { Acquisition } from "../ports.ts";
import { requeueDelayMs } from "../resilience/backoff.ts";
import { type DeliverRows, type Failing, type PageStop, type RowPorts, rowDelivery } from "./deliver-rows.ts";
import { MAX_IDLE_PASSES, PAGE_ROWS } from "./ordering.ts";
import { isPlaceTaken, type ParkKeyPorts, parkKey } from "./park-key.ts";

/** How the drain of a key ended, as its dead letter sees it. */
export type KeyEnd =
  /** Nothing waits and no parked-key record exists: the dead letter may go. */
  | { readonly kind: "clean"; readonly delivered: number }
  /** The key was parked with a dead letter of its own, in the place of the one that led here. */
  | { readonly kind: "replaced"; readonly delivered: number }
  /** Somebody must come again: the dead letter stays. */
  | { readonly kind: "busy"; readonly delivered: number; readonly retryAtMs?: number };

export interface DrainKeyPorts extends RowPorts, ParkKeyPorts {
  /** Names this drain of this key: a second drain in the same run is another owner. */
  readonly owner: string;
  /** Longer than the run, in milliseconds. */
  readonly leaseMs: number;
  /** Everything is done by then (epoch milliseconds). */
  readonly endMs: number;
}

/**
 * Delivers the waiting events of one key, parked or not: the requeuer's part in ordered delivery. No dead letter is
 * needed; one that led here must have been received before. Rejects when the table fails; a lease then ends by itself.
 */
export async function drainKey(pk: string, ports: DrainKeyPorts): Promise<KeyEnd> {
  const { ordering, clock, owner, leaseMs } = ports;
  const nowMs = clock.now();
  const acquisition = await ordering.keys.acquire(pk, owner, nowMs, nowMs + leaseMs);
  switch (acquisition.kind) {
    case "acquired":
      return drainParked(pk, acquisition, ports);
    case "busy":
      return busy(0, dueAtMs(acquisition, nowMs));
    case "not-parked":
      return parkUnparked(pk, ports);
  }
}

/**
 * There is no parked-key record. The events are looked for first and the record second: otherwise an event parked in
 * between could be overlooked.
 */
async function parkUnparked(pk: string, ports: DrainKeyPorts): Promise<KeyEnd> {
  const { keys } = ports.ordering;
  const page = await keys.read(pk, { ceiling: Number.MAX_SAFE_INTEGER, limit: 2 });
  // That row has its own dead letter and its own backoff.
  if (isPlaceTaken(page)) return busy(0);
  const [head] = page.rows;
  if (head === undefined) {
    return (await keys.readParkedKey(pk)) === undefined ? { kind: "clean", delivered: 0 } : busy(0);
  }
  // A relay may be delivering the event right now, so the key rests before anybody drains it.
  const leftWaiting = { failure: LEFT_WAITING, attempts: 0, firstFailureMs: ports.clock.now() };
  const parked = await parkKey(head, leftWaiting, ports);
  return parked.deadLetterSent ? { kind: "replaced", delivered: 0 } : busy(0, parked.notBeforeMs);
}

/**
 * This drain holds the lease on the record: delivers up to the highest sequence, again and again, until the version no
 * longer changes.
 */
async function drainParked(
  pk: string,
  { parkedKey: taken }: Extract<Acquisition, { kind: "acquired" }>,
  ports: DrainKeyPorts,
): Promise<KeyEnd> {
  const { ordering, owner, telemetry } = ports;
  const { keys } = ordering;
  const deliverRows = rowDelivery(ports);
  let { version } = taken;
  let delivered = 0;

  for (let passes = MAX_IDLE_PASSES; passes > 0; passes -= 1) {
    // Read only once the version is known: an event left behind later raises the version.
    const ceiling = (await keys.highest(pk)) ?? 0;
    const end = await drainUpTo(pk, ceiling, deliverRows, ports);
    delivered += end.delivered;
    if (end.delivered > 0) passes = MAX_IDLE_PASSES;
    switch (end.stop?.kind) {
      case "predecessor-waits":
        continue;
      case "lease-lost":
        return busy(delivered);
      case "failed":
      case "malformed":
        return rest(pk, end.stop, delivered > 0 ? 0 : taken.attempts, delivered, ports);
      case "breaker-open":
      case "deadline-exceeded":
      case "predecessor-unknown":
        return rest(pk, undefined, 0, delivered, ports);
      case undefined:
    }
    if (await keys.close(pk, owner, version)) {
      telemetry.count("KeysFreed");
      return { kind: "clean", delivered };
    }
    const parkedKey = await keys.readParkedKey(pk);
    if (parkedKey?.owner !== owner) return busy(delivered);
    version = parkedKey.version;
  }
  return rest(pk, undefined, 0, delivered, ports);
}

interface PassEnd {
  readonly delivered: number;
  /** Absent: the pass is through. `lease-lost`: the parked-key record has another owner, or is gone. */
  readonly stop?: PageStop | { readonly kind: "lease-lost" } | { readonly kind: "deadline-exceeded" };
}

/** One pass, page by page. The pass is through only once every row is deleted, not just acknowledged. */
async function drainUpTo(
  pk: string,
  ceiling: number,
  deliverRows: DeliverRows,
  { ordering, pendingDeletes, owner, endMs }: DrainKeyPorts,
): Promise<PassEnd> {
  let delivered = 0;
  for (;;) {
    const page = await ordering.keys.read(pk, { ceiling, limit: PAGE_ROWS });
    if (page.parkedKey?.owner !== owner) return { delivered, stop: { kind: "lease-lost" } };
    const { delivered: rows, stop } = await deliverRows(page.rows, page.rows.length);
    delivered += rows.length;
    const allDeleted = await pendingDeletes.untilDeleted(pk, endMs);
    if (stop !== undefined) return { delivered, stop };
    if (!allDeleted) return { delivered, stop: { kind: "deadline-exceeded" } };
    if (!page.more) return { delivered };
  }
}

/**
 * Gives the lease back. Only an event's own failure moves the backoff of its key; while a target is down, the key pays
 * nothing and is due at the next run.
 */
async function rest(
  pk: string,
  failed: (Failing & { readonly row: OutboxRow }) | undefined,
  attemptsBefore: number,
  delivered: number,
  { ordering, clock, random, telemetry, owner }: DrainKeyPorts,
): Promise<KeyEnd> {
  if (failed?.failure.scope !== "event") {
    await ordering.keys.release(pk, owner);
    return busy(delivered);
  }
  const { row, failure } = failed;
  const attempts = attemptsBefore + 1;
  if (attempts === 1 && row.content.kind === "malformed") reportMalformed(row.content.row, telemetry);
  telemetry.count("RequeueFailures");
  reportFailedAgain(row.content, failure, attempts, telemetry);
  const restMs = Math.max(requeueDelayMs(ordering.requeueBackoff, attempts, random), retryAfterOf(failure));
  const notBeforeMs = clock.now() + restMs;
  await ordering.keys.release(pk, owner, { notBeforeMs, attempts, reason: reasonOf(failure) });
  return busy(delivered, notBeforeMs);
}

const busy = (delivered: number, retryAtMs?: number): KeyEnd =>
  retryAtMs === undefined ? { kind: "busy", delivered } : { kind: "busy", delivered, retryAtMs };

/** When a parked key that is not due, or is held, may be drained, as far as its record tells. */
function dueAtMs({ parkedKey }: Extract<Acquisition, { kind: "busy" }>, nowMs: number): number | undefined {
  const { notBeforeMs = nowMs, leaseUntilMs = nowMs } = parkedKey;
  const dueMs = Math.max(notBeforeMs, leaseUntilMs);
  return dueMs > nowMs ? dueMs : undefined;
}

const LEFT_WAITING: Failure = {
  class: "transient",
  scope: "target",
  code: "LeftWaiting",
  message: "the event was found waiting, with no parked-key record and nobody at it",
};
