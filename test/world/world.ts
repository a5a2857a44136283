import { seededRandom } from "../../dev/demo/seeded-random.ts";
import { decodeItem } from "../../lib/contract/codec/decode-row.ts";
import { encodeItem, type NewEvent } from "../../lib/contract/codec/encode-row.ts";
import type { Item } from "../../lib/contract/codec/item.ts";
import type { FunctionRole } from "../../lib/contract/deployment/function-role.ts";
import {
  DEFAULT_BACKOFF,
  DEFAULT_MIN_AGE_SECONDS,
  DEFAULT_RELAY_TIMEOUT_SECONDS,
  DEFAULT_REQUEUE_BACKOFF,
  type DeliverySettings,
} from "../../lib/contract/settings/settings.ts";
import { type CallDeadlines, callDeadlines } from "../../lib/core/call-deadlines.ts";
import { aroundCalls } from "../../lib/core/delivery/call/around-calls.ts";
import type { Telemetry } from "../../lib/core/ports.ts";
import type { ProcessPorts } from "../../lib/core/process/process.ts";
import { relayProcess as coreRelayProcess } from "../../lib/core/process/relay-process.ts";
import {
  requeuerProcess as coreRequeuerProcess,
  type RequeuerSettings,
} from "../../lib/core/process/requeuer-process.ts";
import type { RelayResult } from "../../lib/core/relay/relay.ts";
import type { RunResult } from "../../lib/core/requeue/requeuer.ts";
import type { StreamRecord } from "../../lib/core/stream-record.ts";
import { countedClock } from "./counted-clock.ts";
import { type WatchedProcess, watchTaken } from "./given-back.ts";
import { type Hangs, hanging } from "./hanging.ts";
import { memoryKeys } from "./memory-key-table.ts";
import { MemoryQueue } from "./memory-queue.ts";
import { memoryTable } from "./memory-table.ts";
import { RecordingTelemetry } from "./recording-telemetry.ts";
import { ScriptedArchive } from "./scripted-archive.ts";
import { ScriptedTarget } from "./scripted-target.ts";
import { VirtualClock } from "./virtual-clock.ts";

export interface WorldOptions {
  readonly seed?: number;
  readonly concurrency?: number;
  readonly settings?: Partial<DeliverySettings>;
  /** Receipts go into an archive. @default false */
  readonly isArchived?: boolean;
  /** Made for each process. @default one that remembers */
  readonly telemetryOf?: (role: FunctionRole, calls: CallDeadlines) => WorldTelemetry;
}

interface WorldTelemetry {
  readonly telemetry: Telemetry;
  /**
   * Like `beginInvocation` of the functions: called with the end of the work. The returned function is called when the work is
   * over.
   */
  readonly begin: (endMs: number) => () => Promise<void>;
}

/** The time limits of both functions, as they are deployed by default. */
export const TIMEOUT_MS = 60_000;
/** The relay's timeout of 60 s and 10 s more. */
export const MIN_PARKED_MS = 70_000;

/** A table, a queue, a target, a relay process and a requeuer process, on one virtual clock. */
export function worldOf({
  seed = 1,
  concurrency = 32,
  settings = {},
  isArchived = false,
  telemetryOf,
}: WorldOptions = {}) {
  const clock = new VirtualClock();
  const random = seededRandom(seed);
  const table = memoryTable(clock);
  const deadLetters = new MemoryQueue(clock);
  const keys = memoryKeys(table.store, clock);
  const target = new ScriptedTarget(clock);
  const archive = new ScriptedArchive(clock);
  const backoff = { ...DEFAULT_BACKOFF, ...settings.backoff };
  const requeueBackoff = { ...DEFAULT_REQUEUE_BACKOFF, ...settings.requeueBackoff };

  const hangs: Hangs = new Set();
  const processSettings: RequeuerSettings = {
    ordering: "none",
    relayTimeoutSeconds: DEFAULT_RELAY_TIMEOUT_SECONDS,
    minAgeSeconds: DEFAULT_MIN_AGE_SECONDS,
    ...settings,
    ...{ concurrency, backoff, requeueBackoff },
  };

  function portsOf(role: FunctionRole) {
    const counted = countedClock(clock);
    const calls = callDeadlines(clock);
    const recording = new RecordingTelemetry();
    const { telemetry, begin } = telemetryOf?.(role, calls) ?? { telemetry: recording };
    const answering = hanging("target", target, hangs);
    const ports: ProcessPorts = {
      ...{ clock: counted, random, telemetry, calls },
      table: hanging("table", table, hangs),
      keys: hanging("keys", keys, hangs),
      deadLetters: hanging("queue", deadLetters, hangs),
      publisher: {
        ...aroundCalls(answering, (destination, events) => answering.publish(destination, events)),
        existence: { ...target.existence, check: (destination) => answering.check(destination) },
      },
      ...(isArchived && { archive: { archive: hanging("archive", archive, hangs), withPayload: false } }),
      ...(begin && { beginInvocation: begin }),
    };
    return { ports, counted, recording };
  }

  function relayProcess() {
    const { ports, counted, recording } = portsOf("relay");
    const { parts, invoke: relay } = coreRelayProcess(ports, processSettings);
    /** Like `invoke`, beside other work on the clock. */
    async function work(records: readonly StreamRecord[], timeoutMs = TIMEOUT_MS): Promise<RelayResult> {
      return givingBack({ ...parts, clock: counted }, () => relay(() => records, clock.now() + timeoutMs));
    }
    const invoke = (records: readonly StreamRecord[], timeoutMs?: number) => clock.run(() => work(records, timeoutMs));
    return { ...parts, telemetry: recording, work, invoke };
  }

  function requeuerProcess() {
    const { ports, counted, recording } = portsOf("requeuer");
    const { parts, invoke: requeue } = coreRequeuerProcess(ports, processSettings);
    let runs = 0;
    /** Like `invoke`, beside other work on the clock. */
    async function work(timeoutMs = TIMEOUT_MS, owner = `run-${++runs}`): Promise<RunResult> {
      return givingBack({ ...parts, clock: counted }, () => requeue(owner, clock.now() + timeoutMs));
    }
    const invoke = (timeoutMs?: number, owner?: string) => clock.run(() => work(timeoutMs, owner));
    return { ...parts, telemetry: recording, work, invoke };
  }

  /** Holds for every invocation of every test. */
  async function givingBack<Result>(
    process: Omit<WatchedProcess, "isChecked">,
    invocation: () => Promise<Result>,
  ): Promise<Result> {
    const keptBy = watchTaken({ ...process, isChecked: target.checked });
    const result = await invocation();
    const kept = await keptBy();
    if (kept.length > 0) throw new Error(`The process is at rest, and ${kept.join(", and ")}`);
    return result;
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

  return {
    clock,
    random,
    table,
    keys,
    deadLetters,
    target,
    archive,
    hangs,
    portsOf,
    relayProcess,
    requeuerProcess,
    write,
  };
}

export function recordOf(item: Item, position: string, writtenAtMs: number): StreamRecord {
  const decoded = decodeItem(item);
  if (decoded.kind === "reserved") throw new Error("A reserved row has no record");
  return { position, writtenAtMs, row: decoded.row };
}

export const times = <Value>(count: number, make: (index: number) => Value): readonly Value[] =>
  Array.from({ length: count }, (_unused, index) => make(index));
