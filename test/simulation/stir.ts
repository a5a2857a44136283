import { kindOfItem } from "../../lib/contract/codec/item-kind.ts";
import { eventOf } from "../engine/event-of.ts";
import type { Services } from "./process.ts";
import { repaired, WORLD, type World } from "./world.ts";

/** When something that lasts for a while begins. */
const soonIn = ({ scheduler, random }: World) => scheduler.nowMs + random() * 240_000;

/** Something that lasts for a while. It ends only after its beginning, for a hasty run fires timers in any order. */
function during({ scheduler, random }: World, fromMs: number, name: string, set: (on: boolean) => void): void {
  scheduler.at(WORLD, `${name} begins`, fromMs, () => {
    set(true);
    scheduler.at(WORLD, `${name} ends`, scheduler.nowMs + random() * 200_000, () => set(false));
  });
}

/** What happens to the world as a whole: outages, a purge, a missing bus, a person who repairs a row. */
export function stir(world: World, { table, queue, target }: Services): void {
  const { scheduler, faults } = world;
  const soon = () => soonIn(world);
  if (faults.happens("target outage", 2)) {
    during(world, soon(), "outage", (on) => {
      target.isDown = on;
    });
  }
  if (faults.happens("destination missing", 2)) {
    during(world, soon(), "bus missing", (on) => {
      target.isMissing = on;
    });
  }
  if (faults.happens("checks denied for a while", 2)) {
    during(world, soon(), "denial", (on) => {
      target.checks = on ? "denied" : "answered";
    });
  }
  if (faults.happens("checks throttled for a while", 2)) {
    during(world, soon(), "throttled checks", (on) => {
      target.checks = on ? "unanswered" : "answered";
    });
  }
  if (faults.happens("table throttled", 2)) {
    during(world, soon(), "throttling", (on) => {
      table.isThrottled = on;
    });
  }
  if (faults.happens("deletes refused for a while", 2)) {
    during(world, soon(), "refusal of deletes", (on) => {
      table.refusesDeletes = on;
    });
  }
  if (faults.happens("queue purged", 2)) {
    scheduler.at(WORLD, "purge", soon(), () => {
      queue.purge();
    });
  }
  if (faults.happens("row repaired", 2)) {
    scheduler.at(WORLD, "repair", soon(), () => {
      for (const item of [...table.store.items.values()]) {
        if (kindOfItem(item) === "row") table.store.put(repaired(item));
      }
    });
  }
}

/** The same for an archive and the notes of what it lacks. */
export function stirArchive(world: World, { archive }: Services): void {
  if (archive === undefined) return;
  if (world.faults.happens("archive away for a while")) {
    during(world, soonIn(world), "archive away", (on) => {
      archive.isAway = on;
    });
  }
  if (world.faults.happens("notes refused for a while")) {
    during(world, soonIn(world), "refusal of notes", (on) => {
      archive.refusesNotes = on;
    });
  }
}

/** Ends an outage at a moment when no process is at work: a process that met both its sides would blame events for it. */
export function endOutage(world: World, services: Services): void {
  const { scheduler, ledger } = world;
  if (ledger.isAnybodyAtWork) {
    scheduler.at(WORLD, "outage ends", scheduler.nowMs + 500, () => endOutage(world, services));
    return;
  }
  services.target.isDown = false;
  ledger.relayed(
    services.table.rows.map((row) => eventOf(row).id),
    scheduler.nowMs,
  );
}
