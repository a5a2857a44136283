import type { OutboxRow } from "../../contract/event.ts";
import type { Failure } from "../../contract/failure.ts";
import { sequenceOf } from "../../contract/sort-key.ts";
import type { Deadlines } from "../delivery/deliver.ts";
import type { KeyTable } from "../ports.ts";
import { type PageEnd, type RowPorts, rowDelivery } from "./deliver-rows.ts";
import { MAX_IDLE_PASSES, MAX_KEY_GROUP_PAGE_ROWS, PAGE_ROWS } from "./ordering.ts";
import { isPlaceTaken, type ParkKeyPorts, parkKey } from "./park-key.ts";

/** What a batch of stream records says about one key. */
export interface KeyGroup {
  readonly pk: string;
  /** The highest sequence among its records: committed, and with it all that is lower. */
  readonly ceiling: number;
  /** How many records it has. */
  readonly records: number;
}

export type KeyGroupEnd =
  /** Nothing up to the ceiling waits any more. */
  | { readonly kind: "delivered" }
  /** This key group parked or touched the key: whoever drains it will look for these events. */
  | { readonly kind: "parked" }
  /** The breaker is open: the sweep owns what waits. */
  | { readonly kind: "breaker-open" }
  /** A row stands where the key would be parked: the sweep looks after it, until somebody sets that row aside. */
  | { readonly kind: "place-taken" }
  /** The records above this sequence must be brought again. */
  | { readonly kind: "failed"; readonly above: number };

export interface KeyGroupPorts extends RowPorts, ParkKeyPorts {
  /** The table's read, when it is this key group's turn. */
  readonly readKey: KeyTable["read"];
}

/**
 * Rows beyond its own records that a key group delivers on the way: a few seconds' worth. A longer backlog, such as an open
 * breaker leaves, would hold the whole shard up while one key catches up: such a key is parked, and the requeuer drains it.
 */
export const MAX_BACKLOG_ROWS = 200;

/** Delivers what waits of one key, up to the ceiling of its records. Rejects when the table fails. */
export async function deliverKeyGroup(
  keyGroup: KeyGroup,
  ports: KeyGroupPorts,
  deadlines: Deadlines,
): Promise<KeyGroupEnd> {
  const { ordering, readKey, pendingDeletes, clock, telemetry } = ports;
  const { publishUntilMs } = deadlines;
  const deliverRows = rowDelivery(ports);
  let delivered = 0;
  let above = Number.NEGATIVE_INFINITY;

  const deliverPage = async (rows: readonly OutboxRow[]): Promise<PageEnd> => {
    const [first] = rows;
    return first !== undefined && delivered >= keyGroup.records + MAX_BACKLOG_ROWS
      ? { delivered: [], stop: longBacklog(first, clock.now()) }
      : deliverRows(rows, Math.max(rows.length, keyGroup.records - delivered));
  };

  for (let passes = MAX_IDLE_PASSES; passes > 0 && clock.now() < publishUntilMs; passes -= 1) {
    // A row whose delete is under way would be found, and published again.
    if (!(await pendingDeletes.untilDeleted(keyGroup.pk, publishUntilMs))) break;
    // All its records in one page, where they are no more than that: between two pages a key group waits for deletes.
    const limit = Math.min(MAX_KEY_GROUP_PAGE_ROWS, Math.max(PAGE_ROWS, keyGroup.records));
    const page = await readKey(keyGroup.pk, { ceiling: keyGroup.ceiling, limit });
    if (page.parkedKey !== undefined) {
      if (!(await ordering.keys.touch(keyGroup.pk))) continue;
      telemetry.count("GateTouches");
      return { kind: "parked" };
    }
    if (isPlaceTaken(page)) return { kind: "place-taken" };
    if (page.rows.length === 0 && delivered === 0) telemetry.count("DuplicatesAvoided", keyGroup.records);

    const { delivered: rows, stop } = await deliverPage(page.rows);
    if (rows.length > 0) passes = MAX_IDLE_PASSES;
    delivered += rows.length;
    above = sequenceOf(rows.at(-1)?.sk ?? "") ?? above;
    switch (stop?.kind) {
      case undefined:
        if (!page.more) return { kind: "delivered" };
        break;
      case "exhausted":
        // Gone: somebody else delivered it meanwhile, so the key group goes on behind it.
        if ((await parkKey(stop, ports)).kind === "parked") return { kind: "parked" };
        break;
      case "predecessor-waits":
        break;
      case "breaker-open":
        return { kind: "breaker-open" };
      case "deadline-exceeded":
      case "predecessor-unknown":
        return { kind: "failed", above };
    }
  }
  return { kind: "failed", above };
}

const longBacklog = (row: OutboxRow, nowMs: number) =>
  ({ kind: "exhausted", row, failure: LONG_BACKLOG, attempts: 0, firstFailureMs: nowMs }) as const;

const LONG_BACKLOG: Failure = {
  class: "transient",
  scope: "target",
  code: "LongBacklog",
  message: "so many earlier events of this key wait that the requeuer delivers them, beside the stream",
};
