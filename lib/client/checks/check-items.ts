import { shownKind } from "../../contract/shown-value.ts";
import { shownObject } from "./check-plain.ts";
import { refuse } from "./check-text.ts";
import { hasFields } from "./kinds.ts";

const ACTIONS = ["Put", "Update", "Delete", "ConditionCheck"];
/** What of an action is gone through: the sizes are counted, and a document client's values translated. */
const PARTS_OF_VALUES = ["Item", "Key", "ExpressionAttributeValues"];

/**
 * Checks the shape of a transaction before anything is sent or translated. DynamoDB would refuse it too, but could not
 * explain: a promise or a list looks like an empty object there.
 *
 * @throws InvalidEventError naming the item and the fix.
 */
export function checkItems(items: unknown): void {
  if (!Array.isArray(items)) {
    refuse("items", `is ${shownObject(items)}, not a list: give the writes as a list, or [] where there are none`);
  }
  for (const [index, item] of (items as readonly unknown[]).entries()) checkItem(`items[${index}]`, item);
}

function checkItem(path: string, item: unknown): void {
  if (typeof item !== "object" || item === null) {
    refuse(path, `is ${shownKind(item)}: it must be a write such as { Put: { ... } }`);
  }
  if ("then" in item) refuse(path, "is a promise: await it, as in [await outbox.entry(event)]");
  if (Array.isArray(item)) refuse(path, "is a list: spread it, as in [...(await outbox.entries(events))]");
  const given = Object.entries(item).filter(([, action]) => action !== undefined);
  const [kind, action] = given[0] ?? [""];
  if (given.length > 1 || !ACTIONS.includes(kind)) {
    const has = given.map(([name]) => name).join(", ");
    refuse(path, `holds ${has === "" ? "nothing" : has}: it must hold exactly one of ${ACTIONS.join(", ")}`);
  }
  checkAction(`${path}.${kind}`, action);
}

function checkAction(path: string, action: unknown): void {
  if (!hasFields(action)) refuse(path, `is ${shownObject(action)}: it must be an object with a TableName`);
  for (const part of PARTS_OF_VALUES) {
    const values = action[part];
    if (values !== undefined && !hasFields(values)) {
      refuse(`${path}.${part}`, `is ${shownObject(values)}: it must be an object of attributes, or left out`);
    }
  }
}

/** @throws InvalidEventError when the events are not a list. */
export function checkEvents(events: unknown): asserts events is readonly unknown[] {
  if (!Array.isArray(events)) {
    refuse("events", `is ${shownObject(events)}, not a list: give the events as a list, or [] where there are none`);
  }
}

/** @throws InvalidEventError when there is nothing to write: DynamoDB refuses an empty transaction. */
export function refuseNothing(items: readonly unknown[], events: unknown): void {
  checkEvents(events);
  if (items.length === 0 && events.length === 0) {
    refuse("items", "is empty, and so is events: DynamoDB refuses an empty transaction, so leave the call out");
  }
}
