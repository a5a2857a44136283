import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { describe, expect, expectTypeOf, it } from "vitest";
import * as client from "../../lib/client/index.ts";
import {
  type ClaimCheck,
  DocumentOutbox,
  type EventContext,
  type EventFields,
  type EventInput,
  Outbox,
  OutboxError,
  type OutboxOptions,
  type VersionOrder,
  withEventContext,
} from "../../lib/client/index.ts";
import { inMemoryDocumentOutbox, inMemoryOutbox } from "../../lib/testing/index.ts";
import { NOW, ScriptedDynamoDb } from "./fixtures.ts";
import { HOSTILE } from "./hostile-values.ts";

/**
 * Every option and every argument of what `/client` exports meets every hostile value. Either it takes the value, and
 * `takes` says so, or it refuses it by an error of its own that names the place.
 */
interface Place {
  /** How the message of a refusal begins. */
  readonly named: RegExp;
  /** The hostile values that are good there, by their names. */
  readonly takes: readonly string[];
  readonly give: (value: never) => unknown;
}

class DocumentClient extends ScriptedDynamoDb {
  static from = DynamoDBDocumentClient.from;
}

const OPTIONS = { tableName: "outbox", source: "/shop", now: () => NOW };
const EVENT = { type: "t", data: { a: 1 } };
const claimCheck: ClaimCheck = { bucket: "b", s3: { putObject: async () => ({}) } };
const plain = (options: object = {}) => new Outbox({ client: new ScriptedDynamoDb(), ...OPTIONS, ...options });
const document = (options: object = {}) => new DocumentOutbox({ client: new DocumentClient(), ...OPTIONS, ...options });
const write = { Put: { TableName: "t", Item: { a: { S: "x" } } } };

const TEXTS = ["a string"];
const PLAIN_EMPTY = ["an empty object", "an object without a prototype", "an object of another realm"];

const PLAIN = [...PLAIN_EMPTY, "an object of null"];
/** Objects that go by their fields, of whatever class; the SDK takes them too, and DynamoDB misses what they lack. */
const WITH_FIELDS = [
  ...[...PLAIN_EMPTY, "an instance of a class", "an object with a prototype of its own"],
  "what only looks like a Date",
];
/** It has a type, from its prototype: a service's class may have its fields there too. */
const EVENTS = ["an object with a prototype of its own"];

/** A place that an option has in both writers. What only shows with an event is met with one. */
const option = (name: string, takes: readonly string[], named = new RegExp(`^${name}\\b`)): readonly Place[] =>
  [plain, document].map((make) => ({
    named,
    takes,
    give: (value) => make({ [name]: value }).put({ ...EVENT, time: "2026-01-31T12:00:00Z" }),
  }));

const options: Readonly<Record<keyof OutboxOptions, readonly Place[]>> = {
  client: option("client", []),
  tableName: option("tableName", [...TEXTS, "half a character"]),
  source: option("source", TEXTS),
  counterTableName: option("counterTableName", [...TEXTS, "half a character"]),
  schemas: option("schemas", PLAIN_EMPTY),
  claimCheck: option("claimCheck", []),
  maxEventBytes: option("maxEventBytes", []),
  gzip: option("gzip", ["true", "false"]),
  now: option("now", []),
  newId: option("newId", [], /^(?:newId|id)\b/),
};

const schema = (validate: () => unknown) => ({ "~standard": { version: 1, vendor: "test", validate } });

/** What the functions among the options return. */
const returned: Readonly<Record<"now" | "newId" | "validate" | "schema", Place>> = {
  now: within("now gives ", ["0"], (ms) => plain({ now: () => ms }).put({ ...EVENT, time: "1970-01-01T00:00:00Z" })),
  newId: within("id ", TEXTS, (id) => plain({ newId: () => id }).put(EVENT)),
  validate: within("schemas\\.t gave ", [], (result) => plain({ schemas: { t: schema(() => result) } }).put(EVENT)),
  schema: within("schemas\\.t is ", [], (given) => plain({ schemas: { t: given } })),
};

const claimChecks: Readonly<Record<keyof ClaimCheck, Place>> = {
  bucket: within("claimCheck.bucket", [...TEXTS, "half a character"], (bucket) =>
    plain({ claimCheck: { ...claimCheck, bucket } }),
  ),
  s3: within("claimCheck.s3", [], (s3) => plain({ claimCheck: { ...claimCheck, s3 } })),
  prefix: within("claimCheck.prefix", [...TEXTS, "an empty string"], (prefix) =>
    plain({ claimCheck: { ...claimCheck, prefix } }),
  ),
};

function within(start: string, takes: readonly string[], give: Place["give"]): Place {
  return { named: new RegExp(`^${start}`), takes, give };
}

const eventField = (name: string, takes: readonly string[], named = name) =>
  within(named, takes, (value) => plain().put({ ...EVENT, [name]: value }));

const fields: Readonly<Record<keyof EventFields | "type" | "data", Place>> = {
  type: eventField("type", TEXTS),
  data: eventField("data", [
    ...["null", "false", "true", "0", "-1", "1e300", "an empty string", "a string", "an empty list", "a list of null"],
    ...[...PLAIN_EMPTY, "an object of null", "an instance of a class", "an object with a prototype of its own"],
    ...["a Date", "a wrapped string"],
  ]),
  id: eventField("id", TEXTS),
  source: eventField("source", TEXTS),
  subject: eventField("subject", TEXTS),
  time: eventField("time", ["a Date"]),
  order: eventField("order", []),
  datacontenttype: within("(?:datacontenttype|data)", TEXTS, (datacontenttype) =>
    plain().put({ type: "t", data: "text", datacontenttype }),
  ),
  dataschema: eventField("dataschema", []),
  destination: eventField("destination", TEXTS),
  traceparent: eventField("traceparent", []),
  tracestate: eventField("tracestate", TEXTS),
  extensions: eventField("extensions", PLAIN_EMPTY),
};

const order: Readonly<Record<keyof VersionOrder, Place>> = {
  key: within("order.key", TEXTS, (key) => plain().put({ ...EVENT, order: { key, sequence: 1 } })),
  sequence: within("order.sequence", [], (sequence) => plain().put({ ...EVENT, order: { key: "k", sequence } })),
};

const inContext = (name: string, takes: readonly string[]) =>
  within(name, takes, (value) =>
    withEventContext({ [name]: value }, () =>
      new Outbox({ ...OPTIONS, source: undefined, client: new ScriptedDynamoDb() }).put({
        ...EVENT,
        ...(name === "source" ? {} : { source: "/shop" }),
      }),
    ),
  );

const context: Readonly<Record<keyof EventContext, Place>> = {
  source: inContext("source", TEXTS),
  subject: inContext("subject", TEXTS),
  traceparent: inContext("traceparent", []),
  tracestate: inContext("tracestate", TEXTS),
  extensions: inContext("extensions", PLAIN_EMPTY),
};

/** Each method of both writers, with a place for each of its arguments. */
const methods: Readonly<Record<keyof Outbox, readonly Place[]>> = {
  entry: both((outbox) => within("(?:event|type|a) ", EVENTS, (event) => outbox().entry(event))),
  put: both((outbox) => within("(?:event|type|a) ", EVENTS, (event) => outbox().put(event))),
  entries: both((outbox) => within("(?:events?|type|a) ", ["an empty list"], (events) => outbox().entries(events))),
  transact: both((outbox, native) =>
    [
      within("items", ["an empty list"], (items) => outbox().transact(items, [EVENT])),
      within("items\\[0\\]", [], (item) => outbox().transact([item], [EVENT])),
      within("items\\[0\\]", [...WITH_FIELDS, "an object of null"], (Put) => outbox().transact([{ Put }], [EVENT])),
      within("items\\[0\\]", native ? [...WITH_FIELDS, "an object of null"] : WITH_FIELDS, (Item) =>
        outbox().transact([{ Put: { TableName: "t", Item } }], [EVENT]),
      ),
      within("(?:events?|type|a) ", ["an empty list"], (events) => outbox().transact([write], events)),
      within("(?:event|type|a) ", EVENTS, (event) => outbox().transact([], [event])),
    ].flat(),
  ),
  ordered: both((outbox) => within("key", TEXTS, (key) => outbox({ counterTableName: "counters" }).ordered(key))),
};

/** Without the types of its arguments: the point is to give what they forbid. */
type AnyOutbox = { [Name in keyof Outbox]: (...given: unknown[]) => Promise<unknown> };
function both(
  places: (outbox: (options?: object) => AnyOutbox, native: boolean) => Place | readonly Place[],
): readonly Place[] {
  return [plain, document].flatMap((outbox) =>
    places(outbox as unknown as (options?: object) => AnyOutbox, outbox === document),
  );
}

/** Each function and class that is exported, with a place for each of its arguments. Errors are given out, not made. */
const exported: Readonly<Record<string, readonly Place[]>> = {
  Outbox: [within("options|client|tableName", [], (given) => new Outbox(given))],
  DocumentOutbox: [within("options|client|tableName", [], (given) => new DocumentOutbox(given))],
  withEventContext: [
    within("context", PLAIN, (given) => withEventContext(given, () => undefined)),
    within("work", ["a function", "a function that gives null"], (work) => withEventContext({}, work)),
  ],
};
const GIVEN_OUT = ["CountedOrder"];

const testing: readonly Place[] = [inMemoryOutbox, inMemoryDocumentOutbox].map((make) =>
  within("options", PLAIN, (given) => make(given)),
);

const PLACES: readonly (readonly [name: string, place: Place])[] = Object.entries({
  options,
  returned,
  claimChecks,
  fields,
  order,
  context,
  methods,
  exported,
  testing,
}).flatMap(([group, places]) =>
  Object.entries(places).flatMap(([name, place]: [string, Place | readonly Place[]]) =>
    [place].flat().map((each): [string, Place] => [`${group}: ${name}`, each as Place]),
  ),
);

async function outcomeOf(place: Place, value: unknown): Promise<unknown> {
  try {
    await place.give(value as never);
    return "taken";
  } catch (error) {
    return error;
  }
}

describe("a hostile value", () => {
  it.each(PLACES)("is taken for what it is, or refused by name: %s", async (_name, place) => {
    const taken: string[] = [];
    for (const [what, value] of HOSTILE) {
      const outcome = await outcomeOf(place, value);
      if (outcome === "taken") taken.push(what);
      else {
        expect(outcome, what).toBeInstanceOf(OutboxError);
        expect(outcome, what).toMatchObject({ message: expect.stringMatching(place.named) });
      }
    }
    expect(taken.toSorted()).toEqual(place.takes.toSorted());
  });

  it("meets every function that is exported, and every method of the writers", () => {
    const functions = Object.entries(client).filter(([, value]) => typeof value === "function");
    const others = functions.filter(([name]) => !name.endsWith("Error"));
    expect(others.map(([name]) => name).toSorted()).toEqual([...Object.keys(exported), ...GIVEN_OUT].toSorted());
    for (const writer of [Outbox, DocumentOutbox]) {
      const named = Object.getOwnPropertyNames(writer.prototype).filter((name) => name !== "constructor");
      expect(named.toSorted()).toEqual(Object.keys(methods).toSorted());
    }
    // The compiler knows the options and the fields: the tables above have one entry for each.
    expectTypeOf<keyof typeof options>().toEqualTypeOf<keyof OutboxOptions>();
    expectTypeOf<keyof typeof fields>().toEqualTypeOf<keyof EventInput | "type">();
  });
});
