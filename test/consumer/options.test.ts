import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type {
  CloudEvent,
  HandleEventsOptions,
  InboxOptions,
  UpsertOptions,
  WithDataOptions,
} from "../../lib/consumer/index.ts";
import * as consumer from "../../lib/consumer/index.ts";

const EVENT: CloudEvent = { specversion: "1.0", id: "e1", source: "/s", type: "t", sequence: "7", data: 1 };
const nothing = async () => {};

/** For each option, which values are right. TypeScript demands one for each name, so that no new option is left out. */
type Rules<Options> = { readonly [Name in keyof Required<Options>]: (value: unknown) => boolean };

const isAbsent = (value: unknown) => value === undefined;
const isFunction = (value: unknown) => typeof value === "function";
const isName = (value: unknown) => typeof value === "string" && value !== "";
const isFlag = (value: unknown) => typeof value === "boolean";
const isRecord = (value: unknown) => typeof value === "object" && value !== null && !Array.isArray(value);
const isFrom = (min: number, max: number) => (value: unknown) =>
  Number.isInteger(value) && Number(value) >= min && Number(value) <= max;
const has = (method: string) => (value: unknown) =>
  typeof (value as Record<string, unknown> | null)?.[method] === "function";
const or =
  (...rules: readonly ((value: unknown) => boolean)[]) =>
  (value: unknown) =>
    rules.some((rule) => rule(value));

const HANDLER: Rules<HandleEventsOptions> = {
  concurrency: or(isAbsent, isFrom(1, 1_000)),
  kafka: or(isAbsent, (value) => value === "partial"),
  pipes: or(isAbsent, (value) => value === "partial"),
  onFailure: or(isAbsent, isFunction),
};
const INBOX: Rules<InboxOptions> = {
  client: has("send"),
  table: isName,
  consumer: isName,
  keepSeconds: or(isAbsent, isFrom(900, 315_360_000)),
  leaseSeconds: or(isAbsent, isFrom(1, 86_400)),
  checkPayload: or(isAbsent, isFlag),
  metrics: or(isAbsent, isFlag),
  now: or(isAbsent, isFunction),
};
const DATA: Rules<WithDataOptions> = {
  s3: has("getObject"),
  buckets: (value) =>
    Array.isArray(value) && value.length > 0 && [...value].every((name) => isName(name) && !name.includes("/")),
  prefix: or(isAbsent, (value) => typeof value === "string"),
};
const UPSERT: Rules<UpsertOptions> = { client: has("send"), tableName: isName, key: isRecord, set: isRecord };

const inbox = { client: { send: async () => ({}) }, table: "inbox", consumer: "stock" };
const data = { s3: { getObject: async () => ({}) }, buckets: ["big"] };
const upsert = { client: inbox.client, tableName: "orders", key: {}, set: {} };

interface Case {
  /** How a refusal calls the options. */
  readonly path: string;
  readonly rules: Readonly<Record<string, (value: unknown) => boolean>>;
  readonly good: object;
  /** Whether a name that is no option's is refused. It is not where the options hold what an event says. */
  readonly isClosed?: boolean;
  readonly make: (options: never) => unknown;
  /** The same with another thing for the first argument, where that is a function. */
  readonly makeOf?: (handler: never) => unknown;
  readonly handler?: string;
}

type Exported = typeof consumer;
/** The functions that the package exports, without its classes. */
type Functions = {
  [Name in keyof Exported]: Exported[Name] extends (...given: never) => unknown ? Name : never;
}[keyof Exported];

/** All exported functions that take options. The others are named, so that a new one is put among either. */
const CASES: Readonly<Record<Exclude<Functions, "asCloudEvent" | "unwrap" | "newerThanStored">, Case>> = {
  handleEvents: {
    ...{ path: "handleEvents", rules: HANDLER, good: {}, handler: "handler" },
    make: (options) => consumer.handleEvents(nothing, options),
    makeOf: (handler) => consumer.handleEvents(handler),
  },
  idempotent: {
    ...{ path: "inbox", rules: INBOX, good: inbox, handler: "handler" },
    make: (options) => consumer.idempotent(nothing, options),
    makeOf: (handler) => consumer.idempotent(handler, inbox as never),
  },
  withTransaction: {
    ...{ path: "inbox", rules: INBOX, good: inbox, handler: "effect" },
    make: (options) => consumer.withTransaction(async () => [], options),
    makeOf: (effect) => consumer.withTransaction(effect, inbox as never),
  },
  withDocumentTransaction: {
    ...{ path: "inbox", rules: INBOX, good: inbox, handler: "effect" },
    make: (options) => consumer.withDocumentTransaction(async () => [], options),
    makeOf: (effect) => consumer.withDocumentTransaction(effect, inbox as never),
  },
  inboxEntry: {
    ...{ path: "inbox", rules: INBOX, good: inbox },
    make: (options) => consumer.inboxEntry(EVENT, options),
  },
  withData: {
    ...{ path: "withData", rules: DATA, good: data, handler: "handler" },
    make: (options) => consumer.withData(nothing, options),
    makeOf: (handler) => consumer.withData(handler, data as never),
  },
  fetchData: {
    ...{ path: "fetchData", rules: DATA, good: data },
    make: (options) => consumer.fetchData(EVENT, options),
  },
  upsertBySequence: {
    ...{ path: "upsertBySequence", rules: UPSERT, good: upsert, isClosed: false },
    make: (options) => consumer.upsertBySequence(EVENT, options),
  },
};

const deep = (levels: number): unknown => JSON.parse(`${"[".repeat(levels)}${"]".repeat(levels)}`);
const HOSTILE: readonly unknown[] = [
  ...[undefined, null, "", "x", "bucket", 0, -1, 5, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 7n, Symbol("s"), true],
  ...[
    [],
    ["x"],
    [""],
    ["a/b"],
    [null],
    [7],
    ["x", undefined],
    [["x"]],
    {},
    { toString: 1, valueOf: 1 },
    Object.create(null),
  ],
  ...[new Map(), new Set(["x"]), new Date(0), new Date(Number.NaN), { length: 1, 0: "x" }, { send: 1, getObject: 1 }],
  ...[nothing, deep(50_000), "x".repeat(100_000), { send: nothing, getObject: nothing }],
];
const anything = fc.oneof(
  fc.constantFrom(...HOSTILE),
  fc.anything({ withBigInt: true, withDate: true, withMap: true, withSet: true, withSparseArray: true }),
  fc.anything({ withNullPrototype: true, withBoxedValues: true, withTypedArray: true, withObjectString: true }),
);

/** Whether the options are taken. They may be refused by no other error than a SettingError of this path. */
async function takes(make: () => unknown, path: string): Promise<boolean> {
  try {
    await make();
    return true;
  } catch (error) {
    expect(error).toMatchObject({ name: "SettingError" });
    expect((error as Error).message.slice(0, path.length)).toBe(path);
    expect((error as Error).message.length).toBeLessThan(1_000);
    return false;
  }
}

describe("the options of a consumer", () => {
  it("are tested here for each exported function that has some", () => {
    const isClass = (value: unknown) => /^class\b/.test(Function.prototype.toString.call(value));
    const functions = Object.entries(consumer).flatMap(([name, value]) =>
      typeof value === "function" && !isClass(value) ? [name] : [],
    );
    expect(functions.sort()).toEqual([...Object.keys(CASES), "asCloudEvent", "newerThanStored", "unwrap"].sort());
  });

  it.each(Object.entries(CASES))("are taken, or refused by their names: %s", async (_name, given) => {
    const { path, rules, good, make } = given;
    expect(await takes(() => make(good as never), "never")).toBe(true);
    const option = fc.constantFrom(...Object.keys(rules));
    await fc.assert(
      fc.asyncProperty(option, anything, async (name, value) => {
        const isRight = rules[name]?.(value) === true;
        // What the values of an item may be is the SDK's to say.
        fc.pre(!(isRight && (name === "key" || name === "set")));
        expect(await takes(() => make({ ...good, [name]: value } as never), `${path}.${name}`)).toBe(isRight);
      }),
      { numRuns: 500, seed: 20_260_131 },
    );
  });

  it.each(
    Object.entries(CASES).flatMap(([name, { rules }]) => Object.keys(rules).map((option) => [name, option] as const)),
  )("are refused for each wrong value: %s, %s", async (name, option) => {
    const { path, rules, good, make } = CASES[name as keyof typeof CASES];
    for (const value of HOSTILE) {
      const taken = await takes(() => make({ ...good, [option]: value } as never), `${path}.${option}`);
      expect([value, taken]).toEqual([value, rules[option]?.(value)]);
    }
  });

  it.each(Object.entries(CASES))("are refused where they are no object of options: %s", async (_name, given) => {
    const { path, good, make, isClosed = true } = given;
    const isTaken = Object.keys(good).length === 0 ? isRecord : () => false;
    for (const value of HOSTILE) {
      // Those of handleEvents may be left out; and a class, a Map or a Date is an object that holds no option.
      const isRight =
        value === undefined
          ? Object.keys(good).length === 0
          : isTaken(value) && Object.keys(value as object).length === 0;
      expect([value, await takes(() => make(value as never), path)]).toEqual([value, isRight]);
    }
    expect(await takes(() => make({ ...good, other: 1 } as never), `${path}.other`)).toBe(!isClosed);
  });

  it.each(
    Object.entries(CASES).flatMap(([name, { makeOf, handler }]) =>
      makeOf === undefined ? [] : [[name, handler, makeOf] as const],
    ),
  )("and what handles the events are read at the start: %s", async (name, handler, makeOf) => {
    for (const value of HOSTILE) {
      expect([value, await takes(() => makeOf(value as never), `${name}.${handler}`)]).toEqual([
        value,
        isFunction(value),
      ]);
    }
  });
});
