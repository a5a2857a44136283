import type { Item } from "../codec/item.ts";
import { readEntries, readFields, readText, refuse } from "./setting-reader.ts";

/**
 * Which events a relay delivers, where several relays share one outbox table: only some types, or all except some
 * types. An entry is a type, or the beginning of types followed by `*`, such as `order.*`.
 *
 * Each row must belong to exactly one relay. One relay should say `except`: it then delivers or parks each row whose
 * type cannot be read or was forgotten.
 */
export type EventTypes = { readonly only: readonly string[] } | { readonly except: readonly string[] };

/**
 * A row of another relay is overdue at this many times the age at which a sweep takes one: by then its own relay should
 * have swept it, whatever became of its stream record.
 */
export const FOREIGN_AGES = 3;

const PREFIX_END = "*";

/** One entry, taken apart. */
export type TypePattern = { readonly type: string } | { readonly prefix: string };

export const patternOf = (entry: string): TypePattern =>
  entry.endsWith(PREFIX_END) ? { prefix: entry.slice(0, -PREFIX_END.length) } : { type: entry };

/** Whether a row, well formed or not, is this relay's. Without a setting every row is. */
export function isOwn(item: Item, eventTypes: EventTypes | undefined): boolean {
  if (eventTypes === undefined) return true;
  const type = item["type"]?.S;
  const isListed = (entries: readonly string[]) => type !== undefined && entries.map(patternOf).some(matches(type));
  return "only" in eventTypes ? isListed(eventTypes.only) : !isListed(eventTypes.except);
}

const matches =
  (type: string) =>
  (pattern: TypePattern): boolean =>
    "type" in pattern ? type === pattern.type : type.startsWith(pattern.prefix);

/** Whether a list covers every type of an entry. A prefix has more types than a list could name one by one. */
export function isCovered(entry: string, list: readonly string[]): boolean {
  const pattern = patternOf(entry);
  return list.map(patternOf).some((each) => {
    if ("type" in each) return "type" in pattern && pattern.type === each.type;
    return ("type" in pattern ? pattern.type : pattern.prefix).startsWith(each.prefix);
  });
}

/** @throws SettingError naming the setting, the value and what is allowed. */
export function readEventTypes(path: string, value: unknown): EventTypes {
  const { only, except } = readFields(path, value, ["only", "except"]);
  if ((only === undefined) === (except === undefined)) {
    return refuse(path, value, 'it must hold either only or except, for example {"only":["order.*"]}');
  }
  return only === undefined
    ? { except: readTypes(`${path}.except`, except) }
    : { only: readTypes(`${path}.only`, only) };
}

/** A type, or the beginning of one, in which nothing can be seen. */
const BLANK_OR_CONTROL = /^\s+\*?$|\p{Cc}/u;

function readTypes(path: string, value: unknown): readonly string[] {
  const allowed = "it must be a list of one or more event types, each a string such as order.placed or order.*";
  if (!Array.isArray(value) || value.length === 0) return refuse(path, value, allowed);
  const entries = readEntries(path, value, (place, entry) => {
    const type = readText(place, entry);
    if (BLANK_OR_CONTROL.test(type)) return refuse(place, entry, "a type is not blank, and has no control characters");
    const at = type.indexOf(PREFIX_END);
    if (at === -1 || (at > 0 && at === type.length - 1)) return type;
    return refuse(place, entry, "a * may only stand at the end, behind the beginning of a type");
  });
  for (const [index, entry] of entries.entries()) {
    const other = entries.find((each, at) => (each === entry ? at < index : isCovered(entry, [each])));
    if (other !== undefined) refuse(`${path}[${index}]`, entry, `${other} in the same list covers it: leave it out`);
  }
  return entries;
}
