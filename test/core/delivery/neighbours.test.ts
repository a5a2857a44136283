import { describe, expect, it } from "vitest";
import type { Failure } from "../../../lib/contract/failure.ts";
import { DOWN, THROTTLED, TIMED_OUT, UNREACHED } from "../../world/scripted-target.ts";
import { times, type WorldOptions, worldOf } from "../../world/world.ts";
import { MINUTE_MS } from "../after-outage.ts";

/** A world whose target takes calls of `size` events, each whole or not at all, and fails those with a poison event in them. */
function batchWorld(size: number, failure: Failure = DOWN, options: WorldOptions = {}) {
  const world = worldOf(options);
  const poison = new Set<string>();
  Object.assign(world.target, { limits: { maxEntries: size, maxBytes: 10_000_000 } });
  world.target.wholeScript = (events) => (events.some(({ id }) => poison.has(id)) ? failure : undefined);
  const attemptsOf = (id: string) => Number(world.table.item({ pk: id, sk: "1" })?.["_attempts"]?.N ?? 0);
  const left = () => [...world.table.items.values()].flatMap((item) => item["id"]?.S ?? []);
  return { ...world, poison, attemptsOf, left };
}

const PLACES = [
  ["first", 1],
  ["in the middle", 50],
  ["last", 100],
] as const;
const CLASSES = [
  ["answers 500", DOWN],
  ["cuts the connection", TIMED_OUT],
] as const;

describe("one bad event among a hundred in a call", () => {
  for (const [place, number] of PLACES) {
    for (const [what, failure] of CLASSES) {
      it(`that stands ${place} and for which the receiver ${what} is marked, and its neighbours are delivered`, async () => {
        const { write, relayProcess, target, poison, attemptsOf, left, table } = batchWorld(100, failure);
        poison.add(`e${number}`);
        await relayProcess().invoke(times(100, () => write()));
        expect(left()).toEqual([`e${number}`]);
        expect(new Set(target.delivered).size).toBe(99);
        expect(attemptsOf(`e${number}`)).toBe(1);
        expect(table.item({ pk: `e${number}`, sk: "1" })?.["_reason"]?.S).toContain(failure.code);
        expect(target.calls.filter(({ ids }) => ids.length === 100)).toHaveLength(2);
      });
    }
  }

  for (const concurrency of [1, 4, 32]) {
    it(`holds at 1 % of a thousand, with ${concurrency} calls at once, and the breaker stays closed`, async () => {
      const { write, relayProcess, poison, attemptsOf, left } = batchWorld(100, DOWN, { concurrency });
      for (let number = 37; number <= 1_000; number += 100) poison.add(`e${number}`);
      const { invoke, limiters } = relayProcess();
      await invoke(times(1_000, () => write()));
      expect(new Set(left())).toEqual(poison);
      expect([...poison].map(attemptsOf)).toEqual(times(10, () => 1));
      expect(limiters.anyOpen()).toBe(false);
    });
  }

  it("costs a blip one call", async () => {
    const { write, relayProcess, target, left } = batchWorld(100);
    target.wholeScript = () => (target.calls.length === 1 ? DOWN : undefined);
    await relayProcess().invoke(times(100, () => write()));
    expect(target.calls.map(({ ids }) => ids.length)).toEqual([100, 100]);
    expect(left()).toEqual([]);
  });

  it("is found by the requeuer whose probe meets it: the others are delivered in the same run, and it rests", async () => {
    const { write, relayProcess, requeuerProcess, target, poison, attemptsOf, left, clock } = batchWorld(100);
    target.script = () => DOWN;
    await relayProcess().invoke(times(100, () => write()));
    target.script = () => undefined;
    poison.add("e1");
    target.calls.length = 0;
    clock.skip(MINUTE_MS);
    await requeuerProcess().invoke();
    expect(target.calls[0]?.ids).toEqual(["e1"]);
    expect(left()).toEqual(["e1"]);
    expect(attemptsOf("e1")).toBe(1);
    expect(target.calls.filter(({ ids }) => ids.includes("e1"))).toHaveLength(1);
  });

  it("that nobody can tell from a target that is down bears no mark, and is tried once a run", async () => {
    const { write, relayProcess, requeuerProcess, target, poison, attemptsOf, clock } = batchWorld(100);
    for (const id of ["e1", "e2"]) poison.add(id);
    await relayProcess().invoke(times(2, () => write()));
    target.calls.length = 0;
    clock.skip(10 * MINUTE_MS);
    const { invoke, telemetry } = requeuerProcess();
    await invoke();
    expect(target.calls.map(({ ids }) => ids)).toEqual([["e1"], ["e2"]]);
    expect([attemptsOf("e1"), attemptsOf("e2")]).toEqual([0, 0]);
    const undecided = telemetry.logs.filter(({ fields }) => fields["undecided"] === true);
    expect(undecided.map(({ fields }) => fields["eventId"])).toEqual(["e1", "e2"]);
  });

  it("is told from the target by an event that comes to be tried later in the run", async () => {
    const { write, requeuerProcess, target, poison, left, clock } = batchWorld(100);
    poison.add("e1");
    times(1, () => write());
    clock.skip(6 * MINUTE_MS);
    const { invoke } = requeuerProcess();
    await invoke();
    expect(left()).toEqual(["e1"]);
    times(3, () => write());
    clock.skip(6 * MINUTE_MS);
    await invoke();
    expect(target.delivered).toHaveLength(3);
    clock.skip(MINUTE_MS);
    await invoke();
    expect(left()).toEqual(["e1"]);
  });
});

describe("a target that is down", () => {
  /** How many calls an outage cost before events were tried alone, by size of call, calls at once and events. */
  const BEFORE: readonly (readonly [size: number, concurrency: number, events: number, calls: number])[] = [
    [1, 1, 1, 5],
    [1, 4, 10, 50],
    [1, 32, 1_000, 1_319],
    [10, 1, 10, 5],
    [10, 1, 1_000, 51],
    [10, 4, 1_000, 138],
    [10, 32, 1_000, 482],
    [100, 1, 100, 5],
    [100, 1, 1_000, 17],
    [100, 32, 1_000, 50],
  ];
  for (const [size, concurrency, events, before] of BEFORE) {
    it(`costs few calls more, and no event a mark: ${events} events, ${size} in a call, ${concurrency} at once`, async () => {
      const { write, relayProcess, target, table } = batchWorld(size, DOWN, { concurrency });
      target.script = () => DOWN;
      await relayProcess().invoke(times(events, () => write()));
      expect(target.calls.length).toBeLessThanOrEqual(before + concurrency + 3);
      expect([...table.items.values()].some((item) => item["_attempts"] !== undefined)).toBe(false);
    });
  }

  it("in the middle of a batch is not put down to the events that it did not take", async () => {
    const { write, relayProcess, target, table, clock } = batchWorld(10, DOWN, { concurrency: 4 });
    const startMs = clock.now();
    target.wholeScript = () => (clock.now() - startMs > 100 ? DOWN : undefined);
    await relayProcess().invoke(times(1_000, () => write()));
    expect(target.delivered.length).toBeGreaterThan(100);
    expect(table.items.size).toBeGreaterThan(500);
    expect([...table.items.values()].filter((item) => item["_attempts"] !== undefined)).toEqual([]);
  });

  it("opens its breaker once three different events have failed alone", async () => {
    const { write, relayProcess, target } = batchWorld(100);
    target.script = () => DOWN;
    const { invoke, limiters } = relayProcess();
    await invoke(times(1_000, () => write()));
    expect(limiters.of("default").breaker.kind).toBe("open");
    const calls = target.calls.length;
    await invoke(times(1_000, () => write()));
    expect(target.calls.length).toBe(calls);
  });

  it("is probed by one event when its breaker's time is over, not by a call of a hundred", async () => {
    const { write, relayProcess, target, clock, left, poison } = batchWorld(100);
    target.script = () => DOWN;
    const { invoke } = relayProcess();
    await invoke(times(1_000, () => write()));
    target.script = () => undefined;
    target.calls.length = 0;
    poison.add("e1100");
    clock.skip(6_000);
    await invoke(times(100, () => write()));
    expect(target.calls[0]?.ids).toEqual(["e1001"]);
    expect(left().filter((id) => Number(id.slice(1)) > 1_000)).toEqual(["e1100"]);
  });

  it("that is not reached is not split: its calls are repeated whole, and no event is to blame", async () => {
    const { write, relayProcess, target, table } = batchWorld(100);
    target.script = () => UNREACHED;
    await relayProcess().invoke(times(100, () => write()));
    expect(target.calls.every(({ ids }) => ids.length === 100)).toBe(true);
    expect([...table.items.values()].some((item) => item["_attempts"] !== undefined)).toBe(false);
  });

  for (const [what, failure] of [
    ["throttles", THROTTLED],
    ["asks for a rest", { ...DOWN, retryAfterMs: 2_000 }],
    ["forbids", { ...DOWN, class: "permanent", code: "HTTP403" }],
  ] as const) {
    it(`that ${what} one event while others pass is not put down to that event`, async () => {
      const { write, relayProcess, target, attemptsOf, left } = batchWorld(10);
      target.script = ({ id }) => (id === "e5" ? failure : undefined);
      await relayProcess().invoke(times(40, () => write()));
      expect(left()).toEqual(["e5"]);
      expect(attemptsOf("e5")).toBe(0);
    });
  }
});

describe("a destination that hangs for five seconds a call", () => {
  const hangs = (destination: string) => (destination === "hangs" ? 5_000 : 20);

  for (const concurrency of [1, 32]) {
    it(`leaves the others their time in a batch, with ${concurrency} calls at once`, async () => {
      const { write, relayProcess, target, left, clock } = batchWorld(10, DOWN, { concurrency });
      target.latencyOf = hangs;
      target.wholeScript = (_events, destination) => (destination === "hangs" ? TIMED_OUT : undefined);
      const startMs = clock.now();
      let doneMs = 0;
      const publish = target.publish.bind(target);
      target.publish = async (destination, events) => {
        const results = await publish(destination, events);
        if (destination !== "hangs") doneMs = clock.now();
        return results;
      };
      await relayProcess().invoke(times(1_000, (index) => write(index % 2 === 0 ? { destination: "hangs" } : {})));
      expect(target.delivered).toHaveLength(500);
      expect(left()).toHaveLength(500);
      expect(doneMs - startMs).toBeLessThan(7_000);
    });
  }

  it("leaves the others their time in a run of the requeuer: it is probed beside them", async () => {
    const { write, requeuerProcess, target, clock } = batchWorld(10);
    times(3_000, (index) => write(index % 3 === 0 ? { destination: "hangs" } : {}));
    clock.skip(6 * MINUTE_MS);
    target.latencyOf = hangs;
    target.wholeScript = (_events, destination) => (destination === "hangs" ? TIMED_OUT : undefined);
    await requeuerProcess().invoke();
    expect(target.delivered).toHaveLength(2_000);
    expect(target.calls.filter(({ destination }) => destination === "hangs")).toHaveLength(3);
  });
});
