import { decodeItem, REPLICATION_PREFIX } from "./codec/decode-row.ts";
import type { Item } from "./codec/item.ts";
import { kindOfItem, standsInForParkedKey } from "./codec/item-kind.ts";
import type { OutboxRow } from "./event.ts";
import { PARKED_KEY, PARTITION_KEY, RESERVED_PREFIX, SORT_KEY } from "./item-contract.ts";
import { attemptsOf, isLeased, rests } from "./read-back.ts";
import { hasPlace } from "./sequence.ts";

/** A parked-key record, as read. Attributes that somebody spoiled by hand count as absent. */
export interface ParkedKey {
  readonly pk: string;
  /** NaN where the version cannot be read: no version is equal to it. */
  readonly version: number;
  readonly owner?: string;
  /** Epoch milliseconds. */
  readonly leaseUntilMs?: number;
  /** Epoch milliseconds. */
  readonly notBeforeMs?: number;
  /** Rounds that ended with a failure of the first event's own. */
  readonly attempts: number;
}

/** Whether the lease on the record may be taken now. The table decides in the end; this only saves the request. */
export const isParkedKeyDue = (parkedKey: ParkedKey, nowMs: number): boolean =>
  !rests(parkedKey.notBeforeMs, nowMs) && !isLeased(parkedKey, nowMs);

/** Reads an item as a parked-key record; undefined for any other item. */
export function decodeParkedKey(item: Item): ParkedKey | undefined {
  const pk = item["pk"]?.S;
  if (pk === undefined || kindOfItem(item) !== "parked-key") return undefined;
  const owner = item[PARKED_KEY.owner]?.S;
  const leaseUntilMs = numberOf(item, PARKED_KEY.leaseUntil);
  const notBeforeMs = numberOf(item, PARKED_KEY.notBefore);
  return {
    pk,
    version: versionOf(item),
    attempts: attemptsOf(numberOf(item, PARKED_KEY.attempts)),
    ...(owner === undefined ? {} : { owner }),
    ...(leaseUntilMs === undefined ? {} : { leaseUntilMs }),
    ...(notBeforeMs === undefined ? {} : { notBeforeMs }),
  };
}

const PARKED_KEY_ATTRIBUTES: ReadonlySet<string> = new Set([PARTITION_KEY, SORT_KEY, ...Object.values(PARKED_KEY)]);

/** Attributes that somebody else wrote into a parked-key record's item, beside the relay's own. */
export const addedToParkedKey = (item: Item): Item =>
  Object.fromEntries(
    Object.entries(item).filter(
      ([name]) =>
        !PARKED_KEY_ATTRIBUTES.has(name) && !name.startsWith(RESERVED_PREFIX) && !name.startsWith(REPLICATION_PREFIX),
    ),
  );

/** A version that a JavaScript number does not hold exactly cannot be compared. */
function versionOf(item: Item): number {
  const version = numberOf(item, PARKED_KEY.version);
  return version !== undefined && Number.isSafeInteger(version) ? version : Number.NaN;
}

function numberOf(item: Item, name: string): number | undefined {
  const value = Number(item[name]?.N);
  return Number.isNaN(value) ? undefined : value;
}

/**
 * Takes apart the items of one key, in the order of the table: the parked-key record, and the rows with a place in the
 * sequence.
 *
 * An event that somebody wrote at 0 is not a record, and leaves no place for one: the event stands first, so that its
 * key waits.
 */
export function decodeKey(items: readonly Item[]): {
  readonly parkedKey?: ParkedKey;
  readonly rows: readonly OutboxRow[];
} {
  const parkedKey = items.map(decodeParkedKey).find((decoded) => decoded !== undefined);
  const rows = items.flatMap((item) => {
    const decoded = decodeItem(item);
    if (decoded.kind === "reserved") return [];
    const { key } = decoded.row;
    return hasPlace(key.sk) || standsInForParkedKey(key) ? [decoded.row] : [];
  });
  return parkedKey === undefined ? { rows } : { parkedKey, rows };
}
