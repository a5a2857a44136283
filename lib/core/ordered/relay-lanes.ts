import type { Deadlines, DeliveryRun } from "../delivery/deliver.ts";
import type { Parking } from "../delivery/park.ts";
import { NOWHERE } from "../event.ts";
import { groupedBy } from "../grouped.ts";
import { atMost, inParallel } from "../parallel.ts";
import type { StreamRecord } from "../relay.ts";
import { compareSortKeys, sequenceOf } from "../sort-key.ts";
import { type Lane, type LaneEnd, type LanePorts, runLane } from "./lane.ts";
import type { OrderedPorts } from "./ordering.ts";
import { inOrder, type PublishInOrder } from "./publish-in-order.ts";

export interface RelayLanesPorts {
  readonly ordering: OrderedPorts | undefined;
  readonly delivery: DeliveryRun;
  readonly parking: Parking;
  /** Calls to the target at once. */
  readonly concurrency: number;
}

/**
 * Reads at once, the longest lanes' first. With all of them at once, the calls of the lane that everybody waits for would
 * stand behind hundreds of reads. At 5 ms a read, these look at more keys a second than a shard takes rows (1,000).
 */
const READS_AT_ONCE = 8;

interface RecordLane extends Lane {
  readonly all: readonly StreamRecord[];
}

/** The relay's part in ordered delivery: one lane a key, many lanes at once. Resolves with the records to bring again. */
export async function relayLanes(
  records: readonly StreamRecord[],
  { ordering, delivery, parking, concurrency }: RelayLanesPorts,
  deadlines: Deadlines,
): Promise<readonly StreamRecord[]> {
  if (ordering === undefined) return [];
  const { publisher, clock, gates, telemetry } = delivery;
  const inTurn = atMost(READS_AT_ONCE);
  const publish = inOrder(delivery, deadlines);
  const ports: LanePorts = {
    ...delivery,
    ordering,
    parking,
    publish,
    readKey: (pk, range) => inTurn(() => ordering.keys.read(pk, range)),
  };

  async function run(lane: RecordLane): Promise<readonly StreamRecord[]> {
    const end = isShut(lane) ? BREAKER_OPEN : await attempted(lane);
    return end.kind === "failed" ? lane.all.filter(({ row }) => (sequenceOf(row.key.sk) ?? 0) > end.above) : [];
  }

  async function attempted(lane: RecordLane): Promise<LaneEnd> {
    // Until its first call is made, the lane may yet tell whether the target is well: nobody is judged meanwhile.
    const present = destinationIn(lane).map((destination) => delivery.trials.of(destination).begin());
    const arrive = () => {
      for (const trial of present) trial.end();
    };
    const publishFirst: PublishInOrder = (events, remaining) => {
      const published = publish(events, remaining);
      arrive();
      return published;
    };
    try {
      return await runLane(lane, { ...ports, publish: publishFirst }, deadlines);
    } catch (error) {
      telemetry.log("warn", "The outbox table failed for an ordering key; its records are left for another attempt", {
        records: lane.records,
        error: error instanceof Error ? error.name : String(error),
      });
      return { kind: "failed", above: Number.NEGATIVE_INFINITY };
    } finally {
      arrive();
    }
  }

  /** Where the first of its records goes, as far as it can be read. */
  const destinationIn = ({ all: [lowest] }: RecordLane): readonly string[] =>
    lowest?.row.content.kind === "event" ? [publisher.destinationOf(lowest.row.content.event)] : [];

  /** In an outage a key costs not even a read: a gate for each would cost more than its events. */
  function isShut(lane: RecordLane): boolean {
    return destinationIn(lane).some((destination) => {
      const { breaker } = gates.of(destination);
      return breaker.kind === "open" && clock.now() < breaker.untilMs;
    });
  }

  // The longest lane decides when the batch is done, so it starts first.
  const lanes = lanesOf(records).sort((one, other) => other.records - one.records);
  // Each destination has lanes of its own: those of one that hangs would fill all of them.
  const byDestination = groupedBy(lanes, (lane) => destinationIn(lane)[0] ?? NOWHERE);
  for (const destination of byDestination.keys())
    if (destination !== NOWHERE) delivery.acknowledged.expect(destination);
  const width = concurrency * publisher.limits.maxEntries;
  const left = await Promise.all([...byDestination.values()].map((some) => inParallel(some, width, run)));
  return left.flat(2);
}

const BREAKER_OPEN: LaneEnd = { kind: "breaker-open" };

function lanesOf(records: readonly StreamRecord[]): RecordLane[] {
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
