import type { NewEvent } from "../../../lib/contract/codec/encode-row.ts";
import type { Item } from "../../../lib/contract/codec/item.ts";
import type { Ordering } from "../../../lib/contract/settings/settings.ts";
import type { StreamRecord } from "../../../lib/core/stream-record.ts";
import { times, type WorldOptions, worldOf } from "../../world/world.ts";

export const MINUTE_MS = 60_000;

/** A world with order per key. Events of a key `k` have the ids k/1, k/2 and so on. */
export function orderedWorld(ordering: Ordering = "per-key", options: WorldOptions = {}) {
  const world = worldOf({ ...options, settings: { ...options.settings, ordering } });
  const { write, target, table, clock } = world;
  // A key waits for each of its checks, of which a process makes 20 a second.
  target.checked = false;

  const writeEvent = (
    pk: string,
    sequence: number,
    change: Partial<NewEvent> = {},
    spoil?: (item: Item) => Item,
  ): StreamRecord => write({ id: `${pk}/${sequence}`, order: { key: pk, sequence }, ...change }, spoil);

  const writeEvents = (pk: string, count: number, from = 1): readonly StreamRecord[] =>
    times(count, (index) => writeEvent(pk, from + index));

  /** The sequences of a key in the order of their first delivery. */
  const firstDeliveries = (pk: string): readonly number[] => [...new Set(deliveries(pk))];

  const deliveries = (pk: string): readonly number[] =>
    target.delivered.filter((id) => id.startsWith(`${pk}/`)).map((id) => Number(id.slice(pk.length + 1)));

  const waiting = (): readonly string[] => [...table.items.values()].flatMap((item) => item["id"]?.S ?? []);

  /** Lets the requeuer run every minute. */
  async function requeueFor(minutes: number, process = world.requeuerProcess()): Promise<void> {
    for (let minute = 0; minute < minutes; minute += 1) {
      clock.skip(MINUTE_MS);
      await process.invoke();
    }
  }

  return { ...world, writeEvent, writeEvents, deliveries, firstDeliveries, waiting, requeueFor };
}

export const upTo = (count: number): readonly number[] => times(count, (index) => index + 1);

export const withoutSource = ({ source: _source, ...item }: Item): Item => item;
