import { describe, expect, it } from "vitest";
import { seededRandom } from "../../dev/demo/seeded-random.ts";
import { AtLeast } from "./at-least.ts";

/** Which of the next calls a fault strikes. */
const struckBy = (share: number, calls: number, decided: AtLeast): readonly boolean[] =>
  Array.from({ length: calls }, () => decided.strikes("a fault", share));

const struckOf = (share: number, calls: number, decided: AtLeast): number =>
  struckBy(share, calls, decided).filter(Boolean).length;

describe("a fault that strikes at least a share of the calls", () => {
  it("is never left out by bad luck: a random number that never strikes leaves exactly the share", () => {
    expect(struckBy(0.25, 8, new AtLeast(() => 0.999))).toEqual([
      ...[false, false, false, true],
      ...[false, false, false, true],
    ]);
  });

  it.each(Array.from({ length: 50 }, (_unused, seed) => seed))("strikes at random, by seed %i", (seed) => {
    const struck = struckOf(0.05, 1_000, new AtLeast(seededRandom(seed)));
    expect(struck).toBeGreaterThanOrEqual(50);
    expect(struck).toBeLessThan(100);
  });

  it("strikes never at 0, and always at 1", () => {
    expect(struckOf(0, 100, new AtLeast(seededRandom(1)))).toBe(0);
    expect(struckOf(1, 100, new AtLeast(seededRandom(1)))).toBe(100);
  });

  it("counts each fault by itself", () => {
    const unlucky = new AtLeast(() => 0.999);
    expect(["a", "b", "a", "b"].map((fault) => unlucky.strikes(fault, 0.5))).toEqual([false, false, true, true]);
  });
});
