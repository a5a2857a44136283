import type { Item } from "../../../contract/codec/item.ts";
import { type EventTypes, isOwn } from "../../../contract/settings/event-types.ts";
import { type KnownDestinations, type Way, wayBack, wayTo } from "./destinations.ts";
import type { PlannedEvent } from "./plan.ts";
import type { ReplayPorts } from "./replay-ports.ts";
import type { KnownReplay } from "./replay-request.ts";
import { replayedRow } from "./replayed-row.ts";

/** Why an event is not put, whatever the table holds. */
export type Unfit =
  /** Its receipt does not hold the event: `archive.payload` was off. */
  | "no-payload"
  /** An operator has quarantined or discarded it since. */
  | "set-aside"
  /** The relay has no destination any more that is the one to which it went, or several. */
  | "no-destination"
  /** Its type is another relay's now, which shares the table. */
  | "foreign"
  /** What the archive holds is not an event of the relay's. */
  | "unreadable"
  /** DynamoDB takes no row of this size. */
  | "too-large";

export type Prepared =
  | { readonly kind: "row"; readonly item: Item; readonly address: string }
  | { readonly kind: "unfit"; readonly why: Unfit };

export interface PrepareOptions extends KnownReplay {
  readonly destinations: KnownDestinations;
  /** Which events are this relay's, where several share the table. Absent: all. */
  readonly eventTypes?: EventTypes | undefined;
}

/** The row of an event, as it would be put now. */
export function prepare(
  event: PlannedEvent,
  { replayId, request, destinations, eventTypes }: PrepareOptions,
  { spill, newId, clock }: Pick<ReplayPorts, "spill" | "newId" | "clock">,
): Prepared {
  if (event.isAside) return unfit("set-aside");
  if (event.text === undefined) return unfit("no-payload");
  const way = wayOf(event, request.sendTo, destinations);
  if (way.kind === "unknown") return unfit("no-destination");
  const named = { ...event.key, id: event.id };
  const row = replayedRow(named, spill.recall(event.text), {
    way,
    nowMs: clock.now(),
    ...(request.ids === "new" && { newId: newId(replayId, named) }),
  });
  if (row.kind !== "row") return unfit(row.kind);
  return isOwn(row.item, eventTypes) ? { ...row, address: way.address } : unfit("foreign");
}

const unfit = (why: Unfit): Prepared => ({ kind: "unfit", why });

const wayOf = (event: PlannedEvent, sendTo: string | undefined, destinations: KnownDestinations): Way =>
  sendTo === undefined ? wayBack(destinations, event) : wayTo(destinations, sendTo);
