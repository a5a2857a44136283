import { decodeItem } from "../../contract/codec/decode-row.ts";
import { idOf, keyText } from "../../contract/event.ts";
import { MAX_KEY_BYTES, UNORDERED_SORT_KEY } from "../../contract/item-contract.ts";
import { isOrderedRow } from "../../contract/sequence.ts";
import { isOwn } from "../../contract/settings/event-types.ts";
import { type EventFilter, matches } from "../core/events/event-filter.ts";
import { forEachWaiting } from "../core/events/list-events.ts";
import { asidePages } from "../core/events/set-aside.ts";
import { type WaitingEvent, waitingEventOf } from "../core/events/waiting-event.ts";
import type { AsideEvent, AsidePlace } from "../core/journal.ts";
import type { Session } from "./session.ts";

/**
 * All undelivered events that match. Unordered events are looked up by their ids. For anything else the table is
 * scanned.
 */
export async function findEvents(session: Session, filter: EventFilter): Promise<readonly WaitingEvent[]> {
  const { table, clock, deployment, output, stopped } = session;
  const byId = await lookUp(session, filter);
  const { ids } = filter;
  if (ids !== undefined && byId.length === ids.length)
    return byId.filter((event) => matches(event, filter, clock.now()));
  const found = new Map<string, WaitingEvent>();
  await forEachWaiting({ table, clock, keepsOrder: deployment.keepsOrder, stopped }, filter, (event) => {
    found.set(keyText(event.key), event);
    if (found.size % PROGRESS_EVERY === 0) output.progress(`${found.size} events found`);
  });
  return [...found.values()];
}

const PROGRESS_EVERY = 500;

/**
 * Looks unordered events up by their ids, so that the table need not be scanned. Events of other relays are left out.
 */
async function lookUp(
  { table, clock, deployment }: Session,
  { ids = [] }: EventFilter,
): Promise<readonly WaitingEvent[]> {
  const { keepsOrder, settings } = deployment;
  const found = await Promise.all(
    ids.map(async (id): Promise<readonly WaitingEvent[]> => {
      if (id === "" || Buffer.byteLength(id) > MAX_KEY_BYTES) return [];
      const item = await table.readItem({ pk: id, sk: UNORDERED_SORT_KEY });
      const decoded = item === undefined || !isOwn(item, settings.eventTypes) ? undefined : decodeItem(item);
      if (decoded?.kind !== "row" || idOf(decoded.row.content) !== id || isOrderedRow(decoded.row)) return [];
      return [waitingEventOf(decoded.row, { keepsOrder, isHead: false, nowMs: clock.now() })];
    }),
  );
  return found.flat();
}

/** All set-aside events that match, oldest first. */
export async function findAside(
  { journal, clock, stopped }: Session,
  place: AsidePlace,
  filter: EventFilter,
): Promise<readonly AsideEvent[]> {
  const found: AsideEvent[] = [];
  for await (const events of asidePages(journal, place)) {
    found.push(...events.filter((aside) => matches(asWaiting(aside), filter, clock.now())));
    if (stopped()) break;
  }
  return found;
}

/** A set-aside event as filters see it. Its age counts from when it was set aside. */
const asWaiting = ({ key, id, type, ordered, atMs, reason }: AsideEvent): WaitingEvent => ({
  key,
  ordered,
  state: "held",
  attempts: 0,
  sinceMs: atMs,
  ...(id === undefined ? {} : { id }),
  ...(type === undefined ? {} : { type }),
  ...(reason === undefined ? {} : { failure: { scope: "event", message: reason } }),
});
