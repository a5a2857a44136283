import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalSortKey, compareSortKeys, sequenceOf } from "../../lib/contract/sort-key.ts";

/** The exact number of a notation: `units` times ten to the power of `exponent`. */
interface Exact {
  readonly units: bigint;
  readonly exponent: number;
}

const digits = (maxLength: number) => fc.string({ maxLength, unit: fc.constantFrom(..."0000123456789") });
/** A number as people and programs write it: signs, leading and trailing zeros, points, exponents. */
const notation = fc
  .record({
    sign: fc.constantFrom("", "+", "-"),
    whole: digits(20),
    fraction: fc.option(digits(18), { nil: undefined }),
    exponent: fc.option(fc.tuple(fc.constantFrom("e", "E", "e+", "E+", "e-", "E-"), fc.nat({ max: 90 })), {
      nil: undefined,
    }),
  })
  .filter(({ whole, fraction = "" }) => whole + fraction !== "")
  .map(({ sign, whole, fraction, exponent }) => ({
    text: `${sign}${whole}${fraction === undefined ? "" : `.${fraction}`}${exponent?.join("") ?? ""}`,
    exact: {
      units: BigInt(`${whole}${fraction ?? ""}`) * (sign === "-" ? -1n : 1n),
      exponent:
        (exponent === undefined ? 0 : exponent[1] * (exponent[0].endsWith("-") ? -1 : 1)) - (fraction?.length ?? 0),
    },
  }));

const exactOf = (plain: string): Exact => {
  const [whole = "", fraction = ""] = plain.split(".");
  return { units: BigInt(whole + fraction), exponent: -fraction.length };
};

function difference(one: Exact, other: Exact): bigint {
  const exponent = Math.min(one.exponent, other.exponent);
  const scaled = (each: Exact) => each.units * 10n ** BigInt(each.exponent - exponent);
  return scaled(one) - scaled(other);
}

const PLAIN = /^(0|-?(0|[1-9]\d*)(\.\d*[1-9])?)$/;

describe("a sort key from elsewhere", () => {
  it.each([
    ["1", "1"],
    ["1.0", "1"],
    ["+1", "1"],
    ["01", "1"],
    ["1E+2", "100"],
    ["1e2", "100"],
    ["-0", "0"],
    ["0E+5", "0"],
    ["0.000", "0"],
    [".5", "0.5"],
    ["5.", "5"],
    ["-12.50", "-12.5"],
    ["1e-3", "0.001"],
    ["1764328543123456789", "1764328543123456789"],
    ["0.12345678901234567890", "0.1234567890123456789"],
    ["12345678901234567890123456789012345678", "12345678901234567890123456789012345678"],
    ["1e125", `1${"0".repeat(125)}`],
    ["1e-130", `0.${"0".repeat(129)}1`],
  ])("%s is brought to DynamoDB's text: %s", (text, canonical) => {
    expect(canonicalSortKey(text)).toBe(canonical);
  });

  it.each([
    ...["", " ", " 1", "1 ", "one", "0x10", "1_000", "1,5", "--1", "1.2.3", ".", "e5", "1e", "NaN", "Infinity"],
    ...["123456789012345678901234567890123456789", "1e126", "1e-131", "1e999999999", "1e9999999999", "1\n"],
  ])("%j is none", (text) => {
    expect(canonicalSortKey(text)).toBeUndefined();
  });

  it("keeps its value, in a form that no other text of this value has", () => {
    fc.assert(
      fc.property(notation, ({ text, exact }) => {
        const canonical = canonicalSortKey(text);
        fc.pre(canonical !== undefined);
        expect(canonical).toMatch(PLAIN);
        expect(canonical).not.toBe("-0");
        expect(difference(exactOf(canonical), exact)).toBe(0n);
        expect(canonicalSortKey(canonical)).toBe(canonical);
      }),
    );
  });

  it("is taken whenever DynamoDB takes it: up to 38 digits between 1E-130 and 9.99E+125", () => {
    fc.assert(
      fc.property(notation, ({ text, exact: { units, exponent } }) => {
        const significant = String(units < 0n ? -units : units).replace(/0+$/, "");
        const magnitude = exponent + String(units < 0n ? -units : units).length - 1;
        const fits = units === 0n || (significant.length <= 38 && magnitude >= -130 && magnitude <= 125);
        expect(canonicalSortKey(text) !== undefined).toBe(fits);
      }),
    );
  });
});

describe("the order of sort keys", () => {
  it("is by number, with every digit", () => {
    const sorted = ["-10", "-9.5", "-9.4", "0", "0.1", "1", "2", "10", "1764328543123456788", "1764328543123456789"];
    expect(sorted.toReversed().toSorted(compareSortKeys)).toEqual(sorted);
    expect(compareSortKeys("0.12345678901234567890", "0.12345678901234567891")).toBeLessThan(0);
    expect(compareSortKeys("-1764328543123456789", "-1764328543123456788")).toBeLessThan(0);
  });

  it("agrees with exact arithmetic", () => {
    const near = fc.tuple(notation, fc.integer({ min: -2, max: 2 })).map(([{ text }, step]) => {
      const one = canonicalSortKey(text) ?? "0";
      const { units, exponent } = exactOf(one);
      const other = canonicalSortKey(`${units + BigInt(step)}e${exponent}`) ?? one;
      return [one, other] as const;
    });
    const far = fc
      .tuple(notation, notation)
      .map((pair) => pair.map(({ text }) => canonicalSortKey(text) ?? "0") as [string, string]);
    fc.assert(
      fc.property(fc.oneof(near, far), ([one, other]) => {
        const exact = difference(exactOf(one), exactOf(other));
        expect(Math.sign(compareSortKeys(one, other))).toBe(exact < 0n ? -1 : exact > 0n ? 1 : 0);
      }),
    );
  });
});

describe("a place in a sequence", () => {
  it("is a whole number from 1 up to the largest that JavaScript holds exactly", () => {
    expect(["1", "42", "9007199254740991"].map(sequenceOf)).toEqual([1, 42, 9_007_199_254_740_991]);
    for (const text of [
      "",
      "0",
      "-1",
      "1.5",
      "1.0",
      "1e2",
      "01",
      " 1",
      "9007199254740992",
      "9007199254740993",
      "NaN",
    ]) {
      expect(sequenceOf(text)).toBeUndefined();
    }
  });

  it("is every canonical text that a safe integer from 1 up has, and no other", () => {
    fc.assert(
      fc.property(fc.oneof(fc.bigInt({ min: -5n, max: 2n ** 54n }), fc.bigInt()), (value) => {
        const expected = value >= 1n && value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : undefined;
        expect(sequenceOf(String(value))).toBe(expected);
      }),
    );
  });
});
