import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type CloudEvent, unwrap } from "../../lib/consumer/index.ts";
import { payloadHash } from "../../lib/consumer/payload-hash.ts";
import { readDelivery } from "../../lib/consumer/records.ts";
import { HOSTILE_JSON } from "../foreigners/hostile.ts";
import {
  base64,
  binary,
  event,
  eventBridge,
  header,
  json,
  kafka,
  kinesis,
  notification,
  pipesKinesis,
  rabbit,
  rabbitMq,
  sqs,
} from "./invocations.ts";

describe("unwrap", () => {
  it.each<[string, unknown]>([
    ["EventBridge", eventBridge("a")],
    ["EventBridge, with $.detail as input", event("a")],
    ["SQS", sqs(["m", json("a")])],
    ["EventBridge in SQS", sqs(["m", JSON.stringify(eventBridge("a"))])],
    ["SNS", { Records: [{ EventSource: "aws:sns", Sns: { Message: json("a") } }] }],
    ["SNS in SQS", sqs(["m", notification("a")])],
    ["SNS in what somebody passes on", JSON.parse(notification("a"))],
    ["Kinesis", kinesis(json("a"))],
    [
      "Kafka in structured mode",
      kafka({ value: base64(json("a")), headers: [header("content-type", "application/cloudevents+json")] }),
    ],
    [
      "RabbitMQ in structured mode",
      rabbitMq({
        basicProperties: { contentType: "application/cloudevents+json", headers: {} },
        data: base64(json("a")),
      }),
    ],
    ["SQS through Pipes", sqs(["m", json("a")]).Records],
    ["EventBridge in SQS through Pipes", sqs(["m", JSON.stringify(eventBridge("a"))]).Records],
    ["Kinesis through Pipes", pipesKinesis(json("a"))],
    ["Kafka through Pipes", [{ eventSource: "aws:kafka", value: base64(json("a")), headers: [] }]],
    ["self-managed Kafka through Pipes", [{ eventSource: "SelfManagedKafka", value: base64(json("a")) }]],
    ["RabbitMQ through Pipes", [{ eventSource: "aws:rmq", basicProperties: {}, data: base64(json("a")) }]],
    ["EventBridge, a list", [eventBridge("a")]],
    ["the relay, one event", event("a")],
    ["the relay, a batch", [event("a")]],
  ])("finds the CloudEvent in what comes from %s", (_from, invocation) => {
    expect(unwrap(invocation)).toEqual([event("a")]);
  });

  it("reads Kafka's binary mode: attributes from headers, data by its content type", () => {
    const attributes = { specversion: "1.0", id: "a", source: "/shop", type: "t", sequence: "7" };
    expect(unwrap(kafka(binary("a", '{"n":1}'), binary("a", "a,b", "text/csv"), binary("a", null)))).toEqual([
      { ...attributes, datacontenttype: "application/json", data: { n: 1 } },
      { ...attributes, datacontenttype: "text/csv", data: "a,b" },
      { ...attributes, datacontenttype: "application/json" },
    ]);
  });

  it.each([
    ["JSON", "application/json", { datacontenttype: "application/json" }],
    ["another text", "text/plain", { datacontenttype: "text/plain", data: "" }],
  ])(
    "reads an empty value of Kafka and RabbitMQ as an event without data, or with an empty text: %s",
    (_of, type, rest) => {
      const attributes = { specversion: "1.0", id: "a", source: "/shop", type: "t" };
      expect(unwrap(kafka(binary("a", "", type)))).toEqual([{ ...attributes, sequence: "7", ...rest }]);
      expect(unwrap(rabbitMq(rabbit("a", "", type)))).toEqual([{ ...attributes, priority: 7, ...rest }]);
    },
  );

  it("reads an event without data as the relay sends it to Kafka and RabbitMQ: empty, without a content type", () => {
    const attributes = { specversion: "1.0", id: "a", source: "/shop", type: "t" };
    const { headers, value } = binary("a", "");
    const record = { value, headers: headers.filter((named) => !("Content-Type" in named)) };
    expect(unwrap(kafka(record))).toEqual([{ ...attributes, sequence: "7" }]);
    expect(unwrap(rabbitMq(rabbit("a", "", null)))).toStrictEqual([{ ...attributes, priority: 7 }]);
  });

  it.each(["cloudEvents:", "cloudEvents_"])("reads RabbitMQ's binary mode with the prefix %s", (prefix) => {
    const attributes = { specversion: "1.0", id: "ä", source: "/shop", type: "t", priority: 7 };
    const messages = [rabbit("ä", '{"n":1}', undefined, prefix), rabbit("ä", "a,b", "text/csv", prefix)];
    expect(unwrap(rabbitMq(...messages))).toEqual([
      { ...attributes, datacontenttype: "application/json", data: { n: 1 } },
      { ...attributes, datacontenttype: "text/csv", data: "a,b" },
    ]);
  });

  it("takes for an attribute only a header whose name begins as the binding says", () => {
    const attributes = { specversion: "1.0", id: "a", source: "/shop", type: "t", datacontenttype: "application/json" };
    const { headers, value } = binary("a", "1");
    const record = { value, headers: [...headers, header("force_x", "1")] };
    expect(unwrap(kafka(record))).toEqual([{ ...attributes, sequence: "7", data: 1 }]);
    const { basicProperties, data } = rabbit("a", "1");
    const named = { ...basicProperties.headers, "x-cloudEvents:y": { bytes: [49] } };
    const message = { basicProperties: { ...basicProperties, headers: named }, data };
    expect(unwrap(rabbitMq(message))).toEqual([{ ...attributes, priority: 7, data: 1 }]);
  });

  it("reads structured mode also where a header has an attribute, and binary mode where the value is left out", () => {
    expect(unwrap(kafka({ value: base64(json("a")), headers: [header("ce_type", "t")] }))).toEqual([event("a")]);
    const { headers } = binary("a", "1");
    expect(unwrap(kafka({ headers }))).toMatchObject([{ id: "a", sequence: "7" }]);
  });

  const named = (id: string, ...more: readonly object[]) => ({ headers: [...binary(id, "").headers, ...more] });
  const rabbitWith = (headers: object, contentType: unknown = "text/plain") => {
    const { basicProperties, data } = rabbit("a", "x");
    return rabbitMq({ basicProperties: { contentType, headers: { ...basicProperties.headers, ...headers } }, data });
  };

  it.each<[string, unknown, RegExp]>([
    [
      "an object for the value of Kafka",
      kafka({ ...binary("a", "", "text/plain"), value: { a: 1 } }),
      /^The Kafka record's value is an object, not a string/,
    ],
    [
      "a number for the value of Kafka",
      kafka({ ...binary("a", "", "text/plain"), value: 5 }),
      /^The Kafka record's value is a number, not a string/,
    ],
    [
      "a list for the data of RabbitMQ",
      rabbitMq({ ...rabbit("a", "", "text/plain"), data: ["x"] }),
      /^The RabbitMQ message's value is a list, not a string/,
    ],
    [
      "an object for a header of Kafka",
      kafka(named("a", { ce_x: { a: 1 } })),
      /^The header "ce_x" is neither bytes nor/,
    ],
    ["a byte too high", kafka(named("a", { ce_x: [256] })), /^The header "ce_x" is neither bytes nor/],
    ["a byte too low", kafka(named("a", { ce_x: [-129] })), /^The header "ce_x" is neither bytes nor/],
    ["half a byte", kafka(named("a", { ce_x: [1, 0.5] })), /^The header "ce_x" is neither bytes nor/],
    ["a byte in words", kafka(named("a", { CE_X: ["1"] })), /^The header "ce_x" is neither bytes nor/],
    ["bytes of no number", kafka(named("a", { ce_x: [{ toString: 1, valueOf: 1 }] })), /^The header "ce_x" is neither/],
    [
      "bytes that are no list",
      rabbitWith({ "cloudEvents:x": { bytes: "x" } }),
      /^The header "cloudevents:x" is neither/,
    ],
    [
      "a list for a header of RabbitMQ",
      rabbitWith({ "cloudEvents:x": [120] }),
      /^The header "cloudevents:x" is neither/,
    ],
    [
      "no bytes for a content type",
      kafka(named("a", { "Content-Type": { a: 1 } })),
      /^The header "content-type" is nei/,
    ],
    ["an object for a content type", rabbitWith({}, { a: 1 }), /^The header "content-type" is neither/],
    ["a number for a content type", rabbitWith({}, 5), /^The RabbitMQ message's content type is a number: it must be/],
  ])("refuses %s", (_what, invocation, problem) => {
    expect(() => unwrap(invocation)).toThrow(
      expect.objectContaining({ name: "NotACloudEventError", message: expect.stringMatching(problem) }),
    );
  });

  it("reads bytes with a sign and without one, and a record whose other headers have any shape", () => {
    const umlaut = [...Buffer.from("ä")];
    const signed = umlaut.map((byte) => byte - 256);
    const others = [{ other: { a: 1 } }, { other: [{ toString: 1 }] }, { other: [-129] }];
    const record = {
      ...named("a", { ce_x: umlaut }, { ce_y: signed }, { ce_z: [0, 127] }, ...others),
      value: base64("1"),
    };
    expect(unwrap(kafka(record))).toMatchObject([{ id: "a", x: "ä", y: "ä", z: "\u0000\u007f", data: 1 }]);
    expect(Buffer.from([-128, 255]).equals(Buffer.from([128, 255]))).toBe(true);
    expect(unwrap(kafka(named("a", { ce_x: [-128, 255] })))).toMatchObject([{ x: "\ufffd\ufffd" }]);
  });

  it("answers for single messages of Pipes only where each can be named", () => {
    const messages = sqs(["m", json("a")]).Records;
    const answerOf = (list: readonly unknown[]) => readDelivery(list, { pipes: "partial" }).answer;
    expect(answerOf(messages)).toBe("each");
    expect(answerOf([...messages, { eventSource: "aws:rmq" }])).toBe("error");
    expect(readDelivery(messages).answer).toBe("error");
  });

  it.each<[string, unknown, RegExp]>([
    ["anything else", { hello: 1 }, /^specversion is undefined/],
    ["records that are no list", { Records: "x" }, /^specversion is undefined/],
    ["a text that is null", sqs(["m", "null"]), /^What arrived is null/],
    ["nothing within a list", [null], /^What arrived is null/],
    ["a message as SNS sends it, of another type", { Type: "SubscriptionConfirmation", Message: json("a") }, /^spec/],
    ["a notification whose message is no text", { Type: "Notification", Message: 5 }, /^specversion is undefined/],
    ["nothing", undefined, /^The invocation is not one by/],
    ["records of another service", { Records: [{ eventSource: "aws:s3" }] }, /^The invocation is not one by/],
    ["an empty list of records", { Records: [] }, /^The invocation is not one by/],
    ["a text that is no JSON", sqs(["m", "hello"]), /^The SQS message is not JSON/],
    ["another kind of JSON", sqs(["m", '{"hello":1}']), /^specversion is undefined/],
    ["an older CloudEvent", { ...event("a"), specversion: "0.3" }, /^specversion is "0.3"/],
    ["another thing for a version", { ...event("a"), specversion: { a: "secret" } }, /^specversion is an object: a/],
    [
      "a version that is nested deeply",
      sqs(["m", `{"specversion":${HOSTILE_JSON["deep lists"]}}`]),
      /^specversion is a list: a CloudEvent in structured mode has "1.0"\.$/,
    ],
    [
      "a version that is long",
      { specversion: "x".repeat(200_000) },
      /^specversion is "x{299}\.\.\.: a CloudEvent in structured mode has "1.0"\.$/,
    ],
    ["a CloudEvent without id", { ...event("a"), id: undefined }, /^id is undefined/],
    ["a CloudEvent whose type is a number", { ...event("a"), type: 5 }, /^type is a number: it must be a string/],
    ["a CloudEvent with an empty type", { ...event("a"), type: "" }, /^type is empty/],
    ["a list within", [[]], /^What arrived is a list/],
    ["a Kafka record without value or headers", kafka({}), /^The Kafka record is undefined, not a string/],
    ["a Kafka record of a deletion", kafka({ value: null }), /^The Kafka record is null, not a string/],
    [
      "an SQS message without a body",
      { Records: [{ eventSource: "aws:sqs" }] },
      /^The SQS message is undefined, not a string/,
    ],
    ["a Kinesis record without data", { Records: [{ kinesis: {} }] }, /^The Kinesis record is undefined, not a string/],
    ["a RabbitMQ message that is not an event", rabbitMq({ data: base64("{}") }), /^specversion is undefined/],
    ["a message of Pipes that is not an event", sqs(["m", "hello"]).Records, /^The SQS message is not JSON/],
  ])("refuses %s", (_what, invocation, problem) => {
    expect(() => unwrap(invocation)).toThrow(
      expect.objectContaining({ name: "NotACloudEventError", message: expect.stringMatching(problem) }),
    );
  });
});

const TWICE = { a: 1 };

describe("the hash of a payload", () => {
  const hashOf = (carried: object) => payloadHash({ ...event("a"), data: undefined, ...carried } as CloudEvent);
  const sha = (text: string) => createHash("sha256").update(text).digest("base64url");

  it("is what stored rows hold: of data and its place, fields sorted, and of bytes only where there are any", () => {
    expect(hashOf({ data: { b: 2, a: [{ d: 4, c: 3 }] } })).toBe(sha('[{"a":[{"c":3,"d":4}],"b":2},null]'));
    expect(hashOf({ dataref: "s3://big/1" })).toBe(sha('[null,"s3://big/1"]'));
    expect(hashOf({ data_base64: "AA==" })).toBe(sha('[null,null,"AA=="]'));
  });

  it.each<[data: unknown, json: string]>([
    [{ b: [], a: {}, ä: "", "2": 1, "10": 2, B: 3 }, '{"2":1,"10":2,"B":3,"a":{},"b":[],"ä":""}'],
    [
      [1.5, -0, 1e21, true, null, '\u2028\ud800"', [[]], [{}, {}]],
      '[1.5,0,1e+21,true,null,"\u2028\\ud800\\"",[[]],[{},{}]]',
    ],
    [JSON.parse('{"toString":1,"__proto__":{"b":1,"a":2}}'), '{"__proto__":{"a":2,"b":1},"toString":1}'],
    [
      { date: new Date(0), left: undefined, out: () => 1, list: [undefined, Symbol("s"), Number.NaN, new Map()] },
      '{"date":"1970-01-01T00:00:00.000Z","list":[null,null,null,{}]}',
    ],
    [{ twice: [TWICE, TWICE] }, '{"twice":[{"a":1},{"a":1}]}'],
    [{ toJSON: (name: string) => `by ${name}` }, '"by 0"'],
    [{ a: { toJSON: (name: string) => ({ by: [name] }) } }, '{"a":{"by":["a"]}}'],
    [[7, { toJSON: (name: string) => name }], '[7,"1"]'],
    [Array.from({ length: 200_000 }, () => 7), `[${"7,".repeat(199_999)}7]`],
  ])("is the one of stored rows, whatever the data holds: %#", (data, written) => {
    expect(hashOf({ data })).toBe(sha(`[${written},null]`));
  });

  it("is made at any depth, of lists and of objects", () => {
    for (const name of ["deep lists", "deep objects"]) {
      const text = HOSTILE_JSON[name] ?? "";
      expect(hashOf({ data: JSON.parse(text) })).toBe(sha(`[${text},null]`));
    }
  });

  it("is that of JSON.stringify, by which stored rows were hashed, for all that this can write", () => {
    const sorted = (_name: string, value: unknown): unknown =>
      typeof value === "object" && value !== null && !Array.isArray(value)
        ? Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)))
        : value;
    const name = fc.oneof(fc.string(), fc.nat(20).map(String), fc.constantFrom("__proto__", "toString", "\ud800"));
    const value = fc.letrec<{ value: unknown }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        fc.jsonValue(),
        fc.string({ unit: "binary" }),
        fc.anything({ withDate: true, withMap: true, withSparseArray: true, withBoxedValues: true }),
        fc.array(tie("value")),
        fc.array(fc.tuple(name, tie("value"))).map((entries) => Object.fromEntries(entries)),
      ),
    })).value;
    fc.assert(
      fc.property(value, value, fc.option(value, { nil: undefined }), (data, dataref, bytes) => {
        const carried = bytes === undefined ? [data, dataref] : [data, dataref, bytes];
        expect(hashOf({ data, dataref, data_base64: bytes })).toBe(sha(JSON.stringify(carried, sorted)));
      }),
      { numRuns: 2_000, seed: 20_260_131 },
    );
  });

  it("ends where data that was made by hand holds itself", () => {
    const list: unknown[] = [];
    list.push({ list });
    expect(() => hashOf({ data: list })).toThrow(
      new TypeError("The event's data holds itself: an event's data must be JSON."),
    );
  });
});
