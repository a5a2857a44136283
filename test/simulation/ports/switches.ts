import type { FunctionRole } from "../../../lib/contract/deployment/function-role.ts";
import type { Switch, Switches } from "../../../lib/operator/core/switches.ts";
import type { Actor } from "../scheduler.ts";
import { WORLD, type World } from "../world.ts";

/** A mapping takes a while to stop, and brings batches until then. */
const STOPPING_MS = 180_000;

/**
 * The event source mapping and the schedule, as people switch them: a mapping that is off does not read the stream, a
 * schedule that is off starts no requeuer.
 */
export class SimulatedSwitches {
  readonly #world: World;
  /** The state that was asked for. */
  readonly #on: Record<FunctionRole, boolean> = { relay: true, requeuer: true };
  /** The actual state. */
  readonly #works: Record<FunctionRole, boolean> = { relay: true, requeuer: true };
  /** How often it was switched on. */
  readonly #resumed: Record<FunctionRole, number> = { relay: 0, requeuer: 0 };
  /** Called when the mapping reads again. */
  onRelayOn: () => void = () => undefined;

  constructor(world: World) {
    this.#world = world;
  }

  works(part: FunctionRole): boolean {
    return this.#works[part];
  }

  for(actor: Actor): Switches {
    const { scheduler, faults } = this.#world;
    const switchOf = (part: FunctionRole): Switch => ({
      state: () =>
        scheduler.call(actor, `${part} state`, () => {
          const on = this.#on[part];
          return { on, settled: on === this.#works[part], awsState: "", isThrottled: false };
        }),
      turn: (on) =>
        scheduler.call(actor, `${part} ${on ? "on" : "off"}`, () => {
          faults.note(on ? "operator resumed" : "operator paused");
          this.turn(part, on);
          return undefined;
        }),
    });
    return { relay: switchOf("relay"), requeuer: switchOf("requeuer") };
  }

  turn(part: FunctionRole, on: boolean): void {
    const { scheduler, random, ledger } = this.#world;
    this.#on[part] = on;
    if (on) {
      this.#resumed[part] += 1;
      this.#works[part] = true;
      ledger.quiet.delete(part);
      if (part === "relay") this.onRelayOn();
      return;
    }
    const stopsMs = scheduler.nowMs + (part === "relay" ? random() * STOPPING_MS : 0);
    const resumed = this.#resumed[part];
    scheduler.at(WORLD, `${part} stops`, stopsMs, () => {
      if (this.#resumed[part] === resumed) this.#works[part] = false;
    });
  }

  /** Counts how often these parts were switched on. */
  resumes(parts: readonly FunctionRole[]): number {
    return parts.reduce((sum, part) => sum + this.#resumed[part], 0);
  }
}
