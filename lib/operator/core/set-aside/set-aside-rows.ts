import { decodeItem } from "../../../contract/codec/decode-row.ts";
import type { Item } from "../../../contract/codec/item.ts";
import { idOf } from "../../../contract/event.ts";
import { boundedMap } from "../../../core/parallel.ts";
import type { FixedRateLimiter } from "../../../core/requeue/fixed-rate-limiter.ts";
import type { Outcomes } from "../act.ts";
import type { WaitingEvent } from "../events/waiting-event.ts";
import type { AsideEvent } from "../journal.ts";
import type { Claim, Hold } from "../operator-ports.ts";
import type { SetAsideOutcome } from "../outcomes.ts";
import { untilNobodyHolds } from "../until-nobody-holds.ts";
import type { SetAsidePorts, SetAsideRequest } from "./set-aside-request.ts";

/** Longer than any command takes from hold to move, and short enough to wait out after a command that died. */
export const HOLD_MS = 60 * 60_000;
const PARALLEL_WRITES = 16;
/**
 * An actor that had the row in hand may mark it under the hold. Then the row is held and waited for again, up to so
 * many times.
 */
const ROUNDS = 3;

interface Held {
  readonly event: WaitingEvent;
  /** Absent: the row is malformed and has no room for one. */
  readonly hold: Hold | undefined;
}

/** Sets unordered events aside: holds them, waits until nobody has them in hand, and moves them. */
export async function setAsideRows(
  events: readonly WaitingEvent[],
  ports: Omit<SetAsidePorts, "ordering"> & { readonly waitForTurn: FixedRateLimiter },
  request: SetAsideRequest,
  outcomes: Outcomes<SetAsideOutcome>,
): Promise<void> {
  const { table, clock, waitForTurn, stopped } = ports;
  const { actId, onWait } = request;

  async function holdOf(event: WaitingEvent): Promise<readonly Held[]> {
    await waitForTurn(1);
    if (stopped()) return [];
    const nowMs = clock.now();
    const hold = { actId, untilMs: nowMs + HOLD_MS };
    switch (await table.hold({ ...event.key, id: event.id }, hold, nowMs)) {
      case "held":
        return [{ event, hold }];
      case "gone":
        outcomes.add("gone");
        return [];
      case "held-by-another":
        outcomes.add("held");
        return [];
      case "no-room":
        // Nobody publishes a malformed row, so it can go as it stands. An event may be on its way at this moment.
        if (event.type === undefined) return [{ event, hold: undefined }];
        outcomes.add("no-room");
        return [];
    }
  }

  async function letGo({ event, hold }: Held): Promise<void> {
    if (hold !== undefined) await table.letGo({ ...event.key, id: event.id }, hold, event.notBeforeMs);
  }

  /** Resolves with the event where somebody changed its row under the hold. */
  async function move({ event, hold }: Held): Promise<readonly WaitingEvent[]> {
    const address = { ...event.key, id: event.id };
    if (stopped()) {
      await letGo({ event, hold });
      return [];
    }
    const item = await table.readItem(event.key);
    const aside = item && asideOf(event, item, request, clock.now());
    if (aside === undefined || !isSame(aside, event)) {
      outcomes.add(aside === undefined ? "gone" : "changed");
      return [];
    }
    if (hold === undefined && aside.type !== undefined) {
      outcomes.add("changed");
      return [];
    }
    const claim: Claim = hold === undefined ? { kind: "unchanged" } : { kind: "hold", ...hold };
    if ((await table.setAside(address, claim, aside)) === "changed") return [event];
    outcomes.add("set-aside");
    return [];
  }

  /** After an error no more rows are moved, and held rows are let go. Otherwise they would rest for an hour. */
  async function moveOrFree(held: Held): Promise<readonly WaitingEvent[]> {
    if (error !== undefined) {
      await letGo(held);
      return [];
    }
    try {
      return await move(held);
    } catch (cause) {
      error ??= cause;
      return moveOrFree(held);
    }
  }

  let error: unknown;
  let left = events;
  for (let round = 0; round < ROUNDS && left.length > 0; round += 1) {
    const held = (await boundedMap(left, PARALLEL_WRITES, holdOf)).flat();
    onWait?.(held.length);
    if (held.length > 0) await untilNobodyHolds(clock.now(), ports);
    left = (await boundedMap(held, PARALLEL_WRITES, moveOrFree)).flat();
    if (error !== undefined) throw error;
  }
  if (left.length > 0) outcomes.add("changed", left.length);
}

/**
 * Whether a row still holds the event that was found. The row may have been repaired, or another event written in its
 * place.
 */
export const isSame = (aside: AsideEvent, event: WaitingEvent): boolean => aside.id === event.id;

/** The journal's copy of an event. Undefined where the item is not an event's row. */
export function asideOf(
  event: WaitingEvent,
  item: Item,
  { place, actId, who, why }: SetAsideRequest,
  nowMs: number,
  parkedKeyVersion?: number,
): AsideEvent | undefined {
  const decoded = decodeItem(item);
  if (decoded.kind === "reserved") return undefined;
  const { content, key, marks } = decoded.row;
  const id = idOf(content);
  const reason = event.failure?.message ?? marks.reason;
  return {
    entryId: `${new Date(nowMs).toISOString()}#${actId}#${key.sk}#${key.pk}`,
    place,
    key,
    actId,
    atMs: nowMs,
    who,
    why,
    ordered: event.ordered,
    item,
    ...(id === undefined ? {} : { id }),
    ...(content.kind === "event" ? { type: content.event.type } : {}),
    ...(reason === undefined ? {} : { reason }),
    ...(parkedKeyVersion === undefined ? {} : { parkedKeyVersion }),
  };
}
