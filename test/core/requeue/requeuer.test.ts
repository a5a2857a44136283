import { describe, expect, it } from "vitest";
import { DOWN, REFUSED } from "../../world/scripted-target.ts";
import { times, worldOf } from "../../world/world.ts";
import { afterOutage, MINUTE_MS } from "../after-outage.ts";

describe("requeuer", () => {
  it("delivers parked events from their dead letters and ends with table and queue empty", async () => {
    const { requeuerProcess, target, table, deadLetters } = await afterOutage(250);
    const { invoke, telemetry } = requeuerProcess();
    expect(await invoke()).toBe("completed");
    expect(target.delivered).toHaveLength(250);
    expect(table.items.size).toBe(0);
    expect(deadLetters.messages).toHaveLength(0);
    expect(telemetry.total("EventsRequeued")).toBe(250);
    expect(telemetry.total("RequeuerHeartbeat")).toBe(1);
  });

  it("probes with one live event before anything else", async () => {
    const { requeuerProcess, target } = await afterOutage(100);
    await requeuerProcess().invoke();
    expect(target.calls[0]?.ids).toHaveLength(1);
    const secondAtMs = target.calls[1]?.atMs ?? 0;
    expect(secondAtMs).toBeGreaterThan(target.calls[0]?.atMs ?? 0);
  });

  it("ends the run when the probe fails, at no cost to any event, and still tells the oldest age", async () => {
    const { requeuerProcess, target, table, clock } = await afterOutage(100);
    target.script = () => DOWN;
    clock.skip(10 * MINUTE_MS);
    const { invoke, telemetry } = requeuerProcess();
    expect(await invoke()).toBe("completed");
    // One event goes alone, and then two others together, once each.
    expect(target.calls.map(({ ids }) => ids.length)).toEqual([1, 1, 1]);
    expect(new Set(target.calls.flatMap(({ ids }) => ids)).size).toBe(3);
    expect([...table.items.values()].every((item) => item["_attempts"] === undefined)).toBe(true);
    expect(telemetry.measured("OldestUndeliveredAge")[0]).toBeGreaterThan(600);
    expect(telemetry.total("BreakerOpen")).toBe(1);
  });

  it("takes the next event as the probe when the first is refused for its own fault", async () => {
    const { requeuerProcess, target, table } = await afterOutage(3);
    target.script = ({ id }) => (id === "e1" ? REFUSED : undefined);
    await requeuerProcess().invoke();
    expect(target.delivered).toEqual(["e2", "e3"]);
    expect(table.item({ pk: "e1", sk: "1" })?.["_attempts"]).toEqual({ N: "1" });
  });

  it("probes each destination by itself, so a dead one does not end the run for the living", async () => {
    const world = worldOf();
    const { target, write, relayProcess, requeuerProcess, table, clock } = world;
    target.script = () => DOWN;
    await relayProcess().invoke(times(40, (index) => write(index % 2 === 0 ? { destination: "dead" } : {})));
    target.script = ({ destination }) => (destination === "dead" ? DOWN : undefined);
    clock.skip(10 * MINUTE_MS);
    await requeuerProcess().invoke();
    expect([...table.items.values()].every((item) => item["destination"]?.S === "dead")).toBe(true);
    expect(table.items.size).toBe(20);
  });

  it("sweeps rows that have no dead letter and no record: lost, purged, expired are one case", async () => {
    const { write, requeuerProcess, target, table, clock } = worldOf();
    times(2_500, () => write());
    clock.skip(6 * MINUTE_MS);
    const { invoke, telemetry } = requeuerProcess();
    await invoke();
    expect(new Set(target.delivered).size).toBe(2_500);
    expect(target.delivered).toHaveLength(2_500);
    expect(table.items.size).toBe(0);
    expect(telemetry.total("EventsSwept")).toBe(2_500);
  });

  it("leaves rows to the relay until they have the minimum age", async () => {
    const { write, requeuerProcess, target, clock } = worldOf();
    write();
    clock.skip(4 * MINUTE_MS);
    await requeuerProcess().invoke();
    expect(target.calls).toHaveLength(0);
    clock.skip(2 * MINUTE_MS);
    await requeuerProcess().invoke();
    expect(target.delivered).toEqual(["e1"]);
  });

  it("ages a row without a usable recordedtime from the first look", async () => {
    const { write, requeuerProcess, target, table, clock } = worldOf();
    write({}, ({ recordedtime: _time, ...item }) => item);
    write({ recordedtime: "2099-01-01T00:00:00Z" });
    clock.skip(60 * MINUTE_MS);
    await requeuerProcess().invoke();
    expect(target.calls).toHaveLength(0);
    expect([...table.items.values()].every((item) => item["_seenAt"] !== undefined)).toBe(true);
    clock.skip(6 * MINUTE_MS);
    await requeuerProcess().invoke();
    expect(target.delivered).toHaveLength(2);
  });

  it("runs one at a time: a second requeuer does nothing", async () => {
    const { requeuerProcess, table, clock, target } = await afterOutage(10);
    await clock.run(() => table.acquireLease("another", clock.now(), clock.now() + 70_000));
    expect(await requeuerProcess().invoke()).toBe("lease-held");
    expect(target.calls).toHaveLength(0);
  });

  it("takes over the lease of a requeuer that died", async () => {
    const { requeuerProcess, table, clock, target } = await afterOutage(10);
    await clock.run(() => table.acquireLease("dead", clock.now(), clock.now() + 70_000));
    clock.skip(71_000);
    expect(await requeuerProcess().invoke()).toBe("completed");
    expect(target.delivered).toHaveLength(10);
  });

  it("tells the oldest age and then fails when the table cannot be written", async () => {
    const { requeuerProcess, table, target } = await afterOutage(10);
    table.failing.add("lease");
    const { invoke, telemetry } = requeuerProcess();
    await expect(invoke()).rejects.toThrow("acquireLease");
    expect(telemetry.measured("OldestUndeliveredAge")).toHaveLength(1);
    expect(telemetry.total("RequeuerHeartbeat")).toBe(0);
    expect(target.calls).toHaveLength(0);
  });

  it("sweeps although the queue is gone, and says that the run was not whole", async () => {
    const { write, requeuerProcess, deadLetters, clock, table } = worldOf();
    times(20, () => write());
    clock.skip(6 * MINUTE_MS);
    deadLetters.refusing = true;
    const { invoke, telemetry } = requeuerProcess();
    expect(await invoke()).toBe("incomplete");
    expect(table.items.size).toBe(0);
    expect(telemetry.total("RequeuerHeartbeat")).toBe(1);
    expect(telemetry.total("IncompleteRuns")).toBe(1);
  });

  it("publishes nothing more while rows it delivered cannot be deleted", async () => {
    const { requeuerProcess, table, target } = await afterOutage(100);
    const { invoke, telemetry } = requeuerProcess();
    table.failing.add("delete");
    await invoke();
    const published = target.delivered.length;
    expect(await invoke()).toBe("incomplete");
    expect(telemetry.logs.at(-1)?.fields["error"]).toContain("did not delete");
    expect(target.delivered).toHaveLength(published);
    table.failing.delete("delete");
    await invoke();
    expect(new Set(target.delivered).size).toBe(target.delivered.length);
  });

  it("never gives up: events outlive hours of outage", async () => {
    const { requeuerProcess, target, table, clock, deadLetters } = await afterOutage(30);
    target.script = () => DOWN;
    for (let run = 0; run < 60; run += 1) {
      clock.skip(10 * MINUTE_MS);
      await requeuerProcess().invoke();
    }
    deadLetters.purge();
    target.script = () => undefined;
    clock.skip(MINUTE_MS);
    await requeuerProcess().invoke();
    expect(table.items.size).toBe(0);
    expect(new Set(target.delivered).size).toBe(30);
  });

  it("counts a large table over several runs and tells only whole passes", async () => {
    const { write, requeuerProcess, target } = worldOf();
    target.script = () => DOWN;
    times(1_500, () => write());
    const { invoke, telemetry } = requeuerProcess();
    await invoke();
    expect(telemetry.measured("UndeliveredEvents")).toEqual([1_500]);
  });
});

describe("requeuer, as the simulation found it", () => {
  it("publishes no row again whose delete is on the way between sweep and drain", async () => {
    const world = await afterOutage(20);
    world.clock.skip(10 * MINUTE_MS);
    const { invoke } = world.requeuerProcess();
    await invoke();
    expect(world.target.delivered).toHaveLength(20);
  });
});
