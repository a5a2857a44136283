import { createHash } from "node:crypto";
import { context, createTraceState, propagation, trace } from "@opentelemetry/api";
import { NodeTracerProvider } from "@opentelemetry/sdk-trace-node";
import { afterEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { EventTooLargeError, InvalidEventError, Outbox, withEventContext } from "../../lib/client/index.ts";
import { createOutbox, NOW, ScriptedDynamoDb, wireOf } from "./fixtures.ts";

const TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

/** A string of 44 characters for each of these, of which gzip can only save the quarter that base64 wastes. */
const noise = (hashes: number): string =>
  Array.from({ length: hashes }, (_unused, index) => createHash("sha256").update(`${index}`).digest("base64")).join("");

describe("the entry of an event", () => {
  it("is a put on condition that the event is not there, of a row that says when it was written", async () => {
    const entry = await createOutbox().entry({ id: "e1", type: "order.placed", data: { total: 1 } });
    expect(entry).toEqual({
      Put: {
        TableName: "outbox",
        ConditionExpression: "attribute_not_exists(pk)",
        Item: {
          pk: { S: "e1" },
          sk: { N: "1" },
          id: { S: "e1" },
          source: { S: "/shop" },
          type: { S: "order.placed" },
          time: { S: "2026-01-31T12:00:00.000Z" },
          recordedtime: { S: "2026-01-31T12:00:00.000Z" },
          data: { S: '{"total":1}' },
        },
      },
    });
  });

  it("gets an id of its own, a UUIDv7", async () => {
    const outbox = createOutbox();
    const ids = await Promise.all([1, 2].map(async () => (await outbox.entry({ type: "t" })).Put?.Item?.["id"]?.S));
    expect(new Set(ids).size).toBe(2);
    for (const id of ids) expect(id).toMatch(/^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
  });

  it("carries all that an event can say", async () => {
    const fields = { subject: "42", dataschema: "https://s.example/1", traceparent: TRACEPARENT, tracestate: "a=b" };
    const entry = await createOutbox().entry({
      type: "t",
      ...fields,
      time: new Date("2020-01-01T00:00:00Z"),
      data: "a,b",
      datacontenttype: "text/csv",
      order: { key: "order#42", sequence: 7 },
      destination: "other",
      extensions: { tenant: "t1", retries: 3, vip: true },
    });
    expect(wireOf(entry)).toMatchObject({
      ...fields,
      time: "2020-01-01T00:00:00.000Z",
      data: "a,b",
      datacontenttype: "text/csv",
      partitionkey: "order#42",
      sequence: "7",
      tenant: "t1",
      retries: 3,
      vip: true,
    });
    expect(entry.Put?.Item?.["destination"]).toEqual({ S: "other" });
  });

  it("is written with the time that the SDK has learned where the machine's clock is an hour off", async () => {
    const client = Object.assign(new ScriptedDynamoDb(), { config: { systemClockOffset: -3_600_000 } });
    const entry = await createOutbox({ client, now: () => NOW + 3_600_000 }).entry({ type: "t" });
    expect(entry.Put?.Item?.["recordedtime"]).toEqual({ S: new Date(NOW).toISOString() });
    client.config.systemClockOffset = -59_999;
    const good = await createOutbox({ client }).entry({ type: "t" });
    expect(good.Put?.Item?.["recordedtime"], "what is left is the Date header's").toEqual({
      S: new Date(NOW).toISOString(),
    });
    client.config.systemClockOffset = 60_000;
    const late = await createOutbox({ client }).entry({ type: "t" });
    expect(late.Put?.Item?.["recordedtime"]).toEqual({ S: new Date(NOW + 60_000).toISOString() });
  });

  it("is gzipped where that saves a write unit, and only there", async () => {
    const outbox = createOutbox();
    const dataOf = async (data: unknown) => (await outbox.entry({ type: "t", data })).Put?.Item?.["data"];
    expect(await dataOf("x".repeat(100))).toHaveProperty("S");
    expect(await dataOf("x".repeat(2_000))).toHaveProperty("B");
    expect(await dataOf(noise(34)), "1,496 bytes that shrink, but not to one unit").toHaveProperty("S");
    expect(wireOf(await outbox.entry({ type: "t", data: "x".repeat(2_000) }))["data"]).toBe("x".repeat(2_000));
    expect(
      (await createOutbox({ gzip: false }).entry({ type: "t", data: "x".repeat(2_000) })).Put?.Item?.["data"],
    ).toHaveProperty("S");
  });
});

describe("the context of events", () => {
  afterEach(() => {
    trace.disable();
    context.disable();
    propagation.disable();
  });

  it("fills what the event does not say", async () => {
    const given = {
      source: "/ctx",
      subject: "s",
      traceparent: TRACEPARENT,
      tracestate: "a=b",
      extensions: { tenant: "t1" },
    };
    const entry = await withEventContext(given, () =>
      withEventContext({ subject: "inner", extensions: { user: "u1" } }, () => createOutbox().entry({ type: "t" })),
    );
    expect(wireOf(entry)).toMatchObject({
      ...{ source: "/ctx", subject: "inner", traceparent: TRACEPARENT, tracestate: "a=b" },
      ...{ tenant: "t1", user: "u1" },
    });
    const own = await withEventContext(given, () =>
      createOutbox().entry({ type: "t", source: "/own", subject: "own" }),
    );
    expect(wireOf(own)).toMatchObject({ source: "/own", subject: "own" });
  });

  it("takes no empty trace state, which some propagators write", async () => {
    propagation.setGlobalPropagator({
      inject: (_context, carrier, setter) => {
        setter.set(carrier, "traceparent", TRACEPARENT);
        setter.set(carrier, "tracestate", "");
      },
      extract: (given) => given,
      fields: () => [],
    });
    const wire = wireOf(await createOutbox().entry({ type: "t" }));
    expect(wire["traceparent"]).toBe(TRACEPARENT);
    expect(wire).not.toHaveProperty("tracestate");
  });

  it("gives no trace state to an event with a trace parent of its own", async () => {
    const given = { traceparent: TRACEPARENT, tracestate: "a=b" };
    const traceparent = TRACEPARENT.replace("b7ad", "c7ad");
    const entryOf = (fields: object) => withEventContext(given, () => createOutbox().entry({ type: "t", ...fields }));
    expect(wireOf(await entryOf({ traceparent }))).not.toHaveProperty("tracestate");
    expect(wireOf(await entryOf({ traceparent, tracestate: "c=d" }))).toMatchObject({ traceparent, tracestate: "c=d" });
  });

  it("is checked like an event's own fields", async () => {
    const given = { extensions: { sequence: "1" } };
    const entryOf = (fields: object) => withEventContext(given, () => createOutbox().entry({ type: "t", ...fields }));
    expect(wireOf(await entryOf({}))).toMatchObject({ sequence: "1" });
    await expect(entryOf({ order: { key: "k", sequence: 7 } })).rejects.toThrow(
      "extensions.sequence is set from order",
    );
  });

  it("takes the trace from OpenTelemetry's active span, where there is one", async () => {
    const provider = new NodeTracerProvider();
    provider.register();
    await trace.getTracer("test").startActiveSpan("request", async (span) => {
      const { traceId, spanId } = span.spanContext();
      const ofContext = await withEventContext({ traceparent: TRACEPARENT }, () => createOutbox().entry({ type: "t" }));
      expect(wireOf(ofContext)["traceparent"]).toBe(TRACEPARENT);
      expect(wireOf(await createOutbox().entry({ type: "t" }))).not.toHaveProperty("tracestate");
      const vendors = trace.setSpanContext(context.active(), {
        ...span.spanContext(),
        traceState: createTraceState("a=b"),
      });
      const stated = await context.with(vendors, () => createOutbox().entry({ type: "t" }));
      expect(wireOf(stated)["tracestate"]).toBe("a=b");
      const ofOther = await context.with(vendors, () =>
        withEventContext({ traceparent: TRACEPARENT }, () => createOutbox().entry({ type: "t" })),
      );
      expect(wireOf(ofOther), "the state belongs to the span's trace").not.toHaveProperty("tracestate");
      expect(wireOf(await createOutbox().entry({ type: "t" }))["traceparent"]).toBe(`00-${traceId}-${spanId}-01`);
      const explicit = await createOutbox().entry({ type: "t", traceparent: TRACEPARENT });
      expect(wireOf(explicit)["traceparent"]).toBe(TRACEPARENT);
      span.end();
    });
    expect(wireOf(await createOutbox().entry({ type: "t" }))).not.toHaveProperty("traceparent");
    await provider.shutdown();
  });
});

describe("a schema", () => {
  const schemas = {
    "order.placed": z.object({ lines: z.array(z.object({ price: z.number() })), note: z.string().default("") }),
  };
  const outbox = new Outbox({ client: new ScriptedDynamoDb(), tableName: "outbox", source: "/shop", schemas });

  it("writes what it returns", async () => {
    const entry = await outbox.entry({ type: "order.placed", data: { lines: [{ price: 1 }] } });
    expect(wireOf(entry)["data"]).toEqual({ lines: [{ price: 1 }], note: "" });
  });

  it("refuses data with the path to what is wrong", async () => {
    const wrong = { lines: [{ price: 1 }, { price: "2" }] } as unknown as { lines: { price: number }[] };
    await expect(outbox.entry({ type: "order.placed", data: wrong })).rejects.toMatchObject({
      name: "InvalidEventError",
      field: "data.lines.1.price",
    });
  });

  /** A schema that answers with a result. */
  const answering = (result: object) =>
    createOutbox({
      schemas: { t: { "~standard": { version: 1, vendor: "test", validate: async () => result as never } } },
    });

  it.each<[string, object[], string]>([
    ["no path", [{ message: "is odd" }], 'data does not fit the schema of "t": is odd.'],
    ["a path of objects", [{ message: "is odd", path: [{ key: "a" }, "b", 0] }], "data.a.b.0 does not fit"],
    ["others", [{ message: "is odd" }, { message: "too" }, { message: "too" }], "is odd, and 2 more."],
    ["no reason", [], "no reason given."],
  ])("says the first thing that is wrong: with %s", async (_with, issues, message) => {
    await expect(answering({ issues }).entry({ type: "t", data: 1 })).rejects.toThrow(message);
  });

  it("returns what is checked again, or nothing", async () => {
    await expect(answering({ value: { n: 1n } }).entry({ type: "t" })).rejects.toThrow("data.n is a bigint");
    expect(wireOf(await answering({ value: undefined }).entry({ type: "t", data: 1 }))).not.toHaveProperty("data");
  });

  it("is a type's own, whatever the type is called", async () => {
    expect(wireOf(await createOutbox({ schemas: {} }).entry({ type: "constructor", data: 1 }))).toMatchObject({
      data: 1,
    });
  });
});

describe("data that is too large", () => {
  // Random enough that gzip does not help: 660 KB stay.
  const large = noise(20_000);

  it("is refused with its size before anything is written", async () => {
    const client = new ScriptedDynamoDb();
    const refused = createOutbox({ client }).put({ type: "t", data: large });
    await expect(refused).rejects.toBeInstanceOf(EventTooLargeError);
    await expect(refused).rejects.toThrow(
      /^The event's row is \d+ bytes, and 407552 is the most: make data smaller, or/,
    );
    expect(client.sent).toEqual([]);
  });

  it("is refused where the row would do, but the target takes no such event", async () => {
    const zeros = "0".repeat(1_100_000);
    await expect(createOutbox().entry({ type: "t", data: zeros })).rejects.toThrow(
      /^The event on the wire is \d+ bytes, and 1000000/,
    );
    await expect(createOutbox({ maxEventBytes: 2_000_000 }).entry({ type: "t", data: zeros })).resolves.toBeDefined();
  });

  it("fits the row and the target to the last byte", async () => {
    const event = { id: "e", type: "t", data: "x".repeat(2_000) };
    const bytes =
      Buffer.byteLength(JSON.stringify(wireOf(await createOutbox().entry(event)))) + "/shop".length + 1 + 14;
    await expect(createOutbox({ maxEventBytes: bytes }).entry(event)).resolves.toBeDefined();
    await expect(createOutbox({ maxEventBytes: bytes - 1 }).entry(event)).rejects.toMatchObject({
      name: "EventTooLargeError",
      bytes,
      maxBytes: bytes - 1,
    });
    const outbox = createOutbox({ gzip: false });
    const over = await outbox.entry({ ...event, data: "x".repeat(407_552) }).catch((caught) => caught);
    const fitting = "x".repeat(407_552 - (over.bytes - 407_552));
    await expect(outbox.entry({ ...event, data: fitting })).resolves.toBeDefined();
    await expect(outbox.entry({ ...event, data: `${fitting}x` })).rejects.toMatchObject({ bytes: 407_553 });
  });

  it("is not the fault of an event that has none", async () => {
    await expect(createOutbox().entry({ type: "t", subject: "s".repeat(500_000) })).rejects.toThrow(
      /shorten the attributes/,
    );
  });

  it("goes to the bucket as the text that it is, beside what else the event says", async () => {
    const puts: object[] = [];
    const s3 = { putObject: async (input: object) => puts.push(input) };
    const outbox = createOutbox({ claimCheck: { bucket: "big", s3, prefix: "orders/" } });
    const fields = { datacontenttype: "text/plain", extensions: { tenant: "t1" } };
    const entry = await outbox.entry({ id: "e1", type: "t", data: large, ...fields });
    expect(puts).toEqual([{ Bucket: "big", Key: "orders/e1", ContentType: "text/plain", Body: large }]);
    expect(wireOf(entry)).toMatchObject({ dataref: "s3://big/orders/e1", tenant: "t1" });
  });

  it("goes to the bucket first, and the event says where it is", async () => {
    const puts: object[] = [];
    const s3 = { putObject: async (input: object) => puts.push(input) };
    const outbox = createOutbox({ claimCheck: { bucket: "big", s3 } });
    const entry = await outbox.entry({ id: "e/1", type: "t", data: large });
    expect(puts).toMatchObject([{ Bucket: "big", Key: "outbox/e%2F1", ContentType: "application/json" }]);
    expect(puts[0]).toHaveProperty("Body", JSON.stringify(large));
    expect(wireOf(entry)).toMatchObject({ id: "e/1", dataref: "s3://big/outbox/e%2F1" });
    expect(wireOf(entry)).not.toHaveProperty("data");
    await outbox.entry({ type: "t", data: "small" });
    expect(puts).toHaveLength(1);
  });

  it("is refused where the attributes leave no room for its place", async () => {
    const event = { id: "e", type: "t", subject: "s" };
    const small = createOutbox({
      claimCheck: { bucket: "big", s3: { putObject: async () => ({}) } },
      maxEventBytes: 1_024,
    });
    const bytes = Buffer.byteLength(JSON.stringify(wireOf(await small.entry(event)))) + "/shop".length + 1 + 14;
    const full = { ...event, subject: "s".repeat(1 + 1_024 - bytes) };
    await expect(small.entry(full)).resolves.toBeDefined();
    await expect(small.entry({ ...full, data: "x".repeat(2_000) })).rejects.toThrow(/shorten the attributes/);
  });

  it("is refused, and not stored, where the attributes alone are too large", async () => {
    const puts: object[] = [];
    const outbox = createOutbox({
      claimCheck: { bucket: "big", s3: { putObject: async (input) => puts.push(input) } },
    });
    await expect(outbox.entry({ type: "t", data: large, subject: "s".repeat(500_000) })).rejects.toThrow(
      /shorten the attributes/,
    );
    expect(puts).toEqual([]);
  });

  it.each([
    ["no bucket", { bucket: "", s3: { putObject: async () => ({}) } }, "claimCheck.bucket"],
    ["no bucket at all", { s3: { putObject: async () => ({}) } } as never, "claimCheck.bucket"],
    ["no S3 client", { bucket: "b", s3: {} as never }, "claimCheck.s3"],
    ["nothing for one", { bucket: "b" } as never, "claimCheck.s3"],
    ["a cut prefix", { bucket: "b", s3: { putObject: async () => ({}) }, prefix: "\ud800" }, "claimCheck.prefix"],
  ])("needs a claim check that can be used: %s", (_case, claimCheck, field) => {
    expect(() => createOutbox({ claimCheck })).toThrow(expect.objectContaining({ field }));
  });
});

describe("a put", () => {
  const row = async () => (await createOutbox().entry({ id: "e1", type: "t", data: 1 })).Put?.Item;
  const conditionFailed = (Item: unknown) =>
    Object.assign(new Error("The conditional request failed"), { name: "ConditionalCheckFailedException", Item });

  it("is one plain write", async () => {
    const client = new ScriptedDynamoDb();
    await createOutbox({ client }).put({ type: "t" });
    expect(client.sent.map(({ name }) => name)).toEqual(["PutItemCommand"]);
  });

  it("succeeds when the row that is there is its own, written by an attempt whose answer was lost", async () => {
    const client = new ScriptedDynamoDb(conditionFailed({ ...(await row()), _attempts: { N: "1" } }));
    await expect(createOutbox({ client }).put({ id: "e1", type: "t", data: 1 })).resolves.toMatchObject({ id: "e1" });
  });

  it("succeeds so with data that was written as gzip, which the SDK reads back as plain bytes", async () => {
    const event = { id: "e1", type: "t", data: "x".repeat(5_000) };
    const written = (await createOutbox().entry(event)).Put?.Item;
    const bytes = written?.["data"]?.B;
    if (bytes === undefined) throw new Error("the data was not written as gzip");
    const client = new ScriptedDynamoDb(conditionFailed({ ...written, data: { B: Uint8Array.from(bytes) } }));
    await expect(createOutbox({ client }).put(event)).resolves.toMatchObject({ id: "e1" });
  });

  it("tells of an id that is used again", async () => {
    const client = new ScriptedDynamoDb(conditionFailed({ ...(await row()), data: { S: "2" } }));
    await expect(createOutbox({ client }).put({ id: "e1", type: "t", data: 1 })).rejects.toMatchObject({
      name: "EventExistsError",
      events: [{ id: "e1", type: "t" }],
    });
  });

  it("can be repeated when no answer came, with the same row", async () => {
    const timeout = Object.assign(new Error("timeout"), { name: "TimeoutError" });
    const client = new ScriptedDynamoDb(timeout, {});
    const error = await createOutbox({ client })
      .put({ type: "t" })
      .catch((caught) => caught);
    expect(error.name).toBe("AmbiguousCommitError");
    expect(await error.repeat()).toMatchObject([{ type: "t" }]);
    expect(client.sent[1]).toEqual(client.sent[0]);
  });

  it("tells throttling, and passes on what it has nothing to add to", async () => {
    const failed = (name: string) => Object.assign(new Error(name), { name, $metadata: { httpStatusCode: 400 } });
    const endOf = (answer: Error) => createOutbox({ client: new ScriptedDynamoDb(answer) }).put({ type: "t" });
    for (const name of ["ThrottlingException", "ProvisionedThroughputExceededException", "RequestLimitExceeded"])
      await expect(endOf(failed(name))).rejects.toMatchObject({ name: "WriteRejectedError", reason: "throttled" });
    const denied = failed("AccessDeniedException");
    await expect(endOf(denied)).rejects.toBe(denied);
    await expect(endOf(conditionFailed(undefined) as Error)).rejects.toMatchObject({ name: "EventExistsError" });
  });
});

describe("the order of a key", () => {
  const counter = (value?: string) => ({ Item: value === undefined ? undefined : { sequence: { N: value } } });

  it("goes on from the counter, and takes the place in the same transaction", async () => {
    const client = new ScriptedDynamoDb(counter("7"));
    const outbox = createOutbox({ client, counterTableName: "counters" });
    const order = await outbox.ordered("order#42");
    expect(client.sent[0]).toMatchObject({ input: { TableName: "counters", ConsistentRead: true } });
    const [put, claim] = await outbox.entries([{ type: "t", order }]);
    expect(put?.Put?.Item).toMatchObject({ pk: { S: "order#42" }, sk: { N: "8" } });
    expect(claim?.Update).toMatchObject({
      TableName: "counters",
      Key: { pk: { S: "order#42" } },
      ConditionExpression: "#sequence = :last",
      ExpressionAttributeValues: { ":next": { N: "8" }, ":last": { N: "7" } },
    });
  });

  it("begins with 1, on condition that nobody has begun", async () => {
    const outbox = createOutbox({ client: new ScriptedDynamoDb(counter()), counterTableName: "counters" });
    const { sequence, claim } = await outbox.ordered("k");
    expect(sequence).toBe(1);
    expect(claim.Update?.ConditionExpression).toBe("attribute_not_exists(#sequence)");
  });

  it("is not written without its counter", async () => {
    const client = new ScriptedDynamoDb(counter("7"));
    const outbox = createOutbox({ client, counterTableName: "counters" });
    const order = await outbox.ordered("k");
    await expect(outbox.entry({ type: "t", order })).rejects.toThrow(
      /^order comes from ordered\(key\), which takes two writes/,
    );
    await outbox.put({ type: "t", order });
    expect(client.sent.at(-1)?.name).toBe("TransactWriteItemsCommand");
  });

  it("may be that of several keys in one transaction, beside events without order", async () => {
    const events = [
      { type: "t" },
      { type: "t" },
      ...["a", "b"].map((key) => ({ type: "t", order: { key, sequence: 1 } })),
    ];
    expect(await createOutbox().transact([], events)).toMatchObject(events);
  });

  it("needs the table of counters", async () => {
    await expect(createOutbox().ordered("k")).rejects.toThrow(/^counterTableName is missing: .* counterTable: true/);
  });
});

it.each([undefined, ""])("is not made without a table: %s", (tableName) => {
  expect(() => createOutbox({ tableName } as object)).toThrow("tableName is missing: give the outbox table's name");
});

it("takes 1,024 bytes for the least that an event may have, and ids of the service's own", async () => {
  const entry = await createOutbox({ maxEventBytes: 1_024, newId: () => "mine" }).entry({ type: "t" });
  expect(entry.Put?.Item?.["id"]).toEqual({ S: "mine" });
});

it("refuses a document client, whose items would be taken for others", () => {
  class DocumentClient extends ScriptedDynamoDb {
    static from() {}
  }
  expect(() => createOutbox({ client: new DocumentClient() })).toThrow(InvalidEventError);
});
