import { destinationHash } from "../../../contract/archive/destination-hash.ts";
import { shownDestination, showsWholeDestination } from "../../../contract/shown-destination.ts";

/** A place that the deployed relay may publish to. */
export interface KnownDestination {
  readonly address: string;
  /** What rows may call it, beside the address. */
  readonly names: readonly string[];
}

/** The default first. */
export type KnownDestinations = readonly [KnownDestination, ...KnownDestination[]];

/** How the row of an event says where it goes. */
export type Way =
  /** Its row names no destination. */
  | { readonly kind: "default"; readonly address: string }
  /** The relay reads the address of its spelling, which may be another one: a name that two destinations share is of neither. */
  | { readonly kind: "named"; readonly address: string; readonly spelling: string }
  /** The relay knows no such destination, or several, or no row can name it. */
  | { readonly kind: "unknown" };

/** Where an event went, as its receipt tells it. A receipt of an earlier version has no hash. */
export interface ArchivedDestination {
  readonly destination?: string | undefined;
  readonly destinationHash?: string | undefined;
}

/** The way to a destination, by its address or a name that no other one has. A URL may be spelled in any way. */
export const wayTo = (known: KnownDestinations, named: string): Way =>
  onlyOne(known, ({ address, names }) =>
    [named, normalSpelling(named)].some((each) => [address, ...names].includes(each)),
  );

const normalSpelling = (named: string): string =>
  /^https?:/i.test(named) && URL.canParse(named) ? new URL(named).href : named;

/**
 * The way back to where an event went. Without the hash there is none where the receipt does not show all of it: that may be
 * what it shows of a destination that the relay has no more. Where it shows all, that is the address.
 */
export function wayBack(
  known: KnownDestinations,
  { destination: shown, destinationHash: hash }: ArchivedDestination,
): Way {
  if (hash !== undefined) return onlyOne(known, ({ address }) => destinationHash(address) === hash);
  if (shown === undefined || !showsWholeDestination(shown)) return { kind: "unknown" };
  return onlyOne(known, ({ address }) => address === shown);
}

function onlyOne(known: KnownDestinations, is: (destination: KnownDestination) => boolean): Way {
  const found = known.filter(is);
  const [address, ...others] = new Set(found.map((each) => each.address));
  if (address === undefined || others.length > 0) return { kind: "unknown" };
  if (address === known[0].address) return { kind: "default", address };
  const spelling = [address, ...found.flatMap(({ names }) => names)].find((text) => isOfNoOther(known, address, text));
  return spelling === undefined ? { kind: "unknown" } : { kind: "named", address, spelling };
}

const isOfNoOther = (known: KnownDestinations, address: string, text: string): boolean =>
  known.every((each) => each.address === address || ![each.address, ...each.names].includes(text));

/** A destination as receipts tell it, whether the relay still knows it or not. */
export function archivedAs(
  known: KnownDestinations,
  named: string,
): { readonly destination: string; readonly destinationHash: string } {
  const way = wayTo(known, named);
  const isKnown = way.kind !== "unknown";
  const address = isKnown ? way.address : normalSpelling(named);
  return { destination: shownDestination(address, isKnown), destinationHash: destinationHash(address) };
}
