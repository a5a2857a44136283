import { type EventTypes, isCovered } from "./event-types.ts";

/**
 * What relays that share a table leave to nobody, or take twice: each row must belong to exactly one of them. A relay without
 * event types takes every row.
 */

/** Something that both take, in words; undefined where no row is both's. */
export function overlapOf(one: EventTypes | undefined, other: EventTypes | undefined): string | undefined {
  if (one === undefined && other === undefined) return "every row";
  if (one === undefined || other === undefined) return wordsOf(one ?? other);
  if ("only" in one && "only" in other) return commonOf(one.only, other.only);
  if ("only" in one && "except" in other) return one.only.find((entry) => !isCovered(entry, other.except));
  if ("except" in one && "only" in other) return overlapOf(other, one);
  // Whatever two lists leave out, there are more types, and rows without one that can be read.
  return "whatever neither leaves out";
}

/** What none of them takes, in words; undefined where every row is somebody's. */
export function gapOf(shares: readonly (EventTypes | undefined)[]): string | undefined {
  if (shares.includes(undefined)) return undefined;
  const known = shares.filter((share) => share !== undefined);
  const delivered = known.flatMap((share) => ("only" in share ? share.only : []));
  const [left, ...others] = known.flatMap((share) => ("except" in share ? [share.except] : []));
  if (left === undefined) return `any type but ${delivered.join(", ")}, and rows whose type cannot be read`;
  // Two that say "except" both take what either list leaves to the other.
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

/** The narrower one of two entries that have types in common. */
function commonOf(some: readonly string[], others: readonly string[]): string | undefined {
  for (const entry of some) {
    for (const other of others) {
      if (isCovered(entry, [other])) return entry;
      if (isCovered(other, [entry])) return other;
    }
  }
  return undefined;
}
