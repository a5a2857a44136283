import { describe, expect, it } from "vitest";
import type { NewEvent } from "../../../lib/contract/codec/encode-row.ts";
import type { OutboxEvent } from "../../../lib/contract/event.ts";
import type { Failure } from "../../../lib/contract/failure.ts";
import { inOrder } from "../../../lib/core/ordered/publish-in-order.ts";
import { eventOf } from "../../engine/event-of.ts";
import { DOWN, REFUSED, THROTTLED } from "../../world/scripted-target.ts";
import { times, type WorldOptions } from "../../world/world.ts";
import { runIn } from "../delivery/run-of.ts";
import { orderedWorld } from "./ordered-world.ts";

const FORBIDDEN: Failure = { ...DOWN, class: "permanent", code: "HTTP403" };

interface PublishingOptions extends WorldOptions {
  readonly atomicBatches?: boolean;
  /** How many events a call holds. @default 10 */
  readonly maxEntries?: number;
  /** @default 50 s */
  readonly publishForMs?: number;
}

/** The publishing side of one invocation of the relay. */
function publishing(options: PublishingOptions = {}) {
  const { atomicBatches = false, maxEntries = 10, publishForMs = 50_000 } = options;
  const world = orderedWorld("per-key", options);
  const { clock, target } = world;
  Object.assign(target, { atomicBatches, limits: { maxEntries, maxBytes: 1_000 }, bytesOf: () => 10 });
  const run = runIn(world);
  const publishUntilMs = clock.now() + publishForMs;
  const publish = inOrder(run, { publishUntilMs, endMs: publishUntilMs + 5_000 });

  const eventsOf = (key: string, count: number, change: Partial<NewEvent> = {}): readonly OutboxEvent[] =>
    times(count, (index) => eventOf(world.writeEvent(key, index + 1, change).row));
  /** Publishes events of some keys, all keys at once. */
  const publishAll = (...keys: readonly (readonly OutboxEvent[])[]) =>
    clock.run(() => Promise.all(keys.map((events) => publish(events, events.length))));
  const idsOfCalls = () => target.calls.map(({ ids }) => ids);
  const entriesOfCalls = () => target.calls.map(({ ids }) => ids.length);
  return { ...run, clock, target, publish, publishAll, eventsOf, idsOfCalls, entriesOfCalls };
}

describe("how often an event of a key is tried", () => {
  it("is as often as any event, where no other shares its calls, and the outcome tells when the first of them failed", async () => {
    const { publishAll, eventsOf, idsOfCalls, target, clock } = publishing();
    target.script = () => DOWN;
    const beganMs = clock.now();
    const [done] = await publishAll(eventsOf("a", 2));
    expect(idsOfCalls()).toEqual(times(5, () => ["a/1"]));
    expect(done).toMatchObject({ delivered: 0, stop: { kind: "failed", attempts: 5, undecided: true } });
    expect(done?.stop).toMatchObject({ firstFailureMs: beganMs + target.latencyMs });
  });

  it("is twice with its neighbours and twice alone, where the target acknowledges nothing", async () => {
    const { publishAll, eventsOf, entriesOfCalls, target } = publishing({ atomicBatches: true });
    target.script = () => DOWN;
    await publishAll(eventsOf("a", 3));
    expect(entriesOfCalls()).toEqual([3, 3, 1, 1]);
  });

  it("counts no call among those failed together that shows by whose fault it failed", async () => {
    const { publishAll, eventsOf, entriesOfCalls, target } = publishing({ atomicBatches: true });
    target.wholeScript = () => [THROTTLED, DOWN][target.calls.length - 1];
    expect(await publishAll(eventsOf("a", 3))).toEqual([{ delivered: 3 }]);
    expect(entriesOfCalls()).toEqual([3, 3, 3]);
  });

  it("is not at all by a route that another key found full", async () => {
    const { publishAll, eventsOf, target } = publishing();
    target.hasRoutes = true;
    target.script = ({ type }) => (type === "full" ? { ...THROTTLED, code: "Nack", route: type } : undefined);
    await publishAll(eventsOf("a", 1, { type: "full" }));
    target.calls.length = 0;
    const [full, open] = await publishAll(eventsOf("b", 2, { type: "full" }), eventsOf("c", 2, { type: "open" }));
    expect(full).toMatchObject({ delivered: 0, stop: { kind: "failed", attempts: 0, failure: { code: "Nack" } } });
    expect(open).toEqual({ delivered: 2 });
    expect(target.calls.flatMap(({ ids }) => ids)).toEqual(["c/1", "c/2"]);
  });

  it("is up to the deadline: no wait goes beyond it", async () => {
    const backoff = { jitter: "equal", baseMs: 10_000, capMs: 10_000, attempts: 5, budgetMs: 40_000 } as const;
    const { publishAll, eventsOf, target, clock } = publishing({ publishForMs: 1_000, settings: { backoff } });
    target.script = () => DOWN;
    const beganMs = clock.now();
    const [done] = await publishAll(eventsOf("a", 1));
    expect(done?.stop?.kind).toBe("deadline-exceeded");
    expect(clock.now()).toBe(beganMs + 1_000);
  });
});

describe("who is to blame for an event of a key", () => {
  it("is the event where others were acknowledged, and then that is decided", async () => {
    const { publishAll, eventsOf, target } = publishing();
    target.script = ({ id }) => (id === "a/1" ? DOWN : undefined);
    const [poison, others] = await publishAll(eventsOf("a", 2), eventsOf("b", 20));
    expect(poison).toMatchObject({ delivered: 0, stop: { kind: "failed", failure: { scope: "event" } } });
    expect(poison?.stop).not.toHaveProperty("undecided");
    expect(others).toEqual({ delivered: 20 });
  });

  it("is the target once three different events failed alone: the other keys stop as at an open breaker", async () => {
    const { publishAll, eventsOf, target, limiters } = publishing({ atomicBatches: true });
    target.script = () => DOWN;
    const done = await publishAll(...times(5, (index) => eventsOf(`k${index}`, 2)));
    const failed = done.flatMap(({ stop }) => (stop?.kind === "failed" ? [stop] : []));
    expect(failed.map(({ failure }) => failure)).toEqual(times(3, () => DOWN));
    for (const stop of failed) expect(stop).not.toHaveProperty("undecided");
    expect(done.filter(({ stop }) => stop?.kind === "breaker-open")).toHaveLength(2);
    expect(done.map(({ stop }) => stop?.event.id)).toEqual(times(5, (index) => `k${index}/1`));
    expect(limiters.of("default").breaker.kind).toBe("open");
  });

  it("is the target where that is known and its breaker is closed again: no call is made, and the key is stopped", async () => {
    const { publishAll, eventsOf, target, trials } = publishing();
    for (const id of ["x", "y", "z"]) void trials.of("default").begin().failedAlone(id);
    const [done] = await publishAll(eventsOf("a", 2));
    expect(done).toMatchObject({ delivered: 0, stop: { kind: "failed", attempts: 0, event: { id: "a/1" } } });
    expect(done?.stop).toMatchObject({ failure: { code: "TargetFailing", scope: "target" } });
    expect(target.calls).toEqual([]);
  });

  it("is the target where it refuses whatever comes: the key stops at the first event that was not acknowledged", async () => {
    const { publishAll, eventsOf, entriesOfCalls, target } = publishing({ atomicBatches: true });
    target.script = ({ id }) => (id === "a/3" ? FORBIDDEN : undefined);
    const [done] = await publishAll(eventsOf("a", 4));
    expect(done).toMatchObject({ delivered: 2, stop: { kind: "failed", event: { id: "a/3" }, failure: FORBIDDEN } });
    expect(entriesOfCalls()).toEqual([4]);
  });
});

describe("the place of a key in the line of its destination", () => {
  const placeOf = (calls: readonly (readonly string[])[], id: string) => calls.findIndex((ids) => ids.includes(id));
  const OTHERS = ["b", "c", "d", "e"];

  it("is by the events that it still has", async () => {
    const { publishAll, eventsOf, idsOfCalls } = publishing({ concurrency: 1, maxEntries: 1 });
    await publishAll(eventsOf("a", 4), ...OTHERS.map((key) => eventsOf(key, 3)));
    expect(idsOfCalls()[0]).toEqual(["a/1"]);
    expect(placeOf(idsOfCalls(), "a/2")).toBeGreaterThan(placeOf(idsOfCalls(), "e/1"));
  });

  it("is by the events that it still has, also where they leave a refused batch one by one", async () => {
    const { publish, eventsOf, idsOfCalls, target, clock } = publishing({
      ...{ concurrency: 1, maxEntries: 4, atomicBatches: true },
    });
    // A call holds four events of the first key, or one of another.
    target.bytesOf = ({ pk }) => (pk === "a" ? 10 : 1_000);
    target.wholeScript = ({ length }) => (length > 1 ? REFUSED : undefined);
    const others = OTHERS.map((key) => eventsOf(key, 1));
    await clock.run(() => Promise.all([publish(eventsOf("a", 4), 4), ...others.map((events) => publish(events, 3))]));
    const [refused, ...calls] = idsOfCalls();
    expect(refused).toHaveLength(4);
    expect(placeOf(calls, "a/1")).toBeLessThan(placeOf(calls, "d/1"));
    expect(placeOf(calls, "a/2")).toBeGreaterThan(placeOf(calls, "e/1"));
  });
});
