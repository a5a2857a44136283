import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createOutbox, wireOf } from "./fixtures.ts";

const RUNS = { numRuns: 5_000, seed: 20_260_131 };

class Money {
  readonly amount: number;
  constructor(amount: number) {
    this.amount = amount;
  }
}
class Marked extends Money {
  get [Symbol.toStringTag](): string {
    return "Money";
  }
}
class Written extends Money {}
Object.defineProperty(Written.prototype, Symbol.toStringTag, { value: "Money", writable: true, enumerable: false });
class Frozen extends Money {}
Object.defineProperty(Frozen.prototype, Symbol.toStringTag, { value: "Money", writable: false, enumerable: true });

/** Objects that keep what they hold out of their fields, in this realm and in another. */
const CONTAINERS: readonly unknown[] = [
  ...[
    new Error("boom"),
    Object.assign(new TypeError("x"), { code: "E1" }),
    new DOMException("x"),
    /x/,
    new Blob(["x"]),
  ],
  ...[new Map([["a", 1]]), new Set([1]), new WeakMap(), new WeakSet(), new WeakRef({}), Promise.resolve(1)],
  ...[new ArrayBuffer(2), new SharedArrayBuffer(2), new DataView(new ArrayBuffer(2)), Buffer.from("x"), [1].values()],
  ...[new Headers([["a", "b"]]), new URLSearchParams("a=1"), new FormData(), new AbortController(), new TextEncoder()],
  ...[new Intl.NumberFormat(), new Map().entries(), (function* () {})(), new ReadableStream(), new Response("x")],
  ...[runInNewContext("new Map([[1, 2]])"), runInNewContext("new Error('x')"), runInNewContext("new ArrayBuffer(1)")],
  ...[Object(1n), Object(Symbol("s")), new Number(Number.NaN), runInNewContext("new Date(NaN)"), new Date(Number.NaN)],
  ...[/x/.exec("x"), Object.assign([1], { total: 5 }), Object.assign(new String("x"), { lang: "de" })],
  ...[{ toJSON: () => new Date(0) }, { toJSON: () => new Map() }, { toJSON: () => ({ toJSON: () => 1 }) }],
];

/** Objects of which JSON keeps all. */
const KEPT: readonly unknown[] = [
  ...[new Money(5), new Marked(5), new (class Empty {})(), Object.assign(Object.create(null), { a: 1 })],
  ...[new Date(0), runInNewContext("new Date(0)"), new URL("https://example.com/"), { toJSON: () => "9.99" }],
  ...[new Number(5), new String("x"), new Boolean(false), runInNewContext("({ a: [1, { b: null }] })")],
  ...[{ toJSON: () => null }, new Written(5), new Frozen(5)],
  ...[Object.assign(new Map(), { toJSON: () => ["x"] }), Object.assign(new Error("x"), { toJSON: () => ({ m: "x" }) })],
];

const leaf = fc.oneof(
  { weight: 4, arbitrary: fc.jsonValue() },
  { weight: 2, arbitrary: fc.constantFrom(...CONTAINERS) },
  { weight: 2, arbitrary: fc.constantFrom(...KEPT) },
  fc.constantFrom<unknown>(undefined, Number.NaN, Number.NEGATIVE_INFINITY, 1n, Symbol("s"), () => 1, "\ud800", -0),
);
const data = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    { weight: 3, arbitrary: leaf },
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(fc.oneof(fc.string(), fc.constantFrom("__proto__", "toJSON", "constructor")), tie("value"), {
      maxKeys: 3,
    }),
    fc.anything({ withBigInt: true, withBoxedValues: true, withDate: true, withMap: true, withSet: true }),
    fc.anything({ withSparseArray: true, withTypedArray: true, withNullPrototype: true, withObjectString: true }),
  ),
})).value;

const isFunction = (value: unknown): boolean => typeof value === "function";

/** Whether JSON holds all of a value: looked at side by side, with no thought of how JSON.stringify goes about it. */
function holds(json: unknown, value: unknown): boolean {
  if (value === null || typeof value !== "object") return value === json || (value === 0 && json === 0);
  if (CONTAINERS.includes(value)) return false;
  if ("toJSON" in value && isFunction(value.toJSON)) return holds(json, (value.toJSON as () => unknown)());
  const unwrapped = value.valueOf?.() ?? value;
  if (typeof unwrapped !== "object") return holds(json, unwrapped);
  if (typeof json !== "object" || json === null) return false;
  const isList = Array.isArray(value);
  if (!isList && (Symbol.iterator in value || ArrayBuffer.isView(value))) return false;
  const names = isList ? Array.from(value, (_each, index) => String(index)) : Object.keys(value);
  return (
    isList === Array.isArray(json) &&
    names.length === Object.keys(json).length &&
    names.every((name) => holds((json as Record<string, unknown>)[name], (value as Record<string, unknown>)[name]))
  );
}

function inJson(value: unknown): unknown {
  try {
    return JSON.parse(JSON.stringify(value));
  } catch {
    return undefined;
  }
}

describe("data that somebody's code made", () => {
  it("is written whole, or refused by its path", async () => {
    const counts = { written: 0, refused: 0 };
    await fc.assert(
      fc.asyncProperty(data, async (value) => {
        if (value === undefined) return;
        const isWhole = holds(inJson(value), value) && !/\\ud[89a-f]/.test(JSON.stringify(value));
        const outcome = await createOutbox()
          .entry({ type: "t", data: value })
          .then(wireOf, (error: unknown) => error);
        if (outcome instanceof Error) {
          counts.refused += 1;
          expect(outcome).toMatchObject({ name: "InvalidEventError", field: expect.stringMatching(/^data/) });
          expect(isWhole, outcome.message).toBe(false);
        } else {
          counts.written += 1;
          expect(isWhole).toBe(true);
          expect(holds((outcome as { data: unknown }).data, value)).toBe(true);
        }
      }),
      RUNS,
    );
    expect(Math.min(counts.written, counts.refused)).toBeGreaterThan(RUNS.numRuns / 10);
  });

  it.each(CONTAINERS.map((value, index): [number, unknown] => [index, value]))(
    "is refused as a container, alone and within: %d",
    async (_index, value) => {
      for (const given of [value, [value], { a: { b: value } }]) {
        await expect(createOutbox().entry({ type: "t", data: given })).rejects.toMatchObject({
          name: "InvalidEventError",
          field: expect.stringMatching(/^data/),
        });
      }
    },
  );

  it.each(KEPT.map((value, index): [number, unknown] => [index, value]))("is kept: %d", async (_index, value) => {
    const { data: stored } = wireOf(await createOutbox().entry({ type: "t", data: { value } })) as {
      readonly data: unknown;
    };
    expect(stored).toEqual(JSON.parse(JSON.stringify({ value })));
  });
});
