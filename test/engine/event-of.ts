import type { OutboxEvent, OutboxRow } from "../../lib/contract/event.ts";

/** The event of a row that is well formed, as tests write them unless they say otherwise. */
export function eventOf({ content }: OutboxRow): OutboxEvent {
  if (content.kind !== "event") throw new Error(`This row is malformed: ${content.row.reason}`);
  return content.event;
}
