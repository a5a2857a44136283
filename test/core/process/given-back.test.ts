import { getEventListeners } from "node:events";
import { describe, expect, it, vi } from "vitest";
import { trackPendingDeletes } from "../../../lib/core/delivery/deletes/pending-deletes.ts";
import type { Clock } from "../../../lib/core/ports.ts";
import { listenToProcess } from "../../setup/process-listener.ts";
import { Scheduler } from "../../simulation/scheduler.ts";
import { simulate } from "../../simulation/simulate.ts";
import { countedClock, mayRun } from "../../world/counted-clock.ts";
import { watchTaken } from "../../world/given-back.ts";
import { memoryTable } from "../../world/memory-table.ts";
import { RecordingTelemetry } from "../../world/recording-telemetry.ts";
import { VirtualClock } from "../../world/virtual-clock.ts";
import { TIMEOUT_MS, times, worldOf } from "../../world/world.ts";

/** A clock as it was before a sleep that ends by itself took its listener away. */
const forgetfulClock = (clock: Clock): Clock => ({
  now: () => clock.now(),
  sleep: (ms, over) => {
    over?.addEventListener("abort", () => undefined);
    return clock.sleep(ms);
  },
});

/** No signal aborts any more, and no listener is taken away from one. */
function keepListenersOfSignals(): void {
  vi.spyOn(AbortController.prototype, "abort").mockReturnValue();
  vi.spyOn(AbortSignal.prototype, "removeEventListener").mockReturnValue();
}

/** `given-back.ts` asks this clock after each invocation. */
describe("the clock that counts what a process waits with", () => {
  it("counts a sleep until it ends, or until nobody waits for it any more", async () => {
    const time = new VirtualClock();
    const clock = countedClock(time);
    const over = new AbortController();
    const ended = clock.sleep(5);
    void clock.sleep(10, over.signal);
    expect(clock.timers).toBe(2);
    await time.run(() => ended);
    expect(clock.timers).toBe(1);
    over.abort();
    expect(clock.timers).toBe(0);
  });

  it("allows a process at rest the first check of its destination, where there are checks, and no other timer", () => {
    expect([mayRun(true), mayRun(false)]).toEqual([1, 0]);
  });

  it("counts the listeners that ended sleeps have left, until their signal aborts", async () => {
    const time = new VirtualClock();
    const clock = countedClock(forgetfulClock(time));
    const over = new AbortController();
    await time.run(() => Promise.all(times(3, () => clock.sleep(5, over.signal))));
    expect([clock.timers, clock.listeners]).toEqual([0, 3]);
    over.abort();
    expect(clock.listeners).toBe(0);
  });

  it("counts no listener of a sleep that lasts: its timer is counted", () => {
    const clock = countedClock(new VirtualClock());
    void clock.sleep(10, new AbortController().signal);
    expect([clock.timers, clock.listeners]).toEqual([1, 0]);
  });
});

describe("a sleep of the tests' own clocks", () => {
  it("leaves no listener on a signal that outlives it", async () => {
    const time = new VirtualClock();
    const scheduler = new Scheduler(() => 0, { timeless: false, crashes: () => false, delayMs: () => 0 });
    const actor = { name: "relay", dead: false };
    const { signal } = new AbortController();
    await time.run(() => countedClock(time).sleep(5, signal));
    let isOver = false;
    void scheduler.sleep(actor, 5, signal).then(() => {
      isOver = true;
    });
    expect(await scheduler.run(() => isOver, 10)).toBe(true);
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });
});

describe("what an invocation has taken", () => {
  const watched = (clockOf: (time: VirtualClock) => Clock = (time) => time) => {
    const time = new VirtualClock();
    const clock = countedClock(clockOf(time));
    const pendingDeletes = trackPendingDeletes(memoryTable(time), clock, new RecordingTelemetry());
    return { time, clock, pendingDeletes, keptBy: watchTaken({ clock, pendingDeletes, isChecked: false }) };
  };

  it("is nothing where it has given all back, whatever listened before", async () => {
    listenToProcess();
    const { time, clock, pendingDeletes, keptBy } = watched();
    await pendingDeletes.reserve("default", 1, time.now() + 1);
    pendingDeletes.release("default", 1);
    await time.run(() => clock.sleep(5, new AbortController().signal));
    expect(await keptBy()).toEqual([]);
  });

  it("is told thing by thing", async () => {
    const { time, clock, pendingDeletes, keptBy } = watched(forgetfulClock);
    await pendingDeletes.reserve("default", 1, time.now() + 1);
    await time.run(() => clock.sleep(5, new AbortController().signal));
    void clock.sleep(5);
    listenToProcess();
    expect(await keptBy()).toEqual([
      "1 of its timers still run",
      "1 of its listeners are left on signals",
      "1 of its listeners are left on the process",
      "its calls have not given back all places that they took",
    ]);
  });
});

const LEFT_ON_PROCESS = "1 of its listeners are left on the process";
const LEFT_ON_SIGNALS = /\d of its listeners are left on signals/;

describe("an invocation that leaves listeners", () => {
  it("on the process, fails in the tests' world", async () => {
    const world = worldOf();
    const relay = world.relayProcess();
    world.target.script = () => void listenToProcess();
    await expect(relay.invoke([world.write()])).rejects.toThrow(LEFT_ON_PROCESS);
    await relay.invoke([]);
  });

  it("on signals, fails in the tests' world", async () => {
    keepListenersOfSignals();
    const world = worldOf();
    const relay = world.relayProcess();
    const record = world.write();
    await expect(relay.invoke([record])).rejects.toThrow("of its timers still run");
    await world.clock.run(() => world.clock.sleep(TIMEOUT_MS));
    await expect(relay.invoke([])).rejects.toThrow(LEFT_ON_SIGNALS);
  });

  it("on the process, fails in a storm", async () => {
    const { violations } = await simulate({ seed: 1 }, undefined, (scheduler) => {
      scheduler.onPoint = ({ name }) => {
        if (name === "publish" && process.listenerCount("SIGUSR2") === 0) listenToProcess();
      };
    });
    expect(violations.join()).toMatch(LEFT_ON_PROCESS);
  });

  it("on signals, fails in a storm", async () => {
    keepListenersOfSignals();
    const { violations } = await simulate({ seed: 1 });
    expect(violations.join()).toMatch(LEFT_ON_SIGNALS);
  });
});
