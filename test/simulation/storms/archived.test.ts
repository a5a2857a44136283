import { expect, it } from "vitest";
import { archivedStorm } from "./archived.ts";

const SEEDS = Array.from({ length: 4_000 }, (_unused, index) => index + 1);

it("an archive is in a quarter of the storms, and in the same ones each time", () => {
  const archived = SEEDS.filter((seed) => archivedStorm(seed) !== undefined);
  expect(archived.length).toBeGreaterThan(900);
  expect(archived.length).toBeLessThan(1_100);
  expect(SEEDS.filter((seed) => archivedStorm(seed) !== undefined)).toEqual(archived);
  for (const seed of archived) expect(archivedStorm(seed)?.scenario).toEqual(archivedStorm(seed)?.scenario);
});

it("an archive works in some of them, and has each of its faults in others", () => {
  const all = SEEDS.flatMap((seed) => archivedStorm(seed)?.chances ?? []);
  const faults = new Set(all.flatMap(([fault, chance]) => (chance > 0 ? [fault] : [])));
  expect(faults.size).toBe(7);
  expect(SEEDS.filter((seed) => archivedStorm(seed)?.chances.length === 0).length).toBeGreaterThan(300);
});
