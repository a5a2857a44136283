import { shownKind } from "../../contract/shown-value.ts";
import { refuse } from "./check-text.ts";

const ACTIONS = ["Put", "Update", "Delete", "ConditionCheck"];

/**
 * Checks the shape of a transaction before anything is sent or translated. DynamoDB would refuse it too, but could not
 * explain: a promise or a list looks like an empty object there.
 *
 * @throws InvalidEventError naming the item and the fix.
 */
export function checkItems(items: unknown): void {
  if (!Array.isArray(items)) refuse("items", "is not a list: give the writes as a list, or [] where there are none");
  for (const [index, item] of (items as readonly unknown[]).entries()) {
    const problem = problemOf(item);
    if (problem !== undefined) refuse(`items[${index}]`, problem);
  }
}

function problemOf(item: unknown): string | undefined {
  if (typeof item !== "object" || item === null) {
    return `is ${shownKind(item)}: it must be a write such as { Put: { ... } }`;
  }
  if ("then" in item) return "is a promise: await it, as in [await outbox.entry(event)]";
  if (Array.isArray(item)) return "is a list: spread it, as in [...(await outbox.entries(events))]";
  const given = Object.entries(item).flatMap(([name, action]) => (action === undefined ? [] : [name]));
  if (given.length === 1 && ACTIONS.includes(given[0] ?? "")) return undefined;
  const has = given.length === 0 ? "nothing" : given.join(", ");
  return `holds ${has}: it must hold exactly one of ${ACTIONS.join(", ")}`;
}

/** @throws InvalidEventError when there is nothing to write: DynamoDB refuses an empty transaction. */
export function refuseNothing(items: readonly unknown[], events: unknown): void {
  if (!Array.isArray(events)) refuse("events", "is not a list: give the events as a list, or [] where there are none");
  if (items.length === 0 && (events as readonly unknown[]).length === 0) {
    refuse("items", "is empty, and so is events: DynamoDB refuses an empty transaction, so leave the call out");
  }
}
