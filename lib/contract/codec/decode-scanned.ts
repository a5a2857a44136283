import type { DueMarks, RowKey, ScannedRow } from "../event.ts";
import { MARKS, PARKED_KEY, PARTITION_KEY, SORT_KEY } from "../item-contract.ts";
import { attemptsOf } from "../read-back.ts";
import type { Item } from "./item.ts";
import { KIND_ATTRIBUTES, kindOfItem } from "./item-kind.ts";
import { timeOf } from "./rfc-3339.ts";

/**
 * The attributes that a scan reads: those that {@link decodeScanned} needs of a row, `type` for tables that relays share,
 * and those of parked-key records. The events' data is left out: it would make a page several times as long to carry
 * and to parse.
 */
export const SCANNED_ATTRIBUTES: readonly string[] = [
  ...[PARTITION_KEY, SORT_KEY, ...KIND_ATTRIBUTES, "recordedtime", "destination"],
  ...[MARKS.notBefore, MARKS.attempts, MARKS.seenAt],
  ...[PARKED_KEY.owner, PARKED_KEY.leaseUntil, PARKED_KEY.notBefore, PARKED_KEY.attempts],
];

/** Reads an item as a scan shows it; undefined for the relay's own state, which is not an event. */
export function decodeScanned(item: Item): ScannedRow | undefined {
  const key = keyIn(item);
  if (kindOfItem(item) !== "row") return undefined;
  const id = item["id"]?.S;
  const recordedAtMs = recordedAtOf(item);
  const destination = item["destination"]?.S;
  return {
    key,
    marks: decodeDueMarks(item),
    ...(id === undefined || id === "" ? {} : { id }),
    ...(recordedAtMs === undefined ? {} : { recordedAtMs }),
    ...(destination === undefined || destination === "" ? {} : { destination }),
  };
}

export function keyIn(item: Item): RowKey {
  const pk = item[PARTITION_KEY]?.S;
  const sk = item[SORT_KEY]?.N;
  if (pk === undefined || sk === undefined) {
    throw new TypeError("The item has no key pk (S) and sk (N): it cannot come from an outbox table");
  }
  return { pk, sk };
}

/** A `recordedtime` that cannot be read counts as absent: the row's age then counts from the sweep's first look. */
export const recordedAtOf = (item: Item): number | undefined => timeOf(item["recordedtime"]?.S);

/**
 * Filled in field by field: this runs for every event, and an object spread for each optional field would be half its
 * cost.
 */
export type Mutable<Shape> = { -readonly [Field in keyof Shape]: Shape[Field] };

export function decodeDueMarks(item: Item): Mutable<DueMarks> {
  const marks: Mutable<DueMarks> = { attempts: attemptsOf(markOf(item, MARKS.attempts)) };
  const notBeforeMs = markOf(item, MARKS.notBefore);
  const seenAtMs = markOf(item, MARKS.seenAt);
  if (notBeforeMs !== undefined) marks.notBeforeMs = notBeforeMs;
  if (seenAtMs !== undefined) marks.seenAtMs = seenAtMs;
  return marks;
}

function markOf(item: Item, name: string): number | undefined {
  const text = item[name]?.N;
  if (text === undefined) return undefined;
  const value = Number(text);
  return Number.isNaN(value) ? undefined : value;
}
