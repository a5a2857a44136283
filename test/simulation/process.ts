import type { FunctionRole } from "../../lib/contract/deployment/function-role.ts";
import type { OutboxRow } from "../../lib/contract/event.ts";
import type { CallDeadlines } from "../../lib/core/call-deadlines.ts";
import type { LimiterSettings } from "../../lib/core/delivery/limiter/destination-limiter.ts";
import { relayLimiter } from "../../lib/core/delivery/limiter/limiter-settings.ts";
import type { Telemetry } from "../../lib/core/ports.ts";
import type { ProcessParts, ProcessPorts } from "../../lib/core/process/process.ts";
import { type RelayProcess, relayProcess } from "../../lib/core/process/relay-process.ts";
import {
  type RequeuerProcess,
  type RequeuerSettings,
  requeuerProcess,
} from "../../lib/core/process/requeuer-process.ts";
import type { RelayResult } from "../../lib/core/relay/relay.ts";
import type { RunResult } from "../../lib/core/requeue/requeuer.ts";
import type { StreamRecord } from "../../lib/core/stream-record.ts";
import { eventOf } from "../engine/event-of.ts";
import { type CountedClock, countedClock } from "../world/counted-clock.ts";
import { watchTaken } from "../world/given-back.ts";
import { type ProcessChecks, processChecks, UNWATCHED } from "./checkers/checks.ts";
import type { SimulatedArchive } from "./ports/archive.ts";
import { parkedKeyIn, simulatedKeys } from "./ports/key-table.ts";
import type { SimulatedQueue } from "./ports/queue.ts";
import type { SimulatedTable } from "./ports/table.ts";
import type { SimulatedTarget } from "./ports/target.ts";
import { isChecked, MIN_PARKED_MS, SETTINGS } from "./scenario.ts";
import type { Actor } from "./scheduler.ts";
import type { Scenario } from "./storms/scenario-shape.ts";
import type { World } from "./world.ts";

export interface Services {
  readonly table: SimulatedTable;
  readonly queue: SimulatedQueue;
  readonly target: SimulatedTarget;
  /** Absent: nothing is archived. */
  readonly archive?: SimulatedArchive | undefined;
}

/**
 * Every call of a simulated service ends by itself, or its process dies. Deadlines of calls would add a timer to every step,
 * which in a hasty world might go off at any moment. `never-settling.test.ts` proves the deadlines.
 */
const UNENDING: CallDeadlines = {
  endMs: Number.POSITIVE_INFINITY,
  lastMs: Number.POSITIVE_INFINITY,
  begin: () => undefined,
  race: (_what, work) => work(),
};

/** One Lambda environment, running the real code. It keeps its memory from invocation to invocation until it dies. */
export class Process {
  readonly actor: Actor;
  busy = false;
  /** Called when the process dies in an invocation. */
  onDeath: (() => void) | undefined;
  readonly #world: World;
  readonly #services: Services;
  readonly #scenario: Scenario;
  readonly #clock: CountedClock;
  readonly #made:
    | { readonly role: "relay"; readonly process: RelayProcess }
    | { readonly role: "requeuer"; readonly process: RequeuerProcess };
  readonly #checks: ProcessChecks;
  #runs = 0;

  constructor(
    role: FunctionRole,
    name: string,
    world: World,
    services: Services,
    scenario: Scenario,
    { skewMs, isWatched }: { readonly skewMs: number; readonly isWatched: boolean },
  ) {
    const actor: Actor = { name, dead: false };
    this.actor = actor;
    this.#world = world;
    this.#services = services;
    this.#scenario = scenario;
    const { scheduler, random, ledger } = world;
    const clock = countedClock({
      now: () => scheduler.nowMs + skewMs,
      sleep: (ms, over) => scheduler.sleep(actor, ms, over),
    });
    this.#clock = clock;
    // The protocol does not depend on what is told, except that a possible duplicate is counted before it can happen.
    const tell = (what: string, value: unknown, beside?: unknown) =>
      scheduler.onTold?.(actor, `${what}${beside === undefined ? "" : ` ${JSON.stringify(beside)}`}`, String(value));
    const silent: Telemetry = {
      count: (metric, by, dimensions) => {
        tell(`counts ${metric}`, by ?? 1, dimensions);
        if (dimensions?.["cause"] === "unconfirmed") ledger.excuseUndeleted(name, "target unverified");
      },
      measure: (metric, value) => tell(`measures ${metric}`, value),
      log: (level, message) => tell(`logs ${level}`, 1, message),
    };
    this.#checks = isWatched
      ? processChecks({
          ...{ by: name, nowMs: () => clock.now(), scenario, isChecked: isChecked(scenario) },
          rowOf: (key) => services.table.store.row(key),
          isDelivered: (id) => ledger.isDelivered(id),
          archive: services.archive,
          violate: (what) => ledger.violate(what),
        })
      : UNWATCHED;
    const { archive, ...watched } = this.#checks.watch({
      table: services.table.for(actor),
      keys: simulatedKeys(world, services.table, actor, scenario.ordering),
      deadLetters: services.queue.for(actor),
      publisher: services.target.for(actor, (event) => ledger.publish(name, event.id, event.json), skewMs),
      archive: services.archive?.for(actor, skewMs),
      telemetry: silent,
    });
    const ports: ProcessPorts = {
      ...{ clock, random, calls: UNENDING, ...watched },
      ...(archive && { archive: { archive, withPayload: scenario.archive?.withPayload === true } }),
    };
    const settings = settingsOf(scenario);
    this.#made =
      role === "relay"
        ? { role, process: relayProcess(ports, settings, relayLimits(scenario)) }
        : { role, process: requeuerProcess(ports, settings) };
  }

  get nowMs(): number {
    return this.#clock.now();
  }

  die(): void {
    if (this.actor.dead) return;
    this.#world.ledger.excuseUndeleted(this.actor.name, "crash before delete");
    this.#world.ledger.end(this.actor.name);
    this.actor.dead = true;
    this.onDeath?.();
  }

  async relay(records: readonly StreamRecord[], timeoutMs: number): Promise<RelayResult> {
    const { role, process } = this.#made;
    if (role !== "relay") throw new Error(`${this.actor.name} is a requeuer, and takes no records`);
    const { ledger, scheduler } = this.#world;
    ledger.begin(this.actor.name);
    this.#checks.begin(records);
    for (const { row, writtenAtMs } of records) {
      const fresh = this.nowMs - writtenAtMs <= FRESH_MS;
      ledger.hold(this.actor.name, eventOf(row).id, scheduler.instant, fresh, eventOf(row).json);
    }
    const checkGivenBack = this.#watchTaken(process.parts);
    const result = await process.invoke(() => records, this.nowMs + timeoutMs);
    const leftAt = records.findIndex(({ position }) => position === result.checkpoint);
    this.#checks.end(leftAt < 0 ? records : records.slice(0, leftAt));
    await checkGivenBack();
    if (this.#scenario.neighbours !== undefined) this.#checkBlame();
    const ids = records.map(({ row }) => eventOf(row).id);
    if (!this.#services.target.isDown) ledger.relayed(ids, scheduler.nowMs);
    this.#end();
    return result;
  }

  async requeue(timeoutMs: number): Promise<RunResult> {
    const { role, process } = this.#made;
    if (role !== "requeuer") throw new Error(`${this.actor.name} is a relay, and makes no runs`);
    this.#world.ledger.begin(this.actor.name);
    this.#checks.begin([]);
    this.#world.ledger.knowledge.renew(this.actor.name);
    this.#runs += 1;
    const beganMs = this.#world.scheduler.nowMs;
    const swept = this.#dueForTheSweep(beganMs);
    const checkGivenBack = this.#watchTaken(process.parts);
    try {
      const result = await process.invoke(`${this.actor.name}-${this.#runs}`, this.nowMs + timeoutMs);
      const graceMs = this.#scenario.ordering === "none" ? 0 : MIN_PARKED_MS;
      if (result === "completed") this.#world.ledger.requeued(this.actor.name, beganMs - graceMs, swept);
      await checkGivenBack();
      return result;
    } finally {
      this.#checks.end([]);
      this.#end();
    }
  }

  /** Partition keys of rows that are old enough, and of parked keys that do not rest. */
  #dueForTheSweep(nowMs: number): ReadonlySet<string> {
    const { rows, parkedKeys } = this.#services.table;
    const isOld = (row: OutboxRow) =>
      nowMs - (eventOf(row).recordedAtMs ?? row.marks.seenAtMs ?? nowMs) >= SETTINGS.minAgeSeconds * 1_000;
    const old = rows.filter(isOld).map(({ key }) => key.pk);
    const rested = parkedKeys.filter(({ notBeforeMs = 0 }) => notBeforeMs <= nowMs).map(({ pk }) => pk);
    return new Set([...old, ...rested]);
  }

  /** An event that failed by its own fault rests, or its key does. */
  #checkBlame(): void {
    const { table } = this.#services;
    const { ledger } = this.#world;
    for (const id of ledger.toBlame(this.actor.name)) {
      const row = table.rows.find((each) => eventOf(each).id === id);
      const attempts = row === undefined ? 1 : row.marks.attempts + (parkedKeyIn(table, row.key.pk)?.attempts ?? 0);
      if (attempts === 0) ledger.blameless(this.actor.name, id);
    }
  }

  /** Begins to watch an invocation. What is returned tells the ledger what the invocation kept. */
  #watchTaken({ pendingDeletes }: ProcessParts): () => Promise<void> {
    const keptBy = watchTaken({ pendingDeletes, clock: this.#clock, isChecked: isChecked(this.#scenario) });
    return async () => {
      for (const what of await keptBy()) this.#world.ledger.leak(this.actor.name, what);
    };
  }

  #end(): void {
    this.#world.ledger.excuseUndeleted(this.actor.name, "delete failed");
    this.#world.ledger.end(this.actor.name);
  }
}

const settingsOf = ({ ordering, sweep }: Scenario): RequeuerSettings => ({
  ...SETTINGS,
  ordering,
  minAgeSeconds: sweep ? SETTINGS.minAgeSeconds : Number.POSITIVE_INFINITY,
});

/**
 * While a breaker is open, the relay skips ordered events, and only the sweep finds them. So without the sweep no breaker may
 * open.
 */
function relayLimits({ sweep, ordering }: Scenario): LimiterSettings {
  const limits = relayLimiter(SETTINGS.concurrency);
  return sweep || ordering === "none" ? limits : { ...limits, breaker: { ...limits.breaker, failures: Infinity } };
}

/** The protocol's value (`FRESH_FOR_MS`), stated again here: a wrong variant of the code must not move the judge. */
const FRESH_MS = 5_000;
