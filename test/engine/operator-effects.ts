import { isDeepStrictEqual } from "node:util";
import type { Item } from "../../lib/contract/codec/item.ts";
import { itemBytes, MAX_ITEM_BYTES } from "../../lib/contract/codec/item-size.ts";
import { MARKS, PARKED_KEY } from "../../lib/contract/item-contract.ts";
import { decodeParkedKey } from "../../lib/contract/parked-key.ts";
import { rests } from "../../lib/contract/read-back.ts";
import { sequenceOf } from "../../lib/contract/sort-key.ts";
import type { ScanFrom } from "../../lib/core/ports.ts";
import type { AsideEvent, AsidePlace } from "../../lib/operator/core/journal.ts";
import type { AnnotatedParkedKey, Claim, Hold, OperatorTable } from "../../lib/operator/core/operator-ports.ts";
import type { ItemStore } from "./item-store.ts";
import type { Effects } from "./requests.ts";
import { itemHolding, number, rowsAmong } from "./table-effects.ts";

/** Events that operators set aside, by the name of their journal entry. */
export type AsideStore = Map<string, AsideEvent>;

export const asideIn = (entries: AsideStore, place: AsidePlace): readonly AsideEvent[] =>
  [...entries.values()].filter((aside) => aside.place === place);

/** What the outbox table and the journal do with a request of an operator's command, under the conditions of the real tables. */
export function operatorEffects(store: ItemStore, journal: AsideStore): Effects<OperatorTable> {
  return {
    scan: (from) => operatorPage(store, from),
    readItem: (key) => store.item(key),
    readParkedKey: (pk) => annotated(store.parkedKey(pk)),
    readKey: (pk, above, limit) =>
      rowsAmong(store.ofKey(pk))
        .filter(({ key }) => (sequenceOf(key.sk) ?? 0) > above)
        .slice(0, limit),
    hasItems: (pk) => store.ofKey(pk).length > 0,
    requeuerUntil: () => store.lease?.untilMs,
    ...holdEffects(store),
    makeParkedKeyDue: (pk, dueMs, nowMs) => {
      const item = store.parkedKey(pk);
      const parkedKey = item && decodeParkedKey(item);
      if (item === undefined || parkedKey === undefined) return "not-parked";
      if (parkedKey.owner !== undefined && (parkedKey.leaseUntilMs ?? 0) > nowMs) return "draining";
      if ((parkedKey.notBeforeMs ?? 0) <= dueMs) return "due-already";
      store.put({ ...item, [PARKED_KEY.notBefore]: number(dueMs) });
      return "made-due";
    },
    setAside: (row, claim, aside) => {
      const item = itemHolding(store, row);
      if (item === undefined || !isClaimed(store, row.pk, item, claim, aside)) return "changed";
      store.remove(row);
      journal.set(aside.entryId, aside);
      return "moved";
    },
    putBack: (aside, item) => {
      if (journal.get(aside.entryId)?.place !== "quarantined") return "not-there";
      if (store.item(aside.key) !== undefined) return "occupied";
      journal.delete(aside.entryId);
      store.put(item);
      return "put-back";
    },
    discardAside: (aside, discarded) => {
      if (!journal.delete(aside.entryId)) return "not-there";
      journal.set(discarded.entryId, discarded);
      return "discarded";
    },
  };
}

function holdEffects(store: ItemStore): Pick<Effects<OperatorTable>, "hold" | "letGo" | "makeDue"> {
  return {
    hold: (row, { actId, untilMs }, nowMs) => {
      const item = itemHolding(store, row);
      if (item === undefined) return "gone";
      const other = item[MARKS.heldBy]?.S;
      if (other !== undefined && other !== actId && isAtRest(item, nowMs)) return "held-by-another";
      const held = { ...item, [MARKS.heldBy]: { S: actId }, [MARKS.notBefore]: number(untilMs) };
      if (itemBytes(held) > MAX_ITEM_BYTES) return "no-room";
      store.put(held);
      return "held";
    },
    letGo: (row, hold, restedUntilMs) => {
      const item = itemHolding(store, row);
      if (item === undefined || !isHeld(item, hold)) return;
      const { [MARKS.heldBy]: _hold, [MARKS.notBefore]: _until, ...free } = item;
      store.put(restedUntilMs === undefined ? free : { ...free, [MARKS.notBefore]: number(restedUntilMs) });
    },
    makeDue: (row, nowMs) => {
      const item = itemHolding(store, row);
      if (item === undefined) return "gone";
      if (item[MARKS.heldBy] !== undefined && isAtRest(item, nowMs)) return "held";
      const { [MARKS.notBefore]: _rest, ...due } = item;
      store.put(due);
      return "made-due";
    },
  };
}

/** One page of whole rows, with the records of their keys. `shows`: which items the scan can see. */
export function operatorPage(store: ItemStore, from: ScanFrom, shows?: (item: Item) => boolean) {
  const { items, next } = store.page(from, shows);
  const rows = rowsAmong(items);
  const pks = new Set(rows.map(({ key }) => key.pk));
  const parkedKeys = [...pks].flatMap((pk) => annotated(store.parkedKey(pk)) ?? []);
  return { rows, parkedKeys, ...(next && { next }) };
}

function annotated(item: Item | undefined): AnnotatedParkedKey | undefined {
  const parkedKey = item && decodeParkedKey(item);
  if (item === undefined || parkedKey === undefined) return undefined;
  const reason = item[PARKED_KEY.reason]?.S;
  const deadLetterAt = item[PARKED_KEY.deadLetterAt]?.N;
  return {
    ...parkedKey,
    ...(reason === undefined ? {} : { reason }),
    ...(deadLetterAt === undefined ? {} : { deadLetterAtMs: Number(deadLetterAt) }),
  };
}

const isAtRest = (item: Item, nowMs: number): boolean => rests(Number(item[MARKS.notBefore]?.N ?? 0), nowMs);

const isHeld = (item: Item, { actId, untilMs }: Hold): boolean =>
  item[MARKS.heldBy]?.S === actId && Number(item[MARKS.notBefore]?.N ?? 0) === untilMs;

function isClaimed(store: ItemStore, pk: string, item: Item, claim: Claim, aside: AsideEvent): boolean {
  switch (claim.kind) {
    case "hold":
      return isHeld(item, claim);
    case "unchanged":
      return isDeepStrictEqual(item, aside.item);
    case "parked-key":
      return store.parkedKey(pk)?.[PARKED_KEY.owner]?.S === claim.owner;
  }
}
