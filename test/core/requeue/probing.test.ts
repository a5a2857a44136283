import { describe, expect, it } from "vitest";
import type { OutboxEvent } from "../../../lib/contract/event.ts";
import { fixedRateLimiter } from "../../../lib/core/requeue/fixed-rate-limiter.ts";
import { probingDelivery } from "../../../lib/core/requeue/probing-delivery.ts";
import { targetHealth } from "../../../lib/core/requeue/target-health.ts";
import { DOWN, REFUSED, THROTTLED, TIMED_OUT, UNREACHED } from "../../world/scripted-target.ts";
import { afterOutage } from "../after-outage.ts";
import { runOf } from "../delivery/run-of.ts";
import { MINUTE_MS, orderedWorld, upTo } from "../ordered/ordered-world.ts";

const PROBES = 5;

/** Keys with two events each, which the requeuer sweeps. No call to the target was made in this run before. */
function waitingKeys(...keys: readonly string[]) {
  const world = orderedWorld();
  for (const key of keys) world.writeEvents(key, 2);
  world.clock.skip(10 * MINUTE_MS);
  return world;
}

/** Parks the keys that are swept, and lets their rest pass. */
async function parkedKeys(...keys: readonly string[]) {
  const world = waitingKeys(...keys);
  world.target.script = () => DOWN;
  await world.requeueFor(1);
  world.target.script = () => undefined;
  world.target.calls.length = 0;
  world.clock.skip(10 * MINUTE_MS);
  return world;
}

describe("probing a destination", () => {
  it("learns nothing of it from an event that was refused for its own fault: the next one is the probe", async () => {
    const { requeuerProcess, target } = await afterOutage(4);
    target.script = ({ id }) => (id === "e1" || id === "e2" ? REFUSED : undefined);
    await requeuerProcess().invoke();
    expect(target.calls.slice(0, 3).map(({ ids }) => ids)).toEqual([["e1"], ["e2"], ["e3"]]);
    expect(target.delivered).toEqual(["e3", "e4"]);
  });

  it("learns nothing of it from a key whose first event was refused: the other keys go on in the same run", async () => {
    const { requeuerProcess, target, deliveries } = await parkedKeys("a", "b", "c");
    target.script = ({ id }) => (id.endsWith("/1") && id.startsWith("a") ? REFUSED : undefined);
    const { invoke, telemetry } = requeuerProcess();
    await invoke();
    expect(deliveries("b")).toEqual(upTo(2));
    expect(deliveries("c")).toEqual(upTo(2));
    expect(deliveries("a")).toEqual([]);
    expect(telemetry.total("BreakerOpen")).toBe(0);
  });

  it("does not take a key's event that failed alone for the target's failure, as long as nobody can tell", async () => {
    const { requeuerProcess, target } = await parkedKeys("a");
    target.landsDespite = undefined;
    target.script = () => TIMED_OUT;
    const { invoke, telemetry } = requeuerProcess();
    await invoke();
    expect(target.calls.map(({ ids }) => ids)).toEqual([["a/1"]]);
    expect(telemetry.total("BreakerOpen")).toBe(0);
  });

  it("leaves a destination alone for the run that throttles the probe in all its attempts", async () => {
    const { requeuerProcess, target, table } = await afterOutage(30);
    target.script = () => THROTTLED;
    const { invoke, telemetry } = requeuerProcess();
    await invoke();
    expect(target.calls).toHaveLength(PROBES);
    expect(new Set(target.calls.flatMap(({ ids }) => ids)).size).toBe(1);
    expect([...table.items.values()].every((item) => item["_attempts"] === undefined)).toBe(true);
    expect(telemetry.total("BreakerOpen")).toBe(1);
  });

  it("leaves a destination alone for the run that throttles a key's probe", async () => {
    const { requeuerProcess, target } = await parkedKeys("a", "b", "c");
    target.script = () => THROTTLED;
    const { invoke, telemetry } = requeuerProcess();
    await invoke();
    expect(target.calls).toHaveLength(PROBES);
    expect(new Set(target.calls.flatMap(({ ids }) => ids)).size).toBe(1);
    expect(telemetry.total("BreakerOpen")).toBe(1);
  });

  it("keeps keys waiting for the probe of another, instead of turning them away", async () => {
    const { requeuerProcess, target, deliveries, table } = await parkedKeys("a", "b", "c", "d", "e");
    target.latencyMs = 1_000;
    await requeuerProcess().invoke();
    expect(target.calls[0]?.ids).toHaveLength(1);
    expect(target.calls[1]?.atMs).toBeGreaterThanOrEqual((target.calls[0]?.atMs ?? 0) + 1_000);
    for (const key of ["a", "b", "c", "d", "e"]) expect(deliveries(key)).toEqual(upTo(2));
    expect(table.items.size).toBe(0);
  });
});

/** The delivery of one run, without the run around it. */
function probing() {
  const { run, deadlines, ...world } = runOf();
  const delivery = probingDelivery(run, deadlines(), fixedRateLimiter(undefined, world.clock), targetHealth(run));
  /** Each outcome, in the order of the events' ids. */
  const outcomesOf = async (events: readonly OutboxEvent[]) => {
    const outcomes = await world.clock.run(() => delivery.deliver(events));
    return outcomes.map(({ event, kind }) => `${event.id} ${kind}`).toSorted();
  };
  return { ...run, ...world, delivery, outcomesOf };
}

describe("the delivery of a run", () => {
  it("tells once of each event: of the probe, and of those that follow it", async () => {
    const { outcomesOf, writtenMany } = probing();
    expect(await outcomesOf(writtenMany(3))).toEqual(["e1 acknowledged", "e2 acknowledged", "e3 acknowledged"]);
    expect(await outcomesOf(writtenMany(2))).toEqual(["e4 acknowledged", "e5 acknowledged"]);
  });

  it("turns away all events but the probe where the destination fails, and each that comes later", async () => {
    const { outcomesOf, writtenMany, target, delivery } = probing();
    target.script = () => THROTTLED;
    expect(delivery.isUnavailable("default")).toBe(false);
    expect(await outcomesOf(writtenMany(3))).toEqual(["e1 failed", "e2 breaker-open", "e3 breaker-open"]);
    const calls = target.calls.length;
    expect(await outcomesOf(writtenMany(2))).toEqual(["e4 breaker-open", "e5 breaker-open"]);
    expect(target.calls).toHaveLength(calls);
    expect(delivery.isUnavailable("default")).toBe(true);
    expect(delivery.isUnavailable("another")).toBe(false);
  });

  it("turns away an event that failed in this run already, nobody knows by whose fault", async () => {
    const { outcomesOf, written, target, delivery } = probing();
    target.script = () => DOWN;
    const event = written();
    expect(await outcomesOf([event])).toEqual(["e1 failed"]);
    expect(await outcomesOf([event])).toEqual(["e1 breaker-open"]);
    expect(target.calls).toHaveLength(1);
    expect(delivery.isUnavailable("default")).toBe(false);
  });

  it("leaves a destination alone for the rest of the run whose breaker opened after the probe, though it closes again", async () => {
    const { outcomesOf, writtenMany, target, delivery, clock, limiters } = probing();
    target.script = ({ id }) => (id === "e1" ? undefined : UNREACHED);
    await outcomesOf(writtenMany(200));
    expect(limiters.anyOpen()).toBe(true);
    clock.skip(10 * MINUTE_MS);
    target.calls.length = 0;
    expect(delivery.isUnavailable("default")).toBe(true);
    expect(await outcomesOf(writtenMany(1))).toEqual(["e201 breaker-open"]);
    expect(target.calls).toEqual([]);
  });

  it("knows of several destinations, and that all of them failed, by what it is given to deliver", async () => {
    const { outcomesOf, written, target, delivery } = probing();
    target.script = ({ destination }) => (destination === "dead" ? THROTTLED : undefined);
    await outcomesOf([written({ destination: "dead" })]);
    expect(delivery.allFailed()).toBe(true);
    expect(delivery.areSeveral()).toBe(false);
    await outcomesOf([written({ destination: "one" }), written({ destination: "other" })]);
    expect(delivery.allFailed()).toBe(false);
    expect(delivery.areSeveral()).toBe(true);
  });

  it("leaves places for pending deletes to a destination that is expected, before its first event comes", () => {
    const { delivery, pendingDeletes } = probing();
    delivery.expect({ destination: "one" });
    const alone = pendingDeletes.enough("one");
    delivery.expect({ destination: "other" });
    expect(pendingDeletes.enough("one")).toBeLessThan(alone);
    expect(delivery.areSeveral()).toBe(true);
  });
});
