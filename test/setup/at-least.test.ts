import { describe, expect, it } from "vitest";
import { seededRandom } from "../../dev/demo/seeded-random.ts";
import { AtLeast } from "./at-least.ts";

const struckOf = (calls: number, decided: AtLeast): number =>
  Array.from({ length: calls }, () => decided.strikes()).filter(Boolean).length;

describe("a fault that strikes at least a share of the calls", () => {
  it("is never left out by bad luck: a random number that never strikes leaves exactly the share", () => {
    const unlucky = new AtLeast(0.25, () => 0.999);
    expect(Array.from({ length: 8 }, () => unlucky.strikes())).toEqual([
      ...[false, false, false, true],
      ...[false, false, false, true],
    ]);
  });

  it.each(Array.from({ length: 50 }, (_unused, seed) => seed))("strikes at random, by seed %i", (seed) => {
    const struck = struckOf(1_000, new AtLeast(0.05, seededRandom(seed)));
    expect(struck).toBeGreaterThanOrEqual(50);
    expect(struck).toBeLessThan(100);
  });

  it("strikes never at 0, and always at 1", () => {
    expect(struckOf(100, new AtLeast(0, seededRandom(1)))).toBe(0);
    expect(struckOf(100, new AtLeast(1, seededRandom(1)))).toBe(100);
  });
});
