import type { Addressed, RowKey } from "../../lib/contract/event.ts";
import type { Random } from "../../lib/core/ports.ts";
import type { SimulatedStream } from "./ports/stream.ts";
import { HANGS } from "./ports/target.ts";
import type { Services } from "./process.ts";
import { REQUEUE_EVERY_MS } from "./scenario.ts";
import type { Neighbours, Scenario } from "./storms/scenario-shape.ts";
import { WORLD, type World } from "./world.ts";

/** How often a writer tries a key that is in use, and how long it waits between tries. */
const REUSE_TRIES = 20;
const RETRY_MS = 15_000;

/** A service writes rows over time, each with its stream record. Within a key it commits in the order of sequences. */
export function writeEvents(
  world: World,
  { table, target }: Services,
  stream: SimulatedStream,
  scenario: Scenario,
): void {
  const { scheduler, ledger, faults, random } = world;
  const writerSkewMs = faults.happens("clock skewed") ? (random() - 0.5) * 1_200_000 : 0;
  const sequences = new Map<string, number>();
  let position = 0;
  /** Keys with a bad event. Events behind it may wait. */
  const spoiled = new Set<string>();
  const watch = (index: number, id: string, pk: string, { spoilers, hanging }: Neighbours) => {
    const poison = spoilers.get(index);
    if (poison !== undefined) target.spoilers.set(id, poison);
    if (poison !== undefined || hanging.has(index)) spoiled.add(pk);
    if (!spoiled.has(pk)) ledger.watch(id);
  };
  for (let index = 1; index <= scenario.events; index += 1) {
    const id = `e${index}`;
    const orderingKey = random() < scenario.keyedShare ? `k${index % scenario.keys}` : undefined;
    const reused = scenario.keys === 0 && faults.happens("key reused");
    let tries = REUSE_TRIES;
    const nextKey = (): RowKey => {
      if (reused && tries > 0) return { pk: "order#1", sk: "1" };
      return scenario.keys === 0 || orderingKey === undefined
        ? { pk: id, sk: "1" }
        : { pk: orderingKey, sk: String(sequenceAfter(sequences.get(orderingKey) ?? 0)) };
    };
    const write = () => {
      const key = nextKey();
      if (table.store.item(key) !== undefined) {
        // The writer's condition failed: it tries again later, and takes another key where this one never becomes free.
        tries -= 1;
        scheduler.at(WORLD, "writer tries again", scheduler.nowMs + RETRY_MS, write);
        return;
      }
      const stamp = random() < 0.9 ? { recordedAtMs: scheduler.nowMs + writerSkewMs } : {};
      const addressed = destinationOf(scenario, index, random);
      const row = table.write({ id, key, ...stamp, ...addressed });
      ledger.commit(id, key.pk === orderingKey ? key.pk : undefined);
      sequences.set(key.pk, Number(key.sk));
      if (scenario.neighbours === undefined) {
        if (random() < 0.2) target.poison.add(id);
      } else watch(index, id, key.pk, scenario.neighbours);
      position += 1;
      stream.append({ position: String(position).padStart(8, "0"), writtenAtMs: scheduler.nowMs, row });
    };
    scheduler.at(WORLD, "write", scheduler.nowMs + writeAfterMs(scenario, random), write);
  }
}

/** Events of one key may be for several destinations. */
function destinationOf({ neighbours, destinations }: Scenario, index: number, random: Random): Addressed {
  if (neighbours !== undefined) return neighbours.hanging.has(index) ? { destination: HANGS } : {};
  return destinations > 1 && random() < 0.4 ? { destination: "other" } : {};
}

function writeAfterMs({ writes, tickMs }: Scenario, random: Random): number {
  if (writes.kind === "spread") return random() * writes.spanMs;
  const { beforeMs, afterMs } = writes;
  const runMs = tickMs + Math.floor(random() * 5) * REQUEUE_EVERY_MS;
  return Math.max(0, runMs - beforeMs + random() * (beforeMs + afterMs));
}

/** The writer's contract: the aggregate's version, conditioned in the same transaction. */
const sequenceAfter = (last: number): number => last + 1;
