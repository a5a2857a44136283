import type { Item } from "../../../contract/codec/item.ts";
import { fitted, rowOfEvent } from "../../../contract/codec/row-of-event.ts";
import type { RowKey } from "../../../contract/event.ts";
import { isOrdered } from "../../../contract/sequence.ts";
import type { Way } from "./destinations.ts";

/** The CloudEvents extension of an event under a new id that names the first one. */
export const REPLAY_OF = "replayof";
/** The CloudEvents extension that says where the data is, if it is not in the event. */
export const DATAREF = "dataref";

export type ReplayedRow =
  | { readonly kind: "row"; readonly item: Item }
  | { readonly kind: "unreadable" }
  /** DynamoDB takes no row of this size. */
  | { readonly kind: "too-large" };

export interface RowChange {
  readonly way: Exclude<Way, { readonly kind: "unknown" }>;
  /** Absent: it keeps its id. */
  readonly newId?: string;
  /** Epoch milliseconds: when the row is put. */
  readonly nowMs: number;
}

/**
 * The row of an event that is put again: the same event, at its own key and sequence. An unordered event's key is its id, so a
 * new id is a new key.
 *
 * `recordedtime` says when the row was written, and the age of what waits counts from it: it is now. With the old one the
 * sweep would take the row at once, beside the relay, and an alarm would tell of an event that waits for weeks.
 */
export function replayedRow(
  event: RowKey & { readonly id: string },
  json: string,
  { way, newId, nowMs }: RowChange,
): ReplayedRow {
  const made = rowOfEvent(event, json);
  if (made.kind === "unreadable") return made;
  const { recordedtime, ...item } = made.item;
  if (item["id"]?.S !== event.id) return { kind: "unreadable" };
  const row = fitted({
    ...item,
    ...(recordedtime === undefined ? {} : { recordedtime: { S: new Date(nowMs).toISOString() } }),
    ...(way.kind === "default" ? {} : { destination: { S: way.spelling } }),
    ...(newId === undefined ? {} : underNewId(event, item, newId)),
  });
  return row === undefined ? { kind: "too-large" } : { kind: "row", item: row };
}

/** An event that was put again before has a first id already. */
const underNewId = (event: RowKey & { readonly id: string }, item: Item, newId: string): Item => ({
  id: { S: newId },
  [REPLAY_OF]: item[REPLAY_OF] ?? { S: event.id },
  ...(isOrdered(event) ? {} : { pk: { S: newId } }),
});
