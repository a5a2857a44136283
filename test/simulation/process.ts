import { limitersWith } from "../../lib/core/delivery/destination-limiters.ts";
import { existencesOf } from "../../lib/core/delivery/existences.ts";
import { relayLimiter, requeuerLimiter } from "../../lib/core/delivery/limiter-settings.ts";
import { parkingFor } from "../../lib/core/delivery/park.ts";
import { type PendingDeletes, trackPendingDeletes } from "../../lib/core/delivery/pending-deletes.ts";
import type { OrderedPorts } from "../../lib/core/ordered/ordering.ts";
import type { Clock, Telemetry } from "../../lib/core/ports.ts";
import { type RelayResult, relay, type StreamRecord } from "../../lib/core/relay/relay.ts";
import { backlogCountOf } from "../../lib/core/requeue/backlog-count.ts";
import { deadLetterPolls } from "../../lib/core/requeue/dead-letter-polls.ts";
import { type RunResult, requeue } from "../../lib/core/requeue/requeuer.ts";
import { hasAllPlaces } from "../world/places.ts";
import { type ProcessChecks, processChecks } from "./checkers/checks.ts";
import { parkedKeyIn, simulatedKeys } from "./key-table.ts";
import type { SimulatedQueue } from "./queue.ts";
import { isChecked, MIN_PARKED_MS, type Scenario, SETTINGS } from "./scenario.ts";
import type { Actor } from "./scheduler.ts";
import type { SimulatedTable } from "./table.ts";
import type { SimulatedTarget } from "./target.ts";
import { eventOf, type World } from "./world.ts";

export interface Services {
  readonly table: SimulatedTable;
  readonly queue: SimulatedQueue;
  readonly target: SimulatedTarget;
}

/** One Lambda environment, running the real code. It keeps its memory from invocation to invocation until it dies. */
export class Process {
  readonly actor: Actor;
  busy = false;
  /** Told when the process dies with an invocation in it. */
  onDeath: (() => void) | undefined;
  readonly #world: World;
  readonly #services: Services;
  readonly #scenario: Scenario;
  readonly #clock: Clock;
  readonly #pendingDeletes: PendingDeletes;
  readonly #parts;
  readonly #checks: ProcessChecks;
  #runs = 0;

  constructor(name: string, world: World, services: Services, scenario: Scenario, skewMs: number) {
    const actor: Actor = { name, dead: false };
    this.actor = actor;
    this.#world = world;
    this.#services = services;
    this.#scenario = scenario;
    const { scheduler, random, ledger } = world;
    const clock: Clock = {
      now: () => scheduler.nowMs + skewMs,
      sleep: (ms, over) => scheduler.sleep(actor, ms, over),
    };
    this.#clock = clock;
    // What is told does not matter to the protocol, but that what may come twice is counted before it can.
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
    this.#checks = processChecks({
      ...{ by: name, nowMs: () => clock.now(), scenario, isChecked: isChecked(scenario) },
      rowOf: (key) => services.table.store.row(key),
      violate: (what) => ledger.violate(what),
    });
    const { table, keys, deadLetters, publisher, telemetry } = this.#checks.watch({
      table: services.table.for(actor),
      keys: simulatedKeys(world, services.table, actor),
      deadLetters: services.queue.for(actor),
      publisher: services.target.for(actor, (event) => ledger.publish(name, event.id, event.json), skewMs),
      telemetry: silent,
    });
    this.#pendingDeletes = trackPendingDeletes(table, clock, telemetry);
    const ports = { table, deadLetters, clock, random, telemetry };
    const parking = parkingFor({ ...ports, requeueBackoff: SETTINGS.requeueBackoff });
    const existences = existencesOf({ ...ports, publisher });
    // As the functions do when they start.
    if (name.startsWith("relay")) existences.of(publisher.destinationOf({})).begin();
    const parts = { ...ports, parking, publisher, pendingDeletes: this.#pendingDeletes, backoff: SETTINGS.backoff };
    const relaySettings = relayLimiter(SETTINGS.concurrency);
    // Behind an open breaker the relay skips ordered events, which only the sweep finds: without it none may open.
    const failures = scenario.sweep || scenario.ordering === "none" ? relaySettings.breaker.failures : Infinity;
    const limiters = limitersWith(
      { ...relaySettings, breaker: { ...relaySettings.breaker, failures } },
      clock,
      existences,
    );
    const { requeueBackoff } = SETTINGS;
    const ordering: OrderedPorts | undefined =
      scenario.ordering === "none"
        ? undefined
        : { keys, strict: scenario.ordering === "strict", minParkedMs: MIN_PARKED_MS, requeueBackoff };
    this.#parts = {
      ...parts,
      existences,
      limiters,
      ordering,
      backlogCount: backlogCountOf(parts),
      deadLetterPolls: deadLetterPolls(),
    };
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
    const { ledger, scheduler } = this.#world;
    ledger.begin(this.actor.name);
    this.#checks.begin();
    for (const { row, writtenAtMs } of records) {
      const fresh = this.nowMs - writtenAtMs <= FRESH_MS;
      ledger.hold(this.actor.name, eventOf(row).id, scheduler.instant, fresh, eventOf(row).json);
    }
    const endMs = this.nowMs + timeoutMs - 1_000;
    const deadlines = { publishUntilMs: endMs - 5_000, endMs };
    const parts = { ...this.#parts, delivery: this.#parts, concurrency: SETTINGS.concurrency };
    const result = await relay(records, parts, deadlines);
    const leftAt = records.findIndex(({ position }) => position === result.checkpoint);
    this.#checks.end(leftAt < 0 ? records : records.slice(0, leftAt));
    await this.#checkPlaces();
    if (this.#scenario.neighbours !== undefined) this.#checkBlame();
    const ids = records.map(({ row }) => eventOf(row).id);
    if (!this.#services.target.isDown) ledger.relayed(ids, scheduler.nowMs);
    this.#end();
    return result;
  }

  async requeue(timeoutMs: number): Promise<RunResult> {
    this.#world.ledger.begin(this.actor.name);
    this.#checks.begin();
    this.#world.ledger.knowledge.renew(this.actor.name);
    const endMs = this.nowMs + timeoutMs - 10_000;
    const limiters = limitersWith(requeuerLimiter(SETTINGS.concurrency), this.#clock, this.#parts.existences);
    this.#runs += 1;
    const beganMs = this.#world.scheduler.nowMs;
    const minAgeSeconds = this.#scenario.sweep ? SETTINGS.minAgeSeconds : Number.POSITIVE_INFINITY;
    try {
      const result = await requeue(
        {
          ...this.#parts,
          delivery: { ...this.#parts, limiters },
          settings: { minAgeSeconds },
          owner: `${this.actor.name}-${this.#runs}`,
        },
        { publishUntilMs: endMs - 5_000, endMs },
      );
      const graceMs = this.#scenario.ordering === "none" ? 0 : MIN_PARKED_MS;
      if (result === "completed") this.#world.ledger.requeued(beganMs - graceMs);
      await this.#checkPlaces();
      return result;
    } finally {
      this.#checks.end([]);
      this.#end();
    }
  }

  /** Whoever failed by its own fault rests, or its key does. */
  #checkBlame(): void {
    const { table } = this.#services;
    const { ledger } = this.#world;
    for (const id of ledger.toBlame(this.actor.name)) {
      const row = table.rows.find((each) => eventOf(each).id === id);
      const attempts = row === undefined ? 1 : row.marks.attempts + (parkedKeyIn(table, row.key.pk)?.attempts ?? 0);
      if (attempts === 0) ledger.blameless(this.actor.name, id);
    }
  }

  async #checkPlaces(): Promise<void> {
    if (!(await hasAllPlaces(this.#pendingDeletes, this.#clock))) this.#world.ledger.leak(this.actor.name);
  }

  #end(): void {
    this.#world.ledger.excuseUndeleted(this.actor.name, "delete failed");
    this.#world.ledger.end(this.actor.name);
  }
}

/** As the protocol has it (`FRESH_FOR_MS`), stated anew: a mutant of the code must not move the judge. */
const FRESH_MS = 5_000;
