import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { systemClock } from "../../lib/aws/system.ts";
import type { NewEvent } from "../../lib/contract/codec/encode-row.ts";
import type { OutboxEvent } from "../../lib/contract/event.ts";
import { chunksOf, entryBytes, pack } from "../../lib/core/delivery/call/packing.ts";
import { boundedMap } from "../../lib/core/parallel.ts";
import type { Publisher, PublishResult } from "../../lib/core/ports.ts";
import { eventOf } from "../aws/fixtures.ts";
import { RecordingTelemetry } from "../world/recording-telemetry.ts";
import { type OpenTarget, receivedJson, type TargetEngine } from "./engine.ts";
import { relayed } from "./relayed.ts";

const BULK_EVENTS = 10_000;
const ORDERED_KEYS = 20;
const EVENTS_PER_KEY = 10;
const EVENTS_BESIDE_A_KILL = 2_000;
const CONCURRENCY = 8;
const CALL_MS = 10_000;
/** Long enough for any server here to take the call and to do all that it does before it answers. */
const UNANSWERED_CALL_MS = 2_000;

/** Which optional parts of the contract apply. */
export interface Applicable {
  /** The server asks for credentials, and `OpenTarget.forbidden` holds wrong ones. @default false */
  readonly credentials?: boolean;
  /** `TargetEngine.server` can be killed and comes back with its data. @default false */
  readonly restart?: boolean;
}

/** What the core's port asks of every publisher, tested against the real server behind it. */
export function describeTarget(
  name: string,
  start: () => Promise<TargetEngine>,
  { credentials = false, restart = false }: Applicable = {},
): void {
  describe(`publishing to ${name}`, () => {
    let engine: TargetEngine;
    let target: OpenTarget;
    let publisher: Publisher;

    beforeAll(async () => {
      engine = await start();
    });
    afterAll(() => engine?.end());
    beforeEach(async () => {
      await engine.proxy.setFault("pass");
      target = await engine.open();
      publisher = newPublisher();
    });
    afterEach(async () => {
      await engine.proxy.setFault("pass");
      await target?.close();
    });

    function newPublisher({ config, secrets }: Pick<OpenTarget, "config" | "secrets"> = target): Publisher {
      return engine.createPublisher({
        config,
        path: "OUTBOX_RELAY_TARGET",
        concurrency: CONCURRENCY,
        clock: systemClock,
        telemetry: new RecordingTelemetry(),
        ...(secrets === undefined ? {} : { secrets }),
      });
    }

    const destination = (event: Partial<NewEvent> = {}) => publisher.destinationOf(eventOf(event));
    /** In as few calls as the target allows, all at once. Some targets take one event per call. */
    const publish = async (events: readonly OutboxEvent[], to = destination(), forMs = CALL_MS) => {
      const calls = pack(events, publisher.bytesOf, publisher.limits);
      const untilMs = systemClock.now() + forMs;
      return (await Promise.all(calls.map((call) => publisher.publish(to, call, untilMs)))).flat();
    };
    const receivedIds = async () => (await target.received()).map(({ attributes }) => attributes["id"]);

    /** Publishes in calls as full as the target allows, several at once, each until it is acknowledged. */
    async function publishAll(events: readonly OutboxEvent[], onCall: () => void = () => undefined): Promise<void> {
      const calls = pack(events, publisher.bytesOf, publisher.limits);
      await boundedMap(calls, CONCURRENCY, async (call) => {
        await untilAcknowledged(call);
        onCall();
      });
    }

    /** Tries again after every failure but the event's own, as relay and requeuer together do. */
    async function untilAcknowledged(events: readonly OutboxEvent[]): Promise<void> {
      for (let left = events; left.length > 0; ) {
        const results = await publish(left);
        const failures = results.flatMap((result) => (result.kind === "acknowledged" ? [] : [result.failure]));
        for (const failure of failures) expect(failure.scope, failure.message).toBe("target");
        left = left.filter((_event, index) => results[index]?.kind !== "acknowledged");
        if (left.length > 0) await systemClock.sleep(100);
      }
    }

    it("delivers every event as its CloudEvent, whatever it holds", async () => {
      const events = VARIETY.map((change, index) => eventOf({ id: `v${index}`, ...change }));
      expect(await publish(events)).toMatchObject(acknowledgedAll(events));
      const received = await target.received();
      for (const event of events) {
        const { dedupId, ...match } = received.find(({ attributes }) => attributes["id"] === event.id) ?? {};
        expect(match).toEqual(receivedJson(event.json));
        if (engine.traits.deduplicates) expect(dedupId).toBeDefined();
      }
      expect(received).toHaveLength(events.length);
    });

    it("takes an event of the largest size that it states", async () => {
      const { largestBytes = entryBytes(publisher.limits) } = engine.traits;
      const bytesLeft = largestBytes - publisher.bytesOf(eventOf({ data: "" }));
      const largest = eventOf({ data: "x".repeat(bytesLeft) });
      expect(publisher.bytesOf(largest)).toBe(largestBytes);
      expect(await publish([largest])).toMatchObject(acknowledgedAll([largest]));
      expect(await receivedIds()).toEqual([largest.id]);
    });

    it(`delivers ${BULK_EVENTS} events, each once`, async () => {
      const events = eventsNamed("bulk", BULK_EVENTS);
      await publishAll(events);
      expect((await receivedIds()).toSorted()).toEqual(events.map(({ id }) => id).toSorted());
    });

    it("receives an event that is published again as its deduplication says", async () => {
      const event = eventOf({ id: "again" });
      for (const call of [[event], [event]]) expect(await publish(call)).toMatchObject(acknowledgedAll(call));
      expect(await receivedIds()).toEqual(engine.traits.deduplicates ? ["again"] : ["again", "again"]);
    });

    it("keeps the order of each key, where the target has an order", async () => {
      for (let sequence = 1; sequence <= EVENTS_PER_KEY; sequence += 1) {
        const round = Array.from({ length: ORDERED_KEYS }, (_unused, key) =>
          eventOf({ id: `k${key}-${sequence}`, order: { key: `key#${key}`, sequence } }),
        );
        for (const call of pack(round, publisher.bytesOf, publisher.limits)) {
          expect(await publish(call)).toMatchObject(acknowledgedAll(call));
        }
      }
      const received = await target.received();
      const sequencesOf = (key: number) =>
        received
          .filter(({ attributes }) => attributes["partitionkey"] === `key#${key}`)
          .map(({ attributes }) => Number(attributes["sequence"]));
      for (let key = 0; key < ORDERED_KEYS; key += 1) {
        const sequences = engine.traits.ordered ? sequencesOf(key) : sequencesOf(key).toSorted((one, two) => one - two);
        expect(sequences).toEqual(Array.from({ length: EVENTS_PER_KEY }, (_unused, index) => index + 1));
      }
    });

    it("says of a destination that does not exist that it is the target's, lasting fault", async () => {
      const results = await publish(eventsNamed("lost", 2), destination({ destination: target.missing }));
      for (const failure of failuresOf(results)) {
        expect(failure).toMatchObject({ class: "permanent", scope: "target" });
        expect(`${failure.code} ${failure.message}`).toMatch(engine.traits.missingCode);
      }
      const event = eventOf({ id: "beside" });
      expect(await publish([event])).toMatchObject(acknowledgedAll([event]));
      expect(await receivedIds()).toEqual(["beside"]);
    });

    it("refuses a destination that the relay was not deployed for, as the event's own fault", async () => {
      const [failure] = failuresOf(await publish([eventOf()], destination({ destination: "not-listed" })));
      expect(failure).toMatchObject({ class: "permanent", scope: "event", code: "DestinationNotAllowed" });
    });

    const itWithCredentials = credentials ? it : undefined;
    itWithCredentials?.("says that credentials were refused, and never shows them", async () => {
      if (target.forbidden === undefined) throw new Error("The engine has no wrong credentials to try");
      publisher = newPublisher(target.forbidden);
      const results = await publish([eventOf()]);
      expect(failuresOf(results)).toMatchObject([{ class: "permanent", scope: "target" }]);
      expect(JSON.stringify(results)).not.toContain(target.forbidden.secret);
      expect(await receivedIds()).toEqual([]);
    });

    it("fails for now while nobody listens, and goes on when the server is back", async () => {
      await engine.proxy.setFault("refuse");
      for (const failure of failuresOf(await publish(eventsNamed("early", 2)))) {
        expect(failure).toMatchObject({ class: "transient", scope: "target" });
      }
      await engine.proxy.setFault("pass");
      await untilAcknowledged([eventOf({ id: "late" })]);
      engine.proxy.cutConnections();
      await untilAcknowledged([eventOf({ id: "later" })]);
      expect(new Set(await receivedIds())).toEqual(new Set(["late", "later"]));
    });

    it("does not know what became of a call whose answer was lost, and the event may have landed", async () => {
      await untilAcknowledged([eventOf({ id: "warm" })]);
      await engine.proxy.setFault("swallow-answers");
      const results = await publish([eventOf({ id: "unanswered" })], destination(), UNANSWERED_CALL_MS);
      expect(failuresOf(results)).toMatchObject([{ class: "ambiguous", scope: "target" }]);
      await engine.proxy.setFault("pass");
      expect(await receivedIds()).toEqual(["warm", "unanswered"]);
      await untilAcknowledged([eventOf({ id: "next" })]);
    });

    it("gives up in time on a server that never answers", async () => {
      await engine.proxy.setFault("silent");
      const results = await publish(eventsNamed("silent", 2), destination(), UNANSWERED_CALL_MS);
      for (const failure of failuresOf(results)) {
        expect(failure).toMatchObject({ class: expect.stringMatching(/ambiguous|transient/), scope: "target" });
      }
      await engine.proxy.setFault("pass");
      engine.proxy.cutConnections();
      await untilAcknowledged([eventOf({ id: "after" })]);
    });

    it("is not misled by an answer that means nothing", async () => {
      await engine.proxy.setFault("garbage");
      for (const failure of failuresOf(await publish(eventsNamed("garbage", 2)))) {
        expect(failure).toMatchObject({ class: expect.stringMatching(/ambiguous|transient/), scope: "target" });
      }
      await engine.proxy.setFault("pass");
      await untilAcknowledged([eventOf({ id: "after" })]);
    });

    const itWithRestart = restart ? it : undefined;
    itWithRestart?.("loses nothing when the server is killed in the middle of it", async () => {
      const { server } = engine;
      if (server === undefined) throw new Error("The engine has no server to kill");
      const events = eventsNamed("kill", EVENTS_BESIDE_A_KILL);
      const [before, ...after] = chunksOf(events, EVENTS_BESIDE_A_KILL / 4);
      await publishAll(before ?? []);
      let restarted: Promise<void> | undefined;
      await publishAll(after.flat(), () => {
        restarted ??= server.kill().then(() => server.start());
      });
      await restarted;
      expect(new Set(await receivedIds())).toEqual(new Set(events.map(({ id }) => id)));
    });

    it("keeps what the relay cannot deliver, and delivers the rest", async () => {
      const oversize = "x".repeat(publisher.limits.maxBytes);
      const good = Array.from({ length: 25 }, (_unused, index) => ({ id: `good${index}` }));
      const { left, deadLetters } = await relayed(publisher, [
        ...good,
        { id: "oversize", data: oversize },
        { id: "missing", destination: target.missing },
        { id: "not-allowed", destination: "not-listed" },
      ]);
      expect(left).toEqual(["missing", "not-allowed", "oversize"]);
      expect(deadLetters).toEqual(["missing", "not-allowed", "oversize"]);
      expect(new Set(await receivedIds())).toEqual(new Set(good.map(({ id }) => id)));
    });
  });
}

const VARIETY: readonly Partial<NewEvent>[] = [
  { data: { total: 7, note: 'a "quoted" {brace}' } },
  { data: undefined },
  { data: null },
  { data: "text with ünïcödé, 漢字 and 🙂" },
  { data: "no\nJSON", datacontenttype: "text/plain" },
  { data: { deep: [1, [2, { three: 3 }]] }, datacontenttype: "application/vnd.order+json" },
  { subject: "order 42 ✓", dataschema: "https://example.com/order.json" },
  { extensions: { tries: 3, urgent: true, region: "eu" } },
  { traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01" },
  { id: "an id with spaces, and ünïcödé", order: { key: "key ✓ with spaces", sequence: 1 } },
];

const eventsNamed = (prefix: string, count: number): readonly OutboxEvent[] =>
  Array.from({ length: count }, (_unused, index) => eventOf({ id: `${prefix}${index}` }));

const acknowledgedAll = (events: readonly unknown[]): readonly PublishResult[] =>
  events.map(() => ({ kind: "acknowledged" }));

/** The failures of results, all of which must be failures. */
function failuresOf(results: readonly PublishResult[]) {
  expect(results.length).toBeGreaterThan(0);
  return results.map((result) => {
    if (result.kind === "acknowledged") throw new Error("A result says acknowledged where nothing can have been");
    return result.failure;
  });
}
