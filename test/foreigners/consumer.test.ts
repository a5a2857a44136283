import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sqsText } from "../../lib/aws/sqs-text.ts";
import { type CloudEvent, handleEvents, idempotent } from "../../lib/consumer/index.ts";
import { decodeItem } from "../../lib/contract/codec/decode-row.ts";
import type { OutboxEvent } from "../../lib/contract/event.ts";
import { MemoryInbox } from "../consumer/memory-inbox.ts";
import { foreignRow } from "./foreign-rows.ts";

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
  fc.jsonValue({ maxDepth: 2 }),
  fc.record(
    {
      specversion: fc.constantFrom("1.0", 1, "0.3"),
      id: fc.jsonValue(),
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
const oddValue = fc.oneof({ weight: 5, arbitrary: goodOrOdd }, { weight: 1, arbitrary: fc.jsonValue() });

const oddRecord = fc.oneof(
  fc.tuple(fc.uuid(), oddValue).map(([messageId, body]) => sqsRecord(messageId, body)),
  fc.record({
    kinesis: fc.oneof(
      fc.record({ sequenceNumber: fc.uuid(), data: oddValue.map((value) => base64(String(value))) }),
      fc.jsonValue(),
    ),
  }),
  fc.record({ Sns: fc.oneof(fc.record({ Message: oddValue }), fc.jsonValue()) }),
  fc.jsonValue(),
);
const oddInvocation: fc.Arbitrary<unknown> = fc.oneof(
  fc.jsonValue(),
  fc.array(oddRecord, { maxLength: 4 }),
  fc.record({ Records: fc.oneof(fc.array(oddRecord, { maxLength: 4 }), fc.jsonValue()) }),
  fc.record({
    records: fc.dictionary(
      fc.string(),
      fc.array(fc.oneof(fc.record({ offset: fc.nat(), value: oddValue }), fc.jsonValue())),
    ),
  }),
  fc.record({
    rmqMessagesByQueue: fc.dictionary(fc.string(), fc.array(fc.oneof(fc.record({ data: oddValue }), fc.jsonValue()))),
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
