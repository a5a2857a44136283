import { seededRandom } from "../../dev/demo/seeded-random.ts";
import { deadLetterText } from "../../lib/contract/dead-letter.ts";
import type { Failure } from "../../lib/contract/failure.ts";
import { MESSAGE_BYTES, MemoryQueue } from "../../test/world/memory-queue.ts";
import { memoryTable } from "../../test/world/memory-table.ts";
import { VirtualClock } from "../../test/world/virtual-clock.ts";
import { TABLE_MS } from "../stubs/stub-server.ts";
import { liveShard } from "./live-shard.ts";
import { QuotaTarget } from "./quota-target.ts";
import { type Deployment, REQUEUE_EVERY_MS, simulatedRelay, simulatedRequeuer, storedRow } from "./simulated-relay.ts";

export interface RecoveryOptions {
  readonly seed: number;
  readonly liveEventsPerSecond: number;
  readonly quotaEventsPerSecond: number;
  /** Events left by an outage, each with its row and its dead letter. */
  readonly backlog: number;
  /** The longest simulated time, in seconds. With a backlog the simulation ends when it is drained. */
  readonly atMostSeconds: number;
}

export interface RecoveryResult {
  /** Latency of the live events, from the row's write until the target took it, in milliseconds. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly liveEvents: number;
  /** Events of the backlog that the target took. */
  readonly drained: number;
  readonly seconds: number;
}

const SHARDS = 2;
const OUTAGE: Failure = { class: "transient", scope: "target", code: "ServiceUnavailable", message: "an outage" };
/** Old enough for the sweep. */
const BACKLOG_AGE_MS = 400_000;

/** Live traffic with a backlog behind it, through the real relay and the real requeuer, on simulated time. */
export async function recovery(options: RecoveryOptions): Promise<RecoveryResult> {
  const { seed, liveEventsPerSecond, quotaEventsPerSecond, backlog, atMostSeconds } = options;
  const clock = new VirtualClock();
  const random = seededRandom(seed);
  const table = memoryTable(clock, TABLE_MS);
  const deadLetters = new MemoryQueue(clock, TABLE_MS);
  const target = new QuotaTarget({ clock, random, eventsPerSecond: quotaEventsPerSecond });
  const deployment: Deployment = { clock, random, table, deadLetters };
  const startMs = clock.now();
  for (let index = 0; index < backlog; index += 1) {
    const { key, content } = storedRow(table.store, `waiting-${index}`, startMs - BACKLOG_AGE_MS);
    const times = { attempts: 5, firstFailureMs: startMs, parkedMs: startMs };
    deadLetters.put(deadLetterText({ key, id: key.pk, failure: OUTAGE, content, ...times }, MESSAGE_BYTES));
  }

  const latencies: number[] = [];
  const undrained = new Set(Array.from({ length: backlog }, (_unused, index) => `waiting-${index}`));
  target.onTaken = ({ id, recordedAtMs = 0 }, atMs) => {
    if (!undrained.delete(id)) latencies.push(atMs - recordedAtMs);
  };
  const seconds = () => (clock.now() - startMs) / 1_000;
  const isOver = () => (backlog > 0 && undrained.size === 0) || seconds() >= atMostSeconds;

  let written = 0;
  const shard = () =>
    liveShard({
      ...{ clock, random, isOver },
      eventsPerSecond: liveEventsPerSecond / SHARDS,
      relay: simulatedRelay(deployment, target.publisher()),
      write: (atMs) => storedRow(table.store, `live-${++written}`, atMs),
    });
  async function schedule(): Promise<void> {
    const requeue = simulatedRequeuer(deployment, target.publisher());
    for (let runMs = clock.now(); !isOver(); runMs += REQUEUE_EVERY_MS) {
      await clock.sleep(runMs - clock.now());
      await requeue();
    }
  }
  await clock.run(() => Promise.all([schedule(), ...Array.from({ length: SHARDS }, shard)]));

  latencies.sort((one, other) => one - other);
  const quantile = (part: number) => latencies[Math.floor(latencies.length * part)] ?? Number.NaN;
  return {
    p50Ms: quantile(0.5),
    p99Ms: quantile(0.99),
    liveEvents: latencies.length,
    drained: backlog - undrained.size,
    seconds: seconds(),
  };
}
