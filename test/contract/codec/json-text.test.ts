import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { jsonText } from "../../../lib/contract/codec/json-text.ts";

describe("jsonText", () => {
  it("is what JSON.stringify makes, of any text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 100 }), (text) => {
        expect(jsonText(text)).toBe(JSON.stringify(text));
      }),
    );
  });

  it("escapes every UTF-16 unit that must be, half a pair too", () => {
    for (let unit = 0; unit <= 0xffff; unit += 1) {
      const text = `a${String.fromCharCode(unit)}b`;
      if (jsonText(text) !== JSON.stringify(text)) expect.fail(`unit ${unit.toString(16)} became ${jsonText(text)}`);
    }
  });

  it.each([63, 64, 65])("is the same at a length of %i, around where another way is taken", (length) => {
    for (const text of ["x".repeat(length), `${"x".repeat(length - 1)}"`]) {
      expect(jsonText(text)).toBe(JSON.stringify(text));
    }
  });
});
