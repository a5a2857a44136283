import { describe, expect, it } from "vitest";
import { keepRecent } from "../../lib/core/keep-recent.ts";

describe("a map that forgets", () => {
  it("holds so many keys, and lets go of the one that was kept longest ago", () => {
    const map = new Map<string, number>();
    for (const [key, value] of [
      ["a", 1],
      ["b", 2],
      ["a", 3],
      ["c", 4],
    ] as const)
      keepRecent(map, key, value, 2);
    expect([...map]).toEqual([
      ["a", 3],
      ["c", 4],
    ]);
  });

  it("forgets nothing below that", () => {
    const map = new Map<string, number>();
    for (const key of ["a", "b", "b"]) keepRecent(map, key, 1, 2);
    expect([...map.keys()]).toEqual(["a", "b"]);
  });
});
