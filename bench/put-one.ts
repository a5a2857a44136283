import { type EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import { decodeItem } from "../lib/contract/codec/decode-row.ts";
import type { Item } from "../lib/contract/codec/item.ts";
import type { OutboxEvent } from "../lib/contract/event.ts";
import { BUS_NAME } from "./rows.ts";

/** The work of a handler without a relay: one event, one call. It decodes rows as cheaply as the relay does. */
export async function putOne(bus: EventBridgeClient, row: Item): Promise<OutboxEvent> {
  const decoded = decodeItem(row);
  if (decoded.kind !== "row" || decoded.row.content.kind !== "event") throw new Error("This is not an event");
  const { event } = decoded.row.content;
  const { source, type, time, json } = event;
  const entry = { EventBusName: BUS_NAME, Source: source, DetailType: type, Detail: json, Time: new Date(time) };
  const { FailedEntryCount } = await bus.send(new PutEventsCommand({ Entries: [entry] }));
  if (FailedEntryCount !== 0) throw new Error("The stub refused an event");
  return event;
}
