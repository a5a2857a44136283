import { encodeItem } from "../../lib/contract/codec/encode-row.ts";
import type { OutboxRow } from "../../lib/contract/event.ts";
import {
  DEFAULT_BACKOFF,
  DEFAULT_MIN_AGE_SECONDS,
  DEFAULT_RELAY_TIMEOUT_SECONDS,
  DEFAULT_REQUEUE_BACKOFF,
  defaultConcurrency,
  type Ordering,
} from "../../lib/contract/settings/settings.ts";
import { callDeadlines } from "../../lib/core/call-deadlines.ts";
import type { Clock, DeadLetterQueue, Publisher, Random, Telemetry } from "../../lib/core/ports.ts";
import type { ProcessPorts } from "../../lib/core/process/process.ts";
import { relayProcess } from "../../lib/core/process/relay-process.ts";
import { requeuerProcess } from "../../lib/core/process/requeuer-process.ts";
import type { RelayResult } from "../../lib/core/relay/relay.ts";
import type { RunResult } from "../../lib/core/requeue/requeuer.ts";
import type { StreamRecord } from "../../lib/core/stream-record.ts";
import { type ItemStore, rowOf } from "../../test/engine/item-store.ts";
import { memoryKeys } from "../../test/world/memory-key-table.ts";
import type { MemoryTable } from "../../test/world/memory-table.ts";
import { TABLE_MS } from "../stubs/stub-server.ts";

/** The parts that all processes of a simulated deployment share. */
export interface Deployment {
  readonly clock: Clock;
  readonly random: Random;
  readonly table: MemoryTable;
  readonly deadLetters: DeadLetterQueue;
  /** @default "none" */
  readonly ordering?: Ordering;
}

/** The default settings of deployed functions. */
const SETTINGS = {
  ordering: "none",
  backoff: DEFAULT_BACKOFF,
  requeueBackoff: DEFAULT_REQUEUE_BACKOFF,
  concurrency: defaultConcurrency(1024),
  minAgeSeconds: DEFAULT_MIN_AGE_SECONDS,
  relayTimeoutSeconds: DEFAULT_RELAY_TIMEOUT_SECONDS,
} as const;
const TIMEOUT_MS = 60_000;
export const REQUEUE_EVERY_MS = 60_000;

const SILENT: Telemetry = { count: () => undefined, measure: () => undefined, log: () => undefined };

const portsOf = ({ clock, random, table, deadLetters }: Deployment, publisher: Publisher): ProcessPorts => ({
  ...{ clock, random, table, deadLetters, publisher, telemetry: SILENT },
  keys: memoryKeys(table.store, clock, TABLE_MS),
  calls: callDeadlines(clock),
});

/** One Lambda environment of the relay, on simulated time. */
export function simulatedRelay(
  deployment: Deployment,
  publisher: Publisher,
): (records: readonly StreamRecord[]) => Promise<RelayResult> {
  const { clock, ordering = "none" } = deployment;
  const { invoke } = relayProcess(portsOf(deployment, publisher), { ...SETTINGS, ordering });
  return (records) => invoke(() => records, clock.now() + TIMEOUT_MS);
}

/** One Lambda environment of the requeuer, on simulated time. */
export function simulatedRequeuer(deployment: Deployment, publisher: Publisher): () => Promise<RunResult> {
  const { clock, ordering = "none" } = deployment;
  const { invoke } = requeuerProcess(portsOf(deployment, publisher), { ...SETTINGS, ordering });
  let runs = 0;
  return () => invoke(`run-${++runs}`, clock.now() + TIMEOUT_MS);
}

/** Writes a row of about 1 KB to the table, as a service does, and answers with what a record of it carries. */
export function storedRow(
  store: ItemStore,
  id: string,
  recordedAtMs: number,
  order?: { readonly key: string; readonly sequence: number },
): OutboxRow {
  const recordedtime = new Date(recordedAtMs).toISOString();
  const time = "2026-01-01T00:00:00Z";
  const event = { id, source: "shop", type: "order.placed", time, recordedtime, data: DATA };
  const item = encodeItem({ ...event, ...(order && { order }) });
  store.put(item);
  const row = rowOf(item);
  if (row === undefined) throw new Error(`${id} is not an event's row`);
  return row;
}

const DATA = "x".repeat(1_000);
