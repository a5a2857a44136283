import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { gapHourOf, gapKeyOf } from "../../../lib/contract/archive/archive-gap.ts";

const LAST_MS = Date.parse("9999-12-31T23:59:59.999Z");

describe("the item of an hour whose lines may be missing", () => {
  it("is the same for every moment of the hour", () => {
    for (const time of ["14:00:00.000", "14:00:00.001", "14:59:59.999"])
      expect(gapKeyOf(Date.parse(`2026-11-29T${time}Z`))).toEqual({
        pk: "archive-gap",
        sk: "2026-11-29T14:00:00.000Z",
      });
  });

  it("is read as the beginning of that hour", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: LAST_MS }), (ms) => {
        const hour = gapHourOf(gapKeyOf(ms).sk);
        expect(hour).toBeLessThanOrEqual(ms);
        expect(ms - (hour ?? 0)).toBeLessThan(3_600_000);
      }),
    );
  });

  it("sorts by time, so that a query finds those of a window", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: LAST_MS }), fc.integer({ min: 0, max: LAST_MS }), (one, other) => {
        const [before, after] = [Math.min(one, other), Math.max(one, other)];
        expect(gapKeyOf(before).sk <= gapKeyOf(after).sk).toBe(true);
      }),
    );
  });

  it.each(["", "act", "2026-11-29", "2026-11-29T14:30:00.000Z", "2026-11-29T14:00:00Z", "2026-11-31T14:00:00.000Z"])(
    "is not one whose sort key is %j",
    (sk) => {
      expect(gapHourOf(sk)).toBeUndefined();
    },
  );
});
