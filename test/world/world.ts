import { boundedKeys, boundedPublisher, boundedQueue, boundedTable } from "../../lib/core/bounded-ports.ts";
import { callDeadlines } from "../../lib/core/call-deadlines.ts";
import { decodeItem } from "../../lib/core/codec/decode-row.ts";
import { encodeItem, type NewEvent } from "../../lib/core/codec/encode-row.ts";
import type { Item } from "../../lib/core/codec/item.ts";
import { acknowledgedRows } from "../../lib/core/delivery/acknowledged-rows.ts";
import { existencesOf } from "../../lib/core/delivery/existences.ts";
import { relayGates, requeuerGates } from "../../lib/core/delivery/gate-settings.ts";
import { type GateMemories, gatesWith } from "../../lib/core/delivery/gates.ts";
import { parkingFor } from "../../lib/core/delivery/park.ts";
import { type RelayResult, relay, type StreamRecord } from "../../lib/core/relay.ts";
import { censusOf } from "../../lib/core/requeue/census.ts";
import { letterPolls } from "../../lib/core/requeue/letter-polls.ts";
import { type RunResult, requeue } from "../../lib/core/requeue/requeuer.ts";
import { DEFAULT_BACKOFF, DEFAULT_REQUEUE_BACKOFF, type DeliverySettings } from "../../lib/core/settings.ts";
import { type Hangs, hanging } from "./hanging.ts";
import { MemoryKeyTable } from "./memory-key-table.ts";
import { MemoryQueue } from "./memory-queue.ts";
import { MemoryTable } from "./memory-table.ts";
import { hasAllPlaces } from "./places.ts";
import { RecordingTelemetry } from "./recording-telemetry.ts";
import { ScriptedTarget } from "./scripted-target.ts";
import { seededRandom } from "./seeded-random.ts";
import { VirtualClock } from "./virtual-clock.ts";

export interface WorldOptions {
  readonly seed?: number;
  readonly concurrency?: number;
  readonly settings?: Partial<DeliverySettings>;
}

/** The relay's timeout of 60 s and 10 s more. */
export const GATE_MS = 70_000;

/** A table, a queue, a target, a relay process and a requeuer process, on one virtual clock. */
export function worldOf({ seed = 1, concurrency = 32, settings = {} }: WorldOptions = {}) {
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

  function process() {
    const telemetry = new RecordingTelemetry();
    const calls = callDeadlines(clock);
    const ports = {
      ...{ clock, random, telemetry },
      table: boundedTable(hanging("table", table, hangs), calls),
      deadLetters: boundedQueue(hanging("queue", deadLetters, hangs), calls),
    };
    const acknowledged = acknowledgedRows(ports.table, clock, telemetry);
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
    const ordering = isOrdered ? { keys: bounded, strict, gateMs: GATE_MS, requeueBackoff } : undefined;
    return { ...ports, calls, acknowledged, parking, publisher, existences, backoff, ordering };
  }

  function relayProcess() {
    const parts = process();
    const gates = gatesWith(relayGates(concurrency), clock, parts.existences);
    return {
      ...parts,
      gates,
      invoke: (records: readonly StreamRecord[], timeoutMs = 60_000): Promise<RelayResult> =>
        clock.run(async () => {
          const endMs = clock.now() + timeoutMs;
          parts.calls.begin(endMs);
          const deadlines = { publishUntilMs: endMs - 5_000, endMs };
          const result = await relay(records, { ...parts, delivery: { ...parts, gates }, concurrency }, deadlines);
          await expectAllPlaces(parts);
          return result;
        }),
    };
  }

  function requeuerProcess() {
    const parts = process();
    const census = censusOf(table, clock, parts.telemetry);
    const polls = letterPolls();
    const memories: GateMemories = new Map();
    let runs = 0;
    return {
      ...parts,
      invoke: (budgetMs = 50_000, owner = `run-${++runs}`): Promise<RunResult> =>
        clock.run(async () => {
          const endMs = clock.now() + budgetMs;
          parts.calls.begin(endMs);
          const delivery = {
            ...parts,
            gates: gatesWith(requeuerGates(concurrency), clock, parts.existences, memories),
          };
          const run = {
            ...parts,
            delivery,
            census,
            letterPolls: polls,
            owner,
            settings: { minAgeSeconds: 300, ...settings },
          };
          const result = await requeue(run, { publishUntilMs: endMs - 5_000, endMs });
          await expectAllPlaces(parts);
          return result;
        }),
    };
  }

  /** Holds after every invocation of every test. */
  async function expectAllPlaces({ acknowledged }: ReturnType<typeof process>): Promise<void> {
    if (!(await hasAllPlaces(acknowledged, clock))) throw new Error("A call took places and did not give them back");
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
