import { beforeEach, describe, expect, it } from "vitest";
import { FUNCTION_ROLES, type FunctionRole } from "../../../lib/contract/deployment/function-role.ts";
import type { DeploymentFault } from "../../../lib/operator/core/deployment-fault.ts";
import {
  type SwitchPorts,
  type SwitchState,
  safeUntil,
  type TurnOutcome,
  turn,
  untilIdle,
} from "../../../lib/operator/core/switches.ts";

const MIN_PARKED_MS = 25_000;

/** Two switches and a clock, with what happens to the switches at certain times. */
class World {
  nowMs = 0;
  readonly on: Record<FunctionRole, boolean> = { relay: true, requeuer: true };
  /** When the mapping has stopped. */
  stoppedMs = 0;
  stop = false;
  readonly turned: string[] = [];
  readonly gone: Partial<Record<FunctionRole, DeploymentFault>> = {};
  readonly #events: { readonly atMs: number; readonly happen: () => void }[] = [];

  at(atMs: number, happen: () => void): void {
    this.#events.push({ atMs, happen });
  }

  get ports(): SwitchPorts {
    const switchOf = (part: FunctionRole) => ({
      state: async (): Promise<SwitchState> => {
        const fault = this.gone[part];
        if (fault !== undefined) return { on: false, settled: true, fault };
        const settled = part === "requeuer" || this.nowMs >= this.stoppedMs;
        return { on: this.on[part], settled, awsState: "", isThrottled: false };
      },
      turn: async (on: boolean) => {
        this.on[part] = on;
        this.turned.push(`${part} ${on ? "on" : "off"}`);
        return this.gone[part];
      },
    });
    return {
      switches: { relay: switchOf("relay"), requeuer: switchOf("requeuer") },
      clock: {
        now: () => this.nowMs,
        sleep: async (ms) => {
          this.nowMs += ms;
          for (const { atMs, happen } of this.#events) if (atMs > this.nowMs - ms && atMs <= this.nowMs) happen();
        },
      },
      minParkedMs: MIN_PARKED_MS,
      stopped: () => this.stop,
    };
  }

  async pause(...parts: readonly FunctionRole[]) {
    await turn(parts, false, this.ports);
    return untilIdle(parts, this.ports);
  }
}

let world: World;
beforeEach(() => {
  world = new World();
});

describe("a pause is told to have begun", () => {
  it("of the relay, when the mapping has stopped and the relays are over", async () => {
    world.stoppedMs = 40_000;
    expect(await world.pause("relay")).toBe("idle");
    expect(world.nowMs).toBe(65_000);
  });

  it("of the requeuer, when a run that was queued is over too", async () => {
    expect(await world.pause("requeuer")).toBe("idle");
    expect(world.nowMs).toBe(130_000);
  });

  it("never, when somebody switches a part on again, or wants no more of it", async () => {
    world.at(10_000, () => {
      world.on.relay = true;
    });
    expect(await world.pause("relay")).toBe("on-again");
    world.at(world.nowMs + 10_000, () => {
      world.stop = true;
    });
    expect(await world.pause(...FUNCTION_ROLES)).toBe("stopped");
  });
});

it("turns only what is not so already", async () => {
  await world.pause("relay");
  expect(await turned(false)).toEqual([
    { kind: "as-it-was", part: "relay" },
    { kind: "turned", part: "requeuer" },
  ]);
  expect(world.turned).toEqual(["relay off", "requeuer off"]);
});

it("tells what is gone of a part, and turns the other one", async () => {
  const fault = { kind: "gone", resource: { kind: "live-function", name: "relay" } } as const;
  world.gone.relay = fault;
  expect(await turned(false)).toEqual([
    { kind: "gone", part: "relay", fault },
    { kind: "turned", part: "requeuer" },
  ]);
});

async function turned(on: boolean): Promise<readonly TurnOutcome[]> {
  const outcomes: TurnOutcome[] = [];
  await turn(FUNCTION_ROLES, on, world.ports, (outcome) => outcomes.push(outcome));
  return outcomes;
}

it("is safe on the stream's side for the 24 hours that it keeps a record; the table keeps its rows for ever", () => {
  expect(safeUntil(["relay"], 1_000)).toBe(86_401_000);
  expect(safeUntil(FUNCTION_ROLES, 1_000)).toBe(86_401_000);
  expect(safeUntil(["requeuer"], 1_000)).toBeUndefined();
});
