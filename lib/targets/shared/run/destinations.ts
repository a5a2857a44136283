import { readEntries, readText, refuse } from "../../../contract/settings/setting-reader.ts";
import { shownDestination, showsWholeDestination } from "../../../contract/shown-destination.ts";
import { aroundCalls } from "../../../core/delivery/call/around-calls.ts";
import type { Publisher, PublishResult } from "../../../core/ports.ts";
import { type Destination, type Directory, directoryOf } from "../directory.ts";

/** Reads a list of destinations, such as those that rows may name. Empty where the setting is absent. */
export function readDestinations(path: string, value: unknown): readonly string[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) return refuse(path, value, "it must be a list of destinations");
  return readEntries(path, value, (at, entry) => readText(at, entry));
}

/** A publisher to places in AWS: the publisher knows addresses, and rows may use any name in the {@link Directory}. */
export function toDestinations(
  [first, ...others]: readonly Destination[],
  publisher: Omit<Publisher, "destinationOf">,
): Publisher {
  if (first === undefined) throw new Error("A publisher needs a destination");
  const directory = directoryOf([first, ...others]);
  const destinationOf: Publisher["destinationOf"] = ({ destination }) => directory.addressOf(destination);
  return onlyTo(directory.addresses, { ...publisher, destinationOf }, directory);
}

/**
 * Keeps events to the destinations that the relay was deployed for, whatever the target itself would allow. An event
 * that names another destination is at fault itself: it moves aside and the others pass.
 *
 * @param allowed destinations as the publisher's `destinationOf` spells them.
 * @param directory knows the names that several destinations share.
 */
export function onlyTo(
  allowed: readonly string[],
  publisher: Publisher,
  directory?: Pick<Directory, "meant">,
): Publisher {
  const known = new Set(allowed);
  const { existence } = publisher;
  // A destination that is refused here need not exist.
  const covers = (destination: string) => known.has(destination) && existence?.covers(destination) === true;
  const restricted = existence === undefined ? publisher : { ...publisher, existence: { ...existence, covers } };
  const around = aroundCalls(restricted, async (destination, events, untilMs) => {
    if (known.has(destination)) return publisher.publish(destination, events, untilMs);
    const several = directory?.meant(destination);
    return events.map(() =>
      several === undefined
        ? refused("DestinationNotAllowed", shownDestination(destination), NOT_DEPLOYED)
        : refused(
            "DestinationAmbiguous",
            shownDestination(several.name, true),
            `which is the name of ${several.exact.join(" and of ")}: ${EXACT}`,
          ),
    );
  });
  return { ...around, isDeployed: (destination) => known.has(destination) };
}

const NOT_DEPLOYED =
  "for which this relay was not deployed: add it to the target's alsoTo, or discard the event and write it for another";
const EXACT = "name the one that is meant by that whole spelling";

/** What may be a secret is not shown, so the message says where it is. */
const WHERE =
  ". It is not shown whole, for it may hold a secret: `outbox-relay show <id> --data` shows the row, which has it";

const refused = (code: string, shown: string, why: string): PublishResult => ({
  kind: "failed",
  failure: {
    ...{ class: "permanent", scope: "event", code },
    message: `The event names the destination ${JSON.stringify(shown)}, ${why}${showsWholeDestination(shown) ? "" : WHERE}`,
  },
});
