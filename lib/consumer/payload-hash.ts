import { createHash } from "node:crypto";
import type { CloudEvent } from "./cloud-event.ts";

/** A hash of an event's data, 43 characters. The order of fields does not change it. */
export function payloadHash({ data, dataref, data_base64: bytes }: CloudEvent): string {
  // Bytes are added only if there are any: the hash of an event without bytes stays what stored rows hold.
  const carried = bytes === undefined ? [data, dataref] : [data, dataref, bytes];
  return createHash("sha256").update(sortedJson(carried)).digest("base64url");
}

/** What is still to be written: text as it is, an object or a list, or the end of one. */
type Part = string | { readonly begins: object } | { readonly ends: object; readonly text: string };

/**
 * What `JSON.stringify` makes of a value whose fields are sorted: transports parse and rewrite JSON, and not all of them keep the
 * order of fields. `JSON.stringify` calls itself for each level, and an event may be nested more deeply than the stack.
 */
function sortedJson(root: object): string {
  let json = "";
  /** The next one is the last. */
  const parts: Part[] = [{ begins: root }];
  const open = new Set<object>();
  for (let part = parts.pop(); part !== undefined; part = parts.pop()) {
    if (typeof part === "string") {
      json += part;
    } else if ("ends" in part) {
      json += part.text;
      open.delete(part.ends);
    } else {
      if (open.has(part.begins)) throw new TypeError("The event's data holds itself: an event's data must be JSON.");
      open.add(part.begins);
      for (const inner of partsOf(part.begins).reverse()) parts.push(inner);
    }
  }
  return json;
}

function partsOf(value: object): Part[] {
  const isList = Array.isArray(value);
  const parts: Part[] = [];
  let text = isList ? "[" : "{";
  for (const [index, [label, inner]] of (isList ? entriesOf(value) : fieldsOf(value)).entries()) {
    text += `${index === 0 ? "" : ","}${label}`;
    if (typeof inner === "string") text += inner;
    else {
      parts.push(text, inner);
      text = "";
    }
  }
  return [...parts, { ends: value, text: `${text}${isList ? "]" : "}"}` }];
}

type Field = readonly [label: string, inner: Part];

const entriesOf = (list: readonly unknown[]): readonly Field[] =>
  Array.from(list, (entry, index) => ["", partOf(asJson(String(index), entry)) ?? "null"] as const);

/** Not sorted alone: in an object, names that are whole numbers stand first, and so they do in the JSON of stored hashes. */
const fieldsOf = (value: object): readonly Field[] =>
  Object.entries(Object.fromEntries(Object.entries(value).sort(byName))).flatMap(([name, given]): readonly Field[] => {
    const inner = partOf(asJson(name, given));
    return inner === undefined ? [] : [[`${JSON.stringify(name)}:`, inner]];
  });

const byName = ([one]: readonly [string, unknown], [other]: readonly [string, unknown]): number =>
  one < other ? -1 : 1;

/** Undefined for what JSON leaves out. */
const partOf = (value: unknown): Part | undefined =>
  typeof value === "object" && value !== null ? { begins: value } : JSON.stringify(value);

/** A date, say, in the data of an event that was made by hand. */
function asJson(name: string, value: unknown): unknown {
  const { toJSON } = (value ?? {}) as { readonly toJSON?: unknown };
  return typeof toJSON === "function" ? toJSON.call(value, name) : value;
}
