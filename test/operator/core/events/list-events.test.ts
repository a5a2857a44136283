import { describe, expect, it } from "vitest";
import { compareSortKeys } from "../../../../lib/contract/sort-key.ts";
import { PLACE_TAKEN } from "../../../../lib/operator/core/events/waiting-event.ts";
import { MINUTE_MS } from "../../../core/ordered/ordered-world.ts";
import { REFUSED } from "../../../world/scripted-target.ts";
import { times } from "../../../world/world.ts";
import { operatorWorld } from "../operator-world.ts";

describe("list", () => {
  it("shows the oldest or the newest first, page by page, every event once", async () => {
    const { write, clock, act } = operatorWorld();
    for (const index of times(50, (each) => each)) {
      write({ id: `e${String(index).padStart(2, "0")}` });
      clock.skip(1_000);
    }
    for (const order of ["oldest", "newest"] as const) {
      const ids: (string | undefined)[] = [];
      let after: string | undefined;
      do {
        const from = after;
        const page = await clock.run(() => act.list({ order, limit: 20, after: from }));
        expect(page.matching).toBe(50);
        ids.push(...page.events.map(({ id }) => id));
        after = page.next;
      } while (after !== undefined);
      const written = times(50, (index) => `e${String(index).padStart(2, "0")}`);
      expect(ids).toEqual(order === "oldest" ? written : written.toReversed());
    }
  });

  it("tells equals apart by their keys, so that no page repeats or skips one", async () => {
    const { write, clock, act } = operatorWorld();
    times(25, () => write());
    const first = await clock.run(() => act.list({ limit: 10 }));
    const second = await clock.run(() => act.list({ limit: 10, after: first.next }));
    const third = await clock.run(() => act.list({ limit: 10, after: second.next }));
    const ids = [first, second, third].flatMap(({ events }) => events.map(({ id }) => id));
    expect(new Set(ids).size).toBe(25);
    expect(third.next).toBeUndefined();
  });

  it("finds by type, class, code, age, state and id", async () => {
    const { write, relayProcess, target, clock, act } = operatorWorld();
    target.script = ({ type }) => (type === "order.refused" ? REFUSED : undefined);
    const refused = write({ id: "refused", type: "order.refused" });
    await relayProcess().invoke([refused, write({ id: "broken" }, ({ time: _time, ...item }) => item)]);
    clock.skip(10 * MINUTE_MS);
    write({ id: "young" });
    const found = async (filter: Parameters<typeof act.select>[0]) =>
      (await clock.run(() => act.select(filter))).map(({ id }) => id).sort();
    expect(await found({ type: "order.refused" })).toEqual(["refused"]);
    expect(await found({ type: "order.*" })).toEqual(["refused", "young"]);
    expect(await found({ class: "permanent" })).toEqual(["broken", "refused"]);
    expect(await found({ reason: "invalidargument" })).toEqual(["refused"]);
    expect(await found({ reason: "RFC 3339" })).toEqual([]);
    expect(await found({ reason: "time is absent" })).toEqual(["broken"]);
    expect(await found({ olderThanMs: 5 * MINUTE_MS })).toEqual(["broken", "refused"]);
    expect(await found({ newerThanMs: 5 * MINUTE_MS })).toEqual(["young"]);
    expect(await found({ state: "resting" })).toEqual(["broken", "refused"]);
    expect(await found({ ids: ["young", "refused"], type: "order.placed" })).toEqual(["young"]);
  });

  it("shows a parked key by its first event, and the others as behind it", async () => {
    const { writeEvents, relayProcess, target, clock, act } = operatorWorld("per-key");
    target.script = ({ id }) => (id === "k/1" ? REFUSED : undefined);
    await relayProcess().invoke(writeEvents("k", 3));
    const events = await clock.run(() => act.select());
    const bySequence = events.toSorted((one, other) => Number(one.key.sk) - Number(other.key.sk));
    expect(bySequence).toMatchObject([
      { id: "k/1", state: "parked", attempts: 1, failure: { class: "permanent", scope: "event" } },
      { id: "k/2", state: "behind" },
      { id: "k/3", state: "behind" },
    ]);
    expect(bySequence[1]?.failure).toBeUndefined();
  });

  it("shows the events of a key as behind the row at sort key 0, where the key would be parked, until that is set aside", async () => {
    const { writeEvents, relayProcess, requeueFor, deliveries, clock, act } = operatorWorld("per-key");
    await relayProcess().invoke(writeEvents("k", 3, 0));
    const shown = await clock.run(() => act.select());
    expect(shown.toSorted((one, other) => compareSortKeys(one.key.sk, other.key.sk))).toMatchObject([
      { id: "k/0", state: "resting", attempts: 1, failure: { code: "MalformedRow" } },
      { id: "k/1", state: "behind", failure: PLACE_TAKEN },
      { id: "k/2", state: "behind", failure: PLACE_TAKEN },
    ]);
    expect(await clock.run(() => act.setAside({ ids: ["k/1"] }))).toEqual({
      "place-taken": 1,
    });
    expect(await clock.run(() => act.setAside({ key: "k", sequence: "0" }))).toEqual({ "set-aside": 1 });
    await requeueFor(10);
    expect(deliveries("k")).toEqual([1, 2]);
  });
});
