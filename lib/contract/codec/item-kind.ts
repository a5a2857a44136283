import type { RowKey } from "../event.ts";
import { LEASE_PREFIX, PARKED_KEY, PARKED_KEY_SORT_KEY, PARTITION_KEY, SORT_KEY } from "../item-contract.ts";
import type { Item } from "./item.ts";

/**
 * The kinds of item in an outbox table. Everything except the relay's own two kinds is a row, whoever wrote it:
 * delivered if it keeps the contract, and parked with its reason if not.
 */
export type ItemKind =
  /** A requeuer's lease: its key is reserved, whatever the item holds. */
  | "lease"
  /** A parked-key record: at sort key 0, with its version, and with none of the attributes that make an event. */
  | "parked-key"
  | "row";

/**
 * Any of these makes an item at sort key 0 a row: a writer that counts from 0 puts its first event in the place of the
 * parked-key record.
 */
export const EVENT_ATTRIBUTES = ["id", "source", "type"] as const;
/** The attributes that {@link kindOfItem} needs of an item, beside its key. */
export const KIND_ATTRIBUTES = [...EVENT_ATTRIBUTES, PARKED_KEY.version] as const;

export function kindOfItem(item: Item): ItemKind {
  if (item[SORT_KEY]?.N !== PARKED_KEY_SORT_KEY) return "row";
  if (isLeasePartition(item[PARTITION_KEY]?.S ?? "")) return "lease";
  const isRecord = item[PARKED_KEY.version] !== undefined && EVENT_ATTRIBUTES.every((name) => item[name] === undefined);
  return isRecord ? "parked-key" : "row";
}

/**
 * The kind that a key alone shows of an item that is gone: at sort key 0 a parked-key record, for hardly anything else
 * stands there. The item itself tells more.
 */
export const kindOfKey = (key: RowKey): ItemKind =>
  kindOfItem({ [PARTITION_KEY]: { S: key.pk }, [SORT_KEY]: { N: key.sk }, [PARKED_KEY.version]: { N: "1" } });

/** Whether the key's parked-key record would be a requeuer's lease. Such a key cannot be parked: it has no order. */
export const isLeasePartition = (pk: string): boolean => pk.startsWith(LEASE_PREFIX);

/**
 * Whether a row stands in the place of its key's parked-key record. The key can then not be parked, and waits until the
 * row is set aside.
 */
export const standsInForParkedKey = ({ sk }: RowKey): boolean => sk === PARKED_KEY_SORT_KEY;
