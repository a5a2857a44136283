import { PARTITIONS } from "../audit/spill.ts";
import { ReplayStopped } from "./gathering.ts";
import { type PlannedEvent, type PlannedKey, planOf } from "./plan.ts";
import { hadItsTurn, type Positions } from "./position.ts";
import { type PrepareOptions, prepare, type Unfit } from "./prepare.ts";
import type { ReplayPorts } from "./replay-ports.ts";

/** What a replay would do, counted before it does anything. */
export interface Survey {
  /** Events that match and have not had their turn in an earlier run. */
  readonly events: number;
  /** Events that had their turn in an earlier run. */
  readonly before: number;
  /** Those of `events` that would be put. */
  readonly put: number;
  readonly unfit: Readonly<Record<Unfit, number>>;
  /** Events at whose place a row stands. */
  readonly occupied: number;
  /** Events at whose place an earlier one would be put: each is put if that one has left the table by then. */
  readonly samePlace: number;
  /** Ordered keys of which something would be put, or is left out for they are busy. */
  readonly keys: number;
  /** Ordered keys among them that have rows in the table, or are parked, and their events. */
  readonly busyKeys: number;
  readonly busyEvents: number;
  /** Events whose data is in S3. */
  readonly references: number;
  /** How many events would go to each address. */
  readonly destinations: ReadonlyMap<string, number>;
  /** Epoch milliseconds: when the latest of them was acknowledged. Absent: there is none. */
  readonly latestMs?: number;
  /** The first events that would be put, in no order of their own. */
  readonly first: readonly PlannedEvent[];
}

export interface SurveyOptions extends PrepareOptions {
  readonly keepsOrder: boolean;
  /** How far earlier runs came. */
  readonly positions: Positions;
  readonly onProgress: (partition: number) => void;
}

/** Events to show. */
const SHOWN = 10;

class Counting implements Survey {
  events = 0;
  before = 0;
  put = 0;
  readonly unfit = { "no-payload": 0, "set-aside": 0, "no-destination": 0, foreign: 0, unreadable: 0, "too-large": 0 };
  occupied = 0;
  samePlace = 0;
  keys = 0;
  busyKeys = 0;
  busyEvents = 0;
  references = 0;
  readonly destinations = new Map<string, number>();
  latestMs?: number;
  readonly first: PlannedEvent[] = [];
}

/** @throws ReplayStopped when the operator wants it to end. */
export async function survey(ports: ReplayPorts, options: SurveyOptions): Promise<Survey> {
  const counting = new Counting();
  for (let partition = 0; partition < PARTITIONS; partition += 1) {
    // A partition is counted without a pause, and Ctrl-C is heard in one.
    await ports.clock.sleep(0);
    if (ports.stopped()) throw new ReplayStopped("stopped");
    options.onProgress(partition);
    for (const key of planOf(ports.spill, partition, options.keepsOrder)) {
      countKey(counting, partition, key, ports, options);
    }
  }
  return counting;
}

function countKey(
  counting: Counting,
  partition: number,
  key: PlannedKey,
  ports: ReplayPorts,
  options: SurveyOptions,
): void {
  const ahead = key.events.filter((event) => !hadItsTurn(options.positions, { partition, ...event }));
  counting.before += key.events.length - ahead.length;
  counting.events += ahead.length;
  // A key that an earlier run has begun is gone on with, and its rows in the table are that run's own.
  const isBusy = key.isOrdered && key.isBusy && ahead.length === key.events.length;
  if (isBusy && ahead.length > 0) {
    counting.busyKeys += 1;
    counting.busyEvents += ahead.length;
  }
  if (key.isOrdered && ahead.length > 0) counting.keys += 1;
  if (isBusy && options.request.skipBusyKeys) return;
  const taken = new Set<string>();
  for (const event of ahead) countEvent(counting, event, taken, ports, options);
}

/** @param taken the places of the key's events that would be put before it. */
function countEvent(
  counting: Counting,
  event: PlannedEvent,
  taken: Set<string>,
  ports: ReplayPorts,
  options: SurveyOptions,
): void {
  const prepared = prepare(event, options, ports);
  if (prepared.kind === "unfit") {
    counting.unfit[prepared.why] += 1;
    return;
  }
  // Under a new id an unordered event has a place of its own.
  const hasOwnPlace = prepared.item["pk"]?.S !== event.key.pk;
  if (event.isOccupied && !hasOwnPlace) {
    counting.occupied += 1;
    return;
  }
  if (taken.has(event.key.sk) && !hasOwnPlace) {
    counting.samePlace += 1;
    return;
  }
  taken.add(event.key.sk);
  counting.put += 1;
  if (event.hasReference) counting.references += 1;
  counting.destinations.set(prepared.address, (counting.destinations.get(prepared.address) ?? 0) + 1);
  counting.latestMs = Math.max(counting.latestMs ?? 0, event.atMs);
  if (counting.first.length < SHOWN) counting.first.push(event);
}
