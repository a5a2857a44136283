import { describe, expect, it } from "vitest";
import type { Item } from "../../../../lib/contract/codec/item.ts";
import { itemBytes, MAX_ITEM_BYTES } from "../../../../lib/contract/codec/item-size.ts";
import { LEASE_SECONDS } from "../../../../lib/core/requeue/requeuer.ts";
import { HOLD_MS } from "../../../../lib/operator/core/set-aside/set-aside-rows.ts";
import { MINUTE_MS, withoutSource } from "../../../core/ordered/ordered-world.ts";
import { REFUSED } from "../../../world/scripted-target.ts";
import { MIN_PARKED_MS, times } from "../../../world/world.ts";
import { operatorWorld } from "../operator-world.ts";

describe("quarantine of an event that stands by itself", () => {
  it("takes it out of the outbox whole, and the others are delivered", async () => {
    const { write, table, clock, act, journal, requeuerProcess, target } = operatorWorld();
    write({ id: "poison", type: "order.poison" });
    const whole = table.item({ pk: "poison", sk: "1" });
    write({ id: "other" });
    expect(await clock.run(() => act.setAside({ type: "order.poison" }))).toEqual({ "set-aside": 1 });
    clock.skip(10 * MINUTE_MS);
    await requeuerProcess().invoke();
    expect(target.delivered).toEqual(["other"]);
    expect(table.items.size).toBe(0);
    expect(journal.quarantined).toMatchObject([{ id: "poison", type: "order.poison", why: "a test", ordered: false }]);
    expect(journal.quarantined[0]?.item).toMatchObject(whole ?? {});
  });

  it("keeps a malformed row too, one without an id as well", async () => {
    const { write, clock, act, journal, table } = operatorWorld();
    write({ id: "broken" }, withoutSource);
    write({ id: "nameless" }, ({ id: _id, ...item }) => item);
    expect(await clock.run(() => act.setAside({ class: "permanent" }))).toEqual({ "set-aside": 2 });
    expect(table.items.size).toBe(0);
    expect(journal.quarantined.map(({ key }) => key.pk).sort()).toEqual(["broken", "nameless"]);
  });

  it("takes a malformed row without room for a hold as it stands, and leaves an event of that size", async () => {
    const filled = (item: Item): Item => {
      const empty = { ...item, data: { S: '""' } };
      return { ...empty, data: { S: `"${"x".repeat(MAX_ITEM_BYTES - itemBytes(empty))}"` } };
    };
    const { write, clock, act, journal, table } = operatorWorld();
    write({ id: "broken" }, (item) => filled(withoutSource(item)));
    write({ id: "whole" }, filled);
    expect(await clock.run(() => act.setAside({}))).toEqual({ "set-aside": 1, "no-room": 1 });
    expect(journal.quarantined).toMatchObject([{ id: "broken" }]);
    expect([...table.items.values()].map(({ id }) => id?.S)).toEqual(["whole"]);
  });

  it("is not done to an event that a relay had in hand at that moment: it is delivered", async () => {
    const { write, clock, act, journal, target, relayProcess } = operatorWorld();
    const record = write();
    target.latencyMs = 40_000;
    const relayed = relayProcess().invoke([record]);
    expect(await clock.run(() => act.setAside({ ids: ["e1"] }))).toEqual({ gone: 1 });
    await relayed;
    expect(target.delivered).toEqual(["e1"]);
    expect(journal.quarantined).toEqual([]);
  });

  it("rests for every actor's longest time between hold and move", async () => {
    const { write, clock, act, operatorTable } = operatorWorld();
    write();
    const atMs: number[] = [];
    operatorTable.before = (operation) => {
      if (operation === "hold" || operation === "setAside") atMs.push(clock.now());
    };
    await clock.run(() => act.setAside({}));
    expect((atMs[1] ?? 0) - (atMs[0] ?? 0)).toBeGreaterThanOrEqual(MIN_PARKED_MS);
  });

  it("waits for a requeuer that runs, until it is over", async () => {
    const { write, clock, act, table, operatorTable } = operatorWorld("none");
    write();
    await clock.run(() => table.acquireLease("run-1", clock.now(), clock.now() + 70_000));
    const startMs = clock.now();
    let movedMs = 0;
    operatorTable.before = (operation) => {
      if (operation === "setAside") movedMs = clock.now();
    };
    const over = async () => {
      await clock.sleep(MIN_PARKED_MS + 5_000);
      await table.releaseLease("run-1");
    };
    const [tally] = await clock.run(() => Promise.all([act.setAside({}), over()]));
    expect(tally).toEqual({ "set-aside": 1 });
    // A lease that nobody gives back ends once no run can hold it any more.
    expect(movedMs - startMs).toBeGreaterThanOrEqual(LEASE_SECONDS * 1_000);
  });

  it("says so when its row went while it was held, and does not call it delivered", async () => {
    const { write, clock, act, table, operatorTable, journal } = operatorWorld();
    write();
    operatorTable.before = (operation, key) => {
      if (operation === "readItem") table.remove(key);
    };
    expect(await clock.run(() => act.setAside({}))).toEqual({ gone: 1 });
    expect(journal.quarantined).toEqual([]);
  });

  it("leaves a row alone that was repaired meanwhile, and does not call it delivered", async () => {
    const { write, clock, act, table, operatorTable, journal } = operatorWorld();
    write({ id: "row" }, ({ id: _id, ...item }) => item);
    operatorTable.before = (operation, key) => {
      const item = table.item(key);
      if (operation === "readItem" && item !== undefined) table.put({ ...item, id: { S: "repaired" } });
    };
    expect(await clock.run(() => act.setAside({}))).toEqual({ changed: 1 });
    expect(journal.quarantined).toEqual([]);
    expect(table.items.size).toBe(1);
  });

  it("holds and waits again when somebody who had it in hand marked it", async () => {
    const { write, clock, act, table, operatorTable } = operatorWorld();
    write();
    let moves = 0;
    operatorTable.before = (operation, key) => {
      if (operation !== "setAside" || ++moves > 1) return;
      table.put({ ...table.item(key), _notBefore: { N: String(clock.now() + 1_000) }, _attempts: { N: "1" } });
    };
    expect(await clock.run(() => act.setAside({}))).toEqual({ "set-aside": 1 });
    expect(moves).toBe(2);
  });

  it("leaves an event alone that another command holds", async () => {
    const { write, clock, act, table } = operatorWorld();
    write();
    const both = clock.run(() => Promise.all([act.setAside({}), act.setAside({}, { place: "discarded" })]));
    const [first, second] = await both;
    expect(first).toEqual({ "set-aside": 1 });
    expect(second).toEqual({ held: 1 });
    expect(table.items.size).toBe(0);
  });

  it("lets everything go when it is stopped, resting as it did before", async () => {
    const { write, clock, act, stop, table, relayProcess, target } = operatorWorld();
    target.script = () => REFUSED;
    await relayProcess().invoke([write()]);
    const before = table.item({ pk: "e1", sk: "1" });
    const tally = await clock.run(() => act.setAside({}, { onWait: () => stop() }));
    expect(tally).toEqual({});
    expect(table.item({ pk: "e1", sk: "1" })).toEqual(before);
  });

  it("lets what it holds go when the table refuses a move, and says so", async () => {
    const { write, clock, act, operatorTable, table } = operatorWorld("none");
    times(3, () => write());
    const before = [...table.items.values()];
    operatorTable.before = (operation) => {
      if (operation === "setAside") throw new Error("too large");
    };
    await expect(clock.run(() => act.setAside({}))).rejects.toThrow("too large");
    expect([...table.items.values()]).toEqual(before);
  });

  it("holds no row for ever: after a command that died it is delivered", async () => {
    const { write, clock, act, operatorTable, requeuerProcess, target, table } = operatorWorld();
    write();
    operatorTable.before = (operation) => {
      if (operation === "readItem" || operation === "letGo") throw new Error("the command dies");
    };
    await expect(clock.run(() => act.setAside({}))).rejects.toThrow("dies");
    await requeuerProcess().invoke();
    expect(target.delivered).toEqual([]);
    clock.skip(HOLD_MS);
    await requeuerProcess().invoke();
    expect(target.delivered).toEqual(["e1"]);
    expect(table.items.size).toBe(0);
  });
});

describe("quarantine in an ordering key", () => {
  async function parkedAtFirst(count: number, ordering: "per-key" | "strict" = "per-key") {
    const world = operatorWorld(ordering);
    world.target.script = ({ id }) => (id === "k/1" ? REFUSED : undefined);
    await world.relayProcess().invoke(world.writeEvents("k", count));
    return world;
  }

  it.each(["per-key", "strict"] as const)("lets what waits behind go on in its order (%s)", async (ordering) => {
    const { clock, act, requeueFor, firstDeliveries, table, journal } = await parkedAtFirst(20, ordering);
    expect(await clock.run(() => act.setAside({ ids: ["k/1"] }))).toEqual({ "set-aside": 1 });
    expect(journal.quarantined).toMatchObject([{ id: "k/1", ordered: true, parkedKeyVersion: expect.any(Number) }]);
    await requeueFor(2);
    expect(firstDeliveries("k")).toEqual(times(19, (index) => index + 2));
    expect(table.items.size).toBe(0);
  });

  it("takes one out of the middle", async () => {
    const { clock, act, requeueFor, firstDeliveries, target, table } = await parkedAtFirst(5);
    expect(await clock.run(() => act.setAside({ ids: ["k/3"] }))).toEqual({ "set-aside": 1 });
    target.script = () => undefined;
    await requeueFor(3);
    expect(firstDeliveries("k")).toEqual([1, 2, 4, 5]);
    expect(table.items.size).toBe(0);
  });

  it("parks a key that flows, and waits for the relays that may be at it", async () => {
    const { clock, act, writeEvents, operatorTable, requeueFor, firstDeliveries, table } = operatorWorld("per-key");
    writeEvents("k", 3);
    const startMs = clock.now();
    let movedMs = 0;
    operatorTable.before = (operation) => {
      if (operation === "setAside") movedMs = clock.now();
    };
    expect(await clock.run(() => act.setAside({ ids: ["k/2"] }))).toEqual({ "set-aside": 1 });
    expect(movedMs - startMs).toBeGreaterThanOrEqual(MIN_PARKED_MS);
    await requeueFor(2);
    expect(firstDeliveries("k")).toEqual([1, 3]);
    expect(table.items.size).toBe(0);
  });

  it("waits for a drainer, and takes nothing from under it", async () => {
    const { clock, act, table, keys, operatorTable } = await parkedAtFirst(2);
    const untilMs = clock.now() + 65_000;
    table.put({
      ...keys.parkedKey("k"),
      owner: { S: "run-1/1" },
      leaseUntil: { N: String(untilMs) },
      notBefore: { N: "0" },
    });
    let movedMs = 0;
    operatorTable.before = (operation) => {
      if (operation === "setAside") movedMs = clock.now();
    };
    expect(await clock.run(() => act.setAside({ ids: ["k/1"] }))).toEqual({ "set-aside": 1 });
    expect(movedMs).toBeGreaterThanOrEqual(untilMs);
  });

  it("moves nothing once its lease is somebody else's", async () => {
    const { clock, act, table, keys, operatorTable, journal } = await parkedAtFirst(2);
    operatorTable.before = (operation) => {
      if (operation === "setAside") table.put({ ...keys.parkedKey("k"), owner: { S: "run-9/1" } });
    };
    const tally = await clock.run(() => act.setAside({ ids: ["k/1"] }));
    expect(tally).toEqual({ changed: 1 });
    expect(journal.quarantined).toEqual([]);
    expect(keys.parkedKey("k")?.["owner"]).toEqual({ S: "run-9/1" });
  });
});
