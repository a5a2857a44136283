import { describe, expect, it } from "vitest";
import {
  DocumentOutbox,
  type EventInput,
  Outbox,
  type OutboxOptions,
  withEventContext,
} from "../../lib/client/index.ts";
import { createOutbox, NOW, ScriptedDynamoDb, wireOf } from "./fixtures.ts";

const refusalOf = (make: () => unknown): unknown => {
  try {
    return make();
  } catch (error) {
    return error;
  }
};

describe("an option that cannot be used is refused at start:", () => {
  it.each<[string, object, string]>([
    [
      "client",
      { client: null },
      "client is null without send(): give new DynamoDBClient(), or a DynamoDBDocumentClient to DocumentOutbox.",
    ],
    [
      "client",
      { client: {} },
      "client is an object without send(): give new DynamoDBClient(), or a DynamoDBDocumentClient to DocumentOutbox.",
    ],
    [
      "tableName",
      { tableName: "" },
      "tableName is missing: give the outbox table's name, the stack's output OutboxTableName.",
    ],
    [
      "tableName",
      { tableName: 5 },
      "tableName is 5: give the outbox table's name, the stack's output OutboxTableName.",
    ],
    [
      "counterTableName",
      { counterTableName: "" },
      "counterTableName is missing: give the stack's output CounterTableName, or leave it out.",
    ],
    ["gzip", { gzip: "yes" }, 'gzip is "yes": it must be true or false, or left out.'],
    ["now", { now: 5 }, "now is 5: it must be a function that gives epoch milliseconds, or left out."],
    ["newId", { newId: "x" }, 'newId is "x": it must be a function that gives a new id, or left out.'],
    [
      "schemas",
      { schemas: null },
      'schemas is null: it must be an object such as { "order.placed": schema }, or left out.',
    ],
    [
      "schemas",
      { schemas: new Map() },
      'schemas is a Map: it must be an object such as { "order.placed": schema }, or left out.',
    ],
    [
      "schemas.t",
      { schemas: { t: {} } },
      "schemas.t is an object, not a Standard Schema: give one of zod, valibot or arktype, or of another such library.",
    ],
    ["claimCheck", { claimCheck: null }, "claimCheck is null: it must be { bucket, s3 }, or left out."],
    ["claimCheck.bucket", { claimCheck: {} }, "claimCheck.bucket is missing: give the bucket's name."],
    [
      "claimCheck.s3",
      { claimCheck: { bucket: "b" } },
      "claimCheck.s3 is undefined without putObject(): give new S3() of @aws-sdk/client-s3.",
    ],
    [
      "claimCheck.prefix",
      { claimCheck: { bucket: "b", s3: { putObject: () => 1 }, prefix: 5 } },
      "claimCheck.prefix is 5: it must be a string.",
    ],
  ])("%s in %j", (field, options, message) => {
    expect(refusalOf(() => createOutbox(options as Partial<OutboxOptions>))).toMatchObject({
      name: "InvalidEventError",
      field,
      message,
    });
  });

  it.each([
    ["undefined", undefined],
    ["null", null],
    ["a list", []],
    ["a Map", new Map()],
    ["an instance of a class", new (class Options {})()],
  ])("options that are %s", (shown, options) => {
    for (const Writer of [Outbox, DocumentOutbox]) {
      expect(refusalOf(() => new Writer(options as never))).toMatchObject({
        name: "InvalidEventError",
        message: `options is ${shown}: it must be an object such as { client, tableName, source: "/shop/orders" }.`,
      });
    }
  });

  it.each<[string, Partial<OutboxOptions>]>([
    [
      "a schema that is a function, as arktype's are",
      { schemas: { t: Object.assign(() => 1, { "~standard": { validate: () => ({ value: 1 }) } }) as never } },
    ],
    ["a client without a class", { client: Object.assign(Object.create(null), { send: async () => ({}) }) }],
    ["no schema for a type", { schemas: { t: undefined as never } }],
    ["no prefix", { claimCheck: { bucket: "b", s3: { putObject: async () => 1 }, prefix: "" } }],
    [
      "a claim check of a service's own class",
      {
        claimCheck: new (class Large {
          readonly bucket = "b";
          readonly s3 = { putObject: async () => 1 };
        })(),
      },
    ],
    ["the last time that RFC 3339 can name", { now: () => Date.UTC(9999, 11, 31, 23, 59, 59, 999) }],
  ])("but not %s", async (_what, options) => {
    await expect(createOutbox(options).put({ type: "t" })).resolves.toMatchObject({ type: "t" });
  });
});

describe("what an option's function gives is checked when it is called:", () => {
  it.each([
    ["NaN", Number.NaN],
    ["-1", -1],
    ["253402300800000", Date.UTC(10_000, 0)],
    ["a bigint", 1n],
    ["an object", new Date(NOW)],
  ])("a clock that gives %s", async (shown, ms) => {
    const client = new ScriptedDynamoDb();
    const outbox = createOutbox({ client, now: () => ms as number });
    const message = `now gives ${shown}: it must give epoch milliseconds, as Date.now() does.`;
    const error = { name: "InvalidEventError", field: "now", message };
    await expect(outbox.put({ type: "t", time: "2026-01-31T12:00:00Z" })).rejects.toMatchObject(error);
    await expect(outbox.transact([{ Put: { TableName: "t", Item: {} } }], [])).rejects.toMatchObject(error);
    expect(client.sent).toEqual([]);
  });

  const validating = (result: unknown) =>
    createOutbox({ schemas: { t: { "~standard": { version: 1, vendor: "test", validate: () => result as never } } } });

  it.each([
    ["null", null],
    ["a string", "ok"],
    ["an object", {}],
    ["an object", { issues: "none" }],
  ])("a schema that gives %s", async (shown, result) => {
    await expect(validating(result).put({ type: "t", data: 1 })).rejects.toMatchObject({
      field: "schemas.t",
      message: `schemas.t gave ${shown}: a Standard Schema gives { value }, or { issues: [...] }.`,
    });
  });

  it("a schema whose value its media type cannot hold", async () => {
    await expect(
      validating({ value: { a: 1 } }).put({ type: "t", data: "a", datacontenttype: "text/csv" }),
    ).rejects.toMatchObject({ field: "data", message: expect.stringContaining("give a string") });
    await expect(validating({ value: new Map() }).put({ type: "t", data: 1 })).rejects.toMatchObject({ field: "data" });
  });

  it("a schema whose issue has an odd path", async () => {
    const issues = [{ message: "is odd", path: [null, "a", { key: "b" }, 0] }];
    await expect(validating({ issues }).put({ type: "t", data: 1 })).rejects.toMatchObject({
      field: "data.null.a.b.0",
    });
  });
});

describe("a context that cannot be used is refused:", () => {
  it.each<[string, unknown, string]>([
    ["null", null, "context is null: it must be an object such as { source, subject, traceparent, extensions }."],
    [
      "Headers",
      new Headers(),
      "context is a Headers: it must be an object such as { source, subject, traceparent, extensions }.",
    ],
    [
      "extensions that are a string",
      { extensions: "abc" },
      'extensions is "abc": it must be an object of strings, numbers and booleans.',
    ],
    [
      "extensions that are null",
      { extensions: null },
      "extensions is null: it must be an object of strings, numbers and booleans.",
    ],
    [
      "extensions that are a Map",
      { extensions: new Map([["tenant", "x"]]) },
      "extensions is a Map: it must be an object of strings, numbers and booleans.",
    ],
  ])("%s", (_what, context, message) => {
    let ran = false;
    const run = () =>
      withEventContext(context as never, () => {
        ran = true;
      });
    expect(refusalOf(run)).toMatchObject({ name: "InvalidEventError", message });
    expect(ran).toBe(false);
  });

  it("work that is not a function", () => {
    expect(refusalOf(() => withEventContext({}, Promise.resolve() as never))).toMatchObject({
      field: "work",
      message: "work is an object: it must be a function: what it writes takes the context's fields.",
    });
  });

  it("but not one without extensions", async () => {
    const entry = await withEventContext({ subject: "42", extensions: undefined }, () =>
      createOutbox().entry({ type: "t" }),
    );
    expect(wireOf(entry)).toMatchObject({ subject: "42" });
  });
});

describe("items and events that are none are refused before anything is sent:", () => {
  const write = { Put: { TableName: "t", Item: {} } };

  it.each<[string, unknown, string]>([
    ["no list", { 0: write }, "items is an object, not a list: give the writes as a list, or [] where there are none."],
    [
      "a hole",
      Object.assign(new Array(2), { 1: write }),
      "items[0] is undefined: it must be a write such as { Put: { ... } }.",
    ],
    ["no action", [{}], "items[0] holds nothing: it must hold exactly one of Put, Update, Delete, ConditionCheck."],
    [
      "an unknown action",
      [{ Get: {} }],
      "items[0] holds Get: it must hold exactly one of Put, Update, Delete, ConditionCheck.",
    ],
    [
      "two actions",
      [{ Put: null, Delete: {} }],
      "items[0] holds Put, Delete: it must hold exactly one of Put, Update, Delete, ConditionCheck.",
    ],
    ["an action that is null", [write, { Put: null }], "items[1].Put is null: it must be an object with a TableName."],
    ["an action that is a list", [{ Update: [] }], "items[0].Update is a list: it must be an object with a TableName."],
    [
      "a Map for an item",
      [{ Put: { Item: new Map() } }],
      "items[0].Put.Item is a Map: it must be an object of attributes, or left out.",
    ],
    [
      "no object for a key",
      [{ Delete: { Key: "k" } }],
      'items[0].Delete.Key is "k": it must be an object of attributes, or left out.',
    ],
    [
      "null for values",
      [{ Update: { ExpressionAttributeValues: null } }],
      "items[0].Update.ExpressionAttributeValues is null: it must be an object of attributes, or left out.",
    ],
    [
      "a number for an N",
      [write, { Put: { TableName: "t", Item: { n: { N: 5 } } } }],
      'items[1] holds what is not a value of DynamoDB, such as { S: "text" } or { N: "1" }: mend it, or use DocumentOutbox.',
    ],
  ])("items with %s", async (_what, items, message) => {
    const client = new ScriptedDynamoDb();
    const error = await createOutbox({ client })
      .transact(items as [], [{ type: "t" }])
      .catch((caught) => caught);
    expect(error).toMatchObject({ name: "InvalidEventError", message });
    expect(client.sent).toEqual([]);
  });

  it.each<[string, unknown, string]>([
    ["null", null, "events is null, not a list: give the events as a list, or [] where there are none."],
    ["a Set", new Set(), "events is a Set, not a list: give the events as a list, or [] where there are none."],
    [
      "a hole",
      Object.assign(new Array(2), { 1: { type: "t" } }),
      'event is undefined: it must be an object such as { type: "order.placed", data: { ... } }.',
    ],
  ])("events with %s", async (_what, events, message) => {
    const outbox = createOutbox();
    for (const call of [
      outbox.entries(events as EventInput[]),
      outbox.transact([write], events as EventInput[]),
      outbox.transact([], events as EventInput[]),
    ]) {
      await expect(call).rejects.toMatchObject({ name: "InvalidEventError", message });
    }
  });
});
