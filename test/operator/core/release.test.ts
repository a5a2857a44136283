import { describe, expect, it } from "vitest";
import { REFUSED } from "../../world/scripted-target.ts";
import { recordOf } from "../../world/world.ts";
import { operatorWorld } from "./operator-world.ts";

describe("release", () => {
  it("puts an event back as its writer wrote it, and the relay delivers it", async () => {
    const { write, table, clock, act, journal, relayProcess, target } = operatorWorld();
    target.script = () => REFUSED;
    const record = write();
    const written = table.item({ pk: "e1", sk: "1" });
    await relayProcess().invoke([record]);
    await clock.run(() => act.setAside({}));
    expect(await clock.run(() => act.release())).toEqual({ "put-back": 1 });
    const back = table.item({ pk: "e1", sk: "1" }) ?? {};
    expect(back).toEqual(written);
    expect(journal.quarantined).toEqual([]);
    target.script = () => undefined;
    await relayProcess().invoke([recordOf(back, "9", clock.now())]);
    expect(target.delivered).toEqual(["e1"]);
    expect(table.items.size).toBe(0);
  });

  it("leaves both alone where a writer has used the place again", async () => {
    const { writeEvent, clock, act, journal, table } = operatorWorld();
    writeEvent("k", 1);
    await clock.run(() => act.setAside({}));
    writeEvent("k", 1, { id: "other" });
    expect(await clock.run(() => act.release())).toEqual({ occupied: 1 });
    expect(journal.quarantined).toHaveLength(1);
    expect(table.item({ pk: "k", sk: "1" })?.["id"]).toEqual({ S: "other" });
  });

  it("can be repeated, and two at once release once", async () => {
    const { write, clock, act, table } = operatorWorld();
    write();
    await clock.run(() => act.setAside({}));
    const [first, second] = await clock.run(() => Promise.all([act.release(), act.release()]));
    const ends = { ...first, ...second };
    expect(ends["put-back"]).toBe(1);
    expect(await clock.run(() => act.release())).toEqual({});
    expect(table.items.size).toBe(1);
  });
});

describe("release into an ordering key", () => {
  async function withAside(ids: readonly string[], count = 5) {
    const world = operatorWorld("per-key");
    world.target.script = ({ id }) => (id === "k/1" ? REFUSED : undefined);
    await world.relayProcess().invoke(world.writeEvents("k", count));
    await world.clock.run(() => world.act.setAside({ ids }));
    world.target.script = () => undefined;
    return world;
  }

  it("keeps the order while nobody has been at the key since", async () => {
    const { clock, act, requeueFor, firstDeliveries, table } = await withAside(["k/1", "k/2"]);
    expect(await clock.run(() => act.release())).toEqual({ "put-back": 2 });
    await requeueFor(3);
    expect(firstDeliveries("k")).toEqual([1, 2, 3, 4, 5]);
    expect(table.items.size).toBe(0);
  });

  it("refuses an event that others have overtaken, unless told to", async () => {
    const { clock, act, requeueFor, firstDeliveries, journal, table } = await withAside(["k/1"]);
    await requeueFor(2);
    expect(firstDeliveries("k")).toEqual([2, 3, 4, 5]);
    expect(await clock.run(() => act.release())).toEqual({ overtaken: 1 });
    expect(journal.quarantined).toHaveLength(1);
    expect(await clock.run(() => act.release({ outOfOrder: true }))).toEqual({ "put-back": 1 });
    clock.skip(10 * 60_000);
    await requeueFor(3);
    expect(firstDeliveries("k")).toEqual([2, 3, 4, 5, 1]);
    expect(table.items.size).toBe(0);
  });

  it("leaves a key alone while another actor has the lease on its record", async () => {
    const { clock, act, keys, journal, table } = await withAside(["k/1"]);
    const lease = { owner: { S: "run-1/1" }, leaseUntil: { N: String(clock.now() + 10 * 60_000) } };
    table.put({ ...keys.parkedKey("k"), ...lease });
    expect(await clock.run(() => act.release())).toEqual({ draining: 1 });
    expect(journal.quarantined).toHaveLength(1);
    expect(table.item({ pk: "k", sk: "1" })).toBeUndefined();
  });

  it("takes an event for overtaken once somebody was at its key, though the next row stands: it may have been delivered", async () => {
    const { clock, act, requeuerProcess, table, target } = await withAside(["k/1"]);
    const { invoke } = requeuerProcess();
    table.failing.add("delete");
    clock.skip(120_000);
    await invoke();
    expect(target.delivered).toContain("k/2");
    expect(table.item({ pk: "k", sk: "2" })).toBeDefined();
    table.failing.delete("delete");
    expect(await clock.run(() => act.release())).toEqual({ overtaken: 1 });
  });
});

describe("discard", () => {
  it("keeps a quarantined event whole, for good", async () => {
    const { write, clock, act, journal, table } = operatorWorld();
    write();
    await clock.run(() => act.setAside({}));
    const [aside] = journal.quarantined;
    expect(await clock.run(() => act.discard({ why: "no customer" }))).toEqual({ discarded: 1 });
    expect(journal.quarantined).toEqual([]);
    expect(journal.discarded).toMatchObject([{ id: "e1", why: "no customer", item: aside?.item }]);
    expect(table.items.size).toBe(0);
  });
});
