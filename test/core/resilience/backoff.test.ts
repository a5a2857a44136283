import { describe, expect, it } from "vitest";
import { seededRandom } from "../../../dev/demo/seeded-random.ts";
import { type BackoffSettings, DEFAULT_BACKOFF } from "../../../lib/contract/settings/settings.ts";
import { type Backoff, backoffFrom, requeueDelayMs } from "../../../lib/core/resilience/backoff.ts";

const settings = (change: Partial<BackoffSettings> = {}): BackoffSettings => ({ ...DEFAULT_BACKOFF, ...change });

function waitsOf(from: BackoffSettings, random: () => number): readonly number[] {
  const waits: number[] = [];
  let elapsedMs = 0;
  for (let backoff: Backoff | undefined = backoffFrom(from); backoff !== undefined; ) {
    const next: ReturnType<Backoff["next"]> = backoff.next(elapsedMs, random);
    if (next !== undefined) waits.push(next.waitMs);
    elapsedMs += next?.waitMs ?? 0;
    backoff = next?.backoff;
  }
  return waits;
}

const ALMOST_ONE = () => 0.999_999_999;

describe("backoff", () => {
  it("has full jitter by default: from nothing up to a ceiling that doubles", () => {
    expect(waitsOf(settings(), () => 0)).toEqual([0, 0, 0, 0]);
    expect(waitsOf(settings(), ALMOST_ONE).map(Math.round)).toEqual([100, 200, 400, 800]);
  });

  it("never waits longer than its cap", () => {
    const waits = waitsOf(settings({ attempts: 12, budgetMs: 840_000 }), ALMOST_ONE);
    expect(Math.round(Math.max(...waits))).toBe(5_000);
  });

  it("adds its own jitter to what the target asked for, past the cap and within the budget", () => {
    const backoff = backoffFrom(settings());
    expect(backoff.next(0, () => 0.5, 8_000)?.waitMs).toBe(8_050);
    expect(backoff.next(12_000, () => 0.5, 8_000)).toBeUndefined();
  });

  it("waits at least half of the ceiling with equal jitter", () => {
    expect(waitsOf(settings({ jitter: "equal" }), () => 0)).toEqual([50, 100, 200, 400]);
    expect(waitsOf(settings({ jitter: "equal" }), ALMOST_ONE).map(Math.round)).toEqual([100, 200, 400, 800]);
  });

  it("draws between the base and three times the wait before with decorrelated jitter", () => {
    expect(waitsOf(settings({ jitter: "decorrelated" }), () => 0)).toEqual([100, 100, 100, 100]);
    expect(waitsOf(settings({ jitter: "decorrelated" }), ALMOST_ONE).map(Math.round)).toEqual([300, 900, 2_700, 5_000]);
  });

  it("ends after its attempts, the first one included", () => {
    expect(waitsOf(settings({ attempts: 1 }), ALMOST_ONE)).toEqual([]);
    expect(waitsOf(settings({ attempts: 3 }), ALMOST_ONE)).toHaveLength(2);
  });

  it("ends when the next wait would use up the budget", () => {
    expect(backoffFrom(settings({ budgetMs: 1_000 })).next(950, ALMOST_ONE)).toBeUndefined();
    expect(backoffFrom(settings({ budgetMs: 1_000 })).next(850, ALMOST_ONE)).toBeDefined();
  });

  it("ends when the next wait would use up the budget to the millisecond", () => {
    const { next } = backoffFrom(settings({ jitter: "equal", budgetMs: 1_000 }));
    expect(next(949, () => 0)?.waitMs).toBe(50);
    expect(next(950, () => 0)).toBeUndefined();
  });

  it("does not count what the target asked for as a wait of its own, so decorrelated jitter does not grow by it", () => {
    const first = backoffFrom(settings({ jitter: "decorrelated" })).next(0, ALMOST_ONE, 1_000);
    expect(Math.round(first?.waitMs ?? 0)).toBe(1_300);
    expect(Math.round(first?.backoff.next(0, ALMOST_ONE)?.waitMs ?? 0)).toBe(900);
  });

  it("has one more attempt where it is asked for, and none after it", () => {
    const more = backoffFrom(settings({ attempts: 1 })).once();
    expect(more.attempts).toBe(2);
    expect(more.next(0, () => 0)).toBeUndefined();
  });

  it("is a value: asking twice gives the same answer for the same luck", () => {
    const backoff = backoffFrom(settings());
    expect(backoff.next(0, seededRandom(3))?.waitMs).toBe(backoff.next(0, seededRandom(3))?.waitMs);
    expect(backoff.attempts).toBe(1);
  });

  it("spreads evenly over the whole range", () => {
    const random = seededRandom(42);
    const waits = Array.from({ length: 10_000 }, () => backoffFrom(settings()).next(0, random)?.waitMs ?? 0);
    const mean = waits.reduce((sum, wait) => sum + wait, 0) / waits.length;
    expect(mean).toBeGreaterThan(48);
    expect(mean).toBeLessThan(52);
  });
});

describe("the rest of a parked event", () => {
  it("doubles with each failed round, up to its cap", () => {
    const rest = (attempts: number) => requeueDelayMs({ baseSeconds: 60, capSeconds: 3_600 }, attempts, ALMOST_ONE);
    expect([1, 2, 3, 7, 50].map(rest)).toEqual([60_000, 120_000, 240_000, 3_600_000, 3_600_000]);
  });
});
