import { aroundCalls } from "../../core/delivery/around-calls.ts";
import type { Publisher, PublishResult } from "../../core/ports.ts";
import { readText, refuse } from "../../core/setting-reader.ts";

/** Reads a list of destinations, such as those that rows may name. None where the setting is absent. */
export function readDestinations(path: string, value: unknown): readonly string[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) return refuse(path, value, "it must be a list of destinations");
  return value.map((entry, index) => readText(`${path}[${index}]`, entry));
}

const SHOWN_CHARACTERS = 100;

/**
 * Keeps events to the destinations that the relay was deployed for, whatever the target itself would allow. An event
 * that names another is at fault itself: it moves aside and the others pass.
 *
 * @param allowed destinations as the publisher's `destinationOf` spells them.
 */
export function onlyTo(allowed: readonly string[], publisher: Publisher): Publisher {
  const known = new Set(allowed);
  return aroundCalls(publisher, async (destination, events, untilMs) =>
    known.has(destination)
      ? publisher.publish(destination, events, untilMs)
      : events.map(() => notAllowed(destination)),
  );
}

const notAllowed = (destination: string): PublishResult => ({
  kind: "failed",
  failure: {
    class: "permanent",
    scope: "event",
    code: "DestinationNotAllowed",
    message: `The event names the destination ${JSON.stringify(destination.slice(0, SHOWN_CHARACTERS))}, for which this relay was not deployed: add it to the target's alsoTo, or repair the row`,
  },
});
