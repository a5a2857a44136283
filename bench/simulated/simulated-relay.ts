import { encodeItem } from "../../lib/contract/codec/encode-row.ts";
import type { OutboxRow } from "../../lib/contract/event.ts";
import {
  DEFAULT_BACKOFF,
  DEFAULT_MIN_AGE_SECONDS,
  DEFAULT_REQUEUE_BACKOFF,
  defaultConcurrency,
} from "../../lib/contract/settings.ts";
import { type LimiterMemories, limitersWith } from "../../lib/core/delivery/destination-limiters.ts";
import { existencesOf } from "../../lib/core/delivery/existences.ts";
import { relayLimiter, requeuerLimiter } from "../../lib/core/delivery/limiter-settings.ts";
import { parkingFor } from "../../lib/core/delivery/park.ts";
import { trackPendingDeletes } from "../../lib/core/delivery/pending-deletes.ts";
import type { OrderedPorts } from "../../lib/core/ordered/ordering.ts";
import type { Clock, DeadLetterQueue, OutboxTable, Publisher, Telemetry } from "../../lib/core/ports.ts";
import { type RelayResult, relay, type StreamRecord } from "../../lib/core/relay/relay.ts";
import { backlogCountOf } from "../../lib/core/requeue/backlog-count.ts";
import { deadLetterPolls } from "../../lib/core/requeue/dead-letter-polls.ts";
import { type RunResult, requeue } from "../../lib/core/requeue/requeuer.ts";
import type { Random } from "../../lib/core/resilience/backoff.ts";
import { type ItemStore, rowOf } from "../../test/engine/item-store.ts";

/** What all processes of a simulated deployment share. */
export interface Deployment {
  readonly clock: Clock;
  readonly random: Random;
  readonly table: OutboxTable;
  readonly deadLetters: DeadLetterQueue;
  readonly ordering?: OrderedPorts | undefined;
}

/** As the functions are deployed by default. */
const CONCURRENCY = defaultConcurrency(1024);
const TIMEOUT_MS = 60_000;
const RELAY = { closingMs: 6_000, answerMs: 1_000 };
const REQUEUER = { marginMs: 5_000, closingMs: 3_000 };
export const REQUEUE_EVERY_MS = 60_000;

const SILENT: Telemetry = { count: () => undefined, measure: () => undefined, log: () => undefined };

function partsOf(deployment: Deployment, publisher: Publisher) {
  const ports = { ...deployment, telemetry: SILENT };
  const pendingDeletes = trackPendingDeletes(deployment.table, deployment.clock, SILENT);
  const parking = parkingFor({ ...ports, requeueBackoff: DEFAULT_REQUEUE_BACKOFF });
  const existences = existencesOf({ ...ports, publisher });
  // As the functions do when they start.
  existences.of(publisher.destinationOf({})).begin();
  const { ordering } = deployment;
  return { ...ports, pendingDeletes, parking, publisher, existences, backoff: DEFAULT_BACKOFF, ordering };
}

/** One Lambda environment of the relay, on simulated time. */
export function relayProcess(
  deployment: Deployment,
  publisher: Publisher,
): (records: readonly StreamRecord[]) => Promise<RelayResult> {
  const { clock } = deployment;
  const parts = partsOf(deployment, publisher);
  const delivery = { ...parts, limiters: limitersWith(relayLimiter(CONCURRENCY), clock, parts.existences) };
  return (records) => {
    const timeoutMs = clock.now() + TIMEOUT_MS;
    const deadlines = { publishUntilMs: timeoutMs - RELAY.closingMs, endMs: timeoutMs - RELAY.answerMs };
    return relay(records, { ...parts, delivery, concurrency: CONCURRENCY }, deadlines);
  };
}

/** One Lambda environment of the requeuer, on simulated time. */
export function requeuerProcess(deployment: Deployment, publisher: Publisher): () => Promise<RunResult> {
  const { clock, table } = deployment;
  const parts = partsOf(deployment, publisher);
  const backlogCount = backlogCountOf({ ...parts, table, telemetry: SILENT });
  const polls = deadLetterPolls();
  const memories: LimiterMemories = new Map();
  let runs = 0;
  return () => {
    runs += 1;
    const endMs = clock.now() + TIMEOUT_MS - REQUEUER.marginMs;
    const delivery = {
      ...parts,
      limiters: limitersWith(requeuerLimiter(CONCURRENCY), clock, parts.existences, memories),
    };
    const settings = { minAgeSeconds: DEFAULT_MIN_AGE_SECONDS };
    const run = { ...parts, delivery, backlogCount, deadLetterPolls: polls, settings, owner: `run-${runs}` };
    return requeue(run, { publishUntilMs: endMs - REQUEUER.closingMs, endMs });
  };
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
