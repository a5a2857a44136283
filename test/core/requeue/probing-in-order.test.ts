import { describe, expect, it } from "vitest";
import type { NewEvent } from "../../../lib/contract/codec/encode-row.ts";
import type { OutboxEvent } from "../../../lib/contract/event.ts";
import { inOrder } from "../../../lib/core/ordered/publish-in-order.ts";
import { fixedRateLimiter } from "../../../lib/core/requeue/fixed-rate-limiter.ts";
import { probingInOrder } from "../../../lib/core/requeue/probing-in-order.ts";
import { targetHealth } from "../../../lib/core/requeue/target-health.ts";
import { eventOf } from "../../engine/event-of.ts";
import { DOWN, THROTTLED } from "../../world/scripted-target.ts";
import { times } from "../../world/world.ts";
import { runIn } from "../delivery/run-of.ts";
import { MINUTE_MS, orderedWorld } from "../ordered/ordered-world.ts";

interface Story {
  readonly atomicBatches?: boolean;
  /** How many events a call holds. @default 3 */
  readonly maxEntries?: number;
  /** @default as many as the target takes */
  readonly eventsPerSecond?: number;
  readonly mayCall?: (destination: string) => boolean;
}

/** The publishing side of the keys that one run of the requeuer drains, one call at a time. */
function probing({ atomicBatches = false, maxEntries = 3, eventsPerSecond, mayCall = () => true }: Story = {}) {
  const world = orderedWorld("per-key", { concurrency: 1 });
  const { clock, target } = world;
  Object.assign(target, { atomicBatches, limits: { maxEntries, maxBytes: 100_000 } });
  const run = runIn(world);
  const publishUntilMs = clock.now() + MINUTE_MS;
  const plain = inOrder(run, { publishUntilMs, endMs: publishUntilMs });
  const health = targetHealth(run);
  const publish = probingInOrder(plain, run, health, fixedRateLimiter(eventsPerSecond, clock), mayCall);

  const eventsOf = (key: string, ...changes: readonly Partial<NewEvent>[]): readonly OutboxEvent[] =>
    changes.map((change, index) => eventOf(world.writeEvent(key, index + 1, change).row));
  const eventsOfKey = (key: string, count: number) => eventsOf(key, ...times(count, () => ({})));
  /** Publishes events of some keys, all keys at once. */
  const publishAll = (...keys: readonly (readonly OutboxEvent[])[]) =>
    clock.run(() => Promise.all(keys.map((events) => publish(events, events.length))));
  const idsOfCalls = () => target.calls.map(({ ids }) => ids);
  return { clock, target, health, publishAll, eventsOf, eventsOfKey, idsOfCalls };
}

describe("a key whose destination was probed", () => {
  it("goes on in calls as large as the target takes them, where it takes a batch whole or not at all", async () => {
    const { publishAll, eventsOfKey, idsOfCalls } = probing({ atomicBatches: true });
    expect(await publishAll(eventsOfKey("a", 6))).toEqual([{ delivered: 6 }]);
    expect(idsOfCalls()).toEqual([["a/1"], ["a/2", "a/3", "a/4"], ["a/5", "a/6"]]);
  });

  it("keeps to the drain rate with each event, where these go one by one", async () => {
    const { publishAll, eventsOfKey, target, clock } = probing({ eventsPerSecond: 10 });
    const startMs = clock.now();
    await publishAll(eventsOfKey("a", 5));
    expect(target.calls.map(({ atMs }) => atMs - startMs)).toEqual([0, 100, 200, 300, 400]);
  });

  it("keeps to the drain rate with each call, where these are batches", async () => {
    const { publishAll, eventsOfKey, target, clock } = probing({ eventsPerSecond: 10, atomicBatches: true });
    const startMs = clock.now();
    await publishAll(eventsOfKey("a", 10));
    expect(target.calls.map(({ atMs }) => atMs - startMs)).toEqual([0, 100, 400, 700]);
  });

  it("probes another destination, too, before more than one of its events goes there", async () => {
    const { publishAll, eventsOf, idsOfCalls } = probing({ atomicBatches: true });
    const [one, other] = [{ destination: "one" }, { destination: "other" }];
    expect(await publishAll(eventsOf("a", one, one, other, other, other))).toEqual([{ delivered: 5 }]);
    expect(idsOfCalls()).toEqual([["a/1"], ["a/2"], ["a/3"], ["a/4", "a/5"]]);
  });

  it("lets those go first that have more events left by now, so that none is left behind", async () => {
    const { publishAll, eventsOfKey, idsOfCalls } = probing({ maxEntries: 1 });
    await publishAll(...["a", "b", "c"].map((key) => eventsOfKey(key, 4)));
    const sequences = idsOfCalls().map(([id]) => Number(id?.slice("a/".length)));
    expect(sequences).toEqual([1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4]);
  });
});

describe("a key whose destination takes no events", () => {
  it("stops at it without a call, where none may be made", async () => {
    const asked: string[] = [];
    const mayCall = (destination: string) => asked.push(destination) < 2;
    const { publishAll, eventsOfKey, idsOfCalls, health } = probing({ mayCall });
    expect(await publishAll(eventsOfKey("a", 3))).toMatchObject([
      { delivered: 1, stop: { kind: "breaker-open", event: { id: "a/2" } } },
    ]);
    expect(idsOfCalls()).toEqual([["a/1"]]);
    expect(asked).toEqual(["default", "default"]);
    expect(health.allFailed()).toBe(false);
  });

  it("stops at it for the rest of the run once it failed by its own fault, though other events were acknowledged", async () => {
    const { publishAll, eventsOfKey, idsOfCalls, target, health } = probing();
    await publishAll(eventsOfKey("a", 1));
    target.script = () => THROTTLED;
    expect(await publishAll(eventsOfKey("b", 1))).toMatchObject([{ delivered: 0, stop: { kind: "failed" } }]);
    target.script = () => undefined;
    target.calls.length = 0;
    expect(await publishAll(eventsOfKey("c", 1))).toMatchObject([
      { delivered: 0, stop: { kind: "breaker-open", event: { id: "c/1" } } },
    ]);
    expect(idsOfCalls()).toEqual([]);
    expect(health.allFailed()).toBe(true);
  });

  it("stops at an event that failed in this run already, nobody knows by whose fault", async () => {
    const { publishAll, eventsOfKey, idsOfCalls, target, health } = probing();
    target.script = () => DOWN;
    const events = eventsOfKey("a", 2);
    expect(await publishAll(events)).toMatchObject([{ delivered: 0, stop: { kind: "failed", undecided: true } }]);
    expect(await publishAll(events)).toMatchObject([
      { delivered: 0, stop: { kind: "breaker-open", event: { id: "a/1" } } },
    ]);
    expect(idsOfCalls()).toEqual([["a/1"]]);
    expect(health.allFailed()).toBe(false);
  });
});
