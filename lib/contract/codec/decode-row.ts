import { gunzipSync } from "node:zlib";
import type { Marks, OutboxEvent, OutboxRow, RowContent, RowKey } from "../event.ts";
import {
  FIRST_SEQUENCE,
  LEASE_PREFIX,
  MARKS,
  MAX_INFLATED_BYTES,
  RESERVED_PREFIX,
  UNORDERED_SORT_KEY,
} from "../item-contract.ts";
import { sequenceOf } from "../sort-key.ts";
import { nonconformitiesOf } from "./conformance.ts";
import { DEFAULT_CONTENT_TYPE, isJsonContentType } from "./content-type.ts";
import { decodeDueMarks, keyIn, type Mutable, recordedAtOf } from "./decode-scanned.ts";
import { bytesOf, type Item, type ItemValue, itemJson, jsonOf, typeOf } from "./item.ts";
import { isLeasePartition, kindOfItem } from "./item-kind.ts";
import { jsonText } from "./json-text.ts";
import { readTime } from "./rfc-3339.ts";
import { withoutCredentials } from "./without-credentials.ts";

/** An item of the table: an event's row, or the relay's own state, which is not an event. */
export type DecodedItem = { readonly kind: "row"; readonly row: OutboxRow } | { readonly kind: "reserved" };

/**
 * Reads one item of the outbox table, from the table itself or from its stream.
 *
 * Every shape has an answer: an item that breaks the contract becomes a `malformed` row with its reason, never an
 * exception.
 */
export function decodeItem(item: Item): DecodedItem {
  const key = keyIn(item);
  if (kindOfItem(item) !== "row") return { kind: "reserved" };
  return { kind: "row", row: { key, content: decodeContent(key, item), marks: decodeMarks(item) } };
}

function decodeMarks(item: Item): Marks {
  const marks: Mutable<Marks> = decodeDueMarks(item);
  const reason = item[MARKS.reason]?.S;
  const heldBy = item[MARKS.heldBy]?.S;
  if (reason !== undefined) marks.reason = reason;
  if (heldBy !== undefined) marks.heldBy = heldBy;
  return marks;
}

/** Thrown and caught only in this file: the shortest way out of a nested read. */
class Malformed extends Error {
  override readonly name = "Malformed";
}

function decodeContent(key: RowKey, item: Item): RowContent {
  try {
    return { kind: "event", event: decodeEvent(key, item) };
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    const id = item["id"]?.S;
    const recordedAtMs = recordedAtOf(item);
    return {
      kind: "malformed",
      row: {
        ...key,
        ...(id === undefined || id === "" ? {} : { id }),
        ...(recordedAtMs === undefined ? {} : { recordedAtMs }),
        reason: error.message,
        json: itemJson(withoutCredentials(item)),
      },
    };
  }
}

/** Attributes with a place of their own; every other name is a CloudEvents extension. */
export const OWN_ATTRIBUTES: ReadonlySet<string> = new Set([
  "pk",
  "sk",
  "id",
  "source",
  "type",
  "time",
  "data",
  "destination",
  "specversion",
]);
/** Optional attributes that must be strings. */
const TEXT_ATTRIBUTES = new Set([
  "subject",
  "datacontenttype",
  "dataschema",
  "traceparent",
  "tracestate",
  "recordedtime",
]);

function decodeEvent(key: RowKey, item: Item): OutboxEvent {
  if (sequenceOf(key.sk) === undefined) {
    throw new Malformed(
      `sk is ${key.sk}: it must be an integer from ${FIRST_SEQUENCE} up to ${Number.MAX_SAFE_INTEGER}`,
    );
  }
  const id = requiredText(item, "id");
  const source = requiredText(item, "source");
  const type = requiredText(item, "type");
  const time = requiredText(item, "time");
  const named = readTime(time);
  if (named === undefined) {
    throw new Malformed(`time is ${quoted(time)}: it must be an RFC 3339 time such as 2026-01-31T12:00:00Z`);
  }
  const specversion = optionalText(item, "specversion");
  if (specversion !== undefined && specversion !== "1.0") {
    throw new Malformed(`specversion is ${quoted(specversion)}: it must be "1.0" or absent`);
  }
  const ordered = key.pk !== id || key.sk !== UNORDERED_SORT_KEY;
  if (ordered && isLeasePartition(key.pk)) {
    throw new Malformed(`pk is ${quoted(key.pk)}: an ordering key must not begin with ${LEASE_PREFIX}`);
  }
  const contentType = optionalText(item, "datacontenttype") ?? DEFAULT_CONTENT_TYPE;
  const data = dataText(item["data"], contentType);
  // Our writer gives both the same value, unless the caller says when the event happened.
  const recordedAtMs = item["recordedtime"]?.S === time ? named.ms : recordedAtOf(item);
  const destination = optionalText(item, "destination");
  const traceparent = optionalText(item, "traceparent");
  const attributes =
    `{"specversion":"1.0","id":${jsonText(id)},"source":${jsonText(source)},"type":${jsonText(type)}` +
    `,"time":${jsonText(time)}${extensionsText(item, ordered)}` +
    (ordered ? `,"partitionkey":${jsonText(key.pk)},"sequence":"${key.sk}"` : "") +
    (data === undefined ? "" : `,"datacontenttype":${jsonText(contentType)},"data":`);
  const { pk, sk } = key;
  const event: Mutable<OutboxEvent> = { pk, sk, id, source, type, time, json: `${attributes}${data ?? ""}}` };
  if (data !== undefined) event.dataAt = attributes.length;
  if (named.ms !== undefined) event.timeMs = named.ms;
  if (ordered) event.orderingKey = pk;
  if (recordedAtMs !== undefined) event.recordedAtMs = recordedAtMs;
  if (destination !== undefined) event.destination = destination;
  if (traceparent !== undefined) event.traceparent = traceparent;
  const nonconformities = nonconformitiesOf({
    source,
    dataschema: item["dataschema"]?.S,
    traceparent,
    json: attributes,
    hasInstant: named.ms !== undefined,
    isRecordedTime: recordedAtMs !== undefined || item["recordedtime"]?.S === undefined,
  });
  if (nonconformities !== undefined) event.nonconformities = nonconformities;
  return event;
}

/** A reason shows at most this many characters of a value: enough to recognise it, too few to leak a payload. */
const SHOWN_CHARACTERS = 40;

function quoted(text: string): string {
  return JSON.stringify(text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}...` : text);
}

function requiredText(item: Item, name: string): string {
  return optionalText(item, name) ?? malformed(`${name} is absent: it must be a string (S)`);
}

function malformed(reason: string): never {
  throw new Malformed(reason);
}

/** A NULL counts as absent, as in CloudEvents' own JSON: some marshallers write NULL for an unset field. */
function optionalText(item: Item, name: string): string | undefined {
  const value = item[name];
  if (value === undefined || value.NULL === true) return undefined;
  if (value.S === undefined) return malformed(`${name} has type ${typeOf(value)}: it must be a string (S)`);
  if (value.S === "") return malformed(`${name} is empty: it must be a string that is not empty, or absent`);
  return value.S;
}

export const EXTENSION_NAME = /^[a-z0-9]+$/;
const SET_BY_THE_RELAY = new Set(["partitionkey", "sequence"]);

/**
 * Global tables of version 2017.11.29 keep their own notes on each item: aws:rep:deleting, aws:rep:updatetime, aws:rep:updateregion.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/globaltables.V1.html
 */
export const REPLICATION_PREFIX = "aws:rep:";

function extensionsText(item: Item, ordered: boolean): string {
  let text = "";
  for (const name of Object.keys(item)) {
    if (OWN_ATTRIBUTES.has(name) || name.startsWith(RESERVED_PREFIX) || name.startsWith(REPLICATION_PREFIX)) continue;
    const value = item[name];
    if (value === undefined || value.NULL === true) continue;
    // The content type describes the data and travels beside it.
    if (name === "datacontenttype") continue;
    if (!EXTENSION_NAME.test(name)) {
      malformed(`the attribute ${quoted(name)} is not allowed: a name has lower-case letters and digits only`);
    }
    if (ordered && SET_BY_THE_RELAY.has(name)) {
      malformed(`the attribute ${name} is not allowed on an ordered event: the relay sets it from pk and sk`);
    }
    text += `,"${name}":${TEXT_ATTRIBUTES.has(name) ? jsonText(requiredText(item, name)) : extensionValue(name, value)}`;
  }
  return text;
}

/** CloudEvents has 32-bit integers only; any other number travels as a string. */
function extensionValue(name: string, value: ItemValue): string {
  if (value.S !== undefined) return jsonText(value.S);
  if (value.BOOL !== undefined) return String(value.BOOL);
  if (value.N !== undefined) {
    const number = Number(value.N);
    return number === (number | 0) ? String(number) : JSON.stringify(value.N);
  }
  return malformed(
    `the attribute ${name} has type ${typeOf(value)}: an extension is a string (S), a number (N) or a BOOL`,
  );
}

function dataText(data: ItemValue | undefined, contentType: string): string | undefined {
  if (data === undefined || data.NULL === true) return undefined;
  const isJson = isJsonContentType(contentType);
  if (data.M !== undefined) {
    return isJson
      ? jsonOf(data)
      : malformed(`data is a map (M), which is JSON, but datacontenttype is ${quoted(contentType)}`);
  }
  const text = data.S ?? (data.B === undefined ? undefined : inflated(bytesOf(data.B)));
  if (text === undefined) {
    return malformed(`data has type ${typeOf(data)}: it must be a string (S), a map (M) or gzip bytes (B)`);
  }
  return isJson ? checkedJson(text) : JSON.stringify(text);
}

/** The text is published untouched; parsing only proves that it is JSON, or it would break the envelope. */
function checkedJson(text: string): string {
  try {
    JSON.parse(text);
    return text;
  } catch {
    return malformed("data is not JSON text although datacontenttype says so; set datacontenttype, or repair data");
  }
}

function inflated(bytes: Uint8Array): string {
  try {
    const text = gunzipSync(bytes, { maxOutputLength: MAX_INFLATED_BYTES });
    return new TextDecoder("utf-8", { fatal: true }).decode(text);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    return malformed(
      code === "ERR_BUFFER_TOO_LARGE"
        ? `data unfolds to more than ${MAX_INFLATED_BYTES} bytes`
        : "data (B) is not gzip of UTF-8 text",
    );
  }
}
