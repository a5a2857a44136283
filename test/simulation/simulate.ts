import { seededRandom } from "../../dev/demo/seeded-random.ts";
import { FUNCTION_ROLES } from "../../lib/contract/deployment/function-role.ts";
import type { OutboxRow } from "../../lib/contract/event.ts";
import { eventOf } from "../engine/event-of.ts";
import { type AuditEnd, type AuditedWorld, auditAtTheEnd, scheduleAudits } from "./audited/audits.ts";
import { Faults } from "./faults.ts";
import { removeByHand } from "./hand.ts";
import { interferenceOf } from "./interference.ts";
import { Ledger } from "./ledger.ts";
import { scheduleOperators } from "./operator.ts";
import { SimulatedArchive } from "./ports/archive.ts";
import { SimulatedQueue } from "./ports/queue.ts";
import { type Hooks, SimulatedStream } from "./ports/stream.ts";
import { SimulatedSwitches } from "./ports/switches.ts";
import { SimulatedTable } from "./ports/table.ts";
import { SimulatedTarget } from "./ports/target.ts";
import { Process, type Services } from "./process.ts";
import { isChecked, REQUEUE_EVERY_MS, REQUEUER_TIMEOUT_MS, type SimulationOptions, scenarioOf } from "./scenario.ts";
import { type Actor, Scheduler } from "./scheduler.ts";
import { endOutage, stir, stirArchive } from "./stir.ts";
import { archivedStorm } from "./storms/archived.ts";
import type { Fault } from "./storms/fault-names.ts";
import type { Scenario } from "./storms/scenario-shape.ts";
import { WORLD, type World } from "./world.ts";
import { writeEvents } from "./writer.ts";

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
  /** What the audit at the end could do. Absent: nothing was archived. */
  readonly audit?: AuditEnd;
}

/** The storm lasts at most this long. Then everything heals. */
const STORM_MS = 480_000;
/** A storm about events that fail again in each run: it has time for a few runs. */
const NEIGHBOURS_MS = 360_000;
/** After healing: enough for the longest rest, a lease and some runs. */
const RECOVERY_MS = 4 * 3_600_000;
const MAX_POINTS = 60_000;

/** Runs the world of one seed: a storm, then recovery, then the verdict. */
export async function simulate(
  options: SimulationOptions,
  trace?: (line: string) => void,
  watch?: (scheduler: Scheduler) => void,
): Promise<Report> {
  const random = seededRandom(options.seed);
  const archived = archivedStorm(options.seed);
  const scenario: Scenario = { ...scenarioOf(options, random), ...(archived && { archive: archived.scenario }) };
  const faults = new Faults(random, scenario);
  if (archived !== undefined && !scenario.calm) faults.add(archived.chances, archived.random);
  const ledger = new Ledger(scenario.calm);
  const crashed = new Map<string, number>();
  const processes: Process[] = [];
  const onCrash = (actor: Actor, point: string) => {
    crashed.set(point, (crashed.get(point) ?? 0) + 1);
    const process = processes.find((each) => each.actor === actor);
    // An operator has no memory that a death could lose.
    if (process === undefined) actor.dead = true;
    else process.die();
  };
  const scheduler = new Scheduler(
    (count) => Math.floor(random() * count),
    interferenceOf(scenario, faults, random, onCrash),
  );
  if (trace !== undefined) {
    scheduler.trace = (line) => trace(`${new Date(scheduler.nowMs).toISOString().slice(11, 23)} ${line}`);
  }
  watch?.(scheduler);
  const world: AuditedWorld = { scheduler, faults, ledger, random, sweep: scenario.sweep };
  const services: Services = {
    table: new SimulatedTable(world),
    queue: new SimulatedQueue(world, {
      visibleProbability: scenario.visibleProbability,
      // The worst that SQS may do: its count includes nothing, and a short poll asks few of its servers.
      shortGlimpse: scenario.visibleProbability / 2,
      counts: false,
    }),
    target: new SimulatedTarget(world, isChecked(scenario)),
    archive: archived && new SimulatedArchive(world),
  };
  const { neighbours } = scenario;
  Object.assign(services.target, { atomicBatches: scenario.atomicBatches, maxEntries: scenario.maxEntries ?? 3 });
  if (neighbours !== undefined) {
    const { maxEntries, atomicBatches, downMs } = neighbours;
    Object.assign(services.target, { maxEntries, atomicBatches, hangs: true, isDown: downMs > 0 });
    if (downMs > 0) scheduler.at(WORLD, "outage ends", scheduler.nowMs + downMs, () => endOutage(world, services));
  }
  const skewMs = () => (faults.happens("clock skewed") ? (random() - 0.5) * 1_200_000 : 0);
  const switches = new SimulatedSwitches(world);
  const hooks: Hooks = { skewMs, switches, onProcess: (process) => processes.push(process) };
  const stream = new SimulatedStream(world, services, scenario, hooks);

  writeEvents(world, services, stream, scenario);
  scheduleRequeuers(world, services, scenario, hooks);
  const operated = { ...services, stream, switches, journal: new Map(), acts: [] };
  scheduleOperators(world, operated, scenario);
  stir(world, services);
  const startMs = scheduler.nowMs;
  const audited = services.archive && { ...operated, archive: services.archive };
  if (archived !== undefined && audited !== undefined) {
    stirArchive(world, services);
    if (!scenario.calm) removeByHand(world, services.table, archived);
    scheduleAudits(world, audited, scenario, archived);
  }

  const stormMs = neighbours === undefined ? STORM_MS : NEIGHBOURS_MS;
  await scheduler.run(() => scheduler.nowMs - startMs > stormMs, MAX_POINTS);
  faults.heal();
  services.target.isDown = false;
  Object.assign(services.target, { isMissing: false, hangs: false, checks: "answered" });
  services.target.spoilers.clear();
  Object.assign(services.table, { isThrottled: false, refusesDeletes: false });
  if (services.archive) Object.assign(services.archive, { isAway: false, refusesNotes: false });
  // If an operator paused something and died or forgot it, somebody resumes it.
  for (const part of FUNCTION_ROLES) switches.turn(part, true);
  const healedMs = scheduler.nowMs;
  const isQuiet = () => ledger.committed === scenario.events && stream.isDrained && isEmpty(services, scenario, ledger);
  await scheduler.run(() => isQuiet() || scheduler.nowMs - healedMs > RECOVERY_MS, MAX_POINTS);
  closeBooks(isQuiet(), scheduler.nowMs - healedMs > RECOVERY_MS, services, ledger);
  return {
    ...(audited && { audit: await auditAtTheEnd(world, audited, scenario, startMs) }),
    scenario,
    violations: ledger.violations,
    faults: faults.counts,
    duplicates: ledger.duplicates,
    visited: scheduler.visited,
    crashed,
    points: scheduler.instant,
  };
}

function isEmpty({ table, queue }: Services, { sweep }: Scenario, ledger: Ledger): boolean {
  // If the deletes of a delivered row ran out of time, the sweep finds the row. Without the sweep the row may stay, unless some
  // dead letter points to it.
  const isLeftover = (row: OutboxRow) => {
    const { id } = eventOf(row);
    return !sweep && ledger.isDelivered(id) && !queue.hadDeadLetter(id);
  };
  return table.lease === undefined && queue.size === 0 && table.parkedKeys.length === 0 && table.rows.every(isLeftover);
}

function closeBooks(quiet: boolean, tooLong: boolean, { table, queue }: Services, ledger: Ledger): void {
  if (!quiet) {
    const left = `${table.rows.length} rows, ${table.parkedKeys.length} parked-key records, ${queue.size} dead letters`;
    if (tooLong) ledger.strand(`hours after everything healed there are still ${left}`);
    else ledger.livelock(`${left}, and no end in sight after ${MAX_POINTS} points`);
  }
  ledger.close();
}

/** The longest time that Lambda keeps a run for which it has no room: the function's maximum event age. */
const QUEUED_MS = 60_000;

/** Scheduler starts a requeuer every minute, whether or not the last one has ended. */
function scheduleRequeuers(world: World, services: Services, scenario: Scenario, hooks: Hooks): void {
  const { scheduler, ledger, faults, random } = world;
  const idle: Process[] = [];
  let started = 0;
  const tick = () => {
    scheduler.punctually(WORLD, "schedule", scheduler.nowMs + REQUEUE_EVERY_MS, tick);
    if (!hooks.switches.works("requeuer")) return;
    if (faults.happens("run queued")) scheduler.at(WORLD, "queued run", scheduler.nowMs + random() * QUEUED_MS, start);
    else start();
  };
  const start = () => {
    let process = idle.pop();
    if (process === undefined || process.actor.dead) {
      started += 1;
      process = new Process("requeuer", `requeuer${started}`, world, services, scenario, {
        skewMs: hooks.skewMs(),
        isWatched: true,
      });
      hooks.onProcess(process);
    }
    const running = process;
    let over = false;
    scheduler.punctually(WORLD, "run times out", scheduler.nowMs + REQUEUER_TIMEOUT_MS, () => {
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
  scheduler.punctually(WORLD, "schedule", scheduler.nowMs + scenario.tickMs, tick);
}
