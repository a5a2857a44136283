import { NumberValueImpl as NumberValue } from "@aws-sdk/util-dynamodb";

/**
 * Replaces the NumberValues of another copy of util-dynamodb by this package's own. A service has such a copy if its
 * lib-dynamodb is of another release. `marshall` knows only its own class: it refuses the other, or writes it as a map
 * of its fields.
 *
 * @returns the same value if it holds none of them.
 */
export function withOwnNumbers(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (isForeignNumber(value)) return NumberValue.from(String(value));
  if (Array.isArray(value)) return changed(value, value.map(withOwnNumbers));
  if (value instanceof Set) {
    const members = [...value];
    const own = members.map(withOwnNumbers);
    return changed(members, own) === members ? value : new Set(own);
  }
  if (value instanceof Map) return mapped(value, [...value.entries()], (entries) => new Map(entries));
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null
    ? mapped(value, Object.entries(value), (entries) => Object.fromEntries(entries))
    : value;
}

const isForeignNumber = (value: object): boolean =>
  value.constructor?.name === "NumberValue" && !(value instanceof NumberValue) && "toAttributeValue" in value;

const changed = (before: readonly unknown[], after: readonly unknown[]): readonly unknown[] =>
  after.some((value, index) => !Object.is(value, before[index])) ? after : before;

type Entry = readonly [name: string, value: unknown];

function mapped(value: object, entries: readonly Entry[], make: (entries: readonly Entry[]) => object): object {
  const members = entries.map(([, member]) => member);
  const own = changed(members, members.map(withOwnNumbers));
  return own === members ? value : make(entries.map(([name], index): Entry => [name, own[index]]));
}
