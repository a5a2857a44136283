import { describe, expect, it } from "vitest";
import {
  adaptiveRateLimiter,
  MOST_LATE_MS,
  type RateMemory,
} from "../../../../lib/core/delivery/limiter/adaptive-rate-limiter.ts";
import type { Clock } from "../../../../lib/core/ports.ts";
import { THROTTLE_PAUSE_MS } from "../../../../lib/core/resilience/rate.ts";
import { VirtualClock } from "../../../world/virtual-clock.ts";

const LONG_MS = 3_600_000;

/** Its timers are late, as those of a busy process are. */
const lateBy = (clock: VirtualClock, ms: number): Clock => ({
  now: () => clock.now(),
  sleep: (sleepMs) => clock.sleep(sleepMs + ms),
});

function lineAt(callsPerSecond: number, timersLateByMs = 0) {
  const clock = new VirtualClock(0);
  const memory: RateMemory = { rate: { callsPerSecond, calmMs: 10_000, loweredAtMs: -1 } };
  const rateLimiter = adaptiveRateLimiter(memory, lateBy(clock, timersLateByMs));
  const turns: number[] = [];
  const turn = async (untilMs = LONG_MS) => {
    await rateLimiter.turn(untilMs);
    turns.push(Math.round(clock.now()));
  };
  return { clock, memory, rateLimiter, turns, turn };
}

describe("a adaptive rate limiter", () => {
  it("gives turns one by one, as many a second as the rate allows", async () => {
    const { clock, turns, turn } = lineAt(10);
    await clock.run(() => Promise.all([turn(), turn(), turn()]));
    expect(turns).toEqual([0, 100, 200]);
  });

  it("has one timer for all who wait, however many they are", async () => {
    const clock = new VirtualClock(0);
    let asleep = 0;
    let mostAsleep = 0;
    const sleep = async (ms: number) => {
      asleep += 1;
      mostAsleep = Math.max(mostAsleep, asleep);
      await clock.sleep(ms);
      asleep -= 1;
    };
    const memory: RateMemory = { rate: { callsPerSecond: 10, calmMs: 10_000, loweredAtMs: -1 } };
    const rateLimiter = adaptiveRateLimiter(memory, { now: () => clock.now(), sleep });
    await clock.run(() => Promise.all(Array.from({ length: 20 }, () => rateLimiter.turn(LONG_MS))));
    expect(mostAsleep).toBe(1);
  });

  it("saves no turns up while nobody comes", async () => {
    const { clock, turns, turn } = lineAt(10);
    await clock.run(() => turn());
    clock.skip(5_000);
    await clock.run(() => Promise.all([turn(), turn()]));
    expect(turns).toEqual([0, 5_000, 5_100]);
  });

  it("keeps to its rate where timers wake too late for every turn", async () => {
    const { clock, turns, turn } = lineAt(1_000, 9);
    await clock.run(() => Promise.all(Array.from({ length: 1_000 }, () => turn())));
    expect(turns.at(-1)).toBeGreaterThanOrEqual(999);
    expect(turns.at(-1)).toBeLessThan(1_010);
  });

  it("makes up for a short standstill alone, however long the process stood still", async () => {
    const { clock, turns, turn } = lineAt(1_000, 500);
    await clock.run(() => Promise.all(Array.from({ length: 200 }, () => turn())));
    const atOnce = turns.filter((at) => at === 501).length;
    expect(atOnce).toBe(MOST_LATE_MS + 1);
  });

  it("stands still after a throttle, and goes on more slowly, for those too who wait already", async () => {
    const { clock, rateLimiter, turns, turn, memory } = lineAt(10);
    await clock.run(async () => {
      const all = Promise.all([turn(), turn(), turn()]);
      await clock.sleep(50);
      rateLimiter.observe("throttled", 0);
      await all;
    });
    const intervalMs = 1_000 / memory.rate.callsPerSecond;
    expect(memory.rate.callsPerSecond).toBeCloseTo(9);
    expect(turns).toEqual([0, 50 + THROTTLE_PAUSE_MS, Math.round(50 + THROTTLE_PAUSE_MS + intervalMs)]);
  });

  it("lets those go whose time is up, at no cost to the others", async () => {
    const { clock, turns, turn } = lineAt(1);
    await clock.run(() => Promise.all([turn(), turn(500), turn(500), turn()]));
    expect(turns).toEqual([0, 500, 500, 1_000]);
  });

  it("learns from answers only while calls wait for the rate", async () => {
    const { clock, rateLimiter, memory, turn } = lineAt(10);
    rateLimiter.observe("answered", 0);
    expect(memory.rate.callsPerSecond).toBe(10);
    await clock.run(async () => {
      const both = Promise.all([turn(), turn()]);
      await clock.sleep(1);
      rateLimiter.observe("answered", 0);
      await both;
    });
    expect(memory.rate.callsPerSecond).toBeGreaterThan(10);
  });
});
