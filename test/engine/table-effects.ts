import { decodeScanned } from "../../lib/contract/codec/decode-scanned.ts";
import type { Item } from "../../lib/contract/codec/item.ts";
import { itemBytes, MAX_ITEM_BYTES } from "../../lib/contract/codec/item-size.ts";
import { keyText, type RowKey, type RowRef } from "../../lib/contract/event.ts";
import { MARKS } from "../../lib/contract/item-contract.ts";
import { decodeParkedKey } from "../../lib/contract/parked-key.ts";
import type { OutboxTable, ParkMark, ScanFrom, ScanPage } from "../../lib/core/ports.ts";
import { type ItemStore, rowOf } from "./item-store.ts";
import type { Effects } from "./requests.ts";

/** How many rows one step of the count reads. */
const COUNTED_ROWS = 1_000;

/** What the outbox table does with a request of the relay or the requeuer, under the conditions of the real table. */
export function tableEffects(store: ItemStore): Effects<OutboxTable> {
  return {
    deleteRows: (rows) => {
      for (const row of rows) deleteRow(store, row);
      return [];
    },
    readRows: (keys) => {
      const distinct = new Map(keys.map((key) => [keyText(key), key]));
      return [...distinct.values()].flatMap((key) => store.row(key) ?? []);
    },
    mark: (row, mark) => markRow(store, row, mark),
    markSeen: (key, seenAtMs) => {
      const item = store.item(key);
      // A value of another type, or one in the future, is not a time of first sight. Number gives NaN for an absent value.
      const noted = Number(item?.[MARKS.seenAt]?.N) <= seenAtMs;
      if (item === undefined || noted) return true;
      const seen = { ...item, [MARKS.seenAt]: number(seenAtMs) };
      if (fits(seen)) store.put(seen);
      return fits(seen);
    },
    scan: (from) => scanPage(store, from),
    count: (after) => {
      const { rows, next } = scanPage(store, { ...(after && { after }), limit: COUNTED_ROWS });
      return { rows: rows.length, ...(next && { next }) };
    },
    acquireLease: (owner, nowMs, untilMs) => {
      const { lease } = store;
      if (lease !== undefined && lease.untilMs > nowMs && lease.owner !== owner) return false;
      store.lease = { owner, untilMs };
      return true;
    },
    releaseLease: (owner) => {
      if (store.lease?.owner === owner) store.lease = undefined;
    },
  };
}

/** The item at this key, if it holds this event. Without an id any event will do. */
export function itemHolding(store: ItemStore, row: RowKey & { readonly id?: string | undefined }): Item | undefined {
  const item = store.item(row);
  return item !== undefined && (row.id === undefined || item["id"]?.S === row.id) ? item : undefined;
}

/** Deletes a row that still holds its event, and answers with what was deleted. */
export function deleteRow(store: ItemStore, row: RowRef): Item | undefined {
  const item = itemHolding(store, row);
  if (item !== undefined) store.remove(row);
  return item;
}

function markRow(
  store: ItemStore,
  row: RowKey & { readonly id?: string },
  { notBeforeMs, attempts, reason }: ParkMark,
): "marked" | "gone" | "no-room" {
  const item = itemHolding(store, row);
  if (item === undefined) return "gone";
  const { [MARKS.heldBy]: _over, [MARKS.reason]: _before, ...rest } = item;
  const rested = { ...rest, [MARKS.notBefore]: number(notBeforeMs), [MARKS.attempts]: number(attempts) };
  const marked = [{ ...rested, [MARKS.reason]: { S: reason } }, rested].find(fits);
  if (marked === undefined) return "no-room";
  store.put(marked);
  return "marked";
}

/** What a scan shows of a page. `shows`: which items the scan can see. */
export function scanPage(store: ItemStore, from: ScanFrom, shows?: (item: Item) => boolean): ScanPage {
  const { items, next } = store.page(from, shows);
  return {
    rows: items.flatMap((item) => decodeScanned(item) ?? []),
    parkedKeys: items.flatMap((item) => decodeParkedKey(item) ?? []),
    ...(next && { next }),
  };
}

export const number = (value: number) => ({ N: String(value) });

const fits = (item: Item): boolean => itemBytes(item) <= MAX_ITEM_BYTES;

/** Whole rows among items. */
export const rowsAmong = (items: readonly Item[]) => items.flatMap((item) => rowOf(item) ?? []);
