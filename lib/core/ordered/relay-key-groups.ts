import { NOWHERE } from "../../contract/event.ts";
import { compareSortKeys, sequenceOf } from "../../contract/sort-key.ts";
import { errorName } from "../../contract/telemetry/error-name.ts";
import type { Deadlines, DeliveryRun } from "../delivery/delivery-run.ts";
import type { Parking } from "../delivery/park.ts";
import { groupedBy } from "../grouped.ts";
import { boundedMap, semaphore } from "../parallel.ts";
import type { StreamRecord } from "../stream-record.ts";
import { deliverKeyGroup, type KeyGroup, type KeyGroupPorts } from "./key-group.ts";
import type { OrderedPorts } from "./ordering.ts";
import { inOrder, type PublishInOrder } from "./publish-in-order.ts";

export interface RelayKeyGroupsPorts {
  readonly ordering: OrderedPorts | undefined;
  readonly delivery: DeliveryRun;
  readonly parking: Parking;
  /** How many calls to the target are made at once. */
  readonly concurrency: number;
}

/**
 * Reads at once; the longest key groups read first. Without this limit, the calls of the longest key group would queue
 * behind hundreds of reads. At 5 ms a read, 8 at once serve more keys a second than a shard takes rows (1,000).
 */
const READS_AT_ONCE = 8;

interface RecordKeyGroup extends KeyGroup {
  readonly all: readonly StreamRecord[];
}

/** The relay's part in ordered delivery: many key groups at once. Resolves with the records to bring again. */
export async function relayKeyGroups(
  records: readonly StreamRecord[],
  { ordering, delivery, parking, concurrency }: RelayKeyGroupsPorts,
  deadlines: Deadlines,
): Promise<readonly StreamRecord[]> {
  if (ordering === undefined) return [];
  const { publisher, clock, limiters, telemetry } = delivery;
  const inTurn = semaphore(READS_AT_ONCE);
  const publish = inOrder(delivery, deadlines);
  const ports: KeyGroupPorts = {
    ...delivery,
    ordering,
    parking,
    publish,
    readKey: (pk, range) => inTurn(() => ordering.keys.read(pk, range)),
  };

  async function run(keyGroup: RecordKeyGroup): Promise<readonly StreamRecord[]> {
    // The sweep delivers what waits behind an open breaker.
    if (isShut(keyGroup)) return [];
    const doneUpTo = await attempted(keyGroup);
    return keyGroup.all.filter(({ row }) => (sequenceOf(row.key.sk) ?? 0) > doneUpTo);
  }

  async function attempted(keyGroup: RecordKeyGroup): Promise<number> {
    // Until the key group's first call, that call may still show the target well: no verdict falls meanwhile.
    const present = destinationIn(keyGroup).map((destination) => delivery.trials.of(destination).begin());
    const arrive = () => {
      for (const trial of present) trial.end();
    };
    const publishFirst: PublishInOrder = (events, remaining) => {
      const published = publish(events, remaining);
      arrive();
      return published;
    };
    try {
      return await deliverKeyGroup(keyGroup, { ...ports, publish: publishFirst }, deadlines);
    } catch (error) {
      telemetry.log("warn", "The outbox table failed for an ordering key; its records are left for another attempt", {
        records: keyGroup.records,
        error: errorName(error),
      });
      return Number.NEGATIVE_INFINITY;
    } finally {
      arrive();
    }
  }

  /** Where the first of its records goes, if that record can be read. */
  const destinationIn = ({ all: [lowest] }: RecordKeyGroup): readonly string[] =>
    lowest?.row.content.kind === "event" ? [publisher.destinationOf(lowest.row.content.event)] : [];

  /** In an outage a key costs not even a read: parking each key would cost more than its events. */
  function isShut(keyGroup: RecordKeyGroup): boolean {
    return destinationIn(keyGroup).some((destination) => {
      const { breaker } = limiters.of(destination);
      return breaker.kind === "open" && clock.now() < breaker.untilMs;
    });
  }

  // The longest key group decides when the batch is done, so it starts first.
  const keyGroups = keyGroupsOf(records).sort((one, other) => other.records - one.records);
  // Each destination has key groups of its own: a destination that hangs would otherwise fill all of them.
  const byDestination = groupedBy(keyGroups, (keyGroup) => destinationIn(keyGroup)[0] ?? NOWHERE);
  for (const destination of byDestination.keys())
    if (destination !== NOWHERE) delivery.pendingDeletes.expect(destination);
  const width = concurrency * publisher.limits.maxEntries;
  const left = await Promise.all([...byDestination.values()].map((some) => boundedMap(some, width, run)));
  return left.flat(2);
}

function keyGroupsOf(records: readonly StreamRecord[]): RecordKeyGroup[] {
  const byKey = new Map<string, StreamRecord[]>();
  for (const record of records) {
    const { pk } = record.row.key;
    const all = byKey.get(pk);
    if (all === undefined) byKey.set(pk, [record]);
    else all.push(record);
  }
  return [...byKey].map(([pk, all]) => {
    all.sort((one, other) => compareSortKeys(one.row.key.sk, other.row.key.sk));
    return { pk, all, records: all.length, ceiling: sequenceOf(all.at(-1)?.row.key.sk ?? "") ?? 0 };
  });
}
