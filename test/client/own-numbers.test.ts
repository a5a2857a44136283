import { NumberValueImpl as NumberValue } from "@aws-sdk/util-dynamodb";
import { describe, expect, it } from "vitest";
import { withOwnNumbers } from "../../lib/client/own-numbers.ts";
import { ofAnotherCopy } from "./another-copy.ts";

const TEXT = "12345678901234567890.5";
const own = NumberValue.from(TEXT);

class Money {
  readonly amount = ofAnotherCopy(TEXT);
}

/** A class of the service's own that happens to have the name. */
const namesake = () => new (class NumberValue {})();
/** Another class that DynamoDB's values can be made of. */
const otherwise = () =>
  new (class Price {
    toAttributeValue() {
      return { N: "1" };
    }
  })();

describe("numbers of another copy of the SDK", () => {
  it.each<[string, unknown, unknown]>([
    ["alone", ofAnotherCopy(TEXT), own],
    ["in a list", [1, ofAnotherCopy(TEXT)], [1, own]],
    ["in a set", new Set(["a", ofAnotherCopy(TEXT)]), new Set(["a", own])],
    [
      "in a map",
      new Map<string, unknown>([
        ["a", 1],
        ["n", ofAnotherCopy(TEXT)],
      ]),
      new Map<string, unknown>([
        ["a", 1],
        ["n", own],
      ]),
    ],
    ["in an object", { a: 1, n: ofAnotherCopy(TEXT) }, { a: 1, n: own }],
    ["in an object without a prototype", Object.assign(Object.create(null), { n: ofAnotherCopy(TEXT) }), { n: own }],
    [
      "deep in all of them",
      { a: [new Map([["n", new Set([ofAnotherCopy(TEXT)])]])] },
      { a: [new Map([["n", new Set([own])]])] },
    ],
  ])("become this package's own: %s", (_where, value, expected) => {
    expect(withOwnNumbers(value)).toEqual(expected);
  });

  it.each<[string, unknown]>([
    ["a number of its own", own],
    ["no object", "text"],
    ["null", null],
    ["a list", [1, Number.NaN, [own]]],
    ["a set", new Set([1, own])],
    ["a map", new Map([["n", own]])],
    ["an object", { a: { n: own }, b: undefined, c: Number.NaN }],
    ["an object without a prototype", Object.create(null)],
    ["an instance of a class, whatever it holds", new Money()],
    ["a class of that name that is no number", namesake()],
    ["another class with a value for DynamoDB", otherwise()],
    ["bytes", Buffer.from("x")],
  ])("are not looked for in vain: the same value comes back for %s", (_what, value) => {
    expect(withOwnNumbers(value)).toBe(value);
  });
});
