import { keyText, type RowKey } from "../../../contract/event.ts";
import type { WaitingEvent } from "../events/waiting-event.ts";
import { type AuditWindow, isWithin } from "./audit-window.ts";
import type { Fact, SetAside } from "./facts.ts";

/** All that is known of one event, gathered from every place. */
export interface EventHistory {
  readonly key: RowKey;
  readonly id: string | undefined;
  type: string | undefined;
  /** Epoch milliseconds: when the stream brought it first. Absent: no line says so. */
  metAtMs?: number;
  /** Epoch milliseconds: the earliest time of writing that a line gives. */
  writtenAtMs?: number;
  /** The stream brought it inside the window. */
  isMetInWindow: boolean;
  /** By their notes: a line that was written twice is one. */
  readonly receipts: Map<string, KeptReceipt>;
  row?: WaitingEvent;
  /** As it was set aside before the table was read. */
  asideBefore?: SetAside;
  asideAfter?: SetAside;
}

export interface KeptReceipt {
  readonly atMs: number;
  readonly isDropped: boolean;
}

/** The events of one row key: mostly one. A row that was put again with another id is another event. */
export type RowHistory = readonly EventHistory[];

/** Gathers the facts of a partition by row and event. */
export function historiesOf(facts: Iterable<Fact>, window: AuditWindow): readonly RowHistory[] {
  const rows = new Map<string, EventsOfRow>();
  for (const fact of facts) note(fact, eventIn(rows, fact), window);
  return [...rows.values()].map((events) => [...events.values()]);
}

/** By id. A writer may use one place for all of its events. */
type EventsOfRow = Map<string | undefined, EventHistory>;

function eventIn(rows: Map<string, EventsOfRow>, { key, id }: Fact): EventHistory {
  const place = keyText(key);
  const events: EventsOfRow = rows.get(place) ?? new Map();
  rows.set(place, events);
  const event = events.get(id) ?? { key, id, type: undefined, isMetInWindow: false, receipts: new Map() };
  events.set(id, event);
  return event;
}

function note(fact: Fact, event: EventHistory, window: AuditWindow): void {
  switch (fact.kind) {
    case "met":
      event.type ??= fact.type;
      event.metAtMs = Math.min(fact.atMs, event.metAtMs ?? fact.atMs);
      event.isMetInWindow ||= isWithin(window, fact.atMs);
      if (fact.writtenAtMs !== undefined) {
        event.writtenAtMs = Math.min(fact.writtenAtMs, event.writtenAtMs ?? fact.writtenAtMs);
      }
      return;
    case "receipt":
      event.type ??= fact.type;
      event.receipts.set(fact.note, { atMs: fact.atMs, isDropped: fact.isDropped });
      return;
    case "row":
      event.row = fact.event;
      return;
    case "aside":
      // An event may have been set aside, released and set aside again: the last time counts.
      if (fact.read === "before") event.asideBefore = later(event.asideBefore, fact.aside);
      else event.asideAfter = later(event.asideAfter, fact.aside);
  }
}

const later = (one: SetAside | undefined, other: SetAside): SetAside =>
  one === undefined || other.atMs >= one.atMs ? other : one;
