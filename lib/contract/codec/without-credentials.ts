import { shownDestination } from "../shown-destination.ts";
import { NOT_SHOWN } from "../shown-value.ts";
import type { Item } from "./item.ts";

/**
 * A row as its dead letter may hold it: whole, but for what may be credentials in its `destination`. A dead letter's copy is for
 * people; what is published is the row, read again.
 */
export function withoutCredentials(item: Item): Item {
  const { destination } = item;
  if (destination === undefined) return item;
  return { ...item, destination: { S: destination.S === undefined ? NOT_SHOWN : shownDestination(destination.S) } };
}
