import { runInNewContext } from "node:vm";

const holed: unknown[] = [{ type: "t" }, { type: "t" }];
delete holed[0];

/** Values that no caller means, each by a name: what a caller in JavaScript, or behind a cast, may hand over. */
export const HOSTILE: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ["null", null],
  ["false", false],
  ["true", true],
  ["0", 0],
  ["-1", -1],
  ["NaN", Number.NaN],
  ["1e300", 1e300],
  ["a bigint", 1n],
  ["a symbol", Symbol("s")],
  ["an empty string", ""],
  ["a string", "abc"],
  ["half a character", "\ud800"],
  ["a function", () => undefined],
  ["a function that gives null", () => null],
  ["an empty list", []],
  ["a list with a hole", holed],
  ["a list of null", [null]],
  ["an empty object", {}],
  ["an object without a prototype", Object.create(null)],
  ["an object of another realm", runInNewContext("({})")],
  ["an object of null", { a: null }],
  ["an instance of a class", new (class Given {})()],
  ["an object with a prototype of its own", Object.create({ type: "t" })],
  ["a Map", new Map([["tenant", "x"]])],
  ["a Set", new Set(["a"])],
  ["a Date", new Date(0)],
  ["an invalid Date", new Date(Number.NaN)],
  ["what only looks like a Date", Object.create(Date.prototype)],
  ["an Error", new Error("boom")],
  ["a RegExp", /x/],
  ["a promise", Promise.resolve({})],
  ["bytes", Buffer.from("x")],
  ["Headers", new Headers([["a", "b"]])],
  ["a wrapped string", new String("abc")],
]);
