import type { Failure } from "../../contract/failure.ts";
import { sequenceOf } from "../../contract/sort-key.ts";
import type { Deadlines } from "../delivery/delivery-run.ts";
import type { KeyTable } from "../ports.ts";
import { type Failing, type RowPorts, rowDelivery } from "./deliver-rows.ts";
import { MAX_IDLE_PASSES, MAX_KEY_GROUP_PAGE_ROWS, PAGE_ROWS } from "./ordering.ts";
import { isPlaceTaken, type ParkKeyPorts, parkKey } from "./park-key.ts";

/** What a batch of stream records says about one key. */
export interface KeyGroup {
  readonly pk: string;
  /** The highest sequence among its records: committed, as are all lower ones. */
  readonly ceiling: number;
  /** How many records the key group has. */
  readonly records: number;
}

export interface KeyGroupPorts extends RowPorts, ParkKeyPorts {
  /** The table's read, limited to a few key groups at a time. */
  readonly readKey: KeyTable["read"];
}

/**
 * Rows beyond its own records that a key group delivers on the way: a few seconds' worth. A longer backlog, such as an
 * open breaker leaves, would hold up the whole shard for one key: such a key is parked, and the requeuer drains it.
 */
export const MAX_BACKLOG_ROWS = 200;

/** Nothing up to the ceiling need be brought again: everything is delivered, or somebody will look for it. */
const ALL = Number.POSITIVE_INFINITY;

/**
 * Delivers the waiting events of one key, up to the ceiling of its records. Rejects when the table fails.
 *
 * @returns the sequence up to which the records are done: records above it must be brought again.
 */
export async function deliverKeyGroup(
  keyGroup: KeyGroup,
  ports: KeyGroupPorts,
  { publishUntilMs }: Deadlines,
): Promise<number> {
  const { ordering, readKey, pendingDeletes, clock, telemetry } = ports;
  const deliverRows = rowDelivery(ports);
  let delivered = 0;
  let doneUpTo = Number.NEGATIVE_INFINITY;

  for (let passes = MAX_IDLE_PASSES; passes > 0 && clock.now() < publishUntilMs; passes -= 1) {
    // A row whose delete is under way would be found, and published again.
    if (!(await pendingDeletes.untilDeleted(keyGroup.pk, publishUntilMs))) break;
    // All its records in one page, where they fit: between two pages a key group waits for deletes.
    const limit = Math.min(MAX_KEY_GROUP_PAGE_ROWS, Math.max(PAGE_ROWS, keyGroup.records));
    const page = await readKey(keyGroup.pk, { ceiling: keyGroup.ceiling, limit });
    if (page.parkedKey !== undefined) {
      if (!(await ordering.keys.touch(keyGroup.pk))) continue;
      telemetry.count("GateTouches");
      return ALL;
    }
    // The sweep looks after the row that stands in the parked-key record's place, until somebody sets the row aside.
    if (isPlaceTaken(page)) return ALL;
    const [first] = page.rows;
    if (first === undefined && delivered === 0) telemetry.count("DuplicatesAvoided", keyGroup.records);
    if (first !== undefined && delivered >= keyGroup.records + MAX_BACKLOG_ROWS) {
      if ((await parkKey(first, longBacklog(clock.now()), ports)).kind === "parked") return ALL;
      continue;
    }

    const remaining = Math.max(page.rows.length, keyGroup.records - delivered);
    const { delivered: rows, stop } = await deliverRows(page.rows, remaining);
    if (rows.length > 0) passes = MAX_IDLE_PASSES;
    delivered += rows.length;
    doneUpTo = sequenceOf(rows.at(-1)?.sk ?? "") ?? doneUpTo;
    switch (stop?.kind) {
      case undefined:
        if (!page.more) return ALL;
        break;
      case "failed":
      case "malformed":
        // Gone: somebody else delivered the event meanwhile, so the key group goes on behind it.
        if ((await parkKey(stop.row, stop, ports)).kind === "parked") return ALL;
        break;
      case "predecessor-waits":
        break;
      case "breaker-open":
        // The sweep delivers what waits.
        return ALL;
      case "deadline-exceeded":
      case "predecessor-unknown":
        return doneUpTo;
    }
  }
  return doneUpTo;
}

const longBacklog = (nowMs: number): Failing => ({ failure: LONG_BACKLOG, attempts: 0, firstFailureMs: nowMs });

const LONG_BACKLOG: Failure = {
  class: "transient",
  scope: "target",
  code: "LongBacklog",
  message: "so many earlier events of this key wait that the requeuer delivers them, beside the stream",
};
