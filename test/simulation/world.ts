import { encodeItem } from "../../lib/contract/codec/encode-row.ts";
import type { Item } from "../../lib/contract/codec/item.ts";
import type { OutboxEvent, OutboxRow, RowKey } from "../../lib/contract/event.ts";
import type { Random } from "../../lib/core/ports.ts";
import { eventOf } from "../engine/event-of.ts";
import { rowOf } from "../engine/item-store.ts";
import type { FaultSource } from "./faults.ts";
import type { Ledger } from "./ledger.ts";
import type { Actor, Scheduler } from "./scheduler.ts";

/** What all simulated services share. */
export interface World {
  readonly scheduler: Scheduler;
  readonly faults: FaultSource;
  readonly ledger: Ledger;
  readonly random: Random;
  /** Without the sweep a scan shows no parked-key records: a key is drained by its dead letter alone. */
  readonly sweep: boolean;
}

export class ServiceError extends Error {
  override readonly name = "ServiceError";
}

/** Acts by itself and cannot die. */
export const WORLD: Actor = { name: "world", dead: false };

/** The row that an item is. */
export function rowIn(item: Item): OutboxRow {
  const row = rowOf(item);
  if (row === undefined) throw new Error("The item is not a row");
  return row;
}

export const eventIn = (item: Item): OutboxEvent => eventOf(rowIn(item));

export interface WrittenEvent {
  readonly id: string;
  /** Its place in the table; an unordered event's is made of its id. */
  readonly key: RowKey;
  /** Epoch milliseconds. Absent: its writer did not say when it wrote the row. */
  readonly recordedAtMs?: number;
  readonly destination?: string;
}

/** An event's row as its writer puts it into the table. */
export function itemOf({ id, key, recordedAtMs, ...addressed }: WrittenEvent): Item {
  const order = key.pk === id ? {} : { order: { key: key.pk, sequence: Number(key.sk) } };
  const recordedtime = new Date(recordedAtMs ?? 0).toISOString();
  const { recordedtime: stamp, ...item } = encodeItem({
    ...{ id, source: "s", type: "t", time: "2026-01-01T00:00:00Z", recordedtime, data: 1 },
    ...{ ...order, ...addressed },
  });
  return recordedAtMs === undefined || stamp === undefined ? item : { ...item, recordedtime: stamp };
}

/** The same row after a person has repaired its data. */
export const repaired = (item: Item): Item => ({ ...item, data: { S: "2" } });

/** For the trace. */
export const idsOf = (rows: readonly { readonly id: string }[]): string => rows.map(({ id }) => id).join(" ");
