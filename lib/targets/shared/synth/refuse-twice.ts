import { refuse } from "../../../contract/settings/setting-reader.ts";

/** A destination of a target, as a setting names it. */
export interface NamedDestination {
  /** Names the setting, for the message. */
  readonly path: string;
  /** The setting's value, for the message. */
  readonly shown: string;
}

/**
 * Refuses a destination that a target has twice: a row that names it would match both.
 *
 * @param isOne whether two destinations are the same.
 * @throws SettingError naming the later of the two.
 */
export function refuseTwice<Destination extends NamedDestination>(
  destinations: readonly Destination[],
  isOne: (one: Destination, other: Destination) => boolean,
): void {
  for (const [index, destination] of destinations.entries()) {
    const { path, shown } = destination;
    if (destinations.slice(0, index).some((earlier) => isOne(earlier, destination))) {
      refuse(path, shown, "the target names it twice: leave it out here");
    }
  }
}

/**
 * The same for a target that names its destinations by strings.
 *
 * @param path names the target.
 * @param first the default destination.
 * @param identityOf the normal form of a name: equal for names of the same destination. @default the name itself
 */
export function refuseTextTwice(
  path: string,
  first: string,
  alsoTo: readonly string[] = [],
  identityOf: (text: string) => string = (text) => text,
): void {
  const destinations = [first, ...alsoTo].map((shown, index) => ({
    path: index === 0 ? path : `${path}.alsoTo[${index - 1}]`,
    shown,
  }));
  refuseTwice(destinations, (one, other) => identityOf(one.shown) === identityOf(other.shown));
}
