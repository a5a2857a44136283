import { gunzipSync, gzipSync } from "node:zlib";
import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import { bytesOf, type Item, type ItemValue } from "../../contract/codec/item.ts";
import { itemBytes, MAX_ITEM_BYTES } from "../../contract/codec/item-size.ts";
import type { AsideEvent, AsidePlace } from "../core/journal.ts";

/**
 * How a set-aside event stands in the journal table: under its place (`quarantined` or `discarded`) by the time it was
 * set aside, with its row whole in one attribute, of DynamoDB's own types, so that it comes back as it was.
 */
type Attributes = Record<string, AttributeValue>;

const text = (value: string): AttributeValue => ({ S: value });
const number = (value: number): AttributeValue => ({ N: String(value) });

export const asideKey = ({ place, entryId }: Pick<AsideEvent, "place" | "entryId">): Attributes => ({
  pk: text(place),
  sk: text(sortKey(entryId)),
});

/** A sort key takes 1,024 bytes, and an ordering key, which ends the entry's id, may have twice as many. */
const sortKey = (entryId: string): string => Buffer.from(entryId).subarray(0, 1_000).toString("utf8");

export function asideItem(aside: AsideEvent): Attributes {
  const facts = {
    ...asideKey(aside),
    entryId: text(aside.entryId),
    eventPk: text(aside.key.pk),
    eventSk: { N: aside.key.sk },
    actId: text(aside.actId),
    atMs: number(aside.atMs),
    who: text(aside.who),
    why: text(aside.why),
    ordered: { BOOL: aside.ordered },
    ...(aside.id === undefined ? {} : { eventId: text(aside.id) }),
    ...(aside.type === undefined ? {} : { eventType: text(aside.type) }),
    ...(aside.reason === undefined ? {} : { reason: text(aside.reason) }),
    ...(aside.parkedKeyVersion === undefined ? {} : { [STORED_VERSION]: number(aside.parkedKeyVersion) }),
  };
  const whole = { ...facts, row: { M: aside.item as Attributes } };
  return itemBytes(whole as Item) > MAX_ITEM_BYTES ? { ...facts, packedRow: { B: packed(aside.item) } } : whole;
}

/** Its name in the journal, which is frozen. */
const STORED_VERSION = "gateVersion";

type Convert = (bytes: Uint8Array | string) => Uint8Array | string;

const withBytes = (item: Item, convert: Convert): Item =>
  Object.fromEntries(Object.entries(item).map(([name, value]) => [name, valueWithBytes(value, convert)]));

function valueWithBytes(value: ItemValue, convert: Convert): ItemValue {
  if (value.B !== undefined) return { B: convert(value.B) };
  if (value.BS !== undefined) return { BS: value.BS.map(convert) };
  if (value.M !== undefined) return { M: withBytes(value.M, convert) };
  if (value.L !== undefined) return { L: value.L.map((each) => valueWithBytes(each, convert)) };
  return value;
}

/** A row as large as DynamoDB takes an item leaves no room for the facts beside it: it is kept as gzip of its DynamoDB JSON. */
const packed = (item: Item): Uint8Array =>
  gzipSync(JSON.stringify(withBytes(item, (bytes) => Buffer.from(bytesOf(bytes)).toString("base64"))));

const unpacked = (bytes: Uint8Array): Item =>
  withBytes(JSON.parse(gunzipSync(bytes).toString("utf8")) as Item, bytesOf);

export function readAsideItem(item: Item): AsideEvent {
  const optional = (name: string, attribute: string) => {
    const value = item[attribute]?.S;
    return value === undefined ? {} : { [name]: value };
  };
  const required = (attribute: string) => item[attribute]?.S ?? "";
  const parkedKeyVersion = item[STORED_VERSION]?.N;
  const packedRow = item["packedRow"]?.B;
  return {
    entryId: required("entryId"),
    place: required("pk") as AsidePlace,
    key: { pk: required("eventPk"), sk: item["eventSk"]?.N ?? "" },
    actId: required("actId"),
    atMs: Number(item["atMs"]?.N),
    who: required("who"),
    why: required("why"),
    ordered: item["ordered"]?.BOOL === true,
    ...optional("id", "eventId"),
    ...optional("type", "eventType"),
    ...optional("reason", "reason"),
    ...(parkedKeyVersion === undefined ? {} : { parkedKeyVersion: Number(parkedKeyVersion) }),
    item: packedRow === undefined ? (item["row"]?.M ?? {}) : unpacked(bytesOf(packedRow)),
  };
}
