import { describe, expect, it } from "vitest";
import { handleEvents, unwrap } from "../../lib/consumer/index.ts";

const event = (id: string) => ({ specversion: "1.0", id, source: "/shop", type: "t", data: { n: 1 } });
const json = (id: string) => JSON.stringify(event(id));
const base64 = (text: string) => Buffer.from(text).toString("base64");
const eventBridge = (id: string) => ({
  version: "0",
  id: "eb",
  "detail-type": "t",
  source: "/shop",
  detail: event(id),
});
const notification = (id: string) => JSON.stringify({ Type: "Notification", Message: json(id) });
const sqs = (...records: readonly (readonly [messageId: string, body: string, group?: string])[]) => ({
  Records: records.map(([messageId, body, MessageGroupId]) => ({
    ...{ messageId, body, eventSource: "aws:sqs" },
    attributes: MessageGroupId === undefined ? {} : { MessageGroupId },
  })),
});
const kinesis = (...texts: readonly string[]) => ({
  Records: texts.map((text, index) => ({
    eventSource: "aws:kinesis",
    kinesis: { sequenceNumber: `s${index}`, partitionKey: "k", data: base64(text) },
  })),
});
const header = (name: string, value: string) => ({ [name]: [...Buffer.from(value)] });
const kafka = (...records: readonly object[]) => ({ eventSource: "aws:kafka", records: { "topic-0": records } });
const binary = (id: string, value: string | null, contentType = "application/json") => ({
  ...(value === null ? { value } : { value: base64(value) }),
  headers: [
    ...[header("ce_specversion", "1.0"), header("ce_id", id), header("ce_source", "/shop"), header("ce_type", "t")],
    ...[header("ce_sequence", "7"), header("Content-Type", contentType)],
  ],
});

describe("unwrap", () => {
  it.each<[string, unknown]>([
    ["EventBridge", eventBridge("a")],
    ["EventBridge, with $.detail as input", event("a")],
    ["SQS", sqs(["m", json("a")])],
    ["EventBridge in SQS", sqs(["m", JSON.stringify(eventBridge("a"))])],
    ["SNS", { Records: [{ EventSource: "aws:sns", Sns: { Message: json("a") } }] }],
    ["SNS in SQS", sqs(["m", notification("a")])],
    ["Kinesis", kinesis(json("a"))],
    [
      "Kafka in structured mode",
      kafka({ value: base64(json("a")), headers: [header("content-type", "application/cloudevents+json")] }),
    ],
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

  it.each<[string, unknown, RegExp]>([
    ["nothing", undefined, /^The invocation is none by/],
    ["records of another service", { Records: [{ eventSource: "aws:s3" }] }, /^The invocation is none by/],
    ["an empty list of records", { Records: [] }, /^The invocation is none by/],
    ["a text that is no JSON", sqs(["m", "hello"]), /^The SQS message is no JSON/],
    ["another kind of JSON", sqs(["m", '{"hello":1}']), /^specversion is undefined/],
    ["an older CloudEvent", { ...event("a"), specversion: "0.3" }, /^specversion is "0.3"/],
    ["a CloudEvent without id", { ...event("a"), id: undefined }, /^id is undefined/],
    ["a CloudEvent with an empty type", { ...event("a"), type: "" }, /^type is empty/],
    ["a list within", [[]], /^What arrived is a list/],
    ["a Kafka record without value or headers", kafka({}), /^What arrived is object/],
  ])("refuses %s", (_what, invocation, problem) => {
    expect(() => unwrap(invocation)).toThrow(
      expect.objectContaining({ name: "NotACloudEventError", message: expect.stringMatching(problem) }),
    );
  });
});

describe("a handler of events", () => {
  const told: unknown[] = [];
  const onFailure = (error: unknown, recordId: string | undefined) => told.push([recordId, (error as Error).name]);
  const failingOn = (...ids: readonly string[]) => {
    const seen: string[] = [];
    const handle = handleEvents(
      async ({ id }) => {
        seen.push(id);
        if (ids.includes(id)) throw new RangeError("refused");
      },
      { onFailure },
    );
    return { seen, handle };
  };

  it("reports from SQS the messages that failed, malformed ones too, and handles the others", async () => {
    told.length = 0;
    const { seen, handle } = failingOn("b");
    const response = await handle(sqs(["1", json("a")], ["2", json("b")], ["3", "hello"], ["4", json("d")]));
    expect(response).toEqual({ batchItemFailures: [{ itemIdentifier: "2" }, { itemIdentifier: "3" }] });
    expect(seen).toEqual(["a", "b", "d"]);
    expect(told.toSorted()).toEqual([
      ["2", "RangeError"],
      ["3", "NotACloudEventError"],
    ]);
  });

  it("lets nothing of a FIFO group overtake what failed, and goes on with other groups", async () => {
    const { seen, handle } = failingOn("a1");
    const batch = sqs(["1", json("a1"), "a"], ["2", json("b1"), "b"], ["3", json("a2"), "a"], ["4", json("b2"), "b"]);
    expect(await handle(batch)).toEqual({ batchItemFailures: [{ itemIdentifier: "1" }, { itemIdentifier: "3" }] });
    expect(seen).toEqual(["a1", "b1", "b2"]);
  });

  it("stops a shard at the first failure, and reports that one", async () => {
    const { seen, handle } = failingOn("b");
    expect(await handle(kinesis(json("a"), json("b"), json("c")))).toEqual({
      batchItemFailures: [{ itemIdentifier: "s1" }],
    });
    expect(seen).toEqual(["a", "b"]);
  });

  it("reports nothing when all went well", async () => {
    expect(await failingOn().handle(sqs(["1", json("a")]))).toEqual({ batchItemFailures: [] });
    expect(await failingOn().handle(kinesis(json("a")))).toEqual({ batchItemFailures: [] });
    expect(await failingOn().handle(eventBridge("a"))).toBeUndefined();
  });

  it.each<[string, unknown]>([
    ["EventBridge", eventBridge("a")],
    ["SNS", { Records: [{ Sns: { Message: json("a") } }] }],
    ["Kafka", kafka(binary("a", "1"))],
    ["the relay", [event("a")]],
  ])("fails as a whole from %s", async (_from, invocation) => {
    await expect(failingOn("a").handle(invocation)).rejects.toThrow("refused");
  });

  it("tells the handler when the function will be stopped", async () => {
    const deadlines: unknown[] = [];
    const handle = handleEvents(async (_event, { deadlineMs }) => deadlines.push(deadlineMs));
    const before = Date.now();
    await handle(event("a"), { getRemainingTimeInMillis: () => 5_000 });
    expect(deadlines[0]).toBeGreaterThanOrEqual(before + 5_000);
    await handle(event("a"));
    expect(deadlines[1]).toBeUndefined();
  });

  it.each([0, -3, 0.5, 2.5, Number.NaN, Number.POSITIVE_INFINITY, 1_001, "10"])(
    "is not made with a concurrency of %s, which would handle nothing and call it done",
    (concurrency) => {
      const make = () => handleEvents(async () => {}, { concurrency: concurrency as number });
      const shown = typeof concurrency === "string" ? JSON.stringify(concurrency) : concurrency;
      expect(make).toThrow(
        expect.objectContaining({
          name: "SettingError",
          message: `handleEvents.concurrency is ${shown}: it must be an integer from 1 to 1000.`,
        }),
      );
    },
  );

  it("is not made with an option that nobody reads", () => {
    const options = { concurency: 5 } as object;
    expect(() => handleEvents(async () => {}, options)).toThrow(
      "handleEvents.concurency is 5: there is no such setting; the settings here are concurrency, onFailure.",
    );
  });

  it.each([1, 2, 1_000])("handles or reports each message with a concurrency of %d", async (concurrency) => {
    const handled: string[] = [];
    const handle = handleEvents(
      async ({ id }) => {
        if (Number(id) % 3 === 0) throw new RangeError("refused");
        handled.push(id);
      },
      { concurrency, onFailure },
    );
    const ids = Array.from({ length: 20 }, (_unused, index) => String(index));
    const response = await handle(sqs(...ids.map((id) => [id, json(id)] as const)));
    const reported = response?.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier) ?? [];
    expect([...handled, ...reported].sort()).toEqual([...ids].sort());
    expect(reported).toEqual(ids.filter((id) => Number(id) % 3 === 0));
  });
});
