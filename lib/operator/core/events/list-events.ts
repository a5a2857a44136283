import { standsInForParkedKey } from "../../../contract/codec/item-kind.ts";
import { keyText, type OutboxRow, type RowKey } from "../../../contract/event.ts";
import { hasPlace } from "../../../contract/sequence.ts";
import { boundedMap } from "../../../core/parallel.ts";
import type { AnnotatedParkedKey, CommandPorts, OperatorTable } from "../operator-ports.ts";
import { type EventFilter, matches } from "./event-filter.ts";
import { type WaitingEvent, waitingEventOf } from "./waiting-event.ts";

/**
 * Finds undelivered events. The table has no index by time, because an index would cost one more write per event. So a
 * command reads the whole table, in pages of 1 MB, and keeps only one page of the answer in memory.
 */
export interface ListPorts extends CommandPorts {
  readonly table: Pick<OperatorTable, "scan">;
  readonly keepsOrder: boolean;
  /** Reads every row that was committed before its page was asked for, at twice the cost. @default false */
  readonly consistent?: boolean;
}

const SEGMENTS = 4;
const PAGE_ROWS = 1_000;

/**
 * Visits every undelivered event that matches, in no order.
 *
 * @param visitForeign visits the events of other relays that share the table. They are unordered, because order per key
 * and event types exclude each other.
 */
export async function forEachWaiting(
  { table, clock, keepsOrder, consistent = false, stopped }: ListPorts,
  filter: EventFilter,
  visit: (event: WaitingEvent, row: OutboxRow) => void,
  visitForeign: (event: WaitingEvent) => void = () => {},
): Promise<void> {
  const segments = Array.from({ length: SEGMENTS }, (_unused, index) => ({ index, of: SEGMENTS }));
  await boundedMap(segments, SEGMENTS, async (segment) => {
    // A key's items stand together and ascending, the parked-key record first. Only the last key of a page reaches into the
    // next.
    let parkedKeys = new Map<string, AnnotatedParkedKey>();
    let takenPk: string | undefined;
    let lastPk: string | undefined;
    let after: RowKey | undefined;
    do {
      const page = await table.scan({ ...(after && { after }), segment, limit: PAGE_ROWS, consistent });
      const carried = lastPk === undefined ? undefined : parkedKeys.get(lastPk);
      parkedKeys = new Map(page.parkedKeys.map((parkedKey) => [parkedKey.pk, parkedKey]));
      if (carried !== undefined && !parkedKeys.has(carried.pk)) parkedKeys.set(carried.pk, carried);
      const nowMs = clock.now();
      for (const row of page.rows) {
        const { pk, sk } = row.key;
        const isHead = pk !== lastPk && hasPlace(sk);
        if (hasPlace(sk)) lastPk = pk;
        if (standsInForParkedKey(row.key)) takenPk = pk;
        const placeTaken = pk === takenPk;
        const event = waitingEventOf(row, { keepsOrder, parkedKey: parkedKeys.get(pk), isHead, placeTaken, nowMs });
        if (matches(event, filter, nowMs)) visit(event, row);
      }
      for (const row of page.foreign ?? []) {
        const event = waitingEventOf(row, { keepsOrder: false, parkedKey: undefined, isHead: false, nowMs });
        if (matches(event, filter, nowMs)) visitForeign(event);
      }
      after = page.next;
    } while (after !== undefined && !stopped());
  });
}

export interface ListRequest {
  readonly filter: EventFilter;
  readonly order: "oldest" | "newest";
  readonly limit: number;
  /** The events of the table that are not this relay's, in place of its own. @default false */
  readonly foreign?: boolean | undefined;
  /** What the page before ended with. */
  readonly after?: string | undefined;
}

export interface ListedPage {
  readonly events: readonly WaitingEvent[];
  /** All that match, whichever page they are on. */
  readonly matching: number;
  /** Where the next page begins; absent on the last. */
  readonly next?: string;
}

/** One page of the events that match, by age. */
export async function listEvents(
  ports: ListPorts,
  { filter, order, limit, foreign = false, after }: ListRequest,
): Promise<ListedPage> {
  const from = after === undefined ? undefined : readCursor(after);
  const direction = order === "oldest" ? 1 : -1;
  const compare = (one: Place, other: Place) => direction * comparePlaces(one, other);
  let kept: { readonly place: Place; readonly event: WaitingEvent }[] = [];
  let matching = 0;
  let ahead = 0;
  const trim = () => {
    kept.sort((one, other) => compare(one.place, other.place));
    kept = kept.slice(0, limit);
  };
  const see = (event: WaitingEvent) => {
    matching += 1;
    const place = placeOf(event);
    if (from !== undefined && compare(place, from) <= 0) return;
    ahead += 1;
    kept.push({ place, event });
    if (kept.length >= 2 * limit + PAGE_ROWS) trim();
  };
  await forEachWaiting(ports, filter, foreign ? () => {} : see, foreign ? see : undefined);
  trim();
  const last = kept.at(-1);
  return {
    events: kept.map(({ event }) => event),
    matching,
    ...(last === undefined || ahead <= kept.length ? {} : { next: cursorOf(last.place) }),
  };
}

/** An event's place by age. Among events of the same age, and among events of unknown age, the key decides. */
interface Place {
  readonly sinceMs: number;
  readonly key: string;
}

const placeOf = ({ sinceMs = Number.MAX_SAFE_INTEGER, key }: WaitingEvent): Place => ({ sinceMs, key: keyText(key) });

const comparePlaces = (one: Place, other: Place): number =>
  one.sinceMs - other.sinceMs || (one.key < other.key ? -1 : one.key > other.key ? 1 : 0);

const cursorOf = ({ sinceMs, key }: Place): string => Buffer.from(`${sinceMs} ${key}`).toString("base64url");

/** A page's end cannot be read: the string does not come from {@link listEvents}. */
export class CursorError extends Error {
  override readonly name = "CursorError";
  readonly cursor: string;

  constructor(cursor: string) {
    super(cursor);
    this.cursor = cursor;
  }
}

function readCursor(text: string): Place {
  const [, sinceMs, key] = /^(\d+) (.*)$/s.exec(Buffer.from(text, "base64url").toString("utf8")) ?? [];
  if (sinceMs === undefined || key === undefined) {
    throw new CursorError(text);
  }
  return { sinceMs: Number(sinceMs), key };
}
