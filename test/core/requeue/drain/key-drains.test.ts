import { describe, expect, it } from "vitest";
import type { Delivery } from "../../../../lib/core/delivery/delivery-run.ts";
import type { KeyEnd } from "../../../../lib/core/ordered/drain-key.ts";
import type { InOrder, PublishInOrder } from "../../../../lib/core/ordered/publish-in-order.ts";
import { keyDrains } from "../../../../lib/core/requeue/drain/key-drains.ts";
import { lateDestinations, PATIENCE_MS } from "../../../../lib/core/requeue/late-destinations.ts";
import type { TargetHealth } from "../../../../lib/core/requeue/target-health.ts";
import { times } from "../../../world/world.ts";
import { orderedWorld } from "../../ordered/ordered-world.ts";

const KEYS_AT_ONCE = 100;
const RUN_MS = 40_000;
const HANGS_MS = 20_000;
const QUICK_MS = 100;

/** Parked keys, and the drains of one run that needs no probes. */
function keysWorld(latencyOf: (destination: string, pk: string) => number = () => QUICK_MS) {
  const { clock, table, keys, writeEvent, requeuerProcess } = orderedWorld();
  const { ordering, telemetry, ...parts } = requeuerProcess();
  if (ordering === undefined) throw new Error("The world has no order");
  const health = { failed: new Set<string>(), allFailed: false };
  const late = lateDestinations(clock);
  const startMs = clock.now();
  const calls: { readonly id: string; readonly atMs: number }[] = [];
  const inFlight = new Map<string, number>();
  const most = new Map<string, number>();
  const ends = new Map<string, KeyEnd[]>();

  const publishOf =
    (mayCall: (destination: string) => boolean): PublishInOrder =>
    async (events): Promise<InOrder> => {
      let delivered = 0;
      for (const event of events) {
        const { destination = "default" } = event;
        if (!mayCall(destination)) return { delivered, stop: { kind: "breaker-open", event } };
        calls.push({ id: event.id, atMs: clock.now() - startMs });
        const now = (inFlight.get(destination) ?? 0) + 1;
        inFlight.set(destination, now);
        most.set(destination, Math.max(most.get(destination) ?? 0, now));
        const inAll = [...inFlight.values()].reduce((sum, each) => sum + each, 0);
        most.set("all", Math.max(most.get("all") ?? 0, inAll));
        await clock.sleep(latencyOf(destination, event.pk));
        inFlight.set(destination, (inFlight.get(destination) ?? 0) - 1);
        parts.pendingDeletes.startDelete(destination, event);
        delivered += 1;
      }
      return { delivered };
    };

  const drains = keyDrains(
    {
      ...{ ordering, publishOf, late, parking: parts.parking, owner: "run", leaseMs: 70_000 },
      delivery: { ...parts, telemetry } as Partial<Delivery> as Delivery,
      health: {
        of: (destination) => (health.failed.has(destination) ? "unavailable" : "available"),
        allFailed: () => health.allFailed,
      } as TargetHealth,
    },
    { publishUntilMs: startMs + RUN_MS, endMs: startMs + RUN_MS + 10_000 },
  );

  /** A parked key with an event for each of these destinations, in their order. */
  function park(pk: string, ...destinations: readonly string[]) {
    for (const [index, destination] of destinations.entries()) writeEvent(pk, index + 1, { destination });
    table.put({ pk: { S: pk }, sk: { N: "0" }, _ver: { N: "1" } });
  }
  const parkAll = (count: number, destination: string) => {
    const pks = times(count, (index) => `${destination}-${index}`);
    for (const pk of pks) park(pk, destination);
    return pks;
  };
  const start = (pk: string) => drains.start(pk, async (end) => void ends.set(pk, [...(ends.get(pk) ?? []), end]));
  async function startAll(pks: readonly string[]) {
    for (const pk of pks) expect(await start(pk)).toBe(true);
    return clock.now() - startMs;
  }
  const endsOf = (pks: readonly string[]) => pks.flatMap((pk) => ends.get(pk) ?? []);
  const idsOf = (destination: string) => calls.filter(({ id }) => id.startsWith(destination)).map(({ id }) => id);
  const now = () => clock.now() - startMs;
  const ports = { clock, table, keys, telemetry, health, late, drains };
  return { ...ports, calls, most, park, parkAll, start, startAll, endsOf, idsOf, now };
}

describe("the keys that a run drains", () => {
  it("are each drained once at a time, by an owner of their own, and told of at their end", async () => {
    const { park, start, drains, clock, keys, endsOf, table } = keysWorld();
    park("a", "default", "default");
    park("b", "default");
    const owners: string[] = [];
    const acquire = keys.acquire.bind(keys);
    keys.acquire = (pk, owner, ...times) => {
      owners.push(owner);
      return acquire(pk, owner, ...times);
    };
    await clock.run(async () => {
      expect([await start("a"), await start("b"), await start("a")]).toEqual([true, true, false]);
      await drains.settled();
      expect(await start("a")).toBe(true);
      await drains.settled();
    });
    expect(new Set(owners).size).toBe(3);
    expect(endsOf(["a", "b"])).toMatchObject([
      { kind: "clean", delivered: 2 },
      { kind: "clean", delivered: 0 },
      { kind: "clean", delivered: 1 },
    ]);
    expect(table.items.size).toBe(0);
  });

  it("begin no more once time is over, or every known destination has failed", async () => {
    const { park, start, health, clock, now, calls } = keysWorld();
    park("a", "default");
    health.allFailed = true;
    expect(await clock.run(() => start("a"))).toBe(false);
    health.allFailed = false;
    clock.skip(RUN_MS - now());
    expect(await clock.run(() => start("a"))).toBe(false);
    expect(calls).toEqual([]);
  });

  it("are a hundred at once: each of the others begins when one has ended", async () => {
    const { parkAll, startAll, drains, clock, most, endsOf } = keysWorld();
    const pks = parkAll(250, "default");
    const begunMs = await clock.run(() => startAll(pks));
    expect(begunMs).toBeGreaterThan(2 * QUICK_MS);
    expect(begunMs).toBeLessThan(PATIENCE_MS);
    await clock.run(() => drains.settled());
    expect(most.get("default")).toBe(KEYS_AT_ONCE);
    expect(endsOf(pks)).toHaveLength(250);
  });

  it("are a hundred at once for several destinations together", async () => {
    const { parkAll, startAll, drains, clock, most } = keysWorld();
    const pks = [...parkAll(60, "one"), ...parkAll(60, "other")];
    await clock.run(() => startAll(pks).then(drains.settled));
    expect(most.get("all")).toBe(KEYS_AT_ONCE);
  });

  it("go on beside one that the table refuses, which the run fails with in the end", async () => {
    const { parkAll, startAll, drains, clock, keys, telemetry, endsOf } = keysWorld();
    const pks = parkAll(3, "default");
    keys.before = (operation, pk) => {
      if (operation === "read" && pk === pks[1]) throw new Error("The table refuses");
    };
    await clock.run(() => startAll(pks));
    await expect(clock.run(() => drains.settled())).rejects.toThrow("The table refuses");
    expect(endsOf(pks).map(({ kind }) => kind)).toEqual(["clean", "clean"]);
    expect(telemetry.logs).toMatchObject([{ level: "warn", fields: { error: "Error" } }]);
  });
});

describe("a destination whose keys hold all places", () => {
  const hanging = (destination: string) => (destination === "hangs" ? HANGS_MS : QUICK_MS);

  it("is late after a second in which it gave none back: others have places again, and it has its own", async () => {
    const { parkAll, startAll, drains, clock, late, endsOf, now } = keysWorld(hanging);
    const hangs = parkAll(KEYS_AT_ONCE, "hangs");
    const sound = parkAll(50, "sound");
    const begunMs = await clock.run(async () => {
      await startAll(hangs);
      expect(late.has("hangs")).toBe(false);
      return startAll(sound);
    });
    expect(late.has("hangs")).toBe(true);
    expect(begunMs).toBeGreaterThanOrEqual(PATIENCE_MS);
    expect(begunMs).toBeLessThan(3 * PATIENCE_MS);
    await clock.run(() => clock.sleep(PATIENCE_MS));
    expect(endsOf(sound)).toHaveLength(50);
    await clock.run(() => drains.settled());
    expect(endsOf(hangs)).toHaveLength(KEYS_AT_ONCE);
    expect(late.has("hangs")).toBe(false);
    expect(now()).toBeLessThan(HANGS_MS + PATIENCE_MS);
  });

  it("counts its second from when the first of its keys now at work began", async () => {
    const { parkAll, startAll, clock, park, start, now } = keysWorld(hanging);
    const [first = "", ...others] = parkAll(KEYS_AT_ONCE, "hangs");
    park("s", "sound");
    await clock.run(async () => {
      await startAll([first]);
      await clock.sleep(PATIENCE_MS - 100);
      await startAll(others);
      await clock.sleep(200);
      await start("s");
    });
    expect(now()).toBeLessThan(PATIENCE_MS + 200);
  });

  it("is not late as long as it gives one back within each second, however long each of its calls takes", async () => {
    const { parkAll, startAll, drains, clock, late, most } = keysWorld(
      (_destination, pk) => 500 + 20 * Number(pk.slice(5)),
    );
    const pks = parkAll(KEYS_AT_ONCE + 40, "slow");
    await clock.run(async () => {
      await startAll(pks);
      expect(late.has("slow")).toBe(false);
      await drains.settled();
    });
    expect(most.get("slow")).toBe(KEYS_AT_ONCE);
  });

  it.each([
    ["of all keys", () => "busy"],
    ["of one key each", (index: number) => `busy-${index}`],
  ])(
    "is late, too, while keys go on from event to event and give no place back, where it is that %s",
    async (_whose, of) => {
      const { park, startAll, start, drains, clock, late, now } = keysWorld(() => 500);
      const pks = times(KEYS_AT_ONCE, (index) => `busy-${index}`);
      for (const [index, pk] of pks.entries()) park(pk, ...times(8, () => of(index)));
      park("s", "sound");
      await clock.run(async () => {
        await startAll(pks);
        await start("s");
        expect(late.has(of(0))).toBe(true);
        expect(now()).toBeLessThan(3 * PATIENCE_MS);
        await drains.settled();
      });
    },
  );

  it("goes on with its keys at work while one too many comes, and gives that one back", async () => {
    const { park, startAll, start, drains, clock, keys, endsOf, now } = keysWorld((destination) =>
      destination === "hangs" ? 5_000 : QUICK_MS,
    );
    const pks = times(KEYS_AT_ONCE, (index) => `hangs-${index}`);
    for (const pk of pks) park(pk, "hangs", "hangs");
    const more = times(40, (index) => `more-${index}`);
    for (const pk of more) park(pk, "hangs");
    const acquired = new Map<string, number>();
    const acquire = keys.acquire.bind(keys);
    keys.acquire = (pk, ...given) => {
      acquired.set(pk, (acquired.get(pk) ?? 0) + 1);
      return acquire(pk, ...given);
    };
    await clock.run(async () => {
      await startAll(pks);
      // One is given back at any time about which the keys at work go on to their second events.
      for (const [index, pk] of more.entries()) {
        await start(pk);
        await clock.sleep(Math.max(1, 4_970 + index - now()));
      }
      await drains.settled();
    });
    expect(pks.map((pk) => acquired.get(pk))).toEqual(pks.map(() => 1));
    expect(endsOf(pks)).toEqual(pks.map(() => ({ kind: "clean", delivered: 2 })));
    expect(endsOf(more)).toEqual(more.map(() => ({ kind: "clean", delivered: 1 })));
  });

  it("gets no more calls at once by being late: its further keys stand in line until one has ended", async () => {
    const { parkAll, startAll, drains, clock, most, endsOf, idsOf, now } = keysWorld((destination) =>
      destination === "hangs" ? 5_000 : QUICK_MS,
    );
    const hangs = parkAll(2 * KEYS_AT_ONCE + 20, "hangs");
    const begunMs = await clock.run(() => startAll(hangs));
    expect(begunMs).toBeLessThan(3 * PATIENCE_MS);
    expect(idsOf("hangs")).toHaveLength(KEYS_AT_ONCE);
    await clock.run(() => drains.settled());
    expect(most.get("hangs")).toBe(KEYS_AT_ONCE);
    expect(idsOf("hangs")).toHaveLength(hangs.length);
    expect(endsOf(hangs)).toEqual(hangs.map(() => ({ kind: "clean", delivered: 1 })));
    expect(now()).toBeLessThan(17_000);
  });

  it("has a key in its line that delivered events elsewhere before: it ends once, and tells of them all", async () => {
    const { parkAll, startAll, park, start, drains, clock, endsOf } = keysWorld((destination) =>
      destination === "hangs" ? 5_000 : QUICK_MS,
    );
    const hangs = parkAll(KEYS_AT_ONCE, "hangs");
    park("both", "sound", "hangs");
    await clock.run(async () => {
      await startAll(hangs);
      expect(await start("both")).toBe(true);
      await clock.sleep(1_000);
      // It is at work, or in line, and no second drain of it begins.
      expect(await start("both")).toBe(false);
      await drains.settled();
    });
    expect(endsOf(["both"])).toEqual([{ kind: "clean", delivered: 2 }]);
  });

  it("has a place again, too, once a key goes on to another destination, and not only when one has ended", async () => {
    const { park, startAll, start, drains, clock, endsOf, idsOf, now } = keysWorld((destination) =>
      destination === "hangs" ? 5_000 : HANGS_MS,
    );
    const both = times(KEYS_AT_ONCE, (index) => `both-${index}`);
    for (const pk of both) park(pk, "hangs", "slow");
    park("hangs-next", "hangs");
    await clock.run(async () => {
      await startAll(both);
      await start("hangs-next");
      await clock.sleep(10_000 - now());
      expect(idsOf("hangs-next")).toHaveLength(1);
      await drains.settled();
    });
    expect(endsOf(["hangs-next"])).toEqual([{ kind: "clean", delivered: 1 }]);
  });

  it.each([
    ["time is over", RUN_MS, () => undefined],
    ["it has failed", 5_000, (failed: Set<string>) => failed.add("hangs")],
  ])("leaves its line to the next run where %s", async (_why, latencyMs, change) => {
    const { parkAll, startAll, park, start, drains, clock, health, endsOf, idsOf } = keysWorld((destination) =>
      destination === "hangs" ? latencyMs : QUICK_MS,
    );
    const hangs = parkAll(KEYS_AT_ONCE + 2, "hangs");
    park("both", "sound", "hangs");
    await clock.run(async () => {
      await startAll(hangs);
      await start("both");
      await clock.sleep(1_000);
      change(health.failed);
      await drains.settled();
    });
    expect(idsOf("hangs")).toHaveLength(KEYS_AT_ONCE);
    expect(endsOf(hangs).filter(({ kind }) => kind === "busy")).toHaveLength(2);
    expect(endsOf(["both"])).toEqual([{ kind: "busy", delivered: 1 }]);
  });
});
