import { describe, expect, it } from "vitest";
import { DOWN, REFUSED } from "../../world/scripted-target.ts";
import { MIN_PARKED_MS, times } from "../../world/world.ts";
import { MINUTE_MS, orderedWorld, upTo, withoutSource } from "./ordered-world.ts";

/** A key parked at its second event, with the target repaired. */
async function parkedWorld(world = orderedWorld(), events = 4) {
  const { target, writeEvents, relayProcess } = world;
  target.script = ({ id }) => (id === "a/2" ? REFUSED : undefined);
  await relayProcess().invoke(writeEvents("a", events));
  target.script = () => undefined;
  return world;
}

describe("the requeuer, in order", () => {
  it("delivers a parked key from its dead letter, in order, and leaves neither parked-key record nor dead letter", async () => {
    const { requeuerProcess, clock, deliveries, table, deadLetters } = await parkedWorld();
    clock.skip(MIN_PARKED_MS);
    const { invoke, telemetry } = requeuerProcess();
    expect(await invoke()).toBe("completed");
    expect(deliveries("a")).toEqual(upTo(4));
    expect(table.items.size).toBe(0);
    expect(deadLetters.messages).toHaveLength(0);
    expect(telemetry.total("KeysFreed")).toBe(1);
    expect(telemetry.total("EventsRequeued")).toBe(3);
  });

  it("leaves a new parked-key record alone until every relay that saw none is over, and hides its dead letter until then", async () => {
    const { requeuerProcess, deliveries, deadLetters, keys } = await parkedWorld();
    await requeuerProcess().invoke();
    expect(deliveries("a")).toEqual([1]);
    const notBeforeMs = Number(keys.parkedKey("a")?.["notBefore"]?.N);
    expect(Math.abs((deadLetters.messages[0]?.visibleAtMs ?? 0) - notBeforeMs)).toBeLessThan(2_000);
  });

  it("delivers what was left behind the parked-key record after it was parked", async () => {
    const { writeEvents, relayProcess, requeuerProcess, clock, deliveries, table } = await parkedWorld();
    await relayProcess().invoke(writeEvents("a", 3, 5));
    clock.skip(MIN_PARKED_MS);
    await requeuerProcess().invoke();
    expect(deliveries("a")).toEqual(upTo(7));
    expect(table.items.size).toBe(0);
  });

  it("keeps the parked-key record when it was touched while the key was drained, and delivers what the touch stands for", async () => {
    const { writeEvents, requeuerProcess, clock, deliveries, keys, table } = await parkedWorld();
    clock.skip(MIN_PARKED_MS);
    let touched = false;
    keys.before = (operation) => {
      if (operation !== "close" || touched) return;
      touched = true;
      writeEvents("a", 2, 5);
      // A relay does this when it meets the parked-key record.
      void keys.touch("a");
      keys.before = () => undefined;
      table.put({ ...keys.parkedKey("a"), _ver: { N: "99" } });
    };
    await requeuerProcess().invoke();
    expect(touched).toBe(true);
    expect(deliveries("a")).toEqual(upTo(6));
    expect(table.items.size).toBe(0);
  });

  it("rests longer after each failure of the first event's own, and never gives the key up", async () => {
    const { requeuerProcess, target, clock, deliveries, keys, waiting } = await parkedWorld();
    target.script = ({ id }) => (id === "a/2" ? REFUSED : undefined);
    const { invoke, telemetry } = requeuerProcess();
    for (const round of [2, 3, 4]) {
      clock.skip(120 * MINUTE_MS);
      await invoke();
      expect(keys.parkedKey("a")?.["attempts"]).toEqual({ N: String(round) });
      expect(keys.parkedKey("a")).not.toHaveProperty("owner");
    }
    expect(telemetry.total("RequeueFailures")).toBe(3);
    expect(deliveries("a")).toEqual([1]);
    expect(waiting()).toEqual(["a/2", "a/3", "a/4"]);
    target.script = () => undefined;
    clock.skip(120 * MINUTE_MS);
    await invoke();
    expect(deliveries("a")).toEqual(upTo(4));
  });

  it("moves no backoff while the target is down, and probes it with one key and then two others, once each", async () => {
    const world = orderedWorld();
    const { target, writeEvents, relayProcess, requeuerProcess, clock, keys } = world;
    target.script = () => DOWN;
    await relayProcess().invoke(times(8, (key) => writeEvents(`key${key}`, 2)).flat());
    clock.skip(10 * MINUTE_MS);
    target.calls.length = 0;
    const { invoke, telemetry } = requeuerProcess();
    await invoke();
    expect(target.calls.map(({ ids }) => ids.length)).toEqual([1, 1, 1]);
    expect(new Set(target.calls.flatMap(({ ids }) => ids)).size).toBe(3);
    expect(telemetry.total("BreakerOpen")).toBe(1);
    for (const key of times(8, (index) => `key${index}`)) {
      expect(keys.parkedKey(key)).toMatchObject({ attempts: { N: "0" } });
      expect(keys.parkedKey(key)).not.toHaveProperty("owner");
    }
  });

  it("delivers after the queue was purged, by the sweep", async () => {
    const { deadLetters, clock, requeueFor, deliveries, table } = await parkedWorld();
    deadLetters.purge();
    clock.skip(MIN_PARKED_MS);
    await requeueFor(1);
    expect(deliveries("a")).toEqual(upTo(4));
    expect(table.items.size).toBe(0);
  });

  it("finds a key that waits without a parked-key record: parks it first, and delivers it once it has rested", async () => {
    const { writeEvents, requeuerProcess, clock, keys, deadLetters, deliveries, table } = orderedWorld();
    writeEvents("a", 3);
    clock.skip(4 * MINUTE_MS);
    const { invoke } = requeuerProcess();
    await invoke();
    expect(keys.parkedKey("a")).toBeUndefined();
    clock.skip(2 * MINUTE_MS);
    await invoke();
    expect(deliveries("a")).toEqual([]);
    expect(keys.parkedKey("a")?.["reason"]?.S).toContain("LeftWaiting");
    expect(deadLetters.bodies).toMatchObject([{ pk: "a", code: "LeftWaiting" }]);
    clock.skip(MIN_PARKED_MS);
    await invoke();
    expect(deliveries("a")).toEqual(upTo(3));
    expect(table.items.size).toBe(0);
    expect(deadLetters.messages).toHaveLength(0);
  });

  it("deletes a dead letter whose key is clean, and a parked-key record that nothing waits behind", async () => {
    const { requeuerProcess, table, deadLetters, clock, target } = await parkedWorld();
    for (const sequence of [2, 3, 4]) table.remove({ pk: "a", sk: String(sequence) });
    clock.skip(MIN_PARKED_MS);
    const { invoke } = requeuerProcess();
    await invoke();
    expect(target.delivered).toEqual(["a/1"]);
    expect(table.items.size).toBe(0);
    expect(deadLetters.messages).toHaveLength(0);
  });

  it("keeps a dead letter whose key was parked while it looked", async () => {
    const { requeuerProcess, table, deadLetters, clock, keys } = await parkedWorld();
    for (const sequence of [0, 2, 3, 4]) table.remove({ pk: "a", sk: String(sequence) });
    clock.skip(MIN_PARKED_MS);
    keys.before = (operation) => {
      if (operation === "readParkedKey") table.put({ pk: { S: "a" }, sk: { N: "0" }, _ver: { N: "1" } });
    };
    await requeuerProcess().invoke();
    expect(deadLetters.messages).toHaveLength(1);
  });

  it("lets a poison event hold up its own key alone", async () => {
    const { writeEvent, writeEvents, relayProcess, requeueFor, deliveries, waiting, target } = orderedWorld();
    target.script = ({ id }) => (id === "b/2" ? REFUSED : undefined);
    await relayProcess().invoke([
      writeEvent("a", 1),
      writeEvent("a", 2, {}, withoutSource),
      ...writeEvents("a", 2, 3),
      ...writeEvents("b", 4),
      ...writeEvents("c", 4),
    ]);
    await requeueFor(30);
    expect([deliveries("a"), deliveries("b"), deliveries("c")]).toEqual([[1], [1], upTo(4)]);
    expect(waiting()).toEqual(["a/2", "a/3", "a/4", "b/2", "b/3", "b/4"]);
  });

  it("reports a malformed event that comes first only now", async () => {
    const { writeEvent, relayProcess, requeuerProcess, target, clock, keys } = orderedWorld();
    target.script = ({ id }) => (id === "a/1" ? REFUSED : undefined);
    await relayProcess().invoke([writeEvent("a", 1), writeEvent("a", 2, {}, withoutSource)]);
    target.script = () => undefined;
    clock.skip(MIN_PARKED_MS);
    const { invoke, telemetry } = requeuerProcess();
    await invoke();
    expect(telemetry.total("MalformedRecords")).toBe(1);
    expect(keys.parkedKey("a")).toMatchObject({
      attempts: { N: "1" },
      reason: { S: expect.stringContaining("source") },
    });
  });

  it("delivers a repaired event and all behind it", async () => {
    const { writeEvent, relayProcess, requeueFor, deliveries, table, write } = orderedWorld();
    await relayProcess().invoke([writeEvent("a", 1, {}, withoutSource), writeEvent("a", 2)]);
    await requeueFor(3);
    write({ id: "a/1", order: { key: "a", sequence: 1 } });
    await requeueFor(90);
    expect(deliveries("a")).toEqual([1, 2]);
    expect(table.items.size).toBe(0);
  });

  it("treats a parked-key record that somebody spoiled by hand as due and free", async () => {
    const { keys, table, requeuerProcess, deliveries, clock } = await parkedWorld();
    table.put({
      ...keys.parkedKey("a"),
      _ver: { S: "seven" },
      owner: { S: "nobody" },
      leaseUntil: { S: "tomorrow" },
      notBefore: { BOOL: true },
      attempts: { N: "-3" },
    });
    clock.skip(1_000);
    await requeuerProcess().invoke();
    expect(deliveries("a")).toEqual(upTo(4));
    expect(table.items.size).toBe(0);
  });

  it("treats a parked-key record with its version alone as due and free, and takes a lease of next century for no lease", async () => {
    for (const spoiled of [{}, { owner: { S: "x" }, leaseUntil: { N: "4102444800000" } }]) {
      const { table, requeuerProcess, deliveries } = await parkedWorld();
      table.put({ pk: { S: "a" }, sk: { N: "0" }, _ver: { N: "1" }, ...spoiled });
      await requeuerProcess().invoke();
      expect(deliveries("a")).toEqual(upTo(4));
    }
  });

  it("leaves what a writer keeps at sort key 0 as it is, and delivers nothing of its key", async () => {
    const head = { pk: { S: "a" }, sk: { N: "0" }, ver: { N: "7" }, Name: { S: "my aggregate head" } };
    const { table, clock, requeuerProcess, deliveries } = await parkedWorld();
    table.put(head);
    for (let run = 0; run < 5; run += 1) {
      clock.skip(120_000);
      await requeuerProcess().invoke();
    }
    expect(deliveries("a")).toEqual([1]);
    expect(table.item({ pk: "a", sk: "0" })).toMatchObject(head);
    expect(table.item({ pk: "a", sk: "0" })?.["_attempts"]).toBeDefined();
  });

  it("puts order back when somebody deletes the parked-key record by hand", async () => {
    const { writeEvents, relayProcess, table, deliveries, requeueFor } = await parkedWorld();
    table.remove({ pk: "a", sk: "0" });
    await relayProcess().invoke(writeEvents("a", 2, 5));
    await requeueFor(3);
    expect(deliveries("a")).toEqual(upTo(6));
    expect(table.items.size).toBe(0);
  });

  it("counts parked-key records as no events", async () => {
    const { requeuerProcess } = await parkedWorld();
    const { invoke, telemetry } = requeuerProcess();
    await invoke();
    expect(telemetry.measured("UndeliveredEvents")).toEqual([3]);
  });

  it("sweeps what needs no order although keys cannot be read, and says that the run was not whole", async () => {
    const { write, keys, requeuerProcess, target, clock } = await parkedWorld();
    write();
    clock.skip(6 * MINUTE_MS);
    keys.failing.add("acquire");
    expect(await requeuerProcess().invoke()).toBe("incomplete");
    expect(target.delivered.some((id) => id.startsWith("e"))).toBe(true);
  });
});

describe("two requeuers, in order", () => {
  it("drain a key by turns: the second leaves it to the first, and takes it over when the first is dead", async () => {
    const { keys, clock, requeuerProcess, deliveries } = await parkedWorld();
    clock.skip(MIN_PARKED_MS);
    await clock.run(() => keys.acquire("a", "dead/1", clock.now(), clock.now() + 70_000));
    const { invoke } = requeuerProcess();
    await invoke();
    expect(deliveries("a")).toEqual([1]);
    clock.skip(71_000);
    await invoke();
    expect(deliveries("a")).toEqual(upTo(4));
  });

  it("stop where the parked-key record changed hands, and leave the dead letter", async () => {
    const { keys, clock, table, requeuerProcess, deadLetters, deliveries } = await parkedWorld(orderedWorld(), 120);
    clock.skip(MIN_PARKED_MS);
    keys.before = (operation) => {
      if (operation === "read" && deliveries("a").length > 50)
        table.put({ ...keys.parkedKey("a"), owner: { S: "other" } });
    };
    await requeuerProcess().invoke();
    expect(deliveries("a").length).toBeLessThan(120);
    expect(deliveries("a")).toEqual(upTo(deliveries("a").length));
    expect(keys.parkedKey("a")).toMatchObject({ owner: { S: "other" } });
    expect(deadLetters.messages).toHaveLength(1);
  });
});
