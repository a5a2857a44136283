import fc from "fast-check";

/**
 * The names under which JavaScript itself asks a value for something, where code converts it, spreads it, awaits it or
 * looks it up in a table. `fc.json()` never draws them.
 */
export const HOSTILE_NAMES = [
  ...["toString", "valueOf", "toJSON", "length", "then", "constructor", "prototype", "__proto__", "hasOwnProperty"],
  ...["name", "message", "code", "error", "cause"],
] as const;

const LEAVES = [
  "null",
  "true",
  "false",
  "0",
  "-1",
  "7",
  "1.5",
  "1e308",
  "1e999",
  "1e-999",
  '""',
  '" "',
  '"1"',
  '"1e9"',
];
const TEXTS = [...HOSTILE_NAMES, "a\u0000b", "\ud800", "\u2028"].map((text) => JSON.stringify(text));

/** No conversion of it to a number or a string ends well. */
const UNCONVERTIBLE = '{"toString":1,"valueOf":1}';

/** JSON as somebody may write it to do harm, or by chance. */
export const hostileText: fc.Arbitrary<string> = fc.letrec<{ readonly json: string }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    { weight: 4, arbitrary: fc.constantFrom(...LEAVES, ...TEXTS) },
    { weight: 2, arbitrary: fc.constantFrom(UNCONVERTIBLE, `[${UNCONVERTIBLE}]`, "[]", "{}", "[null]") },
    { weight: 1, arbitrary: fc.json({ maxDepth: 2 }) },
    { weight: 2, arbitrary: fc.array(tie("json"), { maxLength: 3 }).map((parts) => `[${parts.join(",")}]`) },
    {
      weight: 3,
      arbitrary: fc
        .array(fc.tuple(fc.oneof(fc.constantFrom(...HOSTILE_NAMES), fc.string()), tie("json")), { maxLength: 3 })
        .map((fields) => `{${fields.map(([name, value]) => `${JSON.stringify(name)}:${value}`).join(",")}}`),
    },
  ),
})).json;

/** The same, parsed: `__proto__` is a field like any other, as JSON has it. */
export const hostileJson: fc.Arbitrary<unknown> = hostileText.map((text) => JSON.parse(text));
