import type { Item } from "../../lib/contract/codec/item.ts";
import { PARKED_KEY, PARKED_KEY_SORT_KEY } from "../../lib/contract/item-contract.ts";
import { addedToParkedKey, decodeKey, decodeParkedKey, isParkedKeyDue } from "../../lib/contract/parked-key.ts";
import { sequenceOf } from "../../lib/contract/sort-key.ts";
import type { KeyPage, KeyTable } from "../../lib/core/ports.ts";
import type { ItemStore } from "./item-store.ts";
import type { Effects } from "./requests.ts";
import { itemHolding, number } from "./table-effects.ts";

/** What the outbox table does with a request of the ordered protocol, under the conditions of the real table. */
export function keyEffects(store: ItemStore): Effects<KeyTable> {
  return {
    read: (pk, { ceiling, limit }) => readPage(store, pk, ceiling, limit),
    highest: (pk) =>
      store
        .ofKey(pk)
        .map(({ sk }) => sequenceOf(sk?.N ?? ""))
        .findLast((sequence) => sequence !== undefined),
    readParkedKey: (pk) => {
      const record = store.parkedKey(pk);
      return record && decodeParkedKey(record);
    },
    touch: (pk) => {
      if (store.parkedKey(pk) === undefined) return false;
      raise(store, pk, {});
      return true;
    },
    park: (row, { notBeforeMs, attempts, reason, deadLetterAtMs }) => {
      if (itemHolding(store, row) === undefined) return "gone";
      const record = store.parkedKey(row.pk);
      // An event at the record's place leaves no room for a record.
      if (record === undefined && store.item({ pk: row.pk, sk: PARKED_KEY_SORT_KEY }) !== undefined) return "gone";
      raise(store, row.pk, {
        [PARKED_KEY.notBefore]: number(notBeforeMs),
        // A record that exists keeps its attempts, for its backoff is computed from them.
        [PARKED_KEY.attempts]: record?.[PARKED_KEY.attempts] ?? number(attempts),
        [PARKED_KEY.reason]: { S: reason },
        ...(deadLetterAtMs === undefined ? {} : { [PARKED_KEY.deadLetterAt]: number(deadLetterAtMs) }),
      });
      return "parked";
    },
    acquire: (pk, owner, nowMs, leaseUntilMs) => {
      const item = store.parkedKey(pk);
      const parkedKey = item && decodeParkedKey(item);
      if (parkedKey === undefined) return { kind: "not-parked" };
      // An owner's own lease does not keep the owner out. A record that was parked anew is not due for its owner either.
      const asked = parkedKey.owner === owner ? { ...parkedKey, leaseUntilMs: 0 } : parkedKey;
      if (!isParkedKeyDue(asked, nowMs)) return { kind: "busy", parkedKey };
      raise(store, pk, { [PARKED_KEY.owner]: { S: owner }, [PARKED_KEY.leaseUntil]: number(leaseUntilMs) });
      const taken = decodeParkedKey(store.parkedKey(pk) ?? {});
      return taken === undefined ? { kind: "not-parked" } : { kind: "acquired", parkedKey: taken };
    },
    release: (pk, owner, rest) => {
      const { [PARKED_KEY.owner]: held, [PARKED_KEY.leaseUntil]: _lease, ...record } = store.parkedKey(pk) ?? {};
      if (held?.S !== owner) return false;
      const change = rest && {
        [PARKED_KEY.notBefore]: number(rest.notBeforeMs),
        [PARKED_KEY.attempts]: number(rest.attempts),
        [PARKED_KEY.reason]: { S: rest.reason },
      };
      store.put({ ...record, ...change });
      return true;
    },
    close: (pk, owner, version) => {
      const record = store.parkedKey(pk);
      const isOwners = record?.[PARKED_KEY.owner]?.S === owner;
      if (record === undefined || !isOwners || decodeParkedKey(record)?.version !== version) return false;
      // Attributes that somebody else wrote into the record's item stay.
      const added = addedToParkedKey(record);
      if (Object.keys(added).length === 0) store.remove({ pk, sk: PARKED_KEY_SORT_KEY });
      else store.put({ pk: { S: pk }, sk: { N: PARKED_KEY_SORT_KEY }, ...added });
      return true;
    },
    presence: (row) => (store.item(row) === undefined ? "absent" : "present"),
  };
}

/** Makes a key's record, or changes the existing one. Every change raises the version. An unreadable version starts again. */
function raise(store: ItemStore, pk: string, change: Item): void {
  const record = store.parkedKey(pk) ?? { pk: { S: pk }, sk: { N: PARKED_KEY_SORT_KEY } };
  const version = (decodeParkedKey(record)?.version || 0) + 1;
  store.put({ ...record, [PARKED_KEY.version]: number(version), ...change });
}

/** The items of a key up to a sequence, ascending, without items before the record's place. */
export function itemsUpTo(store: ItemStore, pk: string, ceiling: number): readonly Item[] {
  const items = store.ofKey(pk);
  const begin = items.findIndex(({ sk }) => Number(sk?.N) >= 0);
  const end = items.findIndex(({ sk }) => Number(sk?.N) > ceiling);
  return begin === -1 ? [] : items.slice(begin, end === -1 ? items.length : end);
}

function readPage(store: ItemStore, pk: string, ceiling: number, limit: number): KeyPage {
  const items = itemsUpTo(store, pk, ceiling);
  // The parked-key record counts against the limit too, as in DynamoDB. After a page without a row, the next page is read.
  let end = limit;
  while (end < items.length && decodeKey(items.slice(0, end)).rows.length === 0) end += limit;
  return { ...decodeKey(items.slice(0, end)), more: items.length > end };
}
