import { bytesOf, type Item, type ItemValue } from "./item.ts";

/** DynamoDB takes no larger item. "Item size", https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html */
export const MAX_ITEM_BYTES = 400 * 1024;
/**
 * The part of a row that is kept free when it is written: the relay marks a failing row with a reason of up to 500
 * characters of at most 3 bytes, two times, a count and an operator's act.
 */
export const ROOM_FOR_MARKS_BYTES = 2 * 1024;
export const MAX_ROW_BYTES = MAX_ITEM_BYTES - ROOM_FOR_MARKS_BYTES;
/** A write unit pays for this much of an item. */
const WRITE_UNIT_BYTES = 1024;

/** A list or a map, and each of its elements. */
const CONTAINER_BYTES = 3;
const ELEMENT_BYTES = 1;

/**
 * The size of an item as DynamoDB counts it: names and values in UTF-8. A number counts at its longest, because
 * DynamoDB calls its own rule for numbers approximate.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
 */
export function itemBytes(item: Item): number {
  let bytes = 0;
  for (const [name, value] of Object.entries(item)) bytes += Buffer.byteLength(name) + valueBytes(value);
  return bytes;
}

export const writeUnits = (bytes: number): number => Math.max(1, Math.ceil(bytes / WRITE_UNIT_BYTES));

function valueBytes(value: ItemValue): number {
  if (value.S !== undefined) return Buffer.byteLength(value.S);
  if (value.N !== undefined) return numberBytes(value.N);
  if (value.B !== undefined) return bytesOf(value.B).length;
  if (value.M !== undefined) {
    return CONTAINER_BYTES + itemBytes(value.M) + ELEMENT_BYTES * Object.keys(value.M).length;
  }
  if (value.L !== undefined) return CONTAINER_BYTES + sum(value.L, (element) => ELEMENT_BYTES + valueBytes(element));
  if (value.SS !== undefined) return sum(value.SS, (text) => Buffer.byteLength(text));
  if (value.NS !== undefined) return sum(value.NS, numberBytes);
  if (value.BS !== undefined) return sum(value.BS, (bytes) => bytesOf(bytes).length);
  return 1;
}

/** A byte for two digits, one for the exponent, one for the sign. */
const numberBytes = (text: string): number => Math.ceil(text.replace(/[eE].*$|\D/g, "").length / 2) + 2;

const sum = <Value>(values: readonly Value[], bytes: (value: Value) => number): number =>
  values.reduce((total, value) => total + bytes(value), 0);
