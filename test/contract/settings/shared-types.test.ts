import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type EventTypes, isOwn } from "../../../lib/contract/settings/event-types.ts";
import { gapOf, overlapOf } from "../../../lib/contract/settings/shared-types.ts";

/** Every type of up to four of these characters. Patterns are made of the first two only, so some type is always left. */
const LETTERS = ["a", "b", "c"];
const lengthen = (types: readonly string[]) => types.flatMap((type) => LETTERS.map((letter) => type + letter));
const TYPES = [1, 2, 3].reduce<readonly (readonly string[])[]>(
  (lengths) => [...lengths, lengthen(lengths.at(-1) ?? [])],
  [LETTERS],
);
const ROWS = [{}, ...TYPES.flat().map((type) => ({ type: { S: type } }))];

const entry = fc
  .tuple(fc.stringMatching(/^[ab]{1,3}$/), fc.boolean())
  .map(([text, isPrefix]) => (isPrefix ? `${text}*` : text));
const entries = fc.array(entry, { minLength: 1, maxLength: 4 });
const share: fc.Arbitrary<EventTypes | undefined> = fc.oneof(
  fc.constant(undefined),
  entries.map((only) => ({ only })),
  entries.map((except) => ({ except })),
);

describe("relays that share a table", () => {
  it("take a row twice exactly where an overlap is told", () => {
    fc.assert(
      fc.property(share, share, (one, other) => {
        const both = ROWS.some((row) => isOwn(row, one) && isOwn(row, other));
        expect(overlapOf(one, other) !== undefined).toBe(both);
      }),
      { seed: 1, numRuns: 2_000 },
    );
  });

  it("leave a row to nobody exactly where a gap is told", () => {
    fc.assert(
      fc.property(fc.array(share, { minLength: 1, maxLength: 2 }), (shares) => {
        const nobodys = ROWS.some((row) => !shares.some((each) => isOwn(row, each)));
        expect(gapOf(shares) !== undefined).toBe(nobodys);
      }),
      { seed: 1, numRuns: 2_000 },
    );
  });

  it.each([
    [{ only: ["a.*"] }, { only: ["b.*"] }, undefined, "any type but a.*, b.*, and rows whose type cannot be read"],
    [{ only: ["a.*"] }, { except: ["a.*"] }, undefined, undefined],
    [{ only: ["a.b", "a.c.*"] }, { except: ["a.*", "d"] }, undefined, "a.* other than a.b and a.c.*, d"],
    [{ only: ["a.*"] }, { except: ["a.b"] }, "a.*", undefined],
    [undefined, undefined, "every row", undefined],
  ] satisfies [EventTypes | undefined, EventTypes | undefined, string | undefined, string | undefined][])(
    "%j and %j: both take %s, nobody takes %s",
    (one, other, overlap, gap) => {
      expect(overlapOf(one, other)).toBe(overlap);
      expect(gapOf([one, other])).toBe(gap);
    },
  );
});
