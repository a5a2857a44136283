import { expect, it } from "vitest";
import { digestOf, digestOfAll } from "./digest.ts";

it("is the same for the same seed, and another for another one", async () => {
  const [first, again, other] = [await digestOf(7), await digestOf(7), await digestOf(8)];
  expect(again).toBe(first);
  expect(other).not.toBe(first);
  expect(first).toMatch(/^[0-9a-f]{12}$/);
});

it("is one for many seeds, in their order", () => {
  expect(digestOfAll(["a", "b"])).not.toBe(digestOfAll(["b", "a"]));
});
