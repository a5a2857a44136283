import type { OutboxRow } from "../../lib/core/event.ts";
import { keyText } from "../../lib/core/event.ts";
import { seededRandom } from "../world/seeded-random.ts";
import { type Fault, Faults } from "./faults.ts";
import { Ledger } from "./ledger.ts";
import { Process, type Services } from "./process.ts";
import {
  REQUEUE_EVERY_MS,
  REQUEUER_TIMEOUT_MS,
  type Scenario,
  type SimulationOptions,
  scenarioOf,
} from "./scenario.ts";
import { Scheduler } from "./scheduler.ts";
import { eventOf, SimulatedQueue, SimulatedTable, SimulatedTarget, WORLD, type World } from "./services.ts";
import { SimulatedStream } from "./stream.ts";

/** What one run told. */
export interface Report {
  readonly scenario: Scenario;
  readonly violations: readonly string[];
  readonly faults: ReadonlyMap<Fault, number>;
  readonly duplicates: ReadonlyMap<string, number>;
  /** Await points that went on, and those before which an actor died, by name. */
  readonly visited: ReadonlyMap<string, number>;
  readonly crashed: ReadonlyMap<string, number>;
  readonly points: number;
}

/** The storm lasts at most this long; then everything heals. */
const STORM_MS = 480_000;
/** After healing: enough for the longest rest, a lease and some runs. */
const RECOVERY_MS = 4 * 3_600_000;
const MAX_POINTS = 60_000;

/** Runs the world of one seed: a storm, then recovery, then the books are closed. */
export async function simulate(options: SimulationOptions, trace?: (line: string) => void): Promise<Report> {
  const random = seededRandom(options.seed);
  const scenario = scenarioOf(options, random);
  const faults = new Faults(random, scenario);
  const ledger = new Ledger(scenario.calm);
  const crashed = new Map<string, number>();
  const processes: Process[] = [];
  const scheduler = new Scheduler((count) => Math.floor(random() * count), {
    timeless: false,
    crashes(actor, point) {
      if (actor === WORLD || !faults.happens("crash", 0.05)) return false;
      crashed.set(point, (crashed.get(point) ?? 0) + 1);
      processes.find((process) => process.actor === actor)?.die();
      return true;
    },
    delayMs: () => (faults.happens("answer delayed", 0.1) ? random() * 90_000 : Math.ceil(random() * 20)),
  });
  if (trace !== undefined) {
    scheduler.trace = (line) => trace(`${new Date(scheduler.nowMs).toISOString().slice(11, 23)} ${line}`);
  }
  const world: World = { scheduler, faults, ledger, random };
  const services: Services = {
    table: new SimulatedTable(world),
    queue: new SimulatedQueue(world),
    target: new SimulatedTarget(world),
  };
  const skewMs = () => (faults.happens("clock skewed") ? (random() - 0.5) * 1_200_000 : 0);
  const hooks = { skewMs, onProcess: (process: Process) => processes.push(process) };
  const stream = new SimulatedStream(world, services, scenario, hooks);

  writeEvents(world, services, stream, scenario);
  scheduleRequeuers(world, services, scenario, hooks);
  stir(world, services);

  const startMs = scheduler.nowMs;
  await scheduler.run(() => scheduler.nowMs - startMs > STORM_MS, MAX_POINTS);
  faults.heal();
  services.target.isDown = false;
  services.target.isMissing = false;
  const healedMs = scheduler.nowMs;
  const isQuiet = () =>
    ledger.committed === scenario.events &&
    stream.isDrained &&
    services.table.rows.size === 0 &&
    services.table.lease === undefined &&
    services.queue.messages.length === 0;
  await scheduler.run(() => isQuiet() || scheduler.nowMs - healedMs > RECOVERY_MS, MAX_POINTS);
  closeBooks(isQuiet(), scheduler.nowMs - healedMs > RECOVERY_MS, services, ledger);
  return {
    scenario,
    violations: ledger.violations,
    faults: faults.counts,
    duplicates: ledger.duplicates,
    visited: scheduler.visited,
    crashed,
    points: scheduler.instant,
  };
}

function closeBooks(quiet: boolean, tooLong: boolean, { table, queue }: Services, ledger: Ledger): void {
  if (!quiet) {
    const left = `${table.rows.size} rows, ${queue.messages.length} letters${table.lease ? ", a lease" : ""}`;
    if (tooLong) ledger.strand(`hours after everything healed there are still ${left}`);
    else ledger.livelock(`${left}, and no end in sight after ${MAX_POINTS} points`);
  }
  ledger.close();
}

/** A service writes rows over time, each with its stream record. */
function writeEvents(
  { scheduler, ledger, faults, random }: World,
  { table, target }: Services,
  stream: SimulatedStream,
  scenario: Scenario,
): void {
  const writerSkewMs = faults.happens("clock skewed") ? (random() - 0.5) * 1_200_000 : 0;
  let position = 0;
  for (let index = 1; index <= scenario.events; index += 1) {
    const id = `e${index}`;
    const reused = faults.happens("key reused");
    const write = () => {
      const key = reused ? { pk: "order#1", sk: 1 } : { pk: id, sk: 1 };
      if (table.rows.has(keyText(key))) {
        // The writer's condition failed: it tries again later.
        scheduler.at(WORLD, "writer tries again", scheduler.nowMs + 60_000, write);
        return;
      }
      const stamp = random() < 0.9 ? { recordedAtMs: scheduler.nowMs + writerSkewMs } : {};
      const event = { ...key, id, source: "s", type: "t", time: "t", json: "1", ...stamp };
      const row: OutboxRow = { key, content: { kind: "event", event }, marks: { attempts: 0 } };
      table.rows.set(keyText(key), row);
      ledger.commit(id);
      if (random() < 0.2) target.poison.add(id);
      position += 1;
      stream.append({ position: String(position).padStart(8, "0"), writtenAtMs: scheduler.nowMs, row });
    };
    scheduler.at(WORLD, "write", scheduler.nowMs + random() * scenario.spanMs, write);
  }
}

/** Scheduler starts a requeuer every minute, whether or not the last one has ended. */
function scheduleRequeuers(
  world: World,
  services: Services,
  scenario: Scenario,
  hooks: { readonly skewMs: () => number; readonly onProcess: (process: Process) => void },
): void {
  const { scheduler, ledger } = world;
  const idle: Process[] = [];
  let started = 0;
  const tick = () => {
    scheduler.at(WORLD, "schedule", scheduler.nowMs + REQUEUE_EVERY_MS, tick);
    let process = idle.pop();
    if (process === undefined || process.actor.dead) {
      started += 1;
      process = new Process(`requeuer${started}`, world, services, scenario, hooks.skewMs());
      hooks.onProcess(process);
    }
    const running = process;
    let over = false;
    scheduler.at(WORLD, "run times out", scheduler.nowMs + REQUEUER_TIMEOUT_MS, () => {
      if (!over) running.die();
    });
    running.requeue(REQUEUER_TIMEOUT_MS).then(
      () => {
        over = true;
        idle.push(running);
      },
      (error: unknown) => {
        over = true;
        idle.push(running);
        if (!(error instanceof Error) || !/cannot be|did not delete/.test(error.message)) {
          ledger.livelock(`the requeuer threw ${String(error)}`);
        }
      },
    );
  };
  scheduler.at(WORLD, "schedule", scheduler.nowMs + world.random() * REQUEUE_EVERY_MS, tick);
}

/** What befalls the world as a whole: outages, a purge, a missing bus, a person who repairs a row. */
function stir({ scheduler, faults, random }: World, { table, queue, target }: Services): void {
  const soon = () => scheduler.nowMs + random() * 240_000;
  if (faults.happens("target outage", 2)) {
    const fromMs = soon();
    scheduler.at(WORLD, "outage begins", fromMs, () => {
      target.isDown = true;
    });
    scheduler.at(WORLD, "outage ends", fromMs + random() * 200_000, () => {
      target.isDown = false;
    });
  }
  if (faults.happens("destination missing", 2)) {
    const fromMs = soon();
    scheduler.at(WORLD, "bus deleted", fromMs, () => {
      target.isMissing = true;
    });
    scheduler.at(WORLD, "bus made again", fromMs + random() * 200_000, () => {
      target.isMissing = false;
    });
  }
  if (faults.happens("queue purged", 2)) {
    scheduler.at(WORLD, "purge", soon(), () => {
      queue.messages = [];
    });
  }
  if (faults.happens("row repaired", 2)) {
    scheduler.at(WORLD, "repair", soon(), () => {
      for (const [key, row] of table.rows) {
        const event = { ...eventOf(row), json: "2" };
        table.rows.set(key, { ...row, content: { kind: "event", event } });
      }
    });
  }
}
