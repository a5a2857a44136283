import { expect, it } from "vitest";
import { actIdOf, actTimeOf } from "../../../lib/operator/core/act.ts";

it("an act's id tells when it began", () => {
  for (const nowMs of [0, 1, 1_800_000_000_123, 8_640_000_000_000_000]) {
    for (const random of [0, 0.5, 0.999_999]) expect(actTimeOf(actIdOf(nowMs, () => random))).toBe(nowMs);
  }
});

it("an id that no act has tells no time", () => {
  for (const id of ["", "abc", "-1abc", "1.5abc", " mx259hc01wd", "MX259HC01WD", "zzzzzzzzzzzzzzzz", "ünïcödé"]) {
    expect(actTimeOf(id)).toBeUndefined();
  }
});
