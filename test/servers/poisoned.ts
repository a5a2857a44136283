import { seededRandom } from "../../dev/demo/seeded-random.ts";
import { systemClock } from "../../lib/aws/system.ts";
import { decodeItem } from "../../lib/contract/codec/decode-row.ts";
import type { NewEvent } from "../../lib/contract/codec/encode-row.ts";
import { MAX_ITEM_BYTES } from "../../lib/contract/codec/item-size.ts";
import { idOf, type OutboxRow } from "../../lib/contract/event.ts";
import { DEFAULT_BACKOFF, DEFAULT_REQUEUE_BACKOFF } from "../../lib/contract/settings.ts";
import { aroundCalls } from "../../lib/core/delivery/around-calls.ts";
import { limitersWith } from "../../lib/core/delivery/destination-limiters.ts";
import { existencesOf } from "../../lib/core/delivery/existences.ts";
import { relayLimiter, requeuerLimiter } from "../../lib/core/delivery/limiter-settings.ts";
import { parkingFor } from "../../lib/core/delivery/park.ts";
import { trackPendingDeletes } from "../../lib/core/delivery/pending-deletes.ts";
import type { Clock, Publisher } from "../../lib/core/ports.ts";
import { relay } from "../../lib/core/relay/relay.ts";
import { backlogCountOf } from "../../lib/core/requeue/backlog-count.ts";
import { deadLetterPolls } from "../../lib/core/requeue/dead-letter-polls.ts";
import { requeue } from "../../lib/core/requeue/requeuer.ts";
import { itemOf } from "../aws/fixtures.ts";
import { MemoryQueue } from "../world/memory-queue.ts";
import { memoryTable } from "../world/memory-table.ts";
import { RecordingTelemetry } from "../world/recording-telemetry.ts";
import { recordOf } from "../world/world.ts";

const CONCURRENCY = 8;
const CALL_MS = 500;
const WORK_MS = 20_000;
const CLOSING_MS = 1_000;
const RUNS = 2;
const HOUR_MS = 3_600_000;

/** How a row stands after it all. */
export interface LeftRow {
  readonly id: string | undefined;
  /** Rounds that ended with a failure of its own: it is marked, and rests. */
  readonly attempts: number;
}

/**
 * Writes events to an outbox in memory, and has the real relay pass over them once and the requeuer twice, an hour apart, in
 * real time and with half a second for each call to the target. Resolves with the rows that are left.
 */
export async function leftBeside(
  publisher: Publisher,
  events: readonly Partial<NewEvent>[],
): Promise<readonly LeftRow[]> {
  let laterMs = 0;
  const clock: Clock = { now: () => systemClock.now() + laterMs, sleep: systemClock.sleep };
  const hurried = aroundCalls(publisher, (destination, together, untilMs) =>
    publisher.publish(destination, together, systemClock.now() + Math.min(CALL_MS, untilMs - clock.now())),
  );
  const telemetry = new RecordingTelemetry();
  const table = memoryTable(clock);
  const deadLetters = new MemoryQueue(clock);
  const ports = { table, deadLetters, clock, random: seededRandom(1), telemetry, publisher: hurried };
  const parking = parkingFor({ ...ports, requeueBackoff: DEFAULT_REQUEUE_BACKOFF });
  const pendingDeletes = trackPendingDeletes(table, clock, telemetry);
  const backoff = { ...DEFAULT_BACKOFF, baseMs: 1, capMs: 10 };
  const existences = existencesOf(ports);
  const parts = { ...ports, parking, pendingDeletes, backoff };
  const deadlines = () => {
    const endMs = clock.now() + WORK_MS;
    return { publishUntilMs: endMs - CLOSING_MS, endMs };
  };

  const records = events.map((event, index) => {
    // What is larger than a row is stored as gzip, or its row would have no room for a mark.
    const gzip = typeof event.data === "string" && event.data.length > MAX_ITEM_BYTES;
    const item = itemOf({ recordedtime: new Date(clock.now()).toISOString(), ...event }, { gzip });
    table.put(item);
    return recordOf(item, String(index).padStart(21, "0"), clock.now());
  });
  const limiters = limitersWith(relayLimiter(CONCURRENCY), clock, existences);
  await relay(records, { ...parts, delivery: { ...parts, limiters }, concurrency: CONCURRENCY }, deadlines());
  for (let run = 1; run <= RUNS; run += 1) {
    laterMs += HOUR_MS;
    const delivery = { ...parts, limiters: limitersWith(requeuerLimiter(CONCURRENCY), clock, existences) };
    const backlogCount = backlogCountOf(parts);
    await requeue(
      {
        ...parts,
        delivery,
        backlogCount,
        deadLetterPolls: deadLetterPolls(),
        settings: { minAgeSeconds: 300 },
        owner: `run-${run}`,
      },
      deadlines(),
    );
  }

  const rows = [...table.items.values()].map(decodeItem);
  return rows
    .flatMap((item): readonly OutboxRow[] => (item.kind === "row" ? [item.row] : []))
    .map(({ content, marks }) => ({ id: idOf(content), attempts: marks.attempts }));
}
