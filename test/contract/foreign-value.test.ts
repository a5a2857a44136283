import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { entryNamed, fieldsOf, listOf, numberOf, parsedJson, textOf } from "../../lib/contract/foreign-value.ts";
import { shownField } from "../../lib/contract/shown-value.ts";
import { HOSTILE_NAMES, hostileText } from "../foreigners/hostile-json.ts";

describe("a value that others wrote", () => {
  it("is looked at, and never converted", () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        const value = parsedJson(text);
        expect(typeof fieldsOf(value)).toBe("object");
        expect(Array.isArray(listOf(value))).toBe(true);
        expect(textOf(value) ?? "x").toBe(typeof value === "string" && value !== "" ? value : "x");
        expect(numberOf(value) ?? 1).toBe(Number.isFinite(value) ? value : 1);
        expect(typeof shownField(value)).toBe("string");
      }),
      { numRuns: 2_000, seed: 20_260_131 },
    );
  });

  it.each<[value: unknown, fields: object, list: readonly unknown[]]>([
    [null, {}, []],
    ["text", {}, []],
    [7, {}, []],
    [[1], {}, [1]],
    [{ length: 1, 0: "a" }, { length: 1, 0: "a" }, []],
  ])("%j has these fields and these entries: %j, %j", (value, fields, list) => {
    expect(fieldsOf(value)).toEqual(fields);
    expect(listOf(value)).toEqual(list);
  });

  it("is not JSON where it cannot be parsed, and is no number where it is infinite", () => {
    expect(parsedJson("{")).toBeUndefined();
    expect(parsedJson("null")).toBeNull();
    expect(numberOf(parsedJson("1e999"))).toBeUndefined();
    expect(numberOf("7")).toBeUndefined();
    expect(textOf("")).toBeUndefined();
  });

  it("is shown as it is where it is a scalar, and else by its kind", () => {
    expect([shownField("a"), shownField(7), shownField(false)]).toEqual(["a", "7", "false"]);
    expect([shownField(undefined), shownField(null)]).toEqual(["undefined", "null"]);
    expect([shownField([1]), shownField({ toString: 1, valueOf: 1 })]).toEqual(["a list", "an object"]);
  });
});

describe("a table", () => {
  it.each(HOSTILE_NAMES)("has no entry named %s that nobody put there", (name) => {
    expect(entryNamed({ own: 1 }, name)).toBeUndefined();
    expect(entryNamed({ own: 1 }, "own")).toBe(1);
  });
});
