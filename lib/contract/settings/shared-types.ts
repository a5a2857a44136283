import { type EventTypes, isCovered } from "./event-types.ts";

/**
 * Events that relays sharing a table leave to nobody, or take twice: each row must belong to exactly one relay. A relay
 * without event types takes every row.
 */

/** A description of something that both take; undefined where no row is both's. */
export function overlapOf(one: EventTypes | undefined, other: EventTypes | undefined): string | undefined {
  if (one === undefined && other === undefined) return "every row";
  if (one === undefined || other === undefined) return wordsOf(one ?? other);
  if ("only" in one && "only" in other) return commonOf(one.only, other.only);
  if ("only" in one && "except" in other) return one.only.find((entry) => !isCovered(entry, other.except));
  if ("except" in one && "only" in other) return overlapOf(other, one);
  // Beyond the types that two lists leave out there are more types, and rows without a readable type.
  return "whatever neither leaves out";
}

/** A description of what none of them takes; undefined where every row has a relay. */
export function gapOf(shares: readonly (EventTypes | undefined)[]): string | undefined {
  if (shares.includes(undefined)) return undefined;
  const known = shares.filter((share) => share !== undefined);
  const delivered = known.flatMap((share) => ("only" in share ? share.only : []));
  const [left, ...others] = known.flatMap((share) => ("except" in share ? [share.except] : []));
  if (left === undefined) return `any type but ${delivered.join(", ")}, and rows whose type cannot be read`;
  // A type in one relay's "except" list goes to another relay that says "except", unless that list has it too.
  const open = left.filter(
    (entry) => !isCovered(entry, delivered) && others.every((except) => commonOf([entry], except) !== undefined),
  );
  if (open.length === 0) return undefined;
  return open
    .map((entry) => {
      const taken = delivered.filter((each) => isCovered(each, [entry]));
      return taken.length === 0 ? entry : `${entry} other than ${taken.join(" and ")}`;
    })
    .join(", ");
}

const wordsOf = (share: EventTypes | undefined): string =>
  share === undefined
    ? "every row"
    : "only" in share
      ? share.only.join(", ")
      : `every type but ${share.except.join(", ")}`;

/** The narrower of two entries that have types in common. */
function commonOf(some: readonly string[], others: readonly string[]): string | undefined {
  for (const entry of some) {
    for (const other of others) {
      if (isCovered(entry, [other])) return entry;
      if (isCovered(other, [entry])) return other;
    }
  }
  return undefined;
}
