import { jsonText } from "./json-text.ts";

/**
 * A DynamoDB item as the stream and the table spell it. A structural type, so that the SDK's and Lambda's own types
 * both fit and core depends on neither. Only this folder looks inside.
 */
export type Item = Readonly<Record<string, ItemValue>>;

export interface ItemValue {
  readonly S?: string | undefined;
  readonly N?: string | undefined;
  /** Bytes from the SDK; base64 text from a Lambda stream record. */
  readonly B?: Uint8Array | string | undefined;
  readonly BOOL?: boolean | undefined;
  readonly NULL?: boolean | undefined;
  readonly M?: Readonly<Record<string, ItemValue>> | undefined;
  readonly L?: readonly ItemValue[] | undefined;
  readonly SS?: readonly string[] | undefined;
  readonly NS?: readonly string[] | undefined;
  readonly BS?: readonly (Uint8Array | string)[] | undefined;
}

/** The name of the type that a value carries (`S`, `M`, ...), for messages. */
export const typeOf = (value: ItemValue): string => Object.keys(value)[0] ?? "nothing";

export const bytesOf = (value: Uint8Array | string): Uint8Array =>
  typeof value === "string" ? Buffer.from(value, "base64") : value;

const base64Of = (value: Uint8Array | string): string =>
  typeof value === "string" ? value : Buffer.from(value).toString("base64");

/** DynamoDB's numbers have up to 38 digits: they are copied as text, for a JavaScript number would round them. */
const JSON_NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;

const numberText = (text: string): string => (JSON_NUMBER.test(text) ? text : JSON.stringify(text));

/**
 * Writes a DynamoDB value as JSON text: maps and lists as objects and arrays, sets as arrays, bytes as base64.
 * Straight to text, with no tree in between, because this runs once for every event whose data is a map.
 */
export function jsonOf(value: ItemValue): string {
  if (value.S !== undefined) return jsonText(value.S);
  if (value.N !== undefined) return numberText(value.N);
  if (value.BOOL !== undefined) return value.BOOL ? "true" : "false";
  if (value.M !== undefined) return objectText(value.M);
  if (value.L !== undefined) return listText(value.L);
  if (value.SS !== undefined) return JSON.stringify(value.SS);
  if (value.NS !== undefined) return `[${value.NS.map(numberText).join(",")}]`;
  if (value.B !== undefined) return `"${base64Of(value.B)}"`;
  if (value.BS !== undefined) return JSON.stringify(value.BS.map(base64Of));
  return "null";
}

function objectText(map: Readonly<Record<string, ItemValue>>): string {
  let text = "{";
  for (const name of Object.keys(map)) {
    text += `${text.length > 1 ? "," : ""}${jsonText(name)}:${jsonOf(map[name] ?? NOTHING)}`;
  }
  return `${text}}`;
}

function listText(list: readonly ItemValue[]): string {
  let text = "[";
  for (const value of list) text += text.length > 1 ? `,${jsonOf(value)}` : jsonOf(value);
  return `${text}]`;
}

const NOTHING: ItemValue = {};

/** The item in DynamoDB's own JSON (`{"pk":{"S":"..."}}`), for people who must repair it. */
export const itemJson = (item: Item): string => JSON.stringify(item, withBase64);

/** A Buffer has turned itself into an object when it arrives here as a value; its holder still has it as it was. */
function withBase64(this: Readonly<Record<string, unknown>>, name: string, value: unknown): unknown {
  const held = this[name];
  return held instanceof Uint8Array ? base64Of(held) : value;
}
