import { seededRandom } from "../../dev/demo/seeded-random.ts";
import {
  DEFAULT_BACKOFF,
  DEFAULT_MIN_AGE_SECONDS,
  DEFAULT_RELAY_TIMEOUT_SECONDS,
  DEFAULT_REQUEUE_BACKOFF,
} from "../../lib/contract/settings/settings.ts";
import { callDeadlines } from "../../lib/core/call-deadlines.ts";
import type { Clock, Publisher } from "../../lib/core/ports.ts";
import type { ProcessPorts } from "../../lib/core/process/process.ts";
import type { RequeuerSettings } from "../../lib/core/process/requeuer-process.ts";
import { memoryKeys } from "../world/memory-key-table.ts";
import { MemoryQueue } from "../world/memory-queue.ts";
import { memoryTable } from "../world/memory-table.ts";
import { RecordingTelemetry } from "../world/recording-telemetry.ts";

/** The settings of the deployed functions, but with few calls at once and very short waits. */
export const SETTINGS: RequeuerSettings = {
  ordering: "none",
  backoff: { ...DEFAULT_BACKOFF, baseMs: 1, capMs: 10 },
  requeueBackoff: DEFAULT_REQUEUE_BACKOFF,
  concurrency: 8,
  minAgeSeconds: DEFAULT_MIN_AGE_SECONDS,
  relayTimeoutSeconds: DEFAULT_RELAY_TIMEOUT_SECONDS,
};

/** An outbox in memory in front of a real target. */
export function outboxBefore(publisher: Publisher, clock: Clock) {
  const table = memoryTable(clock);
  const deadLetters = new MemoryQueue(clock);
  const keys = memoryKeys(table.store, clock);
  const calls = callDeadlines(clock);
  const telemetry = new RecordingTelemetry();
  const ports: ProcessPorts = {
    ...{ table, deadLetters, keys, publisher, clock, calls, telemetry },
    random: seededRandom(1),
  };
  return { table, deadLetters, ports };
}
