import { describe, expect, it } from "vitest";
import { letterText } from "../../lib/core/delivery/dead-letter.ts";
import { letterOf } from "../adapters/fixtures.ts";
import { DOWN, REFUSED, THROTTLED } from "../world/scripted-target.ts";
import { times, worldOf } from "../world/world.ts";

const MINUTE_MS = 60_000;

/** An outage: events written and parked, the target back again. */
async function afterOutage(count: number, world = worldOf()) {
  const { target, write, relayProcess, clock } = world;
  target.script = () => DOWN;
  await relayProcess().invoke(times(count, () => write()));
  target.script = () => undefined;
  target.calls.length = 0;
  clock.skip(MINUTE_MS);
  return world;
}

describe("requeuer", () => {
  it("delivers parked events from their letters and ends with table and queue empty", async () => {
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

  it("raises its concurrency from one call", async () => {
    const { requeuerProcess, target } = await afterOutage(1_000);
    await requeuerProcess().invoke();
    const firstWave = target.calls.filter(({ atMs }) => atMs === target.calls[1]?.atMs);
    expect(firstWave.length).toBeLessThanOrEqual(2);
    expect(target.maxInFlight).toBeGreaterThan(4);
  });

  it("ends the run when the probe fails, at no cost to any event, and still tells the oldest age", async () => {
    const { requeuerProcess, target, table, clock } = await afterOutage(100);
    target.script = () => DOWN;
    clock.skip(10 * MINUTE_MS);
    const { invoke, telemetry } = requeuerProcess();
    expect(await invoke()).toBe("completed");
    expect(new Set(target.calls.flatMap(({ ids }) => ids)).size).toBe(1);
    expect([...table.items.values()].every((item) => item["_attempts"] === undefined)).toBe(true);
    expect(telemetry.measured("OldestUndeliveredAge")[0]).toBeGreaterThan(600);
    expect(telemetry.total("BreakerOpen")).toBe(1);
  });

  it("takes the next event as the probe when the first is refused for its own fault", async () => {
    const { requeuerProcess, target, table } = await afterOutage(3);
    target.script = ({ id }) => (id === "e1" ? REFUSED : undefined);
    await requeuerProcess().invoke();
    expect(target.delivered).toEqual(["e2", "e3"]);
    expect(table.item({ pk: "e1", sk: 1 })?.["_attempts"]).toEqual({ N: "1" });
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

  it("sweeps rows that have no letter and no record: lost, purged, expired are one case", async () => {
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

  it("deletes a letter whose row is gone, unpublished", async () => {
    const { requeuerProcess, target, table, deadLetters } = await afterOutage(5);
    table.items.clear();
    const { invoke, telemetry } = requeuerProcess();
    await invoke();
    expect(target.calls).toHaveLength(0);
    expect(deadLetters.messages).toHaveLength(0);
    expect(telemetry.total("DuplicatesAvoided")).toBe(5);
  });

  it("deletes a letter whose row holds another event by now", async () => {
    const world = worldOf();
    const { target, write, relayProcess, requeuerProcess, deadLetters, clock } = world;
    target.script = () => DOWN;
    await relayProcess().invoke([write({ id: "old", order: { key: "order#1", sequence: 1 } })]);
    write({ id: "new", order: { key: "order#1", sequence: 1 } });
    target.script = () => undefined;
    clock.skip(MINUTE_MS);
    await requeuerProcess().invoke();
    expect(target.delivered).toEqual([]);
    expect(deadLetters.messages).toHaveLength(0);
  });

  it("publishes the row and not the letter: a row repaired meanwhile goes out as it is now", async () => {
    const world = worldOf();
    const { write, relayProcess, requeuerProcess, target, table, clock, deadLetters } = world;
    await relayProcess().invoke([write({}, ({ source: _source, ...item }) => item)]);
    const parked = table.item({ pk: "e1", sk: 1 });
    if (parked === undefined) throw new Error("The row is gone");
    table.put({ ...parked, source: { S: "repaired" } });
    clock.skip(90 * MINUTE_MS);
    const sources: string[] = [];
    target.script = ({ source }) => {
      sources.push(source);
      return undefined;
    };
    await requeuerProcess().invoke();
    expect(sources).toEqual(["repaired"]);
    expect(table.items.size).toBe(0);
    expect(deadLetters.messages).toHaveLength(0);
  });

  it("lets a malformed row rest longer and longer, and never loses it", async () => {
    const { write, relayProcess, requeuerProcess, table, clock, deadLetters } = worldOf();
    await relayProcess().invoke([write({}, ({ type: _type, ...item }) => item)]);
    for (let round = 2; round <= 4; round += 1) {
      clock.skip(120 * MINUTE_MS);
      await requeuerProcess().invoke();
      expect(table.item({ pk: "e1", sk: 1 })?.["_attempts"]).toEqual({ N: String(round) });
    }
    expect(deadLetters.messages).toHaveLength(1);
  });

  it("gives a malformed row that nobody parked its letter", async () => {
    const { write, requeuerProcess, clock, deadLetters } = worldOf();
    write({}, ({ type: _type, ...item }) => item);
    clock.skip(6 * MINUTE_MS);
    const { invoke, telemetry } = requeuerProcess();
    await invoke();
    expect(deadLetters.bodies).toMatchObject([{ id: "e1", code: "MalformedRow" }]);
    expect(telemetry.total("MalformedRecords")).toBe(1);
  });

  it("hides the letter of a resting row until the row is due", async () => {
    const { write, relayProcess, requeuerProcess, target, table, deadLetters, clock } = worldOf();
    target.script = () => REFUSED;
    await relayProcess().invoke([write()]);
    const row = table.item({ pk: "e1", sk: 1 });
    const dueMs = clock.now() + 30 * MINUTE_MS;
    table.put({ ...row, _notBefore: { N: String(dueMs) } });
    await requeuerProcess().invoke();
    expect(target.calls).toHaveLength(1);
    expect(Math.abs((deadLetters.messages[0]?.visibleAtMs ?? 0) - dueMs)).toBeLessThan(1_500);
  });

  it("counts and deletes letters that hold stream positions only", async () => {
    const { requeuerProcess, deadLetters } = worldOf();
    deadLetters.put(JSON.stringify({ requestContext: {}, DDBStreamBatchInfo: { shardId: "s", batchSize: 7 } }));
    const { invoke, telemetry } = requeuerProcess();
    await invoke();
    expect(telemetry.total("StreamRecordsDiscarded")).toBe(7);
    expect(deadLetters.messages).toHaveLength(0);
  });

  it("keeps a message that is not ours, hidden, and says so", async () => {
    const { requeuerProcess, deadLetters, clock } = worldOf();
    deadLetters.put("hello");
    const { invoke, telemetry } = requeuerProcess();
    await invoke();
    expect(deadLetters.messages[0]?.visibleAtMs).toBeGreaterThan(clock.now() + 11 * 60 * MINUTE_MS);
    expect(telemetry.logs.map(({ message }) => message).join()).toContain("not ours");
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

  it("sweeps although the queue is gone, and then fails", async () => {
    const { write, requeuerProcess, deadLetters, clock, table } = worldOf();
    times(20, () => write());
    clock.skip(6 * MINUTE_MS);
    deadLetters.refusing = true;
    await expect(requeuerProcess().invoke()).rejects.toThrow("The queue refuses");
    expect(table.items.size).toBe(0);
  });

  it("publishes nothing more while rows it delivered cannot be deleted", async () => {
    const { requeuerProcess, table, target } = await afterOutage(100);
    const { invoke } = requeuerProcess();
    table.failing.add("delete");
    await invoke();
    const published = target.delivered.length;
    await expect(invoke()).rejects.toThrow("did not delete");
    expect(target.delivered).toHaveLength(published);
    table.failing.delete("delete");
    await invoke();
    expect(new Set(target.delivered).size).toBe(target.delivered.length);
  });

  it("publishes a row once whose letters are received in rounds beside each other", async () => {
    const { requeuerProcess, target, deadLetters, clock } = await afterOutage(400);
    // The queue may hold several letters of a row: a second set, in another order.
    const bodies = deadLetters.messages.map(({ body }) => body);
    for (const body of bodies.toReversed()) deadLetters.put(body);
    const { invoke } = requeuerProcess();
    await invoke();
    clock.skip(2 * MINUTE_MS);
    await invoke();
    expect(target.delivered).toHaveLength(400);
    expect(new Set(target.delivered).size).toBe(400);
    expect(deadLetters.messages).toHaveLength(0);
  });

  it("has several rounds of letters in work at once", async () => {
    const { requeuerProcess, target, clock } = await afterOutage(3_000);
    target.latencyMs = 1_000;
    const startMs = clock.now();
    await requeuerProcess().invoke();
    // One round after the other would take a second for each hundred.
    expect(target.delivered).toHaveLength(3_000);
    expect(clock.now() - startMs).toBeLessThan(20_000);
  });

  it("has fewer letters in a round where their rows are large", async () => {
    const { requeuerProcess, target, table, deadLetters, write } = worldOf();
    Object.assign(target, { limits: { maxEntries: 10, maxBytes: 1_000_000 } });
    const records = times(300, () => write({ data: { text: "x".repeat(200_000) } }));
    for (const { row } of records) deadLetters.put(letterText(letterOf({ id: row.key.pk }), 10_000));
    const readAtOnce: number[] = [];
    const readRows = table.readRows.bind(table);
    table.readRows = (keys) => {
      readAtOnce.push(keys.length);
      return readRows(keys);
    };
    await requeuerProcess().invoke();
    expect(target.delivered).toHaveLength(300);
    expect(Math.max(...readAtOnce)).toBeLessThanOrEqual(20);
  });

  it("keeps to the drain rate", async () => {
    const { requeuerProcess, target, clock } = await afterOutage(200, worldOf({ settings: { maxDrainRate: 10 } }));
    const startMs = clock.now();
    await requeuerProcess().invoke();
    const seconds = (clock.now() - startMs) / 1_000;
    expect(target.delivered.length / seconds).toBeLessThanOrEqual(13);
    expect(target.delivered.length).toBeGreaterThan(100);
  });

  it("comes back in its next run at the rate that the target took", async () => {
    const { requeuerProcess, target, clock } = await afterOutage(3_000);
    const { invoke } = requeuerProcess();
    const quotaOf = (callsPerSecond: number) => {
      let tokens = callsPerSecond;
      let filledAtMs = clock.now();
      target.script = (_event, call) => {
        const { atMs = 0, ids = [] } = target.calls[call - 1] ?? {};
        tokens = Math.min(callsPerSecond, tokens + ((atMs - filledAtMs) * callsPerSecond) / 1_000);
        filledAtMs = Math.max(filledAtMs, atMs);
        tokens -= 1 / Math.max(1, ids.length);
        return tokens < 0 ? THROTTLED : undefined;
      };
    };
    quotaOf(5);
    await invoke();
    clock.skip(MINUTE_MS);
    target.script = () => undefined;
    target.calls.length = 0;
    await invoke();
    const startMs = target.calls[0]?.atMs ?? 0;
    const inFirstSecond = target.calls.filter(({ atMs }) => atMs < startMs + 1_000);
    expect(inFirstSecond.length).toBeLessThanOrEqual(10);
  });

  it("halves at the first throttle and leaves what is left to the next run", async () => {
    const { requeuerProcess, target, table, clock } = await afterOutage(400);
    target.script = () => (target.inFlight > 2 ? THROTTLED : undefined);
    await requeuerProcess().invoke();
    for (let run = 0; run < 5 && table.items.size > 0; run += 1) {
      clock.skip(MINUTE_MS + 15_000);
      await requeuerProcess().invoke();
    }
    expect(table.items.size).toBe(0);
    expect(new Set(target.delivered).size).toBe(400);
  });

  it("never gives up: events outlive hours of outage", async () => {
    const { requeuerProcess, target, table, clock, deadLetters } = await afterOutage(30);
    target.script = () => DOWN;
    for (let run = 0; run < 60; run += 1) {
      clock.skip(10 * MINUTE_MS);
      await requeuerProcess().invoke();
    }
    deadLetters.messages = [];
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

  it("keeps the letter of an event whose key carried another event before", async () => {
    const world = worldOf({ settings: { minAgeSeconds: 86_400 } });
    const { target, write, relayProcess, requeuerProcess, deadLetters, clock } = world;
    target.script = () => DOWN;
    const key = { order: { key: "order#1", sequence: 1 } };
    await relayProcess().invoke([write({ id: "new", ...key })]);
    deadLetters.put(deadLetters.messages[0]?.body.replace(/"id":"new"/, '"id":"old"') ?? "");
    target.script = () => undefined;
    clock.skip(MINUTE_MS);
    await requeuerProcess().invoke();
    expect(target.delivered).toEqual(["new"]);
  });
});

describe("requeuer, in an outage", () => {
  it("gives letters back that it received and did nothing with", async () => {
    const { requeuerProcess, target, deadLetters, clock } = await afterOutage(30);
    target.script = () => DOWN;
    await requeuerProcess().invoke();
    clock.skip(2_000);
    expect(deadLetters.messages.filter(({ visibleAtMs }) => visibleAtMs > clock.now())).toHaveLength(0);
  });

  it("has letters of a failing destination back by the next run, while it goes on for the others", async () => {
    const { write, relayProcess, requeuerProcess, target, deadLetters, clock } = worldOf();
    target.script = () => DOWN;
    await relayProcess().invoke(times(40, (index) => write(index % 2 === 0 ? { destination: "dead" } : {})));
    target.script = ({ destination }) => (destination === "dead" ? DOWN : undefined);
    clock.skip(MINUTE_MS);
    const startMs = clock.now();
    await requeuerProcess().invoke();
    expect(deadLetters.messages.length).toBeGreaterThanOrEqual(20);
    expect(Math.max(...deadLetters.messages.map(({ visibleAtMs }) => visibleAtMs))).toBeLessThan(startMs + MINUTE_MS);
  });
});
