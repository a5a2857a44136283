import { boundedKeys, boundedPublisher, boundedQueue, boundedTable } from "../../lib/core/bounded-ports.ts";
import { type CallDeadlines, callDeadlines } from "../../lib/core/call-deadlines.ts";
import { decodeItem } from "../../lib/core/codec/decode-row.ts";
import { encodeItem, type NewEvent } from "../../lib/core/codec/encode-row.ts";
import type { Item } from "../../lib/core/codec/item.ts";
import { type LimiterMemories, limitersWith } from "../../lib/core/delivery/destination-limiters.ts";
import { existencesOf } from "../../lib/core/delivery/existences.ts";
import { relayLimiter, requeuerLimiter } from "../../lib/core/delivery/limiter-settings.ts";
import { parkingFor } from "../../lib/core/delivery/park.ts";
import { type PendingDeletes, trackPendingDeletes } from "../../lib/core/delivery/pending-deletes.ts";
import type { FunctionRole } from "../../lib/core/metrics.ts";
import type { Telemetry } from "../../lib/core/ports.ts";
import { type RelayResult, relay, type StreamRecord } from "../../lib/core/relay.ts";
import { backlogCountOf } from "../../lib/core/requeue/backlog-count.ts";
import { deadLetterPolls } from "../../lib/core/requeue/dead-letter-polls.ts";
import { type RunResult, requeue } from "../../lib/core/requeue/requeuer.ts";
import { DEFAULT_BACKOFF, DEFAULT_REQUEUE_BACKOFF, type DeliverySettings } from "../../lib/core/settings.ts";
import { seededRandom } from "../../lib/local/seeded-random.ts";
import { type Hangs, hanging } from "./hanging.ts";
import { MemoryKeyTable } from "./memory-key-table.ts";
import { MemoryQueue } from "./memory-queue.ts";
import { MemoryTable } from "./memory-table.ts";
import { hasAllPlaces } from "./places.ts";
import { RecordingTelemetry } from "./recording-telemetry.ts";
import { ScriptedTarget } from "./scripted-target.ts";
import { VirtualClock } from "./virtual-clock.ts";

export interface WorldOptions {
  readonly seed?: number;
  readonly concurrency?: number;
  readonly settings?: Partial<DeliverySettings>;
  /** Made for each process. @default one that remembers */
  readonly telemetryOf?: (role: FunctionRole, calls: CallDeadlines) => WorldTelemetry;
}

interface WorldTelemetry {
  readonly telemetry: Telemetry;
  /** As `beginInvocation` of the functions: called with the end of the work, and what it returns when that is over. */
  readonly begin: (endMs: number) => () => Promise<void>;
}

/** The relay's timeout of 60 s and 10 s more. */
export const MIN_PARKED_MS = 70_000;

/** A table, a queue, a target, a relay process and a requeuer process, on one virtual clock. */
export function worldOf({ seed = 1, concurrency = 32, settings = {}, telemetryOf }: WorldOptions = {}) {
  const clock = new VirtualClock();
  const random = seededRandom(seed);
  const table = new MemoryTable(clock);
  const deadLetters = new MemoryQueue(clock);
  const keys = new MemoryKeyTable(table, clock);
  const target = new ScriptedTarget(clock);
  const backoff = { ...DEFAULT_BACKOFF, ...settings.backoff };
  const requeueBackoff = { ...DEFAULT_REQUEUE_BACKOFF, ...settings.requeueBackoff };

  const isOrdered = (settings.ordering ?? "none") !== "none";
  const hangs: Hangs = new Set();

  function process(role: FunctionRole) {
    const calls = callDeadlines(clock);
    const recording = new RecordingTelemetry();
    const { telemetry, begin } = telemetryOf?.(role, calls) ?? {
      telemetry: recording,
      begin: (endMs: number) => {
        calls.begin(endMs);
        return () => Promise.resolve();
      },
    };
    const ports = {
      ...{ clock, random, telemetry },
      table: boundedTable(hanging("table", table, hangs), calls),
      deadLetters: boundedQueue(hanging("queue", deadLetters, hangs), calls),
    };
    const pendingDeletes = trackPendingDeletes(ports.table, clock, telemetry);
    const parking = parkingFor({ ...ports, requeueBackoff });
    const answering = hanging("target", target, hangs);
    const publisher = boundedPublisher(answering, calls);
    const check = (destination: string) => answering.check(destination);
    const existences = existencesOf({
      ...ports,
      publisher: { ...publisher, existence: { ...target.existence, check } },
    });
    const bounded = boundedKeys(hanging("keys", keys, hangs), calls);
    const strict = settings.ordering === "strict";
    const ordering = isOrdered ? { keys: bounded, strict, minParkedMs: MIN_PARKED_MS, requeueBackoff } : undefined;
    const parts = { ...ports, calls, pendingDeletes, parking, publisher, existences, backoff, ordering };
    async function during<Result>(endMs: number, work: () => Promise<Result>): Promise<Result> {
      const end = begin(endMs);
      try {
        const result = await work();
        await expectAllPlaces(parts);
        return result;
      } finally {
        await end();
      }
    }
    return { parts, recording, during };
  }

  function relayProcess() {
    const { parts, recording, during } = process("relay");
    const limiters = limitersWith(relayLimiter(concurrency), clock, parts.existences);
    /** As `invoke`, beside other work of the clock's. */
    const work = (records: readonly StreamRecord[], timeoutMs = 60_000): Promise<RelayResult> => {
      const endMs = clock.now() + timeoutMs;
      const deadlines = { publishUntilMs: endMs - 5_000, endMs };
      return during(endMs, () =>
        relay(records, { ...parts, delivery: { ...parts, limiters }, concurrency }, deadlines),
      );
    };
    const invoke = (records: readonly StreamRecord[], timeoutMs?: number) => clock.run(() => work(records, timeoutMs));
    return { ...parts, telemetry: recording, limiters, work, invoke };
  }

  function requeuerProcess() {
    const { parts, recording, during } = process("requeuer");
    const backlogCount = backlogCountOf({ ...parts, table });
    const polls = deadLetterPolls();
    const memories: LimiterMemories = new Map();
    let runs = 0;
    /** As `invoke`, beside other work of the clock's. */
    const work = (budgetMs = 50_000, owner = `run-${++runs}`): Promise<RunResult> => {
      const endMs = clock.now() + budgetMs;
      const limiters = limitersWith(requeuerLimiter(concurrency), clock, parts.existences, memories);
      const delivery = { ...parts, limiters };
      const run = {
        ...parts,
        delivery,
        backlogCount,
        deadLetterPolls: polls,
        owner,
        settings: { minAgeSeconds: 300, ...settings },
      };
      return during(endMs, () => requeue(run, { publishUntilMs: endMs - 5_000, endMs }));
    };
    const invoke = (budgetMs?: number, owner?: string) => clock.run(() => work(budgetMs, owner));
    return { ...parts, telemetry: recording, work, invoke };
  }

  /** Holds after every invocation of every test. */
  async function expectAllPlaces({ pendingDeletes }: { readonly pendingDeletes: PendingDeletes }): Promise<void> {
    if (!(await hasAllPlaces(pendingDeletes, clock))) throw new Error("A call took places and did not give them back");
  }

  let written = 0;
  /** Writes a row as a service would, and answers with its stream record. */
  function write(change: Partial<NewEvent> = {}, spoil: (item: Item) => Item = (item) => item): StreamRecord {
    written += 1;
    const now = new Date(clock.now()).toISOString();
    const event = { id: `e${written}`, source: "shop", type: "order.placed", time: now, recordedtime: now };
    const item = spoil(encodeItem({ ...event, data: { total: written }, ...change }));
    table.put(item);
    return recordOf(item, String(written).padStart(21, "0"), clock.now());
  }

  return { clock, random, table, keys, deadLetters, target, hangs, relayProcess, requeuerProcess, write };
}

export function recordOf(item: Item, position: string, writtenAtMs: number): StreamRecord {
  const decoded = decodeItem(item);
  if (decoded.kind === "reserved") throw new Error("A reserved row has no record");
  return { position, writtenAtMs, row: decoded.row };
}

export const times = <Value>(count: number, make: (index: number) => Value): readonly Value[] =>
  Array.from({ length: count }, (_unused, index) => make(index));
