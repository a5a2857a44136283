import { seededRandom } from "../../../dev/demo/seeded-random.ts";
import type { Item } from "../../../lib/contract/codec/item.ts";
import { SQS_MESSAGE_BYTES } from "../../../lib/contract/settings/sizes.ts";
import { eventOf } from "../../engine/event-of.ts";
import { rowOf } from "../../engine/item-store.ts";
import type { FaultSource } from "../../simulation/faults.ts";
import { Ledger } from "../../simulation/ledger.ts";
import { simulatedKeys } from "../../simulation/ports/key-table.ts";
import { SimulatedQueue } from "../../simulation/ports/queue.ts";
import { SimulatedTable } from "../../simulation/ports/table.ts";
import { type Actor, Scheduler } from "../../simulation/scheduler.ts";
import type { World } from "../../simulation/world.ts";
import type { KeyTableEngine, QueueEngine } from "./engine.ts";

const ACTOR: Actor = { name: "contract", dead: false };
const MAX_POINTS = 100_000;
const SEED = 1;

/** No fault happens, or every call fails. */
const faultsThat = (happen: boolean): FaultSource => ({
  happens: () => happen,
  note: () => undefined,
  heal: () => undefined,
});

/** The simulated world without its storm: the scheduler decides when each request arrives and when it is answered. */
function calmWorld() {
  const random = seededRandom(SEED);
  const scheduler = new Scheduler((count) => Math.floor(random() * count), {
    crashes: () => false,
    delayMs: () => Math.ceil(random() * 20),
    timeless: false,
  });
  const world: World = { scheduler, random, ledger: new Ledger(true), faults: faultsThat(false), sweep: true };
  const broken: World = { ...world, faults: faultsThat(true) };

  async function run<Result>(work: () => Promise<Result>): Promise<Result> {
    let settled = false;
    const result = work().finally(() => {
      settled = true;
    });
    // The rejection is handed to the caller below; until then it must not count as unhandled.
    result.catch(() => undefined);
    if (!(await scheduler.run(() => settled, MAX_POINTS))) {
      throw new Error(`The work has not ended after ${scheduler.instant} points, and nothing is left to go on`);
    }
    return result;
  }
  return { world, broken, run };
}

/** The table of the simulation. Its rows are well-formed events. */
export async function simulatedTable(): Promise<KeyTableEngine> {
  const { world, broken, run } = calmWorld();
  const table = new SimulatedTable(world);
  const brokenTable = new SimulatedTable(broken);

  function put(item: Item): void {
    table.store.put(item);
    const row = rowOf(item);
    if (row === undefined) return;
    // The simulation's ledger must know each row's event as delivered before the row is deleted.
    const { id } = eventOf(row);
    world.ledger.commit(id);
    world.ledger.deliver(ACTOR.name, id, world.scheduler.instant);
  }

  return {
    table: table.for(ACTOR),
    broken: brokenTable.for(ACTOR),
    keys: simulatedKeys(world, table, ACTOR),
    brokenKeys: simulatedKeys(broken, brokenTable, ACTOR),
    put: async (item) => put(item),
    row: async (key) => table.store.row(key),
    run,
    end: async () => undefined,
  };
}

/** The dead-letter queue of the simulation. */
export async function simulatedQueue(): Promise<QueueEngine> {
  const { world, broken, run } = calmWorld();
  const { scheduler } = world;
  return {
    queue: new SimulatedQueue(world).for(ACTOR),
    broken: new SimulatedQueue(broken).for(ACTOR),
    maxMessageBytes: SQS_MESSAGE_BYTES,
    clock: { now: () => scheduler.nowMs, sleep: (ms) => scheduler.sleep(ACTOR, ms) },
    run,
    end: async () => undefined,
  };
}
