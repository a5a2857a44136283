import type { StreamRecord } from "../../../lib/core/stream-record.ts";
import { positionsText } from "../../engine/message-store.ts";
import { Process, type Services } from "../process.ts";
import { RELAY_TIMEOUT_MS } from "../scenario.ts";
import type { Scenario } from "../storms/scenario-shape.ts";
import { WORLD, type World } from "../world.ts";
import type { SimulatedSwitches } from "./switches.ts";

/** What processes of the simulated world have in common, beside their services. */
export interface Hooks {
  readonly skewMs: () => number;
  readonly onProcess: (process: Process) => void;
  readonly switches: SimulatedSwitches;
}

/** How often a batch that failed as a whole is brought again: the mapping's setting. */
const RETRIES = 3;
const POLL_MS = 250;

/**
 * One shard of the table's stream with its event source mapping: batches in order, redelivery from the checkpoint, a few
 * retries for a batch that kills its process, and then only its positions to the queue.
 */
export class SimulatedStream {
  #records: StreamRecord[] = [];
  #busy = false;
  #retries = 0;
  #processes = 0;
  #idle: Process[] = [];
  #running = 0;
  readonly #world: World;
  readonly #services: Services;
  readonly #scenario: Scenario;
  readonly #skewMs: () => number;
  readonly #onProcess: (process: Process) => void;
  readonly #switches: SimulatedSwitches;

  constructor(world: World, services: Services, scenario: Scenario, hooks: Hooks) {
    this.#world = world;
    this.#services = services;
    this.#scenario = scenario;
    this.#skewMs = hooks.skewMs;
    this.#onProcess = hooks.onProcess;
    this.#switches = hooks.switches;
    hooks.switches.onRelayOn = () => this.#poll();
  }

  get isDrained(): boolean {
    return this.#records.length === 0 && this.#running === 0;
  }

  append(record: StreamRecord): void {
    const { faults, scheduler, random } = this.#world;
    if (faults.happens("record discarded")) return;
    if (faults.happens("record late")) {
      scheduler.at(WORLD, "late record", scheduler.nowMs + random() * 300_000, () => this.#arrive(record));
      return;
    }
    this.#arrive(record);
  }

  #arrive(record: StreamRecord): void {
    // The stream keeps order per item only, so records of different rows may change places.
    const place = this.#world.faults.happens("records reordered")
      ? Math.floor(this.#world.random() * (this.#records.length + 1))
      : this.#records.length;
    // A batch that is being read keeps its place.
    this.#records.splice(this.#busy ? Math.max(place, this.#records.length) : place, 0, record);
    this.#poll();
  }

  #poll(): void {
    const { scheduler } = this.#world;
    scheduler.at(WORLD, "poll", scheduler.nowMs + POLL_MS, () => this.#next());
  }

  #next(): void {
    if (this.#busy || this.#records.length === 0 || !this.#switches.works("relay")) return;
    const { faults } = this.#world;
    const batch = this.#records.slice(0, this.#scenario.batchSize);
    this.#busy = true;
    this.#invoke(batch, (checkpoint) => this.#advance(batch, checkpoint));
    // A second delivery of the same batch, while the first is at work or long after it.
    if (faults.happens("invocation overlaps")) this.#invoke(batch, () => undefined);
    if (faults.happens("batch redelivered")) {
      const laterMs = this.#world.scheduler.nowMs + this.#world.random() * 300_000;
      this.#world.scheduler.at(WORLD, "redelivery", laterMs, () => {
        if (this.#switches.works("relay")) this.#invoke(batch, () => undefined);
      });
    }
  }

  /** `whole`: the invocation failed, and with it the batch. */
  #advance(batch: readonly StreamRecord[], checkpoint: string | undefined | "whole"): void {
    this.#busy = false;
    const from = checkpoint === "whole" ? 0 : batch.findIndex(({ position }) => position === checkpoint);
    const moved = from === -1 ? batch.length : from;
    this.#retries = moved > 0 ? 0 : this.#retries + 1;
    // Without the sweep nobody could deliver the records that are given up here.
    if (this.#retries > RETRIES && this.#scenario.sweep) {
      this.#services.queue.put(positionsText(batch.length));
      this.#world.faults.note("record discarded");
      this.#retries = 0;
      this.#records.splice(0, batch.length);
    } else {
      this.#records.splice(0, moved);
    }
    this.#poll();
  }

  #invoke(batch: readonly StreamRecord[], done: (checkpoint: string | undefined | "whole") => void): void {
    this.#idle = this.#idle.filter(({ actor }) => !actor.dead);
    const process = this.#idle.pop() ?? this.#start();
    const { scheduler, faults } = this.#world;
    let over = false;
    this.#running += 1;
    const end = (checkpoint: string | undefined | "whole") => {
      if (over) return;
      over = true;
      this.#running -= 1;
      done(checkpoint);
    };
    process.onDeath = () => end("whole");
    scheduler.punctually(WORLD, "invocation times out", scheduler.nowMs + RELAY_TIMEOUT_MS, () => {
      if (over) return;
      faults.note("invocation timed out");
      process.die();
    });
    process.relay(batch, RELAY_TIMEOUT_MS).then(
      ({ checkpoint }) => {
        if (over) return;
        this.#idle.push(process);
        end(checkpoint);
      },
      (error: unknown) => this.#world.ledger.livelock(`the relay threw ${String(error)}`),
    );
  }

  #start(): Process {
    this.#processes += 1;
    const process = new Process("relay", `relay${this.#processes}`, this.#world, this.#services, this.#scenario, {
      skewMs: this.#skewMs(),
      isWatched: true,
    });
    this.#onProcess(process);
    return process;
  }
}
