import type { RowKey } from "../../contract/event.ts";
import type { EventTypes } from "../../contract/settings/event-types.ts";
import type { KnownFailure, WaitingEvent } from "../core/events/waiting-event.ts";
import { cut, plain } from "./output.ts";
import { spanOf } from "./times.ts";

/** The name by which a person finds an event again. */
export const nameOf = ({ id, key }: { readonly id?: string; readonly key: RowKey }): string =>
  id === undefined ? `${plain(key.pk)} ${key.sk}` : plain(id);

/** The types of events that a relay delivers, where it does not deliver all. */
export const typesText = (types: EventTypes): string =>
  "only" in types ? `only ${types.only.join(", ")}` : `all but ${types.except.join(", ")}`;

export function failureText(failure: KnownFailure | undefined): string {
  if (failure === undefined) return "";
  const { class: failureClass, code, message } = failure;
  return plain([failureClass, code, message].filter((part) => part !== undefined).join(": "));
}

export const EVENT_COLUMNS = ["id", "type", "key", "state", "age", "tries", "why"] as const;
const WHY_LENGTH = 80;

export function eventCells(event: WaitingEvent, nowMs: number): readonly string[] {
  const { type, key, state, sinceMs, attempts, failure, ordered } = event;
  return [
    nameOf(event),
    type === undefined ? "(malformed)" : plain(type),
    ordered ? `${plain(key.pk)} ${key.sk}` : "",
    state,
    sinceMs === undefined ? "?" : spanOf(Math.max(0, nowMs - sinceMs)),
    String(attempts),
    cut(failureText(failure), WHY_LENGTH),
  ];
}
