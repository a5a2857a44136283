import { eventOf } from "../engine/event-of.ts";
import type { SimulatedTable } from "./ports/table.ts";
import type { ArchivedStorm } from "./storms/archived.ts";
import { WORLD, type World } from "./world.ts";

const WITHIN_MS = 420_000;

/** People who delete rows by hand, past the commands: no journal tells of it. */
export function removeByHand(
  { scheduler, faults, ledger }: World,
  table: SimulatedTable,
  { scenario: { removals }, random }: ArchivedStorm,
): void {
  for (let removal = 0; removal < removals; removal += 1) {
    scheduler.at(WORLD, "row removed by hand", scheduler.nowMs + random() * WITHIN_MS, () => {
      const row = table.rows[Math.floor(random() * table.rows.length)];
      if (row === undefined) return;
      table.store.remove(row.key);
      ledger.removeByHand(eventOf(row).id, scheduler.nowMs);
      faults.note("row removed by hand");
    });
  }
}
