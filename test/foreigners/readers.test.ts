import { createHmac } from "node:crypto";
import type { DynamoDBStreamEvent } from "aws-lambda";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { NotAStreamBatchError, streamRecords } from "../../lib/aws/stream-records.ts";
import { handleEvents } from "../../lib/consumer/index.ts";
import { newerThanStored } from "../../lib/consumer/upsert-by-sequence.ts";
import { CorruptLine, decodeLine } from "../../lib/contract/archive/archive-line.ts";
import { decodeItem } from "../../lib/contract/codec/decode-row.ts";
import type { Item } from "../../lib/contract/codec/item.ts";
import { deadLetterText, malformedFailure, readDeadLetter } from "../../lib/contract/dead-letter.ts";
import { typesFilter } from "../../lib/contract/deployment/stream-mapping.ts";
import { idOf } from "../../lib/contract/event.ts";
import { isOwn, readEventTypes } from "../../lib/contract/settings/event-types.ts";
import { signedHeaders, signingKey, webhookId } from "../../lib/targets/http/webhook-signature.ts";
import { RecordingTelemetry } from "../world/recording-telemetry.ts";
import { FOREIGN_IDS, foreignRow, inStream } from "./foreign-rows.ts";
import { hostileJson, hostileText } from "./hostile-json.ts";
import { mutated } from "./mutated-json.ts";

const SEED = 20_260_131;
const RUNS = { numRuns: 3_000, seed: SEED };

const LEASE = { pk: { S: "_requeuer#default" }, sk: { N: "0" } };
const GOOD: Item = {
  ...{ pk: { S: "a" }, sk: { N: "1" }, id: { S: "a" } },
  ...{ source: { S: "/s" }, type: { S: "t" }, time: { S: "2026-01-31T12:00:00Z" } },
};
const recordOf = (item: unknown, position: number): unknown => ({
  eventName: "INSERT",
  dynamodb: { SequenceNumber: String(position), NewImage: item, ApproximateCreationDateTime: 1_767_225_600 },
});

/** Values that are no records, some of them close to one. */
const oddRecord: fc.Arbitrary<unknown> = fc.oneof(
  fc.constant(null),
  hostileJson,
  fc.record({ eventName: fc.constantFrom("INSERT", "REMOVE", 1), dynamodb: hostileJson }),
  fc.tuple(hostileJson, fc.nat()).map(([image, position]) => recordOf(image, position)),
  fc.tuple(foreignRow, hostileJson, hostileJson).map(([row, SequenceNumber, ApproximateCreationDateTime]) => ({
    eventName: "INSERT",
    dynamodb: { NewImage: inStream(row), SequenceNumber, ApproximateCreationDateTime },
  })),
  fc
    .tuple(foreignRow, fc.constantFrom("pk", "sk", "id", "data", "time", "source"), hostileJson)
    .map(([item, name, value]) => recordOf({ ...inStream(item), [name]: value }, 1)),
);

describe("the reader of stream records", () => {
  const read = (event: unknown) => {
    const telemetry = new RecordingTelemetry();
    return { records: streamRecords(event as DynamoDBStreamEvent, telemetry), telemetry };
  };

  it("reads every good record, whatever stands between", () => {
    const either = fc.oneof(
      foreignRow.map((row) => ({ row })),
      oddRecord.map((odd) => ({ odd })),
    );
    fc.assert(
      fc.property(fc.array(either, { maxLength: 10 }), (drawn) => {
        const Records = drawn.map((each, index) =>
          "row" in each ? recordOf(inStream(each.row), 1_000 + index) : each.odd,
        );
        const { records } = read({ Records });
        const good = drawn.flatMap((each, index) =>
          "row" in each && decodeItem(each.row).kind === "row" ? [String(1_000 + index)] : [],
        );
        expect(records.map(({ position }) => position).filter((position) => good.includes(position))).toEqual(good);
        for (const { position, writtenAtMs } of records) {
          expect(typeof position).toBe("string");
          expect(Number.isFinite(writtenAtMs)).toBe(true);
        }
      }),
      RUNS,
    );
  });

  it.each<[what: string, record: unknown]>([
    ["null", null],
    ["a text", "INSERT"],
    ["a row without a key", recordOf({ id: { S: "a" } }, 1)],
    ["a row with an attribute that is null", recordOf({ ...GOOD, tenant: null }, 1)],
  ])("tells of %s among good records, and reads those", (_what, record) => {
    const { records, telemetry } = read({ Records: [recordOf(LEASE, 1), record, recordOf(GOOD, 3)] });
    expect(records.map(({ position }) => position)).toEqual(["3"]);
    if (record !== "INSERT") {
      expect(telemetry.logs).toMatchObject([
        { level: "error", message: expect.stringMatching(/the sweep delivers its row/i) },
      ]);
    }
  });

  it.each([[{}], [null], [undefined], [[]], [{ Records: null }], [{ Records: {} }], ["x"]])(
    "says who may invoke it when it gets %j",
    (event) => {
      expect(() => read(event)).toThrow(NotAStreamBatchError);
      expect(() => read(event)).toThrow(/Only the event source mapping invokes it/);
    },
  );
});

describe("the reader of dead letters", () => {
  it("reads any text, and knows each of its own again by key and id", () => {
    fc.assert(
      fc.property(foreignRow, fc.oneof(fc.string(), hostileText), (item, text) => {
        expect(["event", "stream-positions", "unrecognised"]).toContain(readDeadLetter(text).kind);
        const decoded = decodeItem(item);
        if (decoded.kind === "reserved") return;
        const { key, content } = decoded.row;
        const id = idOf(content);
        const body = deadLetterText(
          { key, id, content, failure: malformedFailure(text), attempts: 1, firstFailureMs: 0, parkedMs: 0 },
          1_000_000,
        );
        expect(readDeadLetter(body)).toEqual({ kind: "event", key, id });
        // A part of one is none: SQS does not cut, but people copy.
        expect(readDeadLetter(body.slice(0, -1)).kind).toBe("unrecognised");
      }),
      RUNS,
    );
  });
});

describe("the reader of dead letters that others wrote", () => {
  const ours = { format: "outbox-dead-letter/1", pk: "k", sk: "1", id: "e1" };
  const positions = { DDBStreamBatchInfo: { shardId: "s", batchSize: 7 } };

  it("reads a dead letter and stream positions of which parts are others", () => {
    fc.assert(
      fc.property(fc.oneof(mutated(ours), mutated(positions)), (body) => {
        const content = readDeadLetter(JSON.stringify(body));
        if (content.kind === "event") {
          expect(content).toEqual({
            ...{ kind: "event", key: { pk: expect.any(String), sk: expect.stringMatching(/^-?[\d.]+$/) } },
            id: content.id === undefined ? undefined : expect.any(String),
          });
        }
        if (content.kind === "stream-positions") expect(content.records).toBeGreaterThanOrEqual(1);
      }),
      RUNS,
    );
  });
});

describe("the reader of archive lines", () => {
  const happened = "2026-01-31T12:00:00.000Z";
  const shared = { note: "n", happened, written: happened, pk: "k", sk: "1", id: "e1", type: "t", destination: "d" };
  const lines = [
    { ...shared, line: "met", malformed: true },
    { ...shared, line: "receipt", role: "relay", attempts: 1, target: { eventId: "x" }, duplicate: true, event: "{}" },
  ];

  it("reads a line, or says why it is none, whatever stands in it", () => {
    const taken = { read: 0, corrupt: 0 };
    const text = fc.oneof(
      hostileText,
      fc.oneof(...lines.map((line) => mutated(line))).map((line) => JSON.stringify(line)),
    );
    fc.assert(
      fc.property(text, (each) => {
        try {
          const { line } = decodeLine(each);
          taken.read += 1;
          if (line.line === "receipt") expect(line.attempts).toBeGreaterThanOrEqual(1);
        } catch (error) {
          expect(error).toBeInstanceOf(CorruptLine);
          taken.corrupt += 1;
        }
      }),
      RUNS,
    );
    expect(Math.min(taken.read, taken.corrupt)).toBeGreaterThan(RUNS.numRuns / 20);
  });
});

describe("a consumer", () => {
  const good = { specversion: "1.0", id: "e1", source: "/s", type: "t" };
  const sqs = { eventSource: "aws:sqs", messageId: "m1", body: JSON.stringify(good) };
  const kinesis = { kinesis: { sequenceNumber: "7", data: Buffer.from(JSON.stringify(good)).toString("base64") } };
  const sns = { Sns: { Message: JSON.stringify(good) } };

  it.each<[source: string, records: (record: unknown) => readonly unknown[]]>([
    ["SQS", (record) => [null, record]],
    ["SQS", (record) => [record, null, record]],
    ["Kinesis", (record) => [record, null]],
    ["SNS", (record) => [null, record]],
  ])("of %s refuses a null record by its name", async (source, records) => {
    const record = { SQS: sqs, Kinesis: kinesis, SNS: sns }[source];
    const refusals: unknown[] = [];
    const handle = handleEvents(async () => {}, { onFailure: (error) => refusals.push(error) });
    await handle({ Records: records(record) }).catch((error) => refusals.push(error));
    expect(refusals).toEqual([expect.objectContaining({ name: "NotACloudEventError" })]);
  });

  const data = Buffer.from(JSON.stringify(good)).toString("base64");
  it.each<[source: string, invocation: unknown]>([
    ["Kafka", { records: { "t-0": [null, { offset: 1, value: data }] } }],
    ["RabbitMQ", { rmqMessagesByQueue: { "q::/": [null, { data }] } }],
    ["the relay or Pipes", [null, good]],
  ])("of %s refuses null among its records by its name", async (_source, invocation) => {
    const refused = { name: "NotACloudEventError" };
    await expect(handleEvents(async () => {})(invocation)).rejects.toMatchObject(refused);
  });

  it("of SQS handles the good messages behind a null record", async () => {
    const handled: string[] = [];
    const handle = handleEvents(async ({ id }) => handled.push(id), { onFailure: () => {} });
    expect(await handle({ Records: [null, sqs] })).toEqual({ batchItemFailures: [{ itemIdentifier: "" }] });
    expect(handled).toEqual(["e1"]);
  });

  it("that compares sequences says of any other value that it is none", () => {
    fc.assert(
      fc.property(hostileJson, (sequence) => {
        const event = { ...good, data: undefined, sequence } as unknown as Parameters<typeof newerThanStored>[0];
        if (typeof sequence === "string" && /^\d+$/.test(sequence)) {
          expect(newerThanStored(event).ExpressionAttributeValues).toEqual({ ":eventsequence": { N: sequence } });
        } else {
          expect(() => newerThanStored(event)).toThrow(/only ordered events have an age to compare/);
        }
      }),
      RUNS,
    );
  });
});

type Rule = string | { readonly prefix: string };

/** Lambda's documented filter, as far as `only` uses it: a string is equal, a prefix begins. */
const passes = (filter: ReturnType<typeof typesFilter>, item: Item): boolean => {
  const { dynamodb } = filter as { dynamodb: { NewImage: { type: { S: readonly Rule[] } } } };
  const type = item["type"]?.S;
  return dynamodb.NewImage.type.S.some((rule) =>
    typeof rule === "string" ? type === rule : type?.startsWith(rule.prefix) === true,
  );
};

describe("the filter by event types", () => {
  const type = fc.constantFrom(
    "order.placed",
    "order.paid",
    "order",
    "orders.x",
    "parcel.sent",
    "*",
    "",
    "ö",
    "order.\n",
  );
  const entry = fc.oneof(type, fc.constantFrom("order.*", "par*", "ö*"), fc.string(), hostileJson);

  it("is read, or refused as a setting, whatever it is; and Lambda's filter passes what is the relay's own", () => {
    let read = 0;
    fc.assert(
      fc.property(
        fc.oneof(
          fc.record({ only: fc.array(entry, { maxLength: 3 }) }),
          fc.record({ except: fc.array(entry, { maxLength: 3 }) }),
          hostileJson,
        ),
        fc.oneof(
          foreignRow,
          type.map((S) => ({ type: { S } })),
        ),
        (setting, item) => {
          let types: ReturnType<typeof readEventTypes>;
          try {
            types = readEventTypes("relay.eventTypes", setting);
          } catch (error) {
            expect(error).toMatchObject({ name: "SettingError", message: expect.stringMatching(/^relay\.eventTypes/) });
            return;
          }
          read += 1;
          const own = isOwn(item, types);
          if ("only" in types) {
            expect(passes(typesFilter(types.only), item)).toBe(own);
            expect(isOwn(item, { except: types.only }), "each row is of exactly one relay").toBe(!own);
          }
        },
      ),
      RUNS,
    );
    expect(read).toBeGreaterThan(RUNS.numRuns / 20);
  });
});

describe("the signature of webhooks", () => {
  const id = fc.oneof(fc.constantFrom(...FOREIGN_IDS), fc.string({ minLength: 1, unit: "binary" }), fc.uuid());
  const key = fc.uint8Array({ minLength: 24, maxLength: 64 }).map((bytes) => Buffer.from(bytes));
  const secretOf = (bytes: Buffer): string => `whsec_${bytes.toString("base64")}`;

  /** As a receiver does it by the specification, from the headers and the body alone. */
  const verifies = (secret: string, headers: Readonly<Record<string, string>>, body: string): boolean => {
    const signed = `${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${body}`;
    const expected = createHmac("sha256", Buffer.from(secret.replace("whsec_", ""), "base64"))
      .update(signed)
      .digest("base64");
    return (headers["webhook-signature"] ?? "").split(" ").includes(`v1,${expected}`);
  };

  it("is verified by a receiver that has one of the secrets, and by no other, for any event", () => {
    fc.assert(
      fc.property(
        fc.array(id, { minLength: 1, maxLength: 3 }),
        fc.string({ unit: "binary" }),
        key,
        key,
        key,
        (ids, body, ...keys) => {
          const [first, second, other] = keys;
          const signing = [first, second].map((each) => signingKey(secretOf(each)));
          const headers = signedHeaders(webhookId(ids), body, { keys: signing, nowMs: 1_767_225_600_123 });
          for (const value of Object.values(headers)) expect(value).toMatch(/^[ -~]+$/);
          expect(headers["webhook-id"]).not.toContain(".");
          expect(verifies(secretOf(first), headers, body)).toBe(true);
          expect(verifies(secretOf(second), headers, body)).toBe(true);
          expect(verifies(secretOf(other), headers, body)).toBe(other.equals(first) || other.equals(second));
          expect(verifies(secretOf(first), headers, `${body} `)).toBe(false);
          expect(verifies(secretOf(first), { ...headers, "webhook-id": "other" }, body)).toBe(false);
          expect(verifies(secretOf(first), { ...headers, "webhook-timestamp": "1" }, body)).toBe(false);
        },
      ),
      { ...RUNS, numRuns: 1_000 },
    );
  });

  it("gives different events different ids, and the same ones the same", () => {
    fc.assert(
      fc.property(
        fc.array(id, { minLength: 1, maxLength: 3 }),
        fc.array(id, { minLength: 1, maxLength: 3 }),
        (ids, others) => {
          expect(webhookId([...ids])).toBe(webhookId(ids));
          expect(webhookId(ids) === webhookId(others)).toBe(JSON.stringify(ids) === JSON.stringify(others));
        },
      ),
      RUNS,
    );
  });

  it("takes a secret, or refuses it without showing it", () => {
    const secret = fc.oneof(
      fc.string(),
      fc.base64String({ minLength: 4, maxLength: 120 }),
      fc.base64String({ maxLength: 120 }).map((text) => `whsec_${text}`),
    );
    fc.assert(
      fc.property(secret, (text) => {
        try {
          const bytes = signingKey(text).length;
          expect(bytes).toBeGreaterThanOrEqual(24);
          expect(bytes).toBeLessThanOrEqual(64);
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
          const { name, message } = error as Error;
          expect(name).toBe("Error");
          if (text.trim().length > 8) expect(message).not.toContain(text.trim());
        }
      }),
      RUNS,
    );
  });
});
