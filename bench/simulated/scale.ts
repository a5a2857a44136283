import { seededRandom } from "../../dev/demo/seeded-random.ts";
import { keyText, type OutboxRow } from "../../lib/contract/event.ts";
import { sequenceOf } from "../../lib/contract/sort-key.ts";
import { MemoryQueue } from "../../test/world/memory-queue.ts";
import { memoryTable } from "../../test/world/memory-table.ts";
import { VirtualClock } from "../../test/world/virtual-clock.ts";
import { TABLE_MS } from "../stubs/stub-server.ts";
import { liveShard, POLL_MS } from "./live-shard.ts";
import { QuotaTarget } from "./quota-target.ts";
import { type Deployment, simulatedRelay, storedRow } from "./simulated-relay.ts";

export interface ScaleOptions {
  readonly shards: number;
  /** Ordering keys per shard, used in turn; 0 for unordered events. */
  readonly keys: number;
  readonly eventsPerSecond: number;
  readonly seconds: number;
}

const WARM_UP_MS = 1_000;

export interface ScaleResult {
  /** Events per second that the target took. */
  readonly deliveredPerSecond: number;
}

/** Shards with more or less load than a relay can deliver: the real relay, one process per shard, on simulated time. */
export async function scale({ shards, keys, eventsPerSecond, seconds }: ScaleOptions): Promise<ScaleResult> {
  const clock = new VirtualClock();
  const random = seededRandom(1);
  const table = memoryTable(clock, TABLE_MS);
  const deadLetters = new MemoryQueue(clock, TABLE_MS);
  const deployment: Deployment = { clock, random, table, deadLetters, ordering: keys > 0 ? "per-key" : "none" };
  const target = new QuotaTarget({ clock, random, eventsPerSecond: Number.POSITIVE_INFINITY });
  // Counted after the first second, in which each process checks that the bus exists.
  const fromMs = clock.now() + POLL_MS + WARM_UP_MS;
  const endMs = fromMs + seconds * 1_000;
  const last = new Map<string, number>();
  let takenInTime = 0;
  target.onTaken = ({ pk, sk }, atMs) => {
    if (atMs >= fromMs && atMs < endMs) takenInTime += 1;
    if (keys === 0) return;
    const sequence = sequenceOf(sk) ?? 0;
    if (sequence <= (last.get(pk) ?? 0)) throw new Error(`${keyText({ pk, sk })} was published out of order`);
    last.set(pk, sequence);
  };

  await clock.run(() => Promise.all(Array.from({ length: shards }, (_unused, shard) => run(shard))));
  if (deadLetters.size > 0) throw new Error(`${deadLetters.size} events were parked, and none should have been`);
  return { deliveredPerSecond: takenInTime / seconds };

  function run(shard: number): Promise<void> {
    let written = 0;
    const next = (atMs: number): OutboxRow => {
      const index = written++;
      const order = { key: `shard-${shard}-key-${index % keys}`, sequence: 1 + Math.floor(index / keys) };
      return keys === 0
        ? storedRow(table.store, `shard-${shard}-event-${index}`, atMs)
        : storedRow(table.store, `${order.key}/${order.sequence}`, atMs, order);
    };
    return liveShard({
      ...{ clock, random, eventsPerSecond },
      relay: simulatedRelay(deployment, target.publisher({ checks: keys === 0 })),
      write: next,
      // All start at once: the hardest case for what they share.
      firstPollMs: POLL_MS,
      isOver: () => clock.now() >= endMs,
    });
  }
}
