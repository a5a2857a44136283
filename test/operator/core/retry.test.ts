import { describe, expect, it } from "vitest";
import { MINUTE_MS, upTo } from "../../core/ordered/ordered-world.ts";
import { REFUSED } from "../../world/scripted-target.ts";
import { MIN_PARKED_MS, times } from "../../world/world.ts";
import { operatorWorld } from "./operator-world.ts";

describe("retry of events that stand by themselves", () => {
  async function parkedWorld(count: number) {
    const world = operatorWorld();
    world.target.script = () => REFUSED;
    await world.relayProcess().invoke(times(count, () => world.write()));
    // A rest so long that the requeuer would not come to them by itself.
    for (const item of world.table.items.values()) {
      world.table.put({ ...item, _notBefore: { N: String(world.clock.now() + 600 * MINUTE_MS) } });
    }
    world.clock.skip(10 * MINUTE_MS);
    world.target.script = () => undefined;
    return world;
  }

  it("has the requeuer deliver them at its next run, and not before", async () => {
    const { clock, act, requeuerProcess, target, table } = await parkedWorld(20);
    await requeuerProcess().invoke();
    expect(target.delivered).toEqual([]);
    expect(await clock.run(() => act.retry({ class: "permanent" }))).toEqual({ "made-due": 20 });
    expect(target.delivered).toEqual([]);
    await requeuerProcess().invoke();
    expect(new Set(target.delivered).size).toBe(20);
    expect(table.items.size).toBe(0);
  });

  it("keeps the history of what it makes due", async () => {
    const { clock, act, table } = await parkedWorld(1);
    await clock.run(() => act.retry({}));
    expect(table.item({ pk: "e1", sk: "1" })).toMatchObject({ _attempts: { N: "1" }, _reason: {} });
    expect(table.item({ pk: "e1", sk: "1" })).not.toHaveProperty("_notBefore");
  });

  it("can be repeated: what is due already is left alone", async () => {
    const { clock, act } = await parkedWorld(3);
    await clock.run(() => act.retry({}));
    expect(await clock.run(() => act.retry({}))).toEqual({ "due-already": 3 });
  });

  it("makes no ghost of a row that went meanwhile, and does not call it delivered", async () => {
    const { clock, act, table, operatorTable } = await parkedWorld(1);
    operatorTable.before = (operation, key) => {
      if (operation === "makeDue") table.remove(key);
    };
    expect(await clock.run(() => act.retry({}))).toEqual({ gone: 1 });
    expect(table.items.size).toBe(0);
  });

  it("makes so many due in a second and no more", async () => {
    const { clock, act } = await parkedWorld(100);
    const startMs = clock.now();
    await clock.run(() => act.retry({}, { eventsPerSecond: 10 }));
    const seconds = (clock.now() - startMs) / 1_000;
    expect(seconds).toBeGreaterThanOrEqual(9.9);
    expect(seconds).toBeLessThan(11);
  });

  it("stops between two events, and what it did not reach rests on", async () => {
    const { clock, act, stop, table } = await parkedWorld(100);
    const tally = await clock.run(() =>
      act.retry({}, { eventsPerSecond: 10, onProgress: (events) => events >= 30 && stop() }),
    );
    const resting = [...table.items.values()].filter((item) => item["_notBefore"] !== undefined).length;
    expect(tally["made-due"]).toBe(100 - resting);
    expect(resting).toBeGreaterThan(50);
  });
});

describe("retry of ordering keys", () => {
  async function parkedKey(count = 3) {
    const world = operatorWorld("per-key");
    world.target.script = ({ id }) => (id === "k/1" ? REFUSED : undefined);
    await world.relayProcess().invoke(world.writeEvents("k", count));
    return world;
  }

  it("opens the parked-key record, and the key is delivered in its order", async () => {
    const { clock, act, keys, table, target, requeuerProcess, firstDeliveries } = await parkedKey(30);
    const record = keys.parkedKey("k");
    table.put({ ...record, notBefore: { N: String(clock.now() + 600 * MINUTE_MS) } });
    clock.skip(2 * MINUTE_MS);
    target.script = () => undefined;
    await requeuerProcess().invoke();
    expect(firstDeliveries("k")).toEqual([]);
    expect(await clock.run(() => act.retry({ ids: ["k/7"] }))).toEqual({ "made-due": 1 });
    await requeuerProcess().invoke();
    expect(firstDeliveries("k")).toEqual(upTo(30));
    expect(table.items.size).toBe(0);
  });

  it("does not open a parked-key record before every relay is over that may have seen none", async () => {
    const { clock, act, keys, table } = await parkedKey();
    const parkedMs = clock.now();
    const record = {
      ...keys.parkedKey("k"),
      dlqAt: { N: String(parkedMs) },
      notBefore: { N: String(parkedMs + 600 * MINUTE_MS) },
    };
    table.put(record);
    await clock.run(() => act.retry({ key: "k" }));
    expect(keys.parkedKey("k")?.["notBefore"]).toEqual({ N: String(parkedMs + MIN_PARKED_MS) });
  });

  it("leaves a key alone that is being drained", async () => {
    const { clock, act, keys, table } = await parkedKey();
    const lease = { owner: { S: "run-1/1" }, leaseUntil: { N: String(clock.now() + MINUTE_MS) } };
    table.put({ ...keys.parkedKey("k"), ...lease });
    expect(await clock.run(() => act.retry({ key: "k" }))).toEqual({ draining: 3 });
  });
});
