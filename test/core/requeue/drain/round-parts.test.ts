import { describe, expect, it } from "vitest";
import { roundParts } from "../../../../lib/core/requeue/drain/round-parts.ts";
import { DOWN } from "../../../world/scripted-target.ts";
import { VirtualClock } from "../../../world/virtual-clock.ts";
import { times, worldOf } from "../../../world/world.ts";
import { MINUTE_MS } from "../../after-outage.ts";

const HANGS_MS = 20_000;

/** An outage of two destinations is over, and dead letters of both come in turn. One of them now takes very long for a call. */
async function oneHangs(count: number) {
  const world = worldOf();
  const { target, write, relayProcess, deadLetters } = world;
  target.checked = false;
  target.script = () => DOWN;
  for (const index of times(count, (at) => at)) {
    await relayProcess().invoke([write({ id: `e${index}`, destination: index % 2 === 0 ? "hangs" : "other" })]);
  }
  target.script = () => undefined;
  target.latencyOf = (destination) => (destination === "hangs" ? HANGS_MS : 20);
  target.calls.length = 0;
  return { ...world, deadLetters };
}

describe("a destination that hangs in the requeuer's drain", () => {
  it("keeps no dead letter of another waiting", async () => {
    const { target, clock, requeuerProcess } = await oneHangs(60);
    clock.skip(MINUTE_MS);
    const startMs = clock.now();
    await requeuerProcess().invoke();
    const others = target.calls.filter(({ destination }) => destination === "other");
    expect(others.flatMap(({ ids }) => ids)).toHaveLength(30);
    expect(Math.max(...others.map(({ atMs }) => atMs)) - startMs).toBeLessThan(8_000);
  });

  it("has its rows published once in a run, though the sweep comes by while the drain is at them", async () => {
    const { target, clock, requeuerProcess } = await oneHangs(60);
    clock.skip(10 * MINUTE_MS);
    await requeuerProcess().invoke();
    const ids = target.calls.flatMap((call) => call.ids);
    expect(ids.length).toBeGreaterThan(30);
    expect(ids).toHaveLength(new Set(ids).size);
  });

  it("has its dead letters back by the next run", async () => {
    const { clock, requeuerProcess, deadLetters } = await oneHangs(60);
    clock.skip(MINUTE_MS);
    const startMs = clock.now();
    await requeuerProcess().invoke();
    expect(deadLetters.messages.length).toBeGreaterThan(0);
    expect(Math.max(...deadLetters.messages.map(({ visibleAtMs }) => visibleAtMs))).toBeLessThan(startMs + MINUTE_MS);
  });
});

describe("the parts of a round", () => {
  it("all belong to it, when they take about as long", async () => {
    const clock = new VirtualClock();
    const ended: string[] = [];
    const part = (name: string, ms: number) => async () => {
      await clock.sleep(ms);
      ended.push(name);
    };
    await clock.run(() =>
      roundParts(clock).begin(
        new Map([
          ["a", part("a", 100)],
          ["b", part("b", 300)],
        ]),
      ),
    );
    expect(ended).toEqual(["a", "b"]);
  });

  it("go on without their round when they take longer, and a failure of theirs is told at the end", async () => {
    const clock = new VirtualClock();
    const parts = roundParts(clock);
    const late = async () => {
      await clock.sleep(HANGS_MS);
      throw new Error("late");
    };
    const startMs = clock.now();
    await clock.run(async () => {
      await parts.begin(
        new Map([
          ["quick", () => clock.sleep(10)],
          ["late", late],
        ]),
      );
      expect(clock.now() - startMs).toBeLessThan(6_000);
      expect([parts.isBehind("quick"), parts.isBehind("late")]).toEqual([false, true]);
      await expect(parts.settled()).rejects.toThrow("late");
      expect(parts.isBehind("late")).toBe(false);
    });
  });

  it("fail their round when they fail in time", async () => {
    const clock = new VirtualClock();
    const parts = roundParts(clock);
    const failing = () => Promise.reject(new Error("in time"));
    const begun = clock.run(() =>
      parts.begin(
        new Map([
          ["a", failing],
          ["b", () => clock.sleep(10)],
        ]),
      ),
    );
    await expect(begun).rejects.toThrow("in time");
    await parts.settled();
  });

  it("are waited for where there is one", async () => {
    const clock = new VirtualClock();
    const startMs = clock.now();
    await clock.run(() => roundParts(clock).begin(new Map([["only", () => clock.sleep(HANGS_MS)]])));
    expect(clock.now() - startMs).toBe(HANGS_MS);
  });
});
