import { seededRandom } from "../../dev/demo/seeded-random.ts";
import { systemClock } from "../../lib/aws/system.ts";
import { decodeItem } from "../../lib/contract/codec/decode-row.ts";
import type { NewEvent } from "../../lib/contract/codec/encode-row.ts";
import { idOf } from "../../lib/contract/event.ts";
import { DEFAULT_BACKOFF, DEFAULT_REQUEUE_BACKOFF } from "../../lib/contract/settings.ts";
import { limitersWith } from "../../lib/core/delivery/destination-limiters.ts";
import { existencesOf } from "../../lib/core/delivery/existences.ts";
import { relayLimiter } from "../../lib/core/delivery/limiter-settings.ts";
import { parkingFor } from "../../lib/core/delivery/park.ts";
import { trackPendingDeletes } from "../../lib/core/delivery/pending-deletes.ts";
import type { Publisher } from "../../lib/core/ports.ts";
import { relay } from "../../lib/core/relay/relay.ts";
import { itemOf } from "../aws/fixtures.ts";
import { MemoryQueue } from "../world/memory-queue.ts";
import { memoryTable } from "../world/memory-table.ts";
import { RecordingTelemetry } from "../world/recording-telemetry.ts";
import { recordOf } from "../world/world.ts";

const CONCURRENCY = 8;

/** What a run of the relay left behind, as ids in alphabetical order. */
export interface Relayed {
  /** Rows that are still in the outbox. */
  readonly left: readonly (string | undefined)[];
  /** Events with a dead letter. */
  readonly deadLetters: readonly unknown[];
}

/** Writes events to an outbox in memory and runs one real relay invocation over them, in real time. */
export async function relayed(publisher: Publisher, events: readonly Partial<NewEvent>[]): Promise<Relayed> {
  const clock = systemClock;
  const telemetry = new RecordingTelemetry();
  const random = seededRandom(1);
  const table = memoryTable(clock);
  const deadLetters = new MemoryQueue(clock);
  const ports = { table, deadLetters, clock, random, telemetry };
  const parking = parkingFor({ ...ports, requeueBackoff: DEFAULT_REQUEUE_BACKOFF });
  const pendingDeletes = trackPendingDeletes(table, clock, telemetry);
  const limiters = limitersWith(relayLimiter(CONCURRENCY), clock, existencesOf({ ...ports, publisher }));
  const backoff = { ...DEFAULT_BACKOFF, baseMs: 1, capMs: 10 };
  const delivery = { ...ports, publisher, pendingDeletes, limiters, backoff };

  const records = events.map((event, index) => {
    const item = itemOf(event);
    table.put(item);
    return recordOf(item, String(index).padStart(21, "0"), clock.now());
  });
  const endMs = clock.now() + 60_000;
  await relay(
    records,
    { table, delivery, parking, concurrency: CONCURRENCY },
    { publishUntilMs: endMs - 5_000, endMs },
  );

  const rows = [...table.items.values()].map(decodeItem);
  return {
    left: rows.flatMap((item) => (item.kind === "row" ? [idOf(item.row.content)] : [])).toSorted(),
    deadLetters: deadLetters.bodies.map((body) => body["id"]).toSorted(),
  };
}
