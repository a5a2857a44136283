import { gzipSync } from "node:zlib";
import type { RowKey } from "../event.ts";
import { MAX_KEY_BYTES, UNORDERED_SORT_KEY } from "../item-contract.ts";
import { isJsonContentType } from "./content-type.ts";
import { decodeItem } from "./decode-row.ts";
import type { Item, ItemValue } from "./item.ts";
import { itemBytes, MAX_ROW_BYTES } from "./item-size.ts";

/** The row that a CloudEvent makes. */
export type RowOfEvent =
  | { readonly kind: "row"; readonly item: Item }
  /** It is not the text of an event that the relay read from a row of this key. */
  | { readonly kind: "unreadable"; readonly reason: string };

type Attributes = Readonly<Record<string, unknown>>;

interface Parts {
  readonly attributes: Attributes;
  /** As JSON text, untouched. Absent: the event has no data. */
  readonly data?: string;
}

/**
 * Makes the row of an event again from the text that the relay published: the reverse of `decodeItem`, as far as the event
 * tells. Where the event went does not stand in it, nor do the relay's marks. Data goes from text to text, so that not a digit
 * of it changes.
 *
 * The row is decoded before it is returned. A text that does not come back as it was is refused: whoever reads it from
 * somewhere may have read anything.
 */
export function rowOfEvent(key: RowKey, json: string): RowOfEvent {
  const parts = partsOf(json);
  if (parts === undefined) return unreadable("it is not a CloudEvent as the relay writes it");
  const keyBytes = Buffer.byteLength(key.pk);
  if (keyBytes === 0 || keyBytes > MAX_KEY_BYTES) return unreadable("its key is not one of DynamoDB's");
  const item = itemOf(key, parts);
  const decoded = decodeItem(item);
  if (decoded.kind === "reserved") return unreadable("its key is the relay's own");
  const { content } = decoded.row;
  if (content.kind === "malformed") return unreadable(content.row.reason);
  const back = partsOf(content.event.json);
  return back !== undefined && isSame(back, parts) && isStorable(item)
    ? { kind: "row", item }
    : unreadable("a row cannot hold it as it is");
}

const unreadable = (reason: string): RowOfEvent => ({ kind: "unreadable", reason });

/** Data is the last member, and quotation marks within strings are escaped: so this stands in no other place before it. */
const DATA_MEMBER = ',"data":';

function partsOf(json: string): Parts | undefined {
  const at = json.indexOf(DATA_MEMBER);
  try {
    const attributes: unknown = JSON.parse(at === -1 ? json : `${json.slice(0, at)}}`);
    if (typeof attributes !== "object" || attributes === null || Array.isArray(attributes)) return undefined;
    if (at === -1) return { attributes: attributes as Attributes };
    const data = json.slice(at + DATA_MEMBER.length, -1);
    JSON.parse(data);
    return json.endsWith("}") ? { attributes: attributes as Attributes, data } : undefined;
  } catch {
    return undefined;
  }
}

/** The relay makes them of the row's key. */
const OF_KEY = new Set(["partitionkey", "sequence"]);

function itemOf(key: RowKey, { attributes, data }: Parts): Item {
  const isOrdered = key.pk !== attributes["id"] || key.sk !== UNORDERED_SORT_KEY;
  const item: Record<string, ItemValue> = {};
  for (const [name, value] of Object.entries(attributes)) {
    if (name !== "specversion" && !(isOrdered && OF_KEY.has(name))) item[name] = attributeOf(value);
  }
  const contentType = attributes["datacontenttype"];
  const isJson = typeof contentType === "string" && isJsonContentType(contentType);
  if (data !== undefined) item["data"] = isJson ? { S: data } : attributeOf(JSON.parse(data));
  return { ...item, pk: { S: key.pk }, sk: { N: key.sk } };
}

function attributeOf(value: unknown): ItemValue {
  if (typeof value === "string") return { S: value };
  if (typeof value === "number") return { N: String(value) };
  // Whatever else it is, no event has it, and so it does not come back.
  return { BOOL: value === true };
}

function isSame(one: Parts, other: Parts): boolean {
  const names = Object.keys(one.attributes);
  return (
    one.data === other.data &&
    names.length === Object.keys(other.attributes).length &&
    names.every((name) => one.attributes[name] === other.attributes[name])
  );
}

/** DynamoDB's strings are UTF-8, which has no halves of surrogate pairs. */
const isStorable = (item: Item): boolean => Object.values(item).every(({ S = "" }) => !/\p{Surrogate}/u.test(S));

/** The row as small as it must be: with its data as gzip, if DynamoDB would not take it otherwise. Undefined: it is too large. */
export function fitted(item: Item): Item | undefined {
  if (itemBytes(item) <= MAX_ROW_BYTES) return item;
  const data = item["data"]?.S;
  if (data === undefined) return undefined;
  const zipped: Item = { ...item, data: { B: gzipSync(data) } };
  return itemBytes(zipped) <= MAX_ROW_BYTES ? zipped : undefined;
}
