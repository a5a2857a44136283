import { describe, expect, it } from "vitest";
import { systemClock } from "../../../lib/aws/system.ts";
import type { NewEvent } from "../../../lib/contract/codec/encode-row.ts";
import type { OutboxEvent } from "../../../lib/contract/event.ts";
import { createPublisher } from "../../../lib/targets/nakadi/publisher.ts";
import { eventOf, eventsOf } from "../../aws/fixtures.ts";
import { httpServer } from "../../aws/loopback.ts";
import type { EventType } from "../../servers/nakadi/nakadi-schema.ts";
import { NakadiServer, type Published } from "../../servers/nakadi/nakadi-server.ts";
import { secretTexts } from "../../servers/secret-texts.ts";
import { RecordingTelemetry } from "../../world/recording-telemetry.ts";

const CLIENT = { id: "relay", secret: "hunter2" };
const NAME = "shop.order-placed";
const SCHEMA = { required: ["total"], properties: { total: { type: "number" } } };
const BUSINESS: EventType = { name: NAME, category: "business", schema: SCHEMA };
const DATA_CHANGE: EventType = { name: NAME, category: "data", schema: SCHEMA };

interface WorldOptions {
  readonly eventType?: EventType;
  readonly config?: Readonly<Record<string, unknown>>;
  readonly maxRequestBytes?: number;
}

async function nakadiWorld({ eventType = BUSINESS, config = {}, maxRequestBytes = 50_000_000 }: WorldOptions = {}) {
  const published: Published[] = [];
  const server = new NakadiServer({
    ...{ client: CLIENT, maxRequestBytes, eventTypes: [eventType, { ...BUSINESS, name: "shop.other" }] },
    publish: (events) => void published.push(...events),
  });
  const url = await httpServer(server.answer);
  const publisher = createPublisher({
    config: {
      ...{ kind: "nakadi", url, eventType: NAME, alsoTo: ["shop.other", "shop.missing"], allowInsecure: true },
      auth: {
        kind: "oauth2",
        tokenUrl: `${url}/oauth/token`,
        clientId: CLIENT.id,
        clientSecret: { parameterName: "/s" },
      },
      ...config,
    },
    ...{ path: "target", concurrency: 8, clock: systemClock, telemetry: new RecordingTelemetry() },
    secrets: secretTexts({ "/s": CLIENT.secret }),
  });
  const publish = (events: readonly OutboxEvent[], to = publisher.destinationOf(events[0] ?? eventOf())) =>
    publisher.publish(to, events, systemClock.now() + 5_000);
  const publishOne = async (change: Partial<NewEvent> = {}) => (await publish([eventOf(change)]))[0];
  return { server, published, publisher, publish, publishOne };
}

const ACKNOWLEDGED = { kind: "acknowledged" };
const failed = (failure: Readonly<Record<string, unknown>>) => ({ kind: "failed", failure });
const bad = (id: string) => eventOf({ id, data: { total: "secret payload" } });

describe("an event in Nakadi", () => {
  const TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  const UUID = "018f3e5a-0000-7000-8000-00000000abCD";

  it("is a business event of the payload's own fields", async () => {
    const { published, publishOne } = await nakadiWorld();
    expect(await publishOne({ id: UUID, data: { total: 7 }, traceparent: TRACEPARENT })).toEqual(ACKNOWLEDGED);
    expect(published).toMatchObject([{ eventType: NAME }]);
    expect(published[0]?.event).toEqual({
      metadata: {
        eid: UUID,
        occurred_at: "2026-01-01T00:00:00Z",
        flow_id: "4bf92f3577b34da6a3ce929d0e0e4736",
        span_ctx: { traceparent: TRACEPARENT },
      },
      total: 7,
    });
  });

  it.each([`ff${TRACEPARENT.slice(2)}`, `00-${"0".repeat(32)}-00f067aa0ba902b7-01`, `cc${TRACEPARENT.slice(2)}-more`])(
    "has no flow of the traceparent %s",
    async (traceparent) => {
      const { published, publishOne } = await nakadiWorld();
      await publishOne({ id: UUID, traceparent });
      expect(published[0]?.event["metadata"]).toEqual({ eid: UUID, occurred_at: "2026-01-01T00:00:00Z" });
    },
  );

  it("has an eid made of its id where that is no UUID: the same one in any language and every attempt", async () => {
    const { published, publishOne } = await nakadiWorld();
    const id = "an id with spaces, and ünïcödé";
    await publishOne({ id });
    await publishOne({ id });
    // Python: uuid.uuid5(uuid.uuid5(uuid.NAMESPACE_URL, "dynamodb-outbox-relay"), id)
    const eid = "0600439d-97c7-5e30-9275-6a9ef4f3149d";
    expect(published.map(({ event }) => event["metadata"])).toMatchObject([{ eid }, { eid }]);
  });

  it("is a data-change event around the payload, as the row's dataop and datatype say", async () => {
    const { published, publishOne } = await nakadiWorld({ eventType: DATA_CHANGE, config: { events: "data-change" } });
    await publishOne({ data: { total: 1 }, extensions: { dataop: "U", datatype: "shop:order" } });
    await publishOne({ id: "e2", data: { total: 2 }, extensions: { dataop: "C" } });
    expect(published.map(({ event }) => event)).toMatchObject([
      { data_type: "shop:order", data_op: "U", data: { total: 1 } },
      { data_type: "order.placed", data_op: "C", data: { total: 2 } },
    ]);
  });

  it("is the whole CloudEvent with Nakadi's metadata", async () => {
    const eventType: EventType = { name: NAME, category: "business" };
    const { published, publish } = await nakadiWorld({ eventType, config: { events: "cloudevents" } });
    const event = eventOf({ data: "plain", datacontenttype: "text/plain" });
    await publish([event]);
    const { metadata: _metadata, ...cloudEvent } = published[0]?.event ?? {};
    expect(cloudEvent).toEqual(JSON.parse(event.json));
  });

  it("names its partition, the same for all of a key, where the event type leaves that to the publisher", async () => {
    const eventType: EventType = { ...BUSINESS, partition_strategy: "user_defined" };
    const { published, publish } = await nakadiWorld({ eventType, config: { partitions: 4 } });
    const events = Array.from({ length: 40 }, (_unused, index) =>
      eventOf({ id: `e${index}`, order: { key: `key${index % 10}`, sequence: 1 + Math.floor(index / 10) } }),
    );
    expect(await publish(events)).toEqual(events.map(() => ACKNOWLEDGED));
    const partitions = published.map(({ partition }) => partition);
    expect(partitions.slice(0, 10)).toEqual(partitions.slice(10, 20));
    expect(new Set(partitions).size).toBeGreaterThan(1);
  });

  it("names its key where the event type is compacted", async () => {
    const eventType: EventType = { ...BUSINESS, cleanup_policy: "compact" };
    const { published, publish } = await nakadiWorld({ eventType, config: { compacted: true } });
    await publish([eventOf({ order: { key: "order#1", sequence: 1 } })]);
    expect(published[0]?.event["metadata"]).toMatchObject({ partition_compaction_key: "order#1" });
  });

  it.each([
    ["business", { data: [1] }, "is a JSON object"],
    ["business", { data: undefined }, "is a JSON object"],
    ["business", { data: "text", datacontenttype: "text/plain" }, "is a JSON object"],
    ["business", { data: { metadata: {} } }, "named metadata"],
    ["data-change", { data: { total: 1 } }, "needs the attribute dataop"],
    ["data-change", { data: { total: 1 }, extensions: { dataop: "X" } }, "needs the attribute dataop"],
    ["data-change", { data: 1, extensions: { dataop: "C" } }, "about a JSON object"],
    ["cloudevents", { extensions: { metadata: "mine" } }, "named metadata"],
  ])("of the shape %s cannot be made of %j, and the others pass", async (events, change, reason) => {
    const { published, publish } = await nakadiWorld({
      ...{ config: { events }, eventType: { name: NAME, category: events === "data-change" ? "data" : "business" } },
    });
    const good = [0, 1].map((index) => eventOf({ id: `good${index}`, extensions: { dataop: "C" } }));
    const results = await publish([...good.slice(0, 1), eventOf(change as Partial<NewEvent>), ...good.slice(1)]);
    const refusal = failed({
      class: "permanent",
      scope: "event",
      code: "NotANakadiEvent",
      message: expect.stringContaining(reason),
    });
    expect(results).toMatchObject([ACKNOWLEDGED, refusal, ACKNOWLEDGED]);
    expect(published).toHaveLength(2);
  });
});

describe("Nakadi's answer", () => {
  it("200 acknowledges all", async () => {
    const { publish, published } = await nakadiWorld();
    const events = eventsOf(100).map(({ id }) => eventOf({ id, data: { total: 1 } }));
    expect(await publish(events)).toEqual(events.map(() => ACKNOWLEDGED));
    expect(published).toHaveLength(100);
  });

  it("207 acknowledges what was submitted; the rest is worth another try", async () => {
    const { server, publish, published } = await nakadiWorld();
    server.brokenPartitions.add(0).add(1);
    const events = eventsOf(40).map(({ id }) => eventOf({ id, data: { total: 1 } }));
    const results = await publish(events);
    const submitted = results.filter(({ kind }) => kind === "acknowledged");
    expect(submitted.length).toBe(published.length);
    expect(submitted.length).toBeGreaterThan(0);
    const left = events.filter((_event, index) => results[index]?.kind !== "acknowledged");
    expect(left.length).toBeGreaterThan(0);
    for (const result of results) {
      if (result.kind !== "acknowledged")
        expect(result).toMatchObject(failed({ class: "transient", scope: "event", code: "publishing" }));
    }
    server.brokenPartitions.clear();
    expect(await publish(left)).toEqual(left.map(() => ACKNOWLEDGED));
    expect(new Set(published.map(({ event }) => JSON.stringify(event))).size).toBe(40);
  });

  it("207 for every event of a call is the target's fault", async () => {
    const { server, publishOne } = await nakadiWorld();
    for (const partition of [0, 1, 2, 3]) server.brokenPartitions.add(partition);
    expect(await publishOne()).toMatchObject(failed({ class: "transient", scope: "target" }));
  });

  it("422 blames the one, and the others are worth another try without it", async () => {
    const { publish, published } = await nakadiWorld();
    const [before, after] = [
      eventOf({ id: "before", data: { total: 1 } }),
      eventOf({ id: "after", data: { total: 2 } }),
    ];
    const results = await publish([before, bad("bad"), after]);
    const aborted = failed({ class: "transient", scope: "target", code: "Aborted" });
    expect(results).toMatchObject([
      aborted,
      failed({ class: "permanent", scope: "event", code: "validating" }),
      aborted,
    ]);
    expect(published).toEqual([]);
    expect(await publish([before, after])).toEqual([ACKNOWLEDGED, ACKNOWLEDGED]);
  });

  it("422 shows where an event is wrong, and not the value", async () => {
    const { publish } = await nakadiWorld();
    const [result] = await publish([bad("bad")]);
    expect(result).toMatchObject({ failure: { message: "Nakadi failed at the event while validating: #/total" } });
    expect(JSON.stringify(result)).not.toContain("secret payload");
    const [incomplete] = await publish([eventOf({ data: { other: 1 } })]);
    expect(incomplete).toMatchObject({ failure: { message: expect.stringContaining("required key [total]") } });
  });

  it("422 for what cannot be partitioned blames that event", async () => {
    const eventType: EventType = { ...BUSINESS, partition_strategy: "hash", partition_key_fields: ["order"] };
    const { publish } = await nakadiWorld({ eventType });
    const results = await publish([
      eventOf({ data: { total: 1, order: 1 } }),
      eventOf({ id: "e2", data: { total: 1 } }),
    ]);
    expect(results).toMatchObject([
      failed({ code: "Aborted" }),
      failed({ class: "permanent", scope: "event", code: "partitioning" }),
    ]);
  });

  it("401 is worth one new token", async () => {
    const { server, publishOne } = await nakadiWorld();
    await publishOne();
    server.tokens.tokens.clear();
    expect(await publishOne()).toEqual(ACKNOWLEDGED);
    expect(server.tokens.asked).toBe(2);
  });

  it("403 is worth one new token, and then the target's lasting fault", async () => {
    const { server, publishOne } = await nakadiWorld();
    server.forbidden.add(NAME);
    expect(await publishOne()).toMatchObject(failed({ class: "permanent", scope: "target", code: "HTTP403" }));
    expect(server.tokens.asked).toBe(2);
  });

  it("404 is a missing event type, the target's lasting fault", async () => {
    const { publishOne } = await nakadiWorld();
    expect(await publishOne({ destination: "shop.missing" })).toMatchObject(
      failed({ class: "permanent", scope: "target", code: "HTTP404" }),
    );
    expect(await publishOne({ destination: "shop.other" })).toEqual(ACKNOWLEDGED);
  });

  it("413 takes the call apart", async () => {
    const { publish } = await nakadiWorld({ maxRequestBytes: 100 });
    const refusal = { kind: "refused-together", failure: { class: "permanent", scope: "event", code: "HTTP413" } };
    expect(await publish([...eventsOf(2)])).toMatchObject([refusal, refusal]);
  });

  it.each([
    [429, "throttled"],
    [503, "transient"],
  ])("%d backs off for as long as it says", async (status, failureClass) => {
    const { server, publishOne } = await nakadiWorld();
    server.upsets.push({ status, retryAfter: "12" });
    expect(await publishOne()).toMatchObject(failed({ class: failureClass, scope: "target", retryAfterMs: 12_000 }));
    expect(await publishOne()).toEqual(ACKNOWLEDGED);
  });

  it("is as large as the largest event that Nakadi takes, and an event a byte larger is stopped before", async () => {
    const { publisher, publish } = await nakadiWorld();
    const sized = (bytes: number) => {
      const empty = eventOf({ data: { total: 1, x: "" } });
      return eventOf({ data: { total: 1, x: "x".repeat(bytes - publisher.bytesOf(empty)) } });
    };
    const largest = sized(publisher.limits.maxBytes);
    expect(publisher.bytesOf(largest)).toBe(999_000);
    expect(await publish([largest])).toEqual([ACKNOWLEDGED]);
    expect(await publish([sized(999_001)])).toMatchObject([failed({ class: "permanent", scope: "event" })]);
  });
});

describe("an answer that is not as described", () => {
  async function answered(status: number, body: string, events = [...eventsOf(2)]) {
    const url = await httpServer((request, response) => {
      request.resume();
      response.writeHead(status).end(body);
    });
    const publisher = createPublisher({
      config: { kind: "nakadi", url, eventType: NAME, allowInsecure: true },
      ...{ path: "target", concurrency: 1, clock: systemClock, telemetry: new RecordingTelemetry() },
    });
    return publisher.publish(NAME, events, systemClock.now() + 5_000);
  }
  const uuids = [1, 2].map((index) => eventOf({ id: `018f3e5a-0000-7000-8000-00000000000${index}` }));
  const item = (index: number, fields: Readonly<Record<string, unknown>>) => ({ eid: uuids[index]?.id, ...fields });

  it.each([
    [204, ""],
    [202, ""],
    [207, "[]"],
    [207, "no JSON"],
    [207, '{"items":[]}'],
  ])("%d %j acknowledges nothing, and nobody knows", async (status, body) => {
    const nobodyKnows = failed({ class: "ambiguous", scope: "target" });
    expect(await answered(status, body)).toMatchObject([nobodyKnows, nobodyKnows]);
  });

  it("207 that leaves one out does not acknowledge it, nor what it only claims by place", async () => {
    const body = JSON.stringify([item(1, { publishing_status: "submitted", step: "publishing" })]);
    expect(await answered(207, body, uuids)).toMatchObject([
      failed({ class: "ambiguous", code: "NoResult" }),
      ACKNOWLEDGED,
    ]);
  });

  it("207 that timed out at an event may have published it", async () => {
    const body = JSON.stringify([
      item(0, { publishing_status: "FAILED", step: "PUBLISHING", detail: "timed out" }),
      item(1, { publishing_status: "SUBMITTED", step: "PUBLISHING" }),
    ]);
    expect(await answered(207, body, uuids)).toMatchObject([failed({ class: "ambiguous" }), ACKNOWLEDGED]);
  });

  it.each([
    "",
    '{"title":"Unprocessable Entity","status":422}',
    JSON.stringify([item(0, { publishing_status: "submitted" }), item(1, { publishing_status: "failed" })]),
  ])("422 %j takes the call apart and acknowledges nothing", async (body) => {
    const refusal = { kind: "refused-together", failure: { class: "permanent", scope: "event" } };
    expect(await answered(422, body, uuids)).toMatchObject([refusal, refusal]);
  });
});

describe("settings", () => {
  it.each([
    [{ eventType: "no spaces" }, "target.eventType", "the name of an event type"],
    [{ alsoTo: ["../admin"] }, "target.alsoTo[0]", "the name of an event type"],
    [{ events: "undefined" }, "target.events", "business, data-change, cloudevents"],
    [{ partitions: 0 }, "target.partitions", "an integer from 1 to"],
    [{ url: "http://nakadi.example.com" }, "target.url", "events would travel unencrypted"],
  ])("%j is refused", (config, setting, reason) => {
    const create = () =>
      createPublisher({
        config: { kind: "nakadi", url: "https://nakadi.example.com", eventType: NAME, ...config },
        ...{ path: "target", concurrency: 1, clock: systemClock, telemetry: new RecordingTelemetry() },
      });
    expect(create).toThrow(setting);
    expect(create).toThrow(reason);
  });
});
