import type { Item } from "../../../contract/codec/item.ts";
import { kindOfItem, kindOfKey } from "../../../contract/codec/item-kind.ts";
import { keyText, type RowKey } from "../../../contract/event.ts";
import { MARKS, PARKED_KEY, UNORDERED_SORT_KEY } from "../../../contract/item-contract.ts";
import { keepRecent } from "../../../core/keep-recent.ts";

/** What a change of the outbox table means to a person who watches events go by. */
export interface EventChange {
  readonly what:
    | "written"
    | "parked"
    | "retried"
    | "held"
    | "delivered"
    | "requeued"
    | "set aside"
    | "expired"
    | "key parked"
    | "key freed";
  readonly key: RowKey;
  readonly id?: string;
  readonly type?: string;
  readonly why?: string;
}

export interface ItemChange {
  readonly kind: "INSERT" | "MODIFY" | "REMOVE";
  readonly keys: Item;
  readonly image?: Item;
  /** DynamoDB itself removed the item, because of a time to live. */
  readonly expired?: boolean;
}

/** So many rows that were seen are remembered, to name them when they are removed. */
const REMEMBERED = 10_000;

/**
 * Turns changes of the table into changes of events. A removed row was delivered, unless a command held it or DynamoDB
 * removed it. A removed row that was parked before was requeued. A person who deletes a row by hand cannot be told from
 * the relay. The relay's own bookkeeping does not count as a change.
 */
export function eventChanges(): (change: ItemChange) => EventChange | undefined {
  const seen = new Map<string, { readonly id?: string; readonly type?: string; readonly was: EventChange["what"] }>();

  function remember(text: string, image: Item): { readonly id?: string; readonly type?: string } {
    const id = image["id"]?.S;
    const type = image["type"]?.S;
    const known = { ...(id === undefined ? {} : { id }), ...(type === undefined ? {} : { type }) };
    const was =
      image[MARKS.heldBy] !== undefined ? "set aside" : image[MARKS.attempts] !== undefined ? "requeued" : "delivered";
    keepRecent(seen, text, { ...known, was }, REMEMBERED);
    return known;
  }

  return ({ kind, keys, image, expired }) => {
    const key = { pk: keys["pk"]?.S ?? "", sk: keys["sk"]?.N ?? "" };
    const text = keyText(key);
    // A removal shows only the item's key. At the sort key of parked-key records, the item was a row if a row was seen
    // there.
    const itemKind = image !== undefined ? kindOfItem({ ...image, ...keys }) : seen.has(text) ? "row" : kindOfKey(key);
    if (itemKind === "lease") return undefined;
    if (itemKind === "parked-key") return parkedKeyChange(kind, key, image);
    if (kind === "REMOVE") {
      const { was = "delivered", ...known } = seen.get(text) ?? {};
      seen.delete(text);
      const what = expired === true ? "expired" : was;
      // The partition key of an unordered event's row is the event's id.
      return { what, key, ...(key.sk === UNORDERED_SORT_KEY ? { id: key.pk } : {}), ...known };
    }
    if (image === undefined) return undefined;
    const known = remember(text, image);
    if (kind === "INSERT") return { what: "written", key, ...known };
    const why = image[MARKS.reason]?.S;
    const told = { key, ...known, ...(why === undefined ? {} : { why }) };
    if (image[MARKS.heldBy] !== undefined) return { what: "held", ...told };
    if (image[MARKS.notBefore] !== undefined) return { what: "parked", ...told };
    return image[MARKS.attempts] === undefined ? undefined : { what: "retried", ...told };
  };
}

function parkedKeyChange(kind: ItemChange["kind"], key: RowKey, image: Item | undefined): EventChange | undefined {
  if (kind === "MODIFY") return undefined;
  const why = image?.[PARKED_KEY.reason]?.S;
  return { what: kind === "INSERT" ? "key parked" : "key freed", key, ...(why === undefined ? {} : { why }) };
}
