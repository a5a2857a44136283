import { createHash } from "node:crypto";
import { keyText, type OutboxRow } from "../../lib/core/event.ts";
import type { StreamRecord } from "../../lib/core/relay.ts";
import type { Fault, FaultSource } from "./faults.ts";
import { Ledger } from "./ledger.ts";
import { Process, type Services } from "./process.ts";
import { RELAY_TIMEOUT_MS, REQUEUER_TIMEOUT_MS, type Scenario } from "./scenario.ts";
import { Scheduler } from "./scheduler.ts";
import { eventOf, SimulatedQueue, SimulatedTable, SimulatedTarget, WORLD, type World } from "./services.ts";

/** A world small enough for every interleaving of it to be looked at. */
export interface SmallWorld {
  readonly name: string;
  readonly events: number;
  /** Relays that are handed the whole batch at once: the batch and its redeliveries. */
  readonly relays: number;
  /** Requeuers that start at once: the run and those that overlap it. */
  readonly requeuers: number;
  /** The events have been parked before: each has a letter. */
  readonly letters: boolean;
  /** Faults that may happen, any of them anywhere, this many in all. */
  readonly faults: readonly Fault[];
  readonly faultBudget: number;
}

export interface Exploration {
  readonly states: number;
  readonly runs: number;
  readonly violations: readonly { readonly path: readonly number[]; readonly violations: readonly string[] }[];
}

/**
 * Looks at every interleaving and every choice of faults, driving the real code: a run is replayed up to a choice, takes
 * the next alternative, and goes on until it meets a state that was seen before. A state is the world's, and with it
 * everything each actor has learnt, which is all that its future can depend on.
 */
export async function explore(
  small: SmallWorld,
  onProgress: (states: number) => void = () => undefined,
  maxViolations = 1,
): Promise<Exploration> {
  const seen = new Set<string>();
  const violations: { path: readonly number[]; violations: readonly string[] }[] = [];
  const open: (readonly number[])[] = [[]];
  let runs = 0;
  for (let path = open.pop(); path !== undefined && violations.length < maxViolations; path = open.pop()) {
    runs += 1;
    const choices = new Choices(path);
    const found = await runSmall(small, choices, seen);
    open.push(...choices.alternatives());
    if (found.length > 0) violations.push({ path: choices.taken, violations: found });
    if (runs % 5_000 === 0) onProgress(seen.size);
  }
  return { states: seen.size, runs, violations };
}

/** Replays a path of choices, and then takes the first alternative each time, remembering the others. */
export class Choices {
  readonly taken: number[] = [];
  readonly #counts: number[] = [];
  readonly #path: readonly number[];
  /** Once set, choices are no longer part of the search. */
  settled = false;

  constructor(path: readonly number[]) {
    this.#path = path;
  }

  get isReplaying(): boolean {
    return this.taken.length < this.#path.length;
  }

  choose(count: number): number {
    if (count <= 1 || this.settled) return 0;
    const choice = this.#path[this.taken.length] ?? 0;
    this.taken.push(choice);
    this.#counts.push(count);
    return choice;
  }

  /** Every path that turns off this one beyond what was replayed. */
  alternatives(): readonly (readonly number[])[] {
    return this.taken.flatMap((_choice, place) => {
      if (place < this.#path.length) return [];
      const count = this.#counts[place] ?? 1;
      return Array.from({ length: count - 1 }, (_unused, other) => [...this.taken.slice(0, place), other + 1]);
    });
  }
}

class ChosenFaults implements FaultSource {
  left: number;
  readonly #choices: Choices;
  readonly #allowed: ReadonlySet<Fault>;

  constructor({ faults, faultBudget }: SmallWorld, choices: Choices) {
    this.left = faultBudget;
    this.#allowed = new Set(faults);
    this.#choices = choices;
  }

  happens(fault: Fault): boolean {
    if (this.left === 0 || !this.#allowed.has(fault) || this.#choices.choose(2) === 0) return false;
    this.left -= 1;
    return true;
  }

  note(): void {}

  heal(): void {
    this.left = 0;
  }
}

const MAX_POINTS = 5_000;
const HALF = () => 0.5;

/** One run. Resolves with its violations; none when it met a state that was seen before. */
async function runSmall(small: SmallWorld, choices: Choices, seen: Set<string>): Promise<readonly string[]> {
  const scenario: Scenario = { seed: 0, sweep: true, calm: false, events: small.events, batchSize: 10, spanMs: 0 };
  const faults = new ChosenFaults(small, choices);
  const ledger = new Ledger(small.faultBudget === 0 && small.relays + small.requeuers === 1);
  const processes: Process[] = [];
  const learnt = new Map<string, string>();
  const scheduler = new Scheduler((count) => choices.choose(count), {
    timeless: true,
    delayMs: () => 0,
    crashes(actor) {
      if (actor === WORLD || !faults.happens("crash")) return false;
      processes.find((process) => process.actor === actor)?.die();
      return true;
    },
  });
  scheduler.onLearn = ({ name }, what) => learnt.set(name, digest(`${learnt.get(name) ?? ""}${what}`));
  const world: World = { scheduler, faults, ledger, random: HALF };
  const services: Services = {
    table: new SimulatedTable(world),
    queue: new SimulatedQueue(world),
    target: new SimulatedTarget(world),
  };
  const newProcess = (name: string) => {
    const process = new Process(name, world, services, scenario, 0);
    processes.push(process);
    return process;
  };
  const records = writeRows(small, world, services);

  let working = small.relays + small.requeuers;
  const start = (name: string, work: (process: Process) => Promise<unknown>) => {
    const process = newProcess(name);
    let over = false;
    const end = () => {
      if (!over) working -= 1;
      over = true;
    };
    process.onDeath = end;
    work(process).then(end, end);
  };
  for (let index = 1; index <= small.relays; index += 1) {
    start(`relay${index}`, (process) => process.relay(records, RELAY_TIMEOUT_MS));
  }
  for (let index = 1; index <= small.requeuers; index += 1) {
    start(`requeuer${index}`, (process) => process.requeue(REQUEUER_TIMEOUT_MS));
  }

  let pruned = false;
  const stateSeen = () => {
    if (choices.isReplaying) return false;
    const state = digest(
      JSON.stringify([
        [...services.table.rows.values()].map(({ key, marks }) => [keyText(key), marks]).sort(),
        services.table.lease,
        services.queue.messages.map(({ content, visibleAtMs, receipt }) => [content, visibleAtMs, receipt]),
        [...learnt].sort(),
        [...scheduler.pending].sort(),
        [faults.left, working, scheduler.nowMs, ledger.fingerprint()],
      ]),
    );
    if (seen.has(state)) {
      pruned = true;
      return true;
    }
    seen.add(state);
    return false;
  };
  await scheduler.run(() => working === 0 || stateSeen(), MAX_POINTS);
  if (pruned) return [];
  choices.settled = true;
  faults.heal();
  await recover(world, services, newProcess);
  ledger.close();
  return ledger.violations;
}

/** The rows have been there for a while: old enough for a relay to look twice, and for the sweep to take them. */
function writeRows(
  small: SmallWorld,
  { scheduler, ledger }: World,
  { table, queue }: Services,
): readonly StreamRecord[] {
  const recordedAtMs = scheduler.nowMs - 600_000;
  return Array.from({ length: small.events }, (_unused, index) => {
    const id = `e${index + 1}`;
    const key = { pk: id, sk: 1 };
    const event = { ...key, id, source: "s", type: "t", time: "t", json: "1", recordedAtMs };
    const row: OutboxRow = { key, content: { kind: "event", event }, marks: { attempts: 0 } };
    table.rows.set(keyText(key), row);
    ledger.commit(id);
    if (small.letters) queue.put({ kind: "event", key, id: eventOf(row).id });
    return { position: String(index + 1).padStart(4, "0"), writtenAtMs: recordedAtMs, row };
  });
}

/** A few quiet runs of the requeuer, an hour apart, must empty everything. */
async function recover(world: World, services: Services, newProcess: (name: string) => Process): Promise<void> {
  const { scheduler, ledger } = world;
  const { table, queue } = services;
  for (let run = 1; run <= 4 && table.rows.size + queue.messages.length > 0; run += 1) {
    scheduler.nowMs += 3_600_000;
    let over = false;
    newProcess(`recovery${run}`)
      .requeue(REQUEUER_TIMEOUT_MS)
      .then(
        () => {
          over = true;
        },
        (error: unknown) => ledger.livelock(`the requeuer threw ${String(error)}`),
      );
    await scheduler.run(() => over, MAX_POINTS);
    if (!over) ledger.livelock("a quiet run does not end");
  }
  if (table.rows.size + queue.messages.length > 0) {
    ledger.strand(`${table.rows.size} rows and ${queue.messages.length} letters after four quiet runs`);
  }
}

const digest = (text: string): string => createHash("md5").update(text).digest("base64");
