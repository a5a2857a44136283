import { expect } from "vitest";
import type { RowRef } from "../../../../lib/contract/event.ts";
import { trackPendingDeletes } from "../../../../lib/core/delivery/deletes/pending-deletes.ts";
import { countedClock } from "../../../world/counted-clock.ts";
import { memoryTable } from "../../../world/memory-table.ts";
import { RecordingTelemetry } from "../../../world/recording-telemetry.ts";
import { VirtualClock } from "../../../world/virtual-clock.ts";

export const FAR_MS = 600_000;
export const ROW: RowRef = { pk: "a", sk: "1", id: "a" };
export const rowsOf = (count: number): readonly RowRef[] =>
  Array.from({ length: count }, (_unused, index) => ({ pk: `e${index}`, sk: "1", id: `e${index}` }));

/** How one request for a batch ends: the ids that are left, or a refusal of all. */
export type Answer = "refused" | readonly string[];

/** A table that takes 10 ms for a batch, gives these answers in turn, and after that deletes all. */
export function deletesAnswered(...answers: readonly Answer[]) {
  const clock = new VirtualClock(0);
  const telemetry = new RecordingTelemetry();
  const batches: { readonly atMs: number; readonly ids: readonly string[] }[] = [];
  let out = 0;
  const world = { mostAtOnce: 0 };
  const table = {
    ...memoryTable(clock),
    deleteRows: async (rows: readonly RowRef[]) => {
      const answer = answers[batches.push({ atMs: clock.now(), ids: rows.map(({ id }) => id) }) - 1] ?? [];
      out += 1;
      world.mostAtOnce = Math.max(world.mostAtOnce, out);
      await clock.sleep(10);
      out -= 1;
      if (answer === "refused") throw new Error("The table refuses");
      return rows.filter(({ id }) => answer.includes(id));
    },
  };
  // The timers of the pending deletes are counted, and not those of the table.
  const counted = countedClock(clock);
  const pending = trackPendingDeletes(table, counted, telemetry);
  /** Reserves a place for each, as their call does, and adds them as acknowledged. */
  const add = async (rows: readonly RowRef[], after?: Promise<void>) => {
    expect(await pending.reserve("default", rows.length, FAR_MS)).toBe(true);
    for (const row of rows) pending.startDelete("default", row, after);
  };
  return { clock, counted, telemetry, batches, world, pending, add, run: clock.run.bind(clock) };
}
