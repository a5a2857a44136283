import type { Item } from "../../../lib/contract/codec/item.ts";
import { type DeadLetter, deadLetterText } from "../../../lib/contract/dead-letter.ts";
import type { FunctionRole } from "../../../lib/contract/deployment/function-role.ts";
import type { OutboxRow } from "../../../lib/contract/event.ts";
import { PARKED_KEY, PARKED_KEY_SORT_KEY } from "../../../lib/contract/item-contract.ts";
import { SQS_MESSAGE_BYTES } from "../../../lib/contract/settings/sizes.ts";
import type { StreamRecord } from "../../../lib/core/stream-record.ts";
import { eventOf } from "../../engine/event-of.ts";
import { Ledger } from "../ledger.ts";
import { SimulatedQueue } from "../ports/queue.ts";
import { SimulatedTable } from "../ports/table.ts";
import { SimulatedTarget } from "../ports/target.ts";
import { Process, type Services } from "../process.ts";
import { RELAY_TIMEOUT_MS, REQUEUER_TIMEOUT_MS } from "../scenario.ts";
import { Scheduler } from "../scheduler.ts";
import type { Scenario } from "../storms/scenario-shape.ts";
import { itemOf, rowIn, ServiceError, WORLD, type World } from "../world.ts";
import { type Choices, ChosenFaults } from "./choices.ts";
import type { SmallWorld } from "./small-worlds.ts";
import { type ActorState, type Learnt, stateText } from "./state.ts";

export interface RunEnd {
  /** The run met a state that was seen before. */
  readonly pruned: boolean;
  readonly violations: readonly string[];
}

/** Says whether a state was seen before, and remembers it. Not asked while a path is replayed. */
export type Seen = (state: string, isEnd: boolean) => boolean;

const MAX_POINTS = 20_000;
const QUIET_RUNS = 4;
/** Longer than a lease, a received dead letter's hiding, a new parked-key record's grace and the sweep's. */
const LATE_MS = 150_000;
const HALF = () => 0.5;

/** One run of the real code in a small world, through the choices given. */
export async function runWorld(
  small: SmallWorld,
  choices: Choices<Learnt>,
  seen: Seen,
  trace?: (line: string) => void,
): Promise<RunEnd> {
  const parts = newWorld(small, choices, trace);
  const { world, services, ledger, faults, actors } = parts;
  const { scheduler } = world;
  startAll(small, parts, choices);

  let pruned = false;
  await scheduler.run(() => {
    const isEnd = actors.every(({ isOver }) => isOver);
    if (ledger.violations.length > 0) return true;
    if (choices.isReplaying) return isEnd;
    pruned = seen(stateText({ scheduler, services, ledger, actors, faults, learnt: choices.note }, isEnd), isEnd);
    return pruned || isEnd;
  }, MAX_POINTS);
  if (pruned || ledger.violations.length > 0) return { pruned, violations: ledger.violations };
  if (actors.some(({ isOver }) => !isOver)) ledger.livelock("an actor waits for something that never comes");
  trace?.("---------- recovery");
  choices.settled = true;
  faults.heal();
  await recover(world, services, scenarioOf(small));
  ledger.close();
  return { pruned, violations: ledger.violations };
}

interface Parts {
  readonly world: World;
  readonly services: Services;
  readonly ledger: Ledger;
  readonly faults: ChosenFaults;
  readonly actors: ActorState[];
}

/** The services, without any process at work. */
function newWorld(small: SmallWorld, choices: Choices<Learnt>, trace?: (line: string) => void): Parts {
  const actors: ActorState[] = [];
  const choose = (count: number) => choices.choose(count);
  const faults = new ChosenFaults(small.faults, small.faultBudget, choose);
  const ledger = new Ledger(isCalm(small));
  const scheduler = new Scheduler(choose, {
    timeless: true,
    delayMs: () => 0,
    crashes(actor) {
      if (actor === WORLD || !faults.happens("crash")) return false;
      actors.find(({ process }) => process.actor === actor)?.process.die();
      return true;
    },
  });
  if (trace !== undefined) {
    const startMs = scheduler.nowMs;
    scheduler.trace = (line) => trace(`${String((scheduler.nowMs - startMs) / 1_000).padStart(8)} s  ${line}`);
    faults.onFault = (fault) => trace(`           - ${fault}`);
  }
  // A replay learns nothing new: what its actors know at the end of it was noted when the path was first met.
  scheduler.onLearn = (pending) => {
    if (!choices.isReplaying && !choices.settled) choices.note = choices.note.after(pending, scheduler.nowMs);
  };
  const world: World = { scheduler, faults, ledger, random: HALF, sweep: true };
  const services: Services = {
    table: new SimulatedTable(world),
    queue: new SimulatedQueue(world),
    // Existence checks are explored by the campaign. Each has a timer of its own, which here might go off at any moment.
    target: new SimulatedTarget(world, false),
  };
  return { world, services, ledger, faults, actors };
}

/** Sets all actors to work, and everything on its way that may happen by itself. */
/** What checkers remember is no part of a state, and there are millions of states: the ledger alone judges here. */
const UNWATCHED = { skewMs: 0, isWatched: false };

function startAll(small: SmallWorld, { world, services, ledger, actors }: Parts, choices: Choices<Learnt>): void {
  const { scheduler } = world;
  const scenario = scenarioOf(small);
  const start = (role: FunctionRole, name: string, work: (process: Process) => Promise<unknown>) => {
    const process = new Process(role, name, world, services, scenario, UNWATCHED);
    const actor: ActorState = { process, isOver: false };
    actors.push(actor);
    const end = () => {
      actor.isOver = true;
    };
    process.onDeath = end;
    work(process).then(end, (error: unknown) => {
      end();
      if (!isRefusal(error)) ledger.livelock(`${name} threw ${String(error)}`);
    });
  };
  const startRequeuer = (name: string) => start("requeuer", name, (process) => process.requeue(REQUEUER_TIMEOUT_MS));

  const records = writeRows(small, world, services);
  for (let index = 1; index <= small.relays; index += 1) {
    start("relay", `relay${index}`, (process) => process.relay(records, RELAY_TIMEOUT_MS));
  }
  for (let index = 1; index <= small.requeuers; index += 1) startRequeuer(`requeuer${index}`);
  if (small.purge) {
    scheduler.at(WORLD, "purge", scheduler.nowMs, () => {
      if (!choices.settled) services.queue.purge();
    });
  }
  if (small.lateRequeuer) {
    scheduler.at(WORLD, "minutes pass", scheduler.nowMs + LATE_MS, () => {
      if (!choices.settled) startRequeuer("requeuer-late");
    });
  }
}

/** A run of the requeuer may fail only because a service refused it. */
const isRefusal = (error: unknown): boolean =>
  error instanceof ServiceError || (error instanceof Error && error.message.includes("did not delete"));

/** No fault can happen and no two processes overlap, so nothing excuses a duplicate. */
const isCalm = ({ faultBudget, relays, requeuers, lateRequeuer }: SmallWorld): boolean =>
  faultBudget === 0 && relays + requeuers === 1 && !lateRequeuer;

const scenarioOf = ({ keys, ordering }: SmallWorld): Scenario => ({
  seed: 0,
  operators: false,
  sweep: true,
  calm: false,
  events: keys.reduce((sum, events) => sum + events, 0),
  batchSize: 10,
  keys: ordering === "none" ? 0 : keys.length,
  ordering,
  // Only a storm uses these values. Here every interleaving is explored, and every row exists from the start.
  ...{
    storm: "mixed",
    keyedShare: 1,
    earlyProbability: 0,
    slow: { points: [], ms: 0 },
    visibleProbability: 0.9,
    tickMs: 0,
    destinations: 1,
    atomicBatches: false,
  },
  writes: { kind: "spread", spanMs: 0 },
});

const OLD_MS = 600_000;

/** The same objects for every run of a world. Nobody changes a row, so what is derived from one is computed once. */
const writtenItems = new WeakMap<SmallWorld, readonly Item[]>();

function itemsOf({ keys, ordering, fresh }: SmallWorld, nowMs: number): readonly Item[] {
  return keys.flatMap((events, index) =>
    Array.from({ length: events }, (_unused, place): Item => {
      const id = ordering === "none" ? `e${index + 1}` : `k${index + 1}-${place + 1}`;
      const key = ordering === "none" ? { pk: id, sk: "1" } : { pk: `k${index + 1}`, sk: String(place + 1) };
      return itemOf({ id, key, recordedAtMs: fresh ? nowMs : nowMs - OLD_MS });
    }),
  );
}

/** The record of a key that was parked, and is due. */
const newRecord = (pk: string): Item => ({
  ...{ pk: { S: pk }, sk: { N: PARKED_KEY_SORT_KEY } },
  ...{ [PARKED_KEY.version]: { N: "1" }, [PARKED_KEY.attempts]: { N: "0" } },
});

function writeRows(small: SmallWorld, { scheduler, ledger }: World, services: Services): readonly StreamRecord[] {
  const { table, queue } = services;
  const items = writtenItems.get(small) ?? itemsOf(small, scheduler.nowMs);
  writtenItems.set(small, items);
  return items.map((item, index) => {
    const row = rowIn(item);
    const { key } = row;
    const { id } = eventOf(row);
    table.store.put(item);
    ledger.commit(id, small.ordering === "none" ? undefined : key.pk);
    if (small.deadLetters) queue.put(deadLetterText(deadLetterOf(row, scheduler.nowMs), SQS_MESSAGE_BYTES));
    if (small.parkedKeys && key.sk === "1") table.store.put(newRecord(key.pk));
    const writtenAtMs = small.fresh ? scheduler.nowMs : scheduler.nowMs - OLD_MS;
    return { position: String(index + 1).padStart(4, "0"), writtenAtMs, row };
  });
}

/** The dead letter that a relay sent for this row a while ago. */
const deadLetterOf = ({ key, content }: OutboxRow, nowMs: number): DeadLetter => ({
  ...{ key, content, id: content.kind === "event" ? content.event.id : content.row.id },
  failure: { class: "transient", scope: "target", code: "InternalFailure", message: "the target was down" },
  ...{ attempts: 1, firstFailureMs: nowMs - OLD_MS, parkedMs: nowMs - OLD_MS },
});

/** A few quiet runs of the requeuer, an hour apart, must empty everything. */
async function recover(world: World, services: Services, scenario: Scenario): Promise<void> {
  const { scheduler, ledger } = world;
  const { table, queue } = services;
  const left = () => table.store.items.size + queue.size;
  for (let run = 1; run <= QUIET_RUNS && left() > 0; run += 1) {
    scheduler.nowMs += 3_600_000;
    let over = false;
    new Process("requeuer", `recovery${run}`, world, services, scenario, UNWATCHED).requeue(REQUEUER_TIMEOUT_MS).then(
      () => {
        over = true;
      },
      (error: unknown) => ledger.livelock(`a quiet run of the requeuer threw ${String(error)}`),
    );
    await scheduler.run(() => over || ledger.violations.length > 0, MAX_POINTS);
    if (ledger.violations.length > 0) return;
    if (!over) ledger.livelock("a quiet run does not end");
  }
  if (left() > 0) {
    const { rows, parkedKeys } = table;
    ledger.strand(
      `${rows.length} rows, ${parkedKeys.length} parked-key records, ${queue.size} dead letters after ${QUIET_RUNS} quiet runs`,
    );
  }
}
