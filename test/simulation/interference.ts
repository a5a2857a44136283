import type { Random } from "../../lib/core/ports.ts";
import type { Faults } from "./faults.ts";
import type { Actor, Interference } from "./scheduler.ts";
import type { Scenario } from "./storms/scenario-shape.ts";
import { WORLD } from "./world.ts";

/** The longest time that an answer takes when nothing is slow. */
const QUICK_MS = 20;
/** The longest time that an answer is delayed: longer than a lease. */
const DELAYED_MS = 90_000;
/** The share of slow points, where any point may be slow. */
const SLOW_SHARE = 0.2;

/**
 * Calls that few commands of an operator make, or get to: those that come back later for events that are still set aside, and the
 * end of a pause.
 */
const LATE_CALLS = /^operator (letGo|putBack|relay on|requeuer on)\b/;

/** What the storm does to the operations of all processes, as long as it lasts. */
export function interferenceOf(
  scenario: Scenario,
  faults: Faults,
  random: Random,
  onCrash: (actor: Actor, point: string) => void,
): Interference {
  const isSlow = slownessOf(scenario, random);
  return {
    get timeless() {
      return random() < (faults.healed || scenario.calm ? 0 : scenario.earlyProbability);
    },
    crashes(actor, point) {
      // An operator makes few calls in a run, so each is more likely to meet a fault.
      const operators = LATE_CALLS.test(point) ? 2 : 0.3;
      const weight = actor.name.startsWith("operator") ? operators : 0.05;
      if (actor === WORLD || !faults.happens("crash", weight)) return false;
      onCrash(actor, point);
      return true;
    },
    delayMs(point, isAnswer) {
      if (!faults.healed && isSlow(point)) return random() * scenario.slow.ms;
      if (!isAnswer) return 0;
      return faults.happens("answer delayed", 0.1) ? random() * DELAYED_MS : Math.ceil(random() * QUICK_MS);
    },
  };
}

/** Whether a point is slow, the same all through the run. */
function slownessOf({ slow: { points } }: Scenario, random: Random): (point: string) => boolean {
  if (points !== "any") return (point) => points.includes(point);
  const drawn = new Map<string, boolean>();
  return (point) => {
    const isSlow = drawn.get(point) ?? random() < SLOW_SHARE;
    drawn.set(point, isSlow);
    return isSlow;
  };
}
