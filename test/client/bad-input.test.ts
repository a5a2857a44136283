import { describe, expect, it } from "vitest";
import type { EventInput } from "../../lib/client/index.ts";
import { createOutbox, NOW, ScriptedDynamoDb } from "./fixtures.ts";

const circular: Record<string, unknown> = { a: { b: [] } };
(circular["a"] as { b: unknown[] }).b.push(circular);
const deep = JSON.parse(`${"[".repeat(300)}${"]".repeat(300)}`) as unknown;
const sparse = [1, 2, 3];
delete sparse[1];

/** Values that callers in JavaScript, or behind a cast, may pass: each with the field that the refusal names, and its text. */
const CASES: readonly (readonly [what: string, event: unknown, field: string, problem: RegExp])[] = [
  ["nothing", undefined, "event", /must be an object/],
  ["null", null, "event", /is null: it must be an object/],
  ["a text", "order.placed", "event", /is "order.placed": it must be an object/],
  ["a list", [], "event", /must be an object/],
  ["no type", {}, "type", /is missing: give a string/],
  ["a flag for a type", { type: true }, "type", /is true: it must be a string/],
  ["a list for a type", { type: ["t"] }, "type", /is a list: it must be a string/],
  ["no sequence", { type: "t", order: { key: "k" } }, "order.sequence", /is undefined: it must be an integer/],
  ["an empty type", { type: "" }, "type", /is empty/],
  ["a numeric type", { type: 1 }, "type", /is 1: it must be a string/],
  ["a misspelt field", { type: "t", subjct: "x" }, "subjct", /not a field of an event.*extensions: \{ subjct/],
  ["a field in capitals", { type: "t", Subject: "x" }, "Subject", /the fields are .* tracestate, extensions\.$/],
  ["a null id", { type: "t", id: null }, "id", /is missing/],
  ["an empty id", { type: "t", id: "" }, "id", /is empty/],
  ["an id of the relay's", { type: "t", id: "_requeuer#x" }, "id", /must not begin with _requeuer#/],
  ["an id too long", { type: "t", id: "x".repeat(2_049) }, "id", /2049 bytes/],
  ["an id of too many bytes", { type: "t", id: "é".repeat(1_025) }, "id", /2050 bytes/],
  ["half a character in the id", { type: "t", id: "x\ud800" }, "id", /surrogate/],
  ["a source with a space", { type: "t", source: "the shop" }, "source", /URI reference, such as \/shop\/orders/],
  ["a source with a broken escape", { type: "t", source: "/shop/%4" }, "source", /URI reference/],
  ["a source outside of ASCII", { type: "t", source: "/läden" }, "source", /percent-encoded/],
  ["a dataschema without a scheme", { type: "t", dataschema: "order.json" }, "dataschema", /URI with its scheme/],
  ["a dataschema of a scheme alone", { type: "t", dataschema: "urn:" }, "dataschema", /URI with its scheme/],
  ["an empty subject", { type: "t", subject: "" }, "subject", /is empty/],
  ["30 February", { type: "t", time: "2025-02-30T12:00:00Z" }, "time", /RFC 3339/],
  ["a control character in the id", { type: "t", id: "a\u0000" }, "id", /no control characters/],
  ["a line break in the type", { type: "t\n" }, "type", /no control characters/],
  ["a tab in the subject", { type: "t", subject: "order\t42" }, "subject", /no control characters/],
  ["a noncharacter", { type: "t", subject: "\ufdd0" }, "subject", /no noncharacters/],
  [
    "a control character in an extension",
    { type: "t", extensions: { tenant: "\u007f" } },
    "extensions.tenant",
    /control/,
  ],
  [
    "a control character in an ordering key",
    { type: "t", order: { key: "k\u0085", sequence: 1 } },
    "order.key",
    /control/,
  ],
  [
    "an extension that CloudEvents 0.3 had",
    { type: "t", extensions: { schemaurl: "x" } },
    "extensions.schemaurl",
    /otherwise/,
  ],
  ["half a character in the subject", { type: "t", subject: "\udc00" }, "subject", /surrogate/],
  ["a time in words", { type: "t", time: "yesterday" }, "time", /RFC 3339/],
  ["a time as a number", { type: "t", time: NOW }, "time", /RFC 3339/],
  ["a symbol for a time", { type: "t", time: Symbol("now") }, "time", /is a symbol: it must be a Date/],
  ["an invalid Date", { type: "t", time: new Date(Number.NaN) }, "time", /RFC 3339/],
  [
    "a clock an hour ahead",
    { type: "t", time: new Date(NOW + 3_600_000) },
    "time",
    /3600 s ahead of this machine's clock/,
  ],
  ["a clock 5 minutes ahead", { type: "t", time: new Date(NOW + 300_001) }, "time", /300 s ahead/],
  ["an order that is null", { type: "t", order: null }, "order", /is null: it must be \{ key, sequence \}/],
  ["an order that is none", { type: "t", order: 5 }, "order", /must be \{ key, sequence \}/],
  ["an empty ordering key", { type: "t", order: { key: "", sequence: 1 } }, "order.key", /is empty/],
  [
    "an ordering key of the relay's",
    { type: "t", order: { key: "_requeuer#x", sequence: 1 } },
    "order.key",
    /must not begin with _requeuer#/,
  ],
  [
    "an ordering key that is the id",
    { type: "t", id: "e", order: { key: "e", sequence: 1 } },
    "order.key",
    /is the event's id/,
  ],
  ["sequence 0", { type: "t", order: { key: "k", sequence: 0 } }, "order.sequence", /1, 2, 3/],
  ["a sequence between", { type: "t", order: { key: "k", sequence: 1.5 } }, "order.sequence", /1, 2, 3/],
  ["a sequence as text", { type: "t", order: { key: "k", sequence: "1" } }, "order.sequence", /1, 2, 3/],
  [
    "a timestamp as sequence",
    { type: "t", order: { key: "k", sequence: NOW } },
    "order.sequence",
    /looks like a timestamp: clocks disagree/,
  ],
  [
    "a timestamp in seconds",
    { type: "t", order: { key: "k", sequence: NOW / 1_000 } },
    "order.sequence",
    /looks like a timestamp/,
  ],
  [
    "the lowest timestamp",
    { type: "t", order: { key: "k", sequence: 1_000_000_000 } },
    "order.sequence",
    /looks like a timestamp/,
  ],
  ["a destination that is no text", { type: "t", destination: 5 }, "destination", /is 5: it must be a string/],
  ["a trace that is none", { type: "t", traceparent: "00-xyz" }, "traceparent", /W3C trace context/],
  [
    "a trace of zeros",
    { type: "t", traceparent: `00-${"0".repeat(32)}-00f067aa0ba902b7-01` },
    "traceparent",
    /neither id all zeros/,
  ],
  [
    "a trace of version ff",
    { type: "t", traceparent: "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01" },
    "traceparent",
    /W3C trace context/,
  ],
  ["a source with a port in words", { type: "t", source: "//host:port/x" }, "source", /URI reference/],
  ["a source with two at signs", { type: "t", source: "//a@b@c" }, "source", /URI reference/],
  ["extensions as a list", { type: "t", extensions: [] }, "extensions", /must be an object/],
  ["extensions that are null", { type: "t", extensions: null }, "extensions", /is null: it must be an object/],
  ["extensions as a text", { type: "t", extensions: "x" }, "extensions", /must be an object/],
  ["half a character in an extension", { type: "t", extensions: { x: "\ud800" } }, "extensions.x", /surrogate/],
  ["an extension that is null", { type: "t", extensions: { x: null } }, "extensions.x", /is null: it must be/],
  ["an extension that is a list", { type: "t", extensions: { x: [] } }, "extensions.x", /is a list: it must be/],
  ["an extension too small", { type: "t", extensions: { n: 1e-130 } }, "extensions.n", /give it as a string/],
  [
    "an extension below the safe integers",
    { type: "t", extensions: { n: -(2 ** 60) } },
    "extensions.n",
    /give it as a string/,
  ],
  [
    "a key beside the order's",
    { type: "t", order: { key: "k", sequence: 1 }, extensions: { partitionkey: "x" } },
    "extensions.partitionkey",
    /set from order/,
  ],
  ["an extension in capitals", { type: "t", extensions: { Tenant: "x" } }, "extensions.Tenant", /lower-case/],
  ["an extension with a taken name", { type: "t", extensions: { source: "x" } }, "extensions.source", /set otherwise/],
  [
    "an extension that sets the data's place",
    { type: "t", extensions: { dataref: "s3://x/y" } },
    "extensions.dataref",
    /set otherwise/,
  ],
  [
    "an extension of an ordered event's own",
    { type: "t", order: { key: "k", sequence: 1 }, extensions: { sequence: "1" } },
    "extensions.sequence",
    /set from order/,
  ],
  [
    "an extension that is an object",
    { type: "t", extensions: { tenant: {} } },
    "extensions.tenant",
    /is an object: it must be a string, a number or a boolean/,
  ],
  ["an extension that is NaN", { type: "t", extensions: { n: Number.NaN } }, "extensions.n", /give it as a string/],
  [
    "an extension beyond the safe integers",
    { type: "t", extensions: { n: 2 ** 60 } },
    "extensions.n",
    /give it as a string/,
  ],
  ["NaN", { type: "t", data: { lines: [{ price: Number.NaN }] } }, "data.lines[0].price", /is NaN/],
  ["infinity", { type: "t", data: [Number.POSITIVE_INFINITY] }, "data[0]", /is Infinity/],
  ["undefined within", { type: "t", data: { a: undefined } }, "data.a", /is undefined.*leave it out, or write null/],
  ["a hole in a list", { type: "t", data: sparse }, "data[1]", /is undefined/],
  ["a function", { type: "t", data: { f: () => 1 } }, "data.f", /is a function/],
  ["a symbol", { type: "t", data: Symbol("s") }, "data", /is a symbol/],
  ["a bigint", { type: "t", data: { n: 1n } }, "data.n", /is a bigint.*write it as a string/],
  ["a circle", { type: "t", data: circular }, "data.a.b[0]", /circle/],
  ["a deep nest", { type: "t", data: deep }, `data${"[0]".repeat(200)}`, /200 levels/],
  ["a Map", { type: "t", data: { m: new Map() } }, "data.m", /is a Map/],
  [
    "an Error",
    { type: "t", data: { e: new Error("boom") } },
    "data.e",
    /is an Error, of which JSON keeps nothing useful/,
  ],
  ["Headers", { type: "t", data: new Headers() }, "data", /is a Headers.*: write what it holds as an object or a list/],
  ["a pattern", { type: "t", data: /x/ }, "data", /is a RegExp/],
  [
    "extensions whose prototype is no class's",
    { type: "t", extensions: Object.create(Object.create(null)) },
    "extensions",
    /is an instance of a class/,
  ],
  [
    "extensions whose prototype has one of Object's methods",
    { type: "t", extensions: Object.create({ isPrototypeOf: 1 }) },
    "extensions",
    /is an instance of a class/,
  ],
  ["an iterator", { type: "t", data: [1].values() }, "data", /is an Array Iterator/],
  ["shared memory", { type: "t", data: new SharedArrayBuffer(1) }, "data", /is a piece of binary data/],
  ["a wrapped NaN", { type: "t", data: [new Number(Number.NaN)] }, "data[0]", /is NaN/],
  ["a wrapped bigint", { type: "t", data: Object(1n) }, "data", /is a bigint/],
  ["a wrapped symbol", { type: "t", data: Object(Symbol("s")) }, "data", /is a symbol/],
  [
    "a match",
    { type: "t", data: { m: /b/.exec("abc") } },
    "data.m.index",
    /is a field of a list or of a wrapped value/,
  ],
  [
    "a wrapped string with a field",
    { type: "t", data: Object.assign(new String("x"), { lang: "de" }) },
    "data.lang",
    /which JSON leaves out: make it an object/,
  ],
  [
    "a toJSON that returns a Date",
    { type: "t", data: { at: { toJSON: () => new Date(0) } } },
    "data.at",
    /returns an object with a toJSON\(\) of its own/,
  ],
  [
    "a field beside a toJSON that returns its object",
    {
      type: "t",
      data: {
        n: Number.NaN,
        toJSON() {
          return this;
        },
      },
    },
    "data.n",
    /is NaN/,
  ],
  ["an event that is a Map", new Map([["type", "t"]]), "event", /is a Map: it must be an object/],
  ["an event that is a wrapped string", new String("t"), "event", /is a wrapped value: it must be an object/],
  ["an order that is a list", { type: "t", order: [] }, "order", /is a list: it must be \{ key, sequence \}/],
  ["a time that only looks like a Date", { type: "t", time: Object.create(Date.prototype) }, "time", /is an object/],
  [
    "extensions as a Map",
    { type: "t", extensions: new Map([["a", "x"]]) },
    "extensions",
    /is a Map: it must be an object/,
  ],
  [
    "extensions of a class",
    { type: "t", extensions: new (class Tags {})() },
    "extensions",
    /is an instance of a class: it must be an object/,
  ],
  ["a promise", { type: "t", data: Promise.resolve(1) }, "data", /is a Promise/],
  ["bytes", { type: "t", data: Buffer.from("x") }, "data", /binary data/],
  ["a buffer", { type: "t", data: new ArrayBuffer(1) }, "data", /binary data/],
  ["what a toJSON gives", { type: "t", data: { toJSON: () => ({ n: 1n }) } }, "data.n", /is a bigint/],
  ["half a character in text", { type: "t", data: "\ud800", datacontenttype: "text/csv" }, "data", /surrogate/],
  ["no text where it must be", { type: "t", data: null, datacontenttype: "text/csv" }, "data", /is null, but/],
  ["an invalid Date within", { type: "t", data: { at: new Date(Number.NaN) } }, "data.at", /invalid Date/],
  ["half a character in data", { type: "t", data: { a: ["\ud800"] } }, "data.a[0]", /surrogate/],
  ["half a character in a name", { type: "t", data: { "\ud800": 1 } }, "data.\ud800", /surrogate/],
  [
    "data that is no text, where it must be",
    { type: "t", data: { a: 1 }, datacontenttype: "text/csv" },
    "data",
    /give a string/,
  ],
];

describe("an event that cannot be written", () => {
  it.each(CASES)("is refused before anything is sent: %s", async (_what, event, field, problem) => {
    const client = new ScriptedDynamoDb();
    const error = await createOutbox({ client })
      .put(event as EventInput)
      .catch((caught) => caught);
    expect(error).toMatchObject({ name: "InvalidEventError", field, message: expect.stringMatching(problem) });
    expect(client.sent).toEqual([]);
  });

  it.each<[string, object]>([
    [
      "a getter",
      {
        get a() {
          throw new TypeError("boom");
        },
      },
    ],
    [
      "a toJSON",
      {
        toJSON() {
          throw new TypeError("boom");
        },
      },
    ],
  ])("is refused with the error of %s that threw for its cause", async (_what, broken) => {
    await expect(createOutbox().put({ type: "t", data: { broken } })).rejects.toMatchObject({
      name: "InvalidEventError",
      message:
        "data.broken cannot be read: its toJSON(), a getter or a proxy threw. See the cause of this error, and mend it.",
      cause: new TypeError("boom"),
    });
  });

  it("is refused without a source anywhere", async () => {
    await expect(createOutbox({ source: undefined }).put({ type: "t" })).rejects.toThrow(
      "source is missing: give it here or to the outbox.",
    );
  });

  it.each([0, -1, 262.144, Number.NaN, Number.POSITIVE_INFINITY, 256])(
    "is refused by an outbox whose maxEventBytes is %d, before there is an event",
    (maxEventBytes) => {
      expect(() => createOutbox({ maxEventBytes })).toThrow(
        `maxEventBytes is ${maxEventBytes}: it must be a whole number of bytes from 1024 up, or left out.`,
      );
    },
  );

  it("is told of without its payload", async () => {
    const error = await createOutbox()
      .put({ type: "t", time: "secret ".repeat(100) })
      .catch((caught) => caught);
    expect(error.message.length).toBeLessThan(200);
  });

  it("is shown by its first 40 characters", async () => {
    const problemOf = (time: string) => createOutbox().entry({ type: "t", time });
    await expect(problemOf("x".repeat(40))).rejects.toThrow(`time is "${"x".repeat(40)}": it must be`);
    await expect(problemOf("x".repeat(41))).rejects.toThrow(`time is "${"x".repeat(40)}...": it must be`);
  });

  it.each<[string, Partial<EventInput>]>([
    ["an id as long as a key may be", { id: "x".repeat(2_048) }],
    ["an id too long for a key, beside one", { id: "x".repeat(2_049), order: { key: "k", sequence: 1 } }],
    ["a clock 5 minutes ahead", { time: new Date(NOW + 300_000) }],
    ["a high version", { order: { key: "k", sequence: 999_999_999 } }],
    ["a later event whose key is its id", { id: "e", order: { key: "e", sequence: 2 } }],
    ["a sequence of its own, without order", { extensions: { sequence: "1", partitionkey: "x" } }],
    ["numbers that survive", { extensions: { a: 0, b: 1e-129, c: Number.MAX_SAFE_INTEGER, d: -1.5, e: false } }],
    ["a nest of 200 levels", { data: JSON.parse(`${"[".repeat(200)}${"]".repeat(200)}`) }],
    ["a toJSON that is a field", { data: { toJSON: "x" } }],
  ])("is none at the limits: %s", async (_what, fields) => {
    await expect(createOutbox().entry({ type: "t", ...fields })).resolves.toBeDefined();
  });

  it("is none where an object is its own JSON", async () => {
    const own = {
      n: 1,
      toJSON() {
        return this;
      },
    };
    const entry = await createOutbox().entry({ type: "t", data: own });
    expect(entry.Put?.Item?.["data"]).toEqual({ S: '{"n":1}' });
  });

  it.each<[string, EventInput[], string]>([
    [
      "an id twice",
      [
        { type: "t", id: "e" },
        { type: "t", id: "e" },
      ],
      "id",
    ],
    ["a key twice", [1, 2].map((sequence) => ({ type: "t", order: { key: "k", sequence } })), "order.key"],
  ])("is refused in a transaction with %s", async (_case, events, field) => {
    await expect(createOutbox().transact([], events)).rejects.toMatchObject({ name: "InvalidEventError", field });
  });

  it("may have been a fine one: a Date in data, a shared object, a class with toJSON, an old time", async () => {
    const shared = { a: 1 };
    const price = { toJSON: () => "9.99" };
    const data = { at: new Date(NOW), x: shared, y: shared, price, none: null, "": -0 };
    const event = { type: "t", time: "1999-12-31T23:59:59+01:00", data };
    await expect(createOutbox().entry(event)).resolves.toMatchObject({
      Put: { Item: { data: { S: JSON.stringify(data) }, time: { S: "1999-12-31T23:59:59+01:00" } } },
    });
  });
});
