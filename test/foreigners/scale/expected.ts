import { gunzipSync } from "node:zlib";
import type { Item, ItemValue } from "../../../lib/contract/codec/item.ts";
import type { Arrived } from "./wires.ts";

/**
 * What must arrive of a row that is an event, told from the row alone and by none of the product's code: its id, its key
 * and sequence where it is ordered, and its payload.
 */
export function expectedOf(item: Item): Arrived {
  const { pk, sk, id } = item;
  const isOrdered = pk?.S !== id?.S || sk?.N !== "1";
  const data = payloadOf(item["data"], item["datacontenttype"]?.S ?? "application/json");
  return {
    id: id?.S,
    // An unordered event may have an extension of either name.
    partitionkey: isOrdered ? pk?.S : plainOf(item["partitionkey"]),
    sequence: isOrdered ? sk?.N : plainOf(item["sequence"]),
    ...(data === undefined ? {} : { data: data.value }),
  };
}

const JSON_TYPE = /^(application|text)\/json\s*(;|$)|\+json\s*(;|$)/i;

function payloadOf(data: ItemValue | undefined, contentType: string): { readonly value: unknown } | undefined {
  if (data === undefined || data.NULL === true) return undefined;
  if (data.M !== undefined) return { value: plainOf(data) };
  const text = data.S ?? gunzipSync(data.B as Uint8Array).toString("utf8");
  return { value: JSON_TYPE.test(contentType) ? JSON.parse(text) : text };
}

const base64 = (bytes: Uint8Array | string): string => Buffer.from(bytes as Uint8Array).toString("base64");

/** A value of DynamoDB as a consumer has it. A number of 38 digits becomes the double that JSON.parse makes of it. */
function plainOf(value: ItemValue | undefined): unknown {
  if (value === undefined || value.NULL === true) return undefined;
  return nativeOf(value);
}

function nativeOf(value: ItemValue): unknown {
  if (value.S !== undefined) return value.S;
  if (value.N !== undefined) return Number(value.N);
  if (value.BOOL !== undefined) return value.BOOL;
  if (value.B !== undefined) return base64(value.B);
  if (value.L !== undefined) return value.L.map(nativeOf);
  if (value.M !== undefined) {
    return Object.fromEntries(Object.entries(value.M).map(([name, inner]) => [name, nativeOf(inner)]));
  }
  if (value.SS !== undefined) return value.SS;
  if (value.NS !== undefined) return value.NS.map(Number);
  return value.BS === undefined ? null : value.BS.map(base64);
}
