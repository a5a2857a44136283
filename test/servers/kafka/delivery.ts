import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import { systemClock } from "../../../lib/aws/system.ts";
import type { NewEvent } from "../../../lib/contract/codec/encode-row.ts";
import type { OutboxEvent } from "../../../lib/contract/event.ts";
import type { Clock, Publisher, PublishResult } from "../../../lib/core/ports.ts";
import { createPublisher } from "../../../lib/targets/kafka/publisher.ts";
import { eventOf } from "../../aws/fixtures.ts";
import { RecordingTelemetry } from "../../world/recording-telemetry.ts";
import { secretTexts } from "../secret-texts.ts";
import { passwordAuth } from "./engine.ts";
import { readTopic } from "./reader.ts";
import type { KafkaServer } from "./server.ts";
import { LOGIN } from "./settings.ts";
import { kafkaAdmin } from "./topics.ts";

const CALL_MS = 10_000;
const UNANSWERED_CALL_MS = 1_500;
const AT_ONCE = 20;
const RECONNECT_AFTER_MS = 61_000;

/** What Kafka promises beyond the contract of every target. */
export function describeDelivery(server: KafkaServer): void {
  const { proxy, ports } = server;
  const admin = kafkaAdmin(server);
  afterAll(() => admin.close());
  beforeEach(() => proxy.setFault("pass"));
  afterEach(() => proxy.setFault("pass"));

  const publisherTo = (topic: string, clock: Clock = systemClock): Publisher =>
    createPublisher({
      config: {
        kind: "kafka",
        brokers: `127.0.0.1:${proxy.port}`,
        topic,
        tls: false,
        auth: passwordAuth("scram-sha-512"),
      },
      path: "OUTBOX_RELAY_TARGET",
      concurrency: AT_ONCE,
      clock,
      telemetry: new RecordingTelemetry(),
      secrets: secretTexts(LOGIN),
    });
  const keyed = (id: string, change: Partial<NewEvent> = {}) =>
    eventOf({ id, order: { key: "order#42", sequence: 1 }, ...change });
  const read = async (topic: string) => readTopic(ports.direct, topic);
  const idsIn = async (topic: string) => (await read(topic)).map(({ headers }) => headers["ce_id"]);
  const publish = (publisher: Publisher, topic: string, events: readonly OutboxEvent[], forMs = CALL_MS) =>
    publisher.publish(topic, events, systemClock.now() + forMs);

  describe("Kafka's idempotent producer", () => {
    it("appends each of many batches that are published at once to one partition", async () => {
      const topic = await admin.createTopic(1);
      const publisher = publisherTo(topic);
      const events = Array.from({ length: AT_ONCE }, (_unused, index) => keyed(`e${index}`));
      const results = await Promise.all(events.map((event) => publish(publisher, topic, [event])));
      const receipts = events.map((_event, offset) => ({ partition: "0", offset: String(offset) }));
      expect(results.flat()).toEqual(receipts.map((receipt) => ({ ...ACKNOWLEDGED, receipt })));
      expect(await idsIn(topic)).toEqual(events.map(({ id }) => id));
    });

    it("appends a call once that is made again because its answer was lost", async () => {
      const topic = await admin.createTopic(4);
      const publisher = publisherTo(topic);
      const events = Array.from({ length: AT_ONCE }, (_unused, index) => eventOf({ id: `e${index}` }));
      expect(await publish(publisher, topic, [eventOf({ id: "warm" })])).toMatchObject([ACKNOWLEDGED]);
      await proxy.setFault("swallow-answers");
      expectFailures(await publish(publisher, topic, events, UNANSWERED_CALL_MS), "ambiguous", "target");
      await proxy.setFault("pass");
      expect(await publish(publisher, topic, events)).toMatchObject(events.map(() => ACKNOWLEDGED));
      expect((await idsIn(topic)).toSorted()).toEqual([...events.map(({ id }) => id), "warm"].toSorted());
    });

    it("takes no other call for the one whose answer was lost", async () => {
      const topic = await admin.createTopic(1);
      const publisher = publisherTo(topic);
      expect(await publish(publisher, topic, [keyed("warm")])).toMatchObject([ACKNOWLEDGED]);
      await proxy.setFault("swallow-answers");
      expectFailures(await publish(publisher, topic, [keyed("lost")], UNANSWERED_CALL_MS), "ambiguous", "target");
      await proxy.setFault("pass");
      for (const id of ["other", "lost", "next"]) {
        expect(await publish(publisher, topic, [keyed(id)])).toMatchObject([ACKNOWLEDGED]);
      }
      // The lost batch comes twice: its second attempt could no longer be recognised as the same batch.
      expect(await idsIn(topic)).toEqual(["warm", "lost", "other", "lost", "next"]);
    });

    it("goes on with its numbers when the broker was killed", async () => {
      const topic = await admin.createTopic(1);
      const publisher = publisherTo(topic);
      expect(await publish(publisher, topic, [keyed("before"), keyed("before2")])).toMatchObject([
        ACKNOWLEDGED,
        ACKNOWLEDGED,
      ]);
      await server.kill();
      const [result] = await publish(publisher, topic, [keyed("down")]);
      await server.start();
      // Whether the publisher knows by then that its connection is gone is a matter of luck.
      const failure = { class: expect.stringMatching(/transient|ambiguous/), scope: "target" };
      expect(result).toMatchObject({ kind: "failed", failure });
      expect(await publish(publisher, topic, [keyed("after")])).toMatchObject([ACKNOWLEDGED]);
      expect(await idsIn(topic)).toEqual(["before", "before2", "after"]);
    });
  });

  describe("what Kafka refuses", () => {
    it("is a batch too large for the topic: of several nobody is to blame, one is too large for good", async () => {
      const topic = await admin.createTopic(1, { "max.message.bytes": "2000" });
      const publisher = publisherTo(topic);
      const half = "x".repeat(1_000);
      const together = await publish(publisher, topic, [keyed("a", { data: half }), keyed("b", { data: half })]);
      expect(together).toMatchObject([TOO_LARGE, TOO_LARGE].map((failure) => ({ kind: "refused-together", failure })));
      expect(await publish(publisher, topic, [keyed("a", { data: half })])).toMatchObject([ACKNOWLEDGED]);
      const [alone] = await publish(publisher, topic, [keyed("c", { data: half + half })]);
      expect(alone).toMatchObject({ failure: TOO_LARGE });
      expect(await idsIn(topic)).toEqual(["a"]);
    });

    it("is an event without a key in a compacted topic, while others of the call pass", async () => {
      const topic = await admin.createTopic(8, { "cleanup.policy": "compact" });
      const publisher = publisherTo(topic);
      // The events go to different partitions.
      const results = await publish(publisher, topic, [keyed("keyed"), eventOf({ id: "unordered" })]);
      const failure = { class: "permanent", scope: "event", code: "INVALID_RECORD" };
      expect(results).toMatchObject([ACKNOWLEDGED, { kind: "refused-together", failure }]);
      expect(await idsIn(topic)).toEqual(["keyed"]);
    });

    it("is everything where the user may not write", async () => {
      const topic = await admin.createTopic(1);
      await admin.forbidWriting(topic);
      const publisher = publisherTo(topic);
      await expect
        .poll(() => publish(publisher, topic, [keyed("a")]))
        .toMatchObject([{ failure: { class: "permanent", scope: "target", code: "TOPIC_AUTHORIZATION_FAILED" } }]);
    });

    it("is everything for a topic that was deleted, which is not made anew", async () => {
      const topic = await admin.createTopic(1);
      const publisher = publisherTo(topic);
      expect(await publish(publisher, topic, [keyed("a")])).toMatchObject([ACKNOWLEDGED]);
      await admin.deleteTopic(topic);
      await expect
        .poll(() => publish(publisher, topic, [keyed("b")]))
        .toMatchObject([{ failure: { class: "permanent", scope: "target", code: "UNKNOWN_TOPIC_OR_PARTITION" } }]);
      await expect(read(topic)).rejects.toThrow(/no topic|Unknown topic/i);
    });

    it("is more than a quota allows, until the pause that Kafka asked for is over", async () => {
      const topic = await admin.createTopic(1);
      const publisher = publisherTo(topic);
      await admin.limitBytesPerSecond(2_000);
      const pressed = keyed("pressed", { data: "x".repeat(10_000) });
      await expect
        .poll(() => publish(publisher, topic, [pressed]))
        .toMatchObject([{ failure: { class: "throttled", scope: "target", retryAfterMs: expect.any(Number) } }]);
      await admin.unlimit();
      await expect.poll(() => publish(publisher, topic, [keyed("after")])).toMatchObject([ACKNOWLEDGED]);
      expect(await idsIn(topic)).toContain("after");
    });
  });

  describe("what a consumer of Kafka sees", () => {
    it("is a key only where the event is ordered, and no deletion where it has no data", async () => {
      const topic = await admin.createTopic(1);
      const events = [keyed("ordered", { data: undefined }), eventOf({ id: "unordered", data: { total: 7 } })];
      expect(await publish(publisherTo(topic), topic, events)).toMatchObject([ACKNOWLEDGED, ACKNOWLEDGED]);
      expect(await read(topic)).toMatchObject([
        {
          key: "order#42",
          value: "",
          headers: { ce_id: "ordered", ce_partitionkey: "order#42", ce_specversion: "1.0" },
        },
        { key: null, value: '{"total":7}', headers: { ce_id: "unordered", "content-type": "application/json" } },
      ]);
    });
  });

  describe("a connection to Kafka", () => {
    it("is kept between calls, and made anew after a minute without one", async () => {
      const topic = await admin.createTopic(1);
      let asleepMs = 0;
      const clock: Clock = { ...systemClock, now: () => systemClock.now() + asleepMs };
      const publisher = publisherTo(topic, clock);
      const call = async (id: string) =>
        expect(await publisher.publish(topic, [keyed(id)], clock.now() + CALL_MS)).toMatchObject([ACKNOWLEDGED]);
      await call("first");
      const before = server.connections;
      await call("second");
      expect(server.connections).toBe(before);
      asleepMs = RECONNECT_AFTER_MS;
      await call("third");
      expect(server.connections).toBe(before + 1);
    });
  });
}

const ACKNOWLEDGED: PublishResult = { kind: "acknowledged" };
const TOO_LARGE = { class: "permanent", scope: "event", code: "MESSAGE_TOO_LARGE" };

function expectFailures(results: readonly PublishResult[], failureClass: string, scope: string): void {
  const failure = { class: failureClass, scope };
  expect(results).toMatchObject(results.map(() => ({ kind: "failed", failure })));
}
