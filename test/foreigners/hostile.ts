/** Values that no sensible code sends or throws, each by a name that a failing test can print. */

/** Deeper than the stack, and still the event of a row that the relay delivers. */
const DEPTH = 50_000;

/** As JSON, for `JSON.stringify` could not write some of them. */
export const HOSTILE_JSON: Readonly<Record<string, string>> = {
  null: "null",
  "a number": "1.5",
  "a flag": "true",
  "an empty string": '""',
  "an object without a string": '{"toString":1,"valueOf":1}',
  "a list of one": '[{"toString":1,"valueOf":1}]',
  "an object with a method's name": '{"toJSON":1,"then":1,"length":-1,"constructor":1}',
  "a prototype": '{"__proto__":{"data":1}}',
  "deep lists": `${"[".repeat(DEPTH)}${"]".repeat(DEPTH)}`,
  "deep objects": `${'{"a":'.repeat(DEPTH)}1${"}".repeat(DEPTH)}`,
  "a long string": JSON.stringify("x".repeat(100_000)),
  "a string of slashes": JSON.stringify("/".repeat(100_000)),
};

/** Makes what a handler throws: some can be looked at only once. */
export const THROWN: Readonly<Record<string, () => unknown>> = {
  undefined: () => undefined,
  null: () => null,
  "a string": () => "no stock",
  "a symbol": () => Symbol("no stock"),
  "a bigint": () => 7n,
  "a function": () => Object.assign(() => {}, { toString: 1 }),
  "an object without a prototype": () => Object.create(null),
  "an object without a string": () => ({ toString: 1, valueOf: 1 }),
  "an object that throws": () => ({ toString: throwing }),
  "deep lists": () => JSON.parse(HOSTILE_JSON["deep lists"] ?? ""),
  "a proxy that throws": () => new Proxy({}, { get: throwing, getPrototypeOf: throwing }),
  "a revoked proxy": () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    return proxy;
  },
  "an error that is a proxy": () => new Proxy(new RangeError("refused"), { get: throwing }),
  "an error with getters": () => {
    const property = { get: throwing };
    return Object.create(Error.prototype, { name: property, message: property, stack: property });
  },
  "an error with a bigint": () => Object.assign(new Error("refused"), { message: 7n }),
  "an error whose message holds itself": () => {
    const message: { self?: unknown } = {};
    message.self = message;
    return Object.assign(new Error("refused"), { message });
  },
};

function throwing(): never {
  throw new TypeError("not to be read");
}
