import { shownDestination } from "../../../contract/shown-value.ts";

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
  | { readonly kind: "named"; readonly address: string }
  /** The relay knows no such destination, or several. */
  | { readonly kind: "unknown" };

/** The way to a destination, by its address or a name that no other one has. */
export const wayTo = (known: KnownDestinations, named: string): Way =>
  onlyOne(known, ({ address, names }) => address === named || names.includes(named));

/** The way back to where an event went, as its receipt shows it. */
export const wayBack = (known: KnownDestinations, shown: string | undefined): Way =>
  onlyOne(known, ({ address }) => shownDestination(address) === shown);

function onlyOne(known: KnownDestinations, is: (destination: KnownDestination) => boolean): Way {
  const [found, ...others] = known.filter(is);
  if (found === undefined || others.length > 0) return { kind: "unknown" };
  return { kind: found === known[0] ? "default" : "named", address: found.address };
}

/** A destination as receipts show it, whether the relay still knows it or not. */
export function shownAs(known: KnownDestinations, named: string): string {
  const way = wayTo(known, named);
  return shownDestination(way.kind === "unknown" ? named : way.address);
}
