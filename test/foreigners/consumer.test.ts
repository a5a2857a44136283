import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { sqsText } from "../../lib/aws/sqs-text.ts";
import { type CloudEvent, handleEvents, idempotent, newerThanStored, withData } from "../../lib/consumer/index.ts";
import { decodeItem } from "../../lib/contract/codec/decode-row.ts";
import type { OutboxEvent } from "../../lib/contract/event.ts";
import { MemoryInbox } from "../consumer/memory-inbox.ts";
import { foreignRow } from "./foreign-rows.ts";
import { HOSTILE_JSON, THROWN } from "./hostile.ts";
import { hostileJson } from "./hostile-json.ts";

const SEED = 20_260_131;
const base64 = (text: string) => Buffer.from(text).toString("base64");

const foreignEvent = foreignRow
  .map((item): OutboxEvent | undefined => {
    const decoded = decodeItem(item);
    return decoded.kind === "row" && decoded.row.content.kind === "event" ? decoded.row.content.event : undefined;
  })
  .filter((event) => event !== undefined);

const sqsRecord = (messageId: string, body: unknown) => ({
  ...{ messageId, body, eventSource: "aws:sqs", eventSourceARN: "arn:aws:sqs:eu-west-1:111111111111:q" },
});

/** The ways by which the structured event reaches a function. */
const WAYS: readonly (readonly [string, (json: string) => unknown])[] = [
  ["the relay, one event", (json) => JSON.parse(json)],
  ["the relay, a list", (json) => [JSON.parse(json)]],
  ["EventBridge", (json) => ({ "detail-type": "t", source: "s", detail: JSON.parse(json) })],
  ["SQS", (json) => ({ Records: [sqsRecord("m", sqsText(json))] })],
  ["SQS through Pipes", (json) => [sqsRecord("m", sqsText(json))]],
  ["SNS", (json) => ({ Records: [{ EventSource: "aws:sns", Sns: { Message: json } }] })],
  ["SNS in SQS", (json) => ({ Records: [sqsRecord("m", JSON.stringify({ Type: "Notification", Message: json }))] })],
  ["Kinesis", (json) => ({ Records: [{ kinesis: { sequenceNumber: "1", data: base64(json) } }] })],
  ["Kafka", (json) => ({ records: { "t-0": [{ offset: 1, value: base64(json) }] } })],
  ["RabbitMQ", (json) => ({ rmqMessagesByQueue: { "q::/": [{ data: base64(json) }] } })],
];

describe("a foreigner's event", () => {
  it.each(WAYS)("is handled once, and known again, from %s", async (_way, invocationOf) => {
    await fc.assert(
      fc.asyncProperty(foreignEvent, async ({ json }) => {
        const seen: CloudEvent[] = [];
        const failed: unknown[] = [];
        const options = { client: new MemoryInbox(), table: "inbox", consumer: "c", checkPayload: true };
        const handle = handleEvents(
          idempotent(async (event) => seen.push(event), options),
          { onFailure: (error) => failed.push(error) },
        );
        for (const _copy of [1, 2]) await handle(invocationOf(json));
        expect(failed).toEqual([]);
        expect(seen).toEqual([JSON.parse(json)]);
      }),
      { numRuns: 100, seed: SEED },
    );
  });
});

/** Values that are not events, some of them close to one. */
const oddJson = fc.oneof(
  hostileJson,
  fc.record(
    {
      specversion: fc.constantFrom("1.0", 1, "0.3"),
      id: hostileJson,
      source: fc.constant("/s"),
      type: fc.constant("t"),
    },
    { requiredKeys: [] },
  ),
);
const oddText = fc.oneof(
  fc.string(),
  oddJson.map((value) => JSON.stringify(value)),
);
const goodOrOdd = fc.oneof(
  foreignEvent.map(({ json }) => json),
  oddText,
);
const oddValue = fc.oneof({ weight: 5, arbitrary: goodOrOdd }, { weight: 1, arbitrary: hostileJson });

const oddRecord = fc.oneof(
  fc.tuple(fc.uuid(), oddValue).map(([messageId, body]) => sqsRecord(messageId, body)),
  fc.record({
    kinesis: fc.oneof(
      fc.record({
        sequenceNumber: fc.uuid(),
        data: oddValue.map((value) => base64(typeof value === "string" ? value : JSON.stringify(value))),
      }),
      hostileJson,
    ),
  }),
  fc.record({ Sns: fc.oneof(fc.record({ Message: oddValue }), hostileJson) }),
  hostileJson,
);
const oddInvocation: fc.Arbitrary<unknown> = fc.oneof(
  hostileJson,
  fc.array(oddRecord, { maxLength: 4 }),
  fc.record({ Records: fc.oneof(fc.array(oddRecord, { maxLength: 4 }), hostileJson) }),
  fc.record({
    records: fc.dictionary(
      fc.string(),
      fc.array(fc.oneof(fc.record({ offset: fc.nat(), value: oddValue }), hostileJson)),
    ),
  }),
  fc.record({
    rmqMessagesByQueue: fc.dictionary(fc.string(), fc.array(fc.oneof(fc.record({ data: oddValue }), hostileJson))),
  }),
  fc.record({ "detail-type": fc.string(), detail: oddJson }),
);

describe("what is no event", () => {
  it("is refused by its name, whatever it is and whichever way it comes", async () => {
    await fc.assert(
      fc.asyncProperty(oddInvocation, fc.constantFrom("partial" as const, undefined), async (invocation, partial) => {
        const refusals: unknown[] = [];
        const handle = handleEvents(async () => {}, {
          ...{ kafka: partial, pipes: partial },
          onFailure: (error) => refusals.push(error),
        });
        await handle(invocation).catch((error) => refusals.push(error));
        for (const refusal of refusals) expect(refusal).toMatchObject({ name: "NotACloudEventError" });
      }),
      { numRuns: 3_000, seed: SEED },
    );
  });

  it("of SQS is reported, and every message beside it is handled or reported", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(goodOrOdd, { minLength: 1, maxLength: 20 }), async (bodies) => {
        let handled = 0;
        const handle = handleEvents(async () => handled++, { onFailure: () => {} });
        const response = await handle({ Records: bodies.map((body, index) => sqsRecord(String(index), body)) });
        expect(handled + (response?.batchItemFailures.length ?? 0)).toBe(bodies.length);
      }),
      { numRuns: 300, seed: SEED },
    );
  });
});

/** An event's attributes as JSON: all may be another's. The places are one that is allowed, and some that are not. */
const GOOD: Readonly<Record<string, readonly string[]>> = {
  ...{ specversion: ['"1.0"'], id: ['"e1"'], source: ['"/s"'], type: ['"t"'], time: ['"2026-01-31T12:00:00Z"'] },
  ...{ datacontenttype: ['"application/json"', '"text/plain"'], data: ["1", '"x"'], data_base64: ['"AA=="'] },
  ...{ sequence: ['"7"'], subject: ['"s"'], tenant: ['"t1"'] },
  dataref: ['"s3://big/outbox/e1"', '"s3://bi/outbox/e1"', '"s3://big/payroll/e1"', '"s3://big/"'],
};
const NEEDED = ["specversion", "id", "source", "type"];

type Attributes = readonly (readonly [name: string, json: string])[];
const NEEDED_GOOD: Attributes = NEEDED.map((name) => [name, GOOD[name]?.[0] ?? ""]);

/** Drawn by their names, since the values themselves could not be printed. */
const hostileEvent = fc.record({
  good: fc.tuple(
    ...Object.entries(GOOD).map(([name, jsons]) => fc.tuple(fc.constant(name), fc.constantFrom(...jsons))),
  ),
  given: fc.subarray(Object.keys(GOOD)),
  hostile: fc.uniqueArray(
    fc.tuple(fc.constantFrom(...Object.keys(GOOD)), fc.constantFrom(...Object.keys(HOSTILE_JSON))),
    {
      maxLength: 2,
      selector: ([name]) => name,
    },
  ),
});

type Drawn = typeof hostileEvent extends fc.Arbitrary<infer Value> ? Value : never;

const attributesOf = ({ good, given, hostile }: Drawn): Attributes => {
  const kinds = new Map(hostile);
  return good.flatMap(([name, json]): Attributes => {
    const kind = kinds.get(name);
    if (kind !== undefined) return [[name, HOSTILE_JSON[kind] ?? ""]];
    return NEEDED.includes(name) || given.includes(name) ? [[name, json]] : [];
  });
};

const structured = (attributes: Attributes): string =>
  `{${attributes.map(([name, json]) => `${JSON.stringify(name)}:${json}`).join(",")}}`;

/** What Lambda makes of strings in a broker's record; any other value stays as it is. */
const inBytes = (value: unknown) => (typeof value === "string" ? [...Buffer.from(value)] : value);
const inBase64 = (value: unknown) => (typeof value === "string" ? base64(value) : value);

function binaryParts(attributes: Attributes) {
  const values = new Map(attributes.map(([name, json]): [string, unknown] => [name, JSON.parse(json)]));
  const headers = [...values].filter(([name]) => name !== "data" && name !== "datacontenttype");
  return { headers, contentType: values.get("datacontenttype"), data: inBase64(values.get("data")) };
}

const HOSTILE_WAYS: readonly (readonly [string, (attributes: Attributes) => unknown])[] = [
  ...WAYS.map(([way, of]) => [way, (attributes: Attributes) => of(structured(attributes))] as const),
  [
    "Kafka, in binary mode",
    (attributes) => {
      const { headers, contentType, data } = binaryParts(attributes);
      const named = headers.map(([name, value]) => ({ [`ce_${name}`]: inBytes(value) }));
      const typed = contentType === undefined ? [] : [{ "content-type": inBytes(contentType) }];
      return { records: { "t-0": [{ offset: 1, value: data, headers: [...named, ...typed] }] } };
    },
  ],
  [
    "RabbitMQ, in binary mode",
    (attributes) => {
      const { headers: given, contentType, data } = binaryParts(attributes);
      const headers = Object.fromEntries(
        given.map(([name, value]) => [
          `cloudEvents:${name}`,
          typeof value === "string" ? { bytes: inBytes(value) } : value,
        ]),
      );
      return { rmqMessagesByQueue: { "q::/": [{ basicProperties: { contentType, headers }, data }] } };
    },
  ],
];

describe("a hostile sender's event", () => {
  it.each(HOSTILE_WAYS)("is handled, or refused by its name in bounded room, from %s", async (way, invocationOf) => {
    const ends = { handled: 0, refused: 0 };
    await fc.assert(
      fc.asyncProperty(hostileEvent, async (drawn) => {
        const refusals: unknown[] = [];
        const read: string[] = [];
        const s3 = {
          getObject: async ({ Bucket, Key }: { Bucket: string; Key: string }) => {
            read.push(`${Bucket}/${Key}`);
            return { Body: { transformToString: async () => "1" } };
          },
        };
        const handler = async (event: CloudEvent) => {
          ends.handled += 1;
          for (const name of NEEDED) expect(typeof event[name]).toBe("string");
          if (way.endsWith("binary mode") && event.datacontenttype === "text/plain") {
            expect(["string", "undefined"]).toContain(typeof event.data);
          }
          try {
            expect(newerThanStored(event).assignment).toContain("eventsequence");
          } catch (error) {
            expect(error).toMatchObject({ name: "TypeError", message: expect.stringContaining("only ordered events") });
            refusals.push(error);
          }
        };
        const inbox = { client: new MemoryInbox(), table: "inbox", consumer: "c", checkPayload: true };
        const handle = handleEvents(idempotent(withData(handler, { s3, buckets: ["big"] }), inbox), {
          onFailure: (error) => refusals.push(error),
        });
        const invocation = invocationOf(attributesOf(drawn));
        for (const _copy of [1, 2]) await handle(invocation).catch((error) => refusals.push(error));
        for (const refusal of refusals) {
          const { name, message } = refusal as Error;
          expect(["NotACloudEventError", "DataRefError", "TypeError"]).toContain(name);
          if (name === "TypeError") expect(message).toContain("only ordered events");
          else ends.refused += 1;
          expect(message.length).toBeLessThan(1_000);
        }
        expect(read.filter((place) => place !== "big/outbox/e1")).toEqual([]);
      }),
      { numRuns: 60, seed: SEED },
    );
    expect(Math.min(ends.handled, ends.refused)).toBeGreaterThan(5);
  });
});

describe("a handler that throws anything", () => {
  it("has the messages reported for which it threw, and no other", async () => {
    const line = vi.spyOn(console, "error").mockReturnValue();
    const end = fc.option(fc.constantFrom(...Object.keys(THROWN)));
    await fc.assert(
      fc.asyncProperty(fc.array(end, { minLength: 1, maxLength: 5 }), async (ends) => {
        const handle = handleEvents(async ({ id }) => {
          const thrown = ends[Number(id)] ?? undefined;
          if (thrown !== undefined) throw THROWN[thrown]?.();
        });
        const bodies = ends.map((_end, id) => structured([...NEEDED_GOOD, ["id", `"${id}"`]]));
        const response = await handle({ Records: bodies.map((body, index) => sqsRecord(String(index), body)) });
        const failed = ends.flatMap((thrown, index) => (thrown === null ? [] : [{ itemIdentifier: String(index) }]));
        expect(response?.batchItemFailures).toEqual(failed);
      }),
      { numRuns: 200, seed: SEED },
    );
    line.mockRestore();
  });
});
