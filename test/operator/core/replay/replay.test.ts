import { describe, expect, it } from "vitest";
import { HOUR_MS } from "../../../../lib/contract/archive/archive-gap.ts";
import { decodeItem } from "../../../../lib/contract/codec/decode-row.ts";
import { withSpillFile } from "../../../../lib/operator/aws/audit/spill-file.ts";
import { outcomeCounts } from "../../../../lib/operator/core/act.ts";
import { partitionOf } from "../../../../lib/operator/core/audit/spill.ts";
import { archivedAs } from "../../../../lib/operator/core/replay/destinations.ts";
import { gather } from "../../../../lib/operator/core/replay/gathering.ts";
import { type ReplayOutcome, replay } from "../../../../lib/operator/core/replay/replay.ts";
import { survey } from "../../../../lib/operator/core/replay/survey.ts";
import { itemOf } from "../../../aws/fixtures.ts";
import { VirtualClock } from "../../../world/virtual-clock.ts";
import { DESTINATIONS, Death, NOON_MS, ReplayWorld, WHOLE } from "./replay-world.ts";

/** Longer than what receipts show of a destination. */
const LONG_QUEUE =
  "https://sqs.eu-central-1.amazonaws.com/123456789012/OrderServiceProduction-OutboxRelayTargetQueueForeign";

describe("a replay", () => {
  it("puts acknowledged events again as their writer wrote them, at their own key and sequence", async () => {
    const world = new ReplayWorld();
    world.ordered("k", 7, { data: { total: 9 }, subject: "s", extensions: { tenant: "t" } });
    world.acknowledged({ id: "alone" });
    expect((await world.run()).outcomes).toEqual({ put: 2 });
    const recordedtime = { S: new Date(world.nowMs).toISOString() };
    const contentType = { datacontenttype: { S: "application/json" } };
    expect(world.store.item({ pk: "k", sk: "7" })).toEqual({
      ...itemOf({
        id: "k/7",
        order: { key: "k", sequence: 7 },
        data: { total: 9 },
        subject: "s",
        extensions: { tenant: "t" },
      }),
      ...{ recordedtime, ...contentType },
    });
    expect(world.store.item({ pk: "alone", sk: "1" })).toEqual({
      ...itemOf({ id: "alone" }),
      recordedtime,
      ...contentType,
    });
  });

  it("takes each event once, however often it was acknowledged", async () => {
    const world = new ReplayWorld();
    for (let times = 0; times < 3; times += 1) world.ordered("k", 1, {}, { atMs: NOON_MS + times * 1_000 });
    expect((await world.run()).outcomes).toEqual({ put: 1 });
  });

  it("takes those that were acknowledged in the window, whenever they were met", async () => {
    const world = new ReplayWorld();
    for (const [id, atMs] of [
      ["before", NOON_MS - 1],
      ["first", NOON_MS],
      ["last", NOON_MS + HOUR_MS - 1],
      ["after", NOON_MS + HOUR_MS],
    ] as const) {
      world.acknowledged({ id }, { atMs });
    }
    await world.run();
    expect(world.put.toSorted()).toEqual(["first 1 first", "last 1 last"]);
  });

  it.each([
    ["ids", { ids: ["a/2", "b/1"] }, ["a 2 a/2", "b 1 b/1"]],
    ["a key", { key: "a" }, ["a 1 a/1", "a 2 a/2"]],
    ["a key and a sequence", { key: "a", sequence: "2" }, ["a 2 a/2"]],
    ["a type", { type: "order.paid" }, ["b 1 b/1"]],
    ["the beginning of types", { type: "order.*" }, ["a 1 a/1", "a 2 a/2", "b 1 b/1"]],
    ["a destination", { destination: "audit" }, ["b 2 b/2"]],
    ["all of several", { key: "a", type: "order.paid" }, []],
  ])("selects by %s", async (_what, filter, expected) => {
    const world = new ReplayWorld();
    world.ordered("a", 1);
    world.ordered("a", 2);
    world.ordered("b", 1, { type: "order.paid" });
    world.ordered("b", 2, { type: "user.left" }, { destination: "audit" });
    await world.run({ filter });
    expect(world.put.toSorted()).toEqual(expected);
  });

  it("reads lines that came late where their hour is noted, and names the hour", async () => {
    const world = new ReplayWorld();
    const receipt = world.acknowledged({ id: "late" });
    world.objects[0] = { writtenAtMs: NOON_MS + 5 * HOUR_MS, lines: [receipt] };
    expect((await world.run()).outcomes).toEqual({});
    world.gaps.add(NOON_MS);
    world.gaps.add(NOON_MS + HOUR_MS);
    const { outcomes, gathered } = await world.run();
    expect(outcomes).toEqual({ put: 1 });
    expect(gathered.missingHours).toEqual([NOON_MS]);
  });

  it("never puts an event over a row, whoever's it is, and goes on", async () => {
    const world = new ReplayWorld();
    for (const sequence of [1, 2, 3]) world.ordered("k", sequence);
    const other = itemOf({ id: "other", order: { key: "k", sequence: 2 } });
    world.store.put(other);
    const { survey, outcomes } = await world.run();
    expect(survey).toMatchObject({ events: 3, put: 2, occupied: 1, keys: 1, busyKeys: 1, busyEvents: 3 });
    expect(outcomes).toEqual({ put: 2, occupied: 1 });
    expect(world.store.item({ pk: "k", sk: "2" })).toEqual(other);
  });

  it("leaves out what it cannot or must not put, and says why", async () => {
    const world = new ReplayWorld();
    const { event: _event, ...without } = world.acknowledged({ id: "no-payload" });
    world.objects[0] = { writtenAtMs: without.atMs, lines: [without] };
    world.acknowledged({ id: "aside" });
    world.aside.push({ pk: "aside", sk: "1", id: "aside" }, { pk: "put", sk: "1" });
    world.acknowledged({ id: "gone" }, { destination: "a bus that is gone" });
    world.acknowledged({ id: "broken" }, { event: "{" });
    const text = world.acknowledged({ id: "put-too", data: "x", datacontenttype: "text/plain" }).event ?? "";
    world.acknowledged(
      { id: "no-text" },
      { event: text.replaceAll("put-too", "no-text").replace('"x"', '{"toString":null}') },
    );
    world.acknowledged({ id: "another" }, { event: world.acknowledged({ id: "put" }).event ?? "" });
    world.acknowledged({ id: "large", data: undefined, subject: "x".repeat(500_000) });
    const { survey, outcomes } = await world.run();
    const unfit = { "no-payload": 1, "set-aside": 1, "no-destination": 1, unreadable: 3, "too-large": 1 };
    expect(survey).toMatchObject({ events: 9, put: 2, unfit });
    expect(outcomes).toEqual({ put: 2, ...unfit });
  });

  it("leaves out an event with half of a surrogate pair, which would come out of a file as another character", async () => {
    const world = new ReplayWorld();
    const event = world.acknowledged({ id: "e", subject: "x?x" }).event ?? "";
    world.objects.length = 0;
    world.acknowledged({ id: "e" }, { event: event.replace("x?x", "x\ud800x") });
    const spilled: string[] = [];
    await withSpillFile(async (spill) => {
      const ports = { ...world.ports(), spill };
      const keep = (text: string) => {
        spilled.push(text);
        return spill.keep(text);
      };
      await gather({ ...ports, spill: { ...spill, keep } }, WHOLE, () => undefined);
      const options = {
        request: WHOLE,
        replayId: "r1",
        destinations: DESTINATIONS,
        keepsOrder: true,
        positions: new Map(),
      };
      const counts = await survey(ports, { ...options, onProgress: () => undefined });
      expect(counts).toMatchObject({ put: 0, unfit: { unreadable: 1 } });
    });
    expect(spilled.join("")).not.toMatch(/\p{Surrogate}/u);
  });

  it("leaves out what is another relay's by now", async () => {
    const world = new ReplayWorld();
    world.eventTypes = { only: ["order.*"] };
    world.acknowledged({ id: "own" });
    world.acknowledged({ id: "moved", type: "user.left" });
    expect((await world.run()).outcomes).toEqual({ put: 1, foreign: 1 });
  });

  it("prefers the receipt that has the event", async () => {
    const world = new ReplayWorld();
    const { event: _event, ...without } = world.acknowledged({ id: "e" }, { atMs: NOON_MS + 5 });
    world.objects.unshift({ writtenAtMs: NOON_MS, lines: [without] });
    expect((await world.run()).outcomes).toEqual({ put: 1 });
  });

  it("sends events where they went, or to another destination", async () => {
    const world = new ReplayWorld();
    world.acknowledged({ id: "a" });
    world.acknowledged({ id: "b" }, { destination: "audit" });
    await world.run();
    expect(world.store.item({ pk: "a", sk: "1" })?.["destination"]).toBeUndefined();
    expect(world.store.item({ pk: "b", sk: "1" })?.["destination"]).toEqual({ S: "audit" });
    for (const pk of ["a", "b"]) world.store.remove({ pk, sk: "1" });
    const { survey } = await world.run({ sendTo: "arn:audit" }, { replayId: "r2" });
    expect([...survey.destinations]).toEqual([["audit", 2]]);
    for (const pk of ["a", "b"]) expect(world.store.item({ pk, sk: "1" })?.["destination"]).toEqual({ S: "audit" });
  });

  it.each([
    ["webhooks of one host", ["https://hooks.example/team-a/secret1", "https://hooks.example/team-b/secret2"]],
    ["queues that begin alike", ["Billing-1A2B3C4D5E6F", "Shipping-9Z8Y7X6W5V4U"].map((end) => LONG_QUEUE + end)],
  ] as const)("tells destinations apart of which receipts show the same: %s", async (_what, [a = "", b = ""]) => {
    const world = new ReplayWorld();
    for (const [id, address] of [
      ["of-a", a],
      ["of-b", b],
    ] as const) {
      const { destination, destinationHash } = archivedAs(DESTINATIONS, address);
      world.acknowledged({ id }, { destination, destinationHash });
      world.acknowledged({ id: `${id}-before-there-was-a-hash` }, { destination });
    }
    world.destinations = [...DESTINATIONS, { address: b, names: [] }];
    // It does not go to another one, though receipts show that one in the same way.
    expect((await world.run()).outcomes).toEqual({ put: 1, "no-destination": 3 });
    expect(world.puts.map(({ id, destination }) => [id, destination])).toEqual([[{ S: "of-b" }, { S: b }]]);
    const filter = archivedAs(world.destinations, a);
    await world.run({ filter, sendTo: "orders" }, { replayId: "r2" });
    expect(world.put.slice(1)).toEqual(["of-a 1 of-a"]);
  });

  it("names a destination in the row by what no other one is called", async () => {
    const world = new ReplayWorld();
    world.destinations = [...DESTINATIONS, { address: "arn:elsewhere:audit", names: ["audit"] }];
    world.acknowledged({ id: "e" }, { destination: "audit" });
    const { survey } = await world.run();
    expect([...survey.destinations]).toEqual([["audit", 1]]);
    expect(world.puts[0]?.["destination"]).toEqual({ S: "arn:audit" });
  });

  it("counts events whose data is in S3", async () => {
    const world = new ReplayWorld();
    world.acknowledged({ id: "a", data: undefined, extensions: { dataref: "s3://b/k" } });
    world.acknowledged({ id: "b", data: { text: ',"dataref":' } });
    expect((await world.run()).survey.references).toBe(1);
  });

  it("ends while it counts where the operator wants it to, and has changed nothing", async () => {
    const world = new ReplayWorld();
    world.acknowledged({ id: "e" });
    world.atSleep = () => {
      world.stopped = true;
    };
    await expect(world.run()).rejects.toMatchObject({ name: "ReplayStopped" });
    expect(world.puts).toEqual([]);
  });

  it("puts as many in a second as it may", async () => {
    const world = new ReplayWorld();
    for (let number = 0; number < 50; number += 1) world.acknowledged({ id: `e${number}` });
    const beganMs = world.nowMs;
    const times: number[] = [];
    world.atPut = (when) => {
      if (when === "before") times.push(world.nowMs - beganMs);
    };
    await world.run({}, { eventsPerSecond: 10 });
    expect(times).toHaveLength(50);
    for (const [index, ms] of times.entries()) expect(ms).toBeGreaterThanOrEqual(index * 100);
  });
});

describe("a slow replay", () => {
  /** Time passes only when all writers wait, as for a command that runs by itself. */
  function slowWorld() {
    const world = new ReplayWorld();
    for (let number = 0; number < 300; number += 1) world.ordered(`k${number}`, 1);
    const clock = new VirtualClock(world.nowMs);
    const end = () =>
      clock.run(async () => {
        const ports = { ...world.ports(), clock };
        const options = {
          request: WHOLE,
          replayId: "r1",
          destinations: DESTINATIONS,
          keepsOrder: true,
          positions: new Map(),
        };
        await gather(ports, WHOLE, () => undefined);
        const outcomes = outcomeCounts<ReplayOutcome>();
        await replay(ports, { ...options, eventsPerSecond: 0.1, onProgress: () => undefined }, outcomes);
      });
    return { world, clock, end };
  }

  it("hears Ctrl-C while all of its writers wait for their turns", async () => {
    const { world, clock, end } = slowWorld();
    let stoppedMs = Number.NaN;
    world.atPut = (when, puts) => {
      if (when !== "after" || puts !== 1) return;
      world.stopped = true;
      stoppedMs = clock.now();
    };
    await end();
    expect(world.puts).toHaveLength(1);
    expect(clock.now() - stoppedMs).toBeLessThanOrEqual(1_000);
  });

  it("ends at once where one of them fails", async () => {
    const { world, clock, end } = slowWorld();
    const beganMs = clock.now();
    world.atPut = () => {
      throw new Death();
    };
    await expect(end()).rejects.toThrow(Death);
    expect(clock.now() - beganMs).toBeLessThanOrEqual(1_000);
    expect(world.puts).toEqual([]);
  });
});

describe("the order of a replay", () => {
  it("is the key's own by every digit, whatever the order of the archive", async () => {
    const world = new ReplayWorld();
    for (const sequence of [10, 2, 9_007_199_254_740_991, 1, 9_007_199_254_740_990]) world.ordered("k", sequence);
    await world.run();
    expect(world.put.map((text) => text.split(" ")[1])).toEqual([
      ...["1", "2", "10", "9007199254740990", "9007199254740991"],
    ]);
  });

  it("is that of the acknowledgements where a writer has used a place again", async () => {
    const again = () => {
      const world = new ReplayWorld();
      world.ordered("k", 1, { id: "a-second" }, { atMs: NOON_MS + 2_000 });
      world.ordered("k", 1, { id: "z-first" }, { atMs: NOON_MS + 1_000 });
      world.ordered("k", 2);
      return world;
    };
    // The table holds one of them. The other one is put if the first is delivered before its turn comes.
    const world = again();
    const { survey, outcomes } = await world.run();
    expect(survey).toMatchObject({ events: 3, put: 2, samePlace: 1, occupied: 0 });
    expect(outcomes).toEqual({ put: 2, occupied: 1 });
    expect(world.put).toEqual(["k 1 z-first", "k 2 k/2"]);

    const delivered = again();
    delivered.atPut = (when) => {
      if (when === "after") delivered.store.remove({ pk: "k", sk: "1" });
    };
    expect((await delivered.run()).outcomes).toEqual({ put: 3 });
    expect(delivered.put).toEqual(["k 1 z-first", "k 1 a-second", "k 2 k/2"]);
  });

  it("does not bring an event back whose first receipt is gone when a replay goes on", async () => {
    const world = new ReplayWorld();
    world.ordered("k", 1, {}, { atMs: NOON_MS + 1_000 });
    world.ordered("k", 1, {}, { atMs: NOON_MS + 2_000 });
    await world.run();
    world.objects.shift();
    world.store.remove({ pk: "k", sk: "1" });
    expect((await world.run({}, { goesOn: true })).survey).toMatchObject({ events: 0, before: 1 });
  });

  it("begins an event only once the one before is put", async () => {
    const world = new ReplayWorld();
    for (let sequence = 1; sequence <= 20; sequence += 1) world.ordered("k", sequence);
    let open = 0;
    world.atPut = (when) => {
      open += when === "before" ? 1 : -1;
      expect(open).toBeLessThanOrEqual(1);
    };
    await world.run();
    expect(world.puts).toHaveLength(20);
  });
});

describe("busy keys", () => {
  function busyWorld(): ReplayWorld {
    const world = new ReplayWorld();
    for (const key of ["free", "waits", "parked"]) for (const sequence of [1, 2]) world.ordered(key, sequence);
    world.store.put(itemOf({ id: "live", order: { key: "waits", sequence: 9 } }));
    world.park("parked");
    return world;
  }

  it("are counted, and put behind what waits unless they are left out", async () => {
    const { survey, outcomes } = await busyWorld().run();
    expect(survey).toMatchObject({ put: 6, keys: 3, busyKeys: 2, busyEvents: 4 });
    expect(outcomes).toEqual({ put: 6 });
  });

  it("are left out on request", async () => {
    const world = busyWorld();
    const { survey, outcomes } = await world.run({ skipBusyKeys: true });
    expect(survey).toMatchObject({ events: 6, put: 2, busyKeys: 2, busyEvents: 4 });
    expect(outcomes).toEqual({ put: 2, busy: 4 });
    expect(world.put).toEqual(["free 1 free/1", "free 2 free/2"]);
  });

  it.each(["0", "-3", "0.5", "1.5"])("are those with a row at %s too, where no event can stand", async (sk) => {
    const world = new ReplayWorld();
    for (const sequence of [1, 2]) world.ordered("k", sequence);
    world.store.put({ ...itemOf({ id: "live", order: { key: "k", sequence: 1 } }), sk: { N: sk } });
    const { survey, outcomes } = await world.run({ skipBusyKeys: true });
    expect(survey).toMatchObject({ put: 0, busyKeys: 1, busyEvents: 2 });
    expect(outcomes).toEqual({ busy: 2 });
  });

  it("are not those that are begun: what comes to a key later does not stop it", async () => {
    const world = new ReplayWorld();
    for (const key of ["a", "b"]) for (const sequence of [1, 2, 3]) world.ordered(key, sequence);
    world.atPut = (when, puts) => {
      if (when === "after" && puts === 1) {
        const begun = world.puts[0]?.["pk"]?.S ?? "";
        world.store.put(itemOf({ id: "live", order: { key: begun, sequence: 99 } }));
      }
    };
    const { outcomes } = await world.run({ skipBusyKeys: true });
    expect(outcomes).toEqual({ put: 6 });
  });

  it("are looked at again just before their first event is put", async () => {
    const world = new ReplayWorld();
    // Keys of one writer, which puts them one after the other.
    const [first = "", second = ""] = sameWriter();
    for (const key of [first, second]) for (const sequence of [1, 2]) world.ordered(key, sequence);
    world.atPut = (when, puts) => {
      if (when === "after" && puts === 1) world.park(second);
    };
    const { survey, outcomes } = await world.run({ skipBusyKeys: true });
    expect(survey).toMatchObject({ put: 4, busyKeys: 0 });
    expect(outcomes).toEqual({ put: 2, busy: 2 });
    expect(world.put).toEqual([`${first} 1 ${first}/1`, `${first} 2 ${first}/2`]);
  });

  function sameWriter(): readonly string[] {
    const keys = Array.from({ length: 2_000 }, (_unused, index) => `k${index}`);
    return keys.filter((key) => partitionOf(key) === 0).toSorted();
  }

  it("are none where the relay keeps no order", async () => {
    const world = busyWorld();
    world.keepsOrder = false;
    const { survey, outcomes } = await world.run({ skipBusyKeys: true });
    expect(survey).toMatchObject({ keys: 0, busyKeys: 0 });
    expect(outcomes).toEqual({ put: 6 });
  });

  it("do not keep a replay from going on with a key that it has begun", async () => {
    const world = new ReplayWorld();
    for (const sequence of [1, 2, 3]) world.ordered("k", sequence);
    world.atPut = (when, puts) => {
      if (when === "after" && puts === 1) world.stopped = true;
    };
    expect((await world.run({ skipBusyKeys: true })).outcomes).toEqual({ put: 1 });
    world.stopped = false;
    const { survey, outcomes } = await world.run({ skipBusyKeys: true }, { goesOn: true });
    expect(survey).toMatchObject({ events: 2, before: 1, put: 2, busyKeys: 0 });
    expect(outcomes).toEqual({ put: 2 });
  });
});

describe("new ids", () => {
  it("keep place and key of an ordered event, and name the first id", async () => {
    const world = new ReplayWorld();
    world.ordered("k", 3);
    await world.run({ ids: "new" });
    const item = world.store.item({ pk: "k", sk: "3" });
    expect(item).toMatchObject({ id: { S: "new-r1-k-3-k/3" }, replayof: { S: "k/3" } });
  });

  it("are the key of an event that stands by itself, so that nothing stands in its place", async () => {
    const world = new ReplayWorld();
    world.acknowledged({ id: "e" });
    world.store.put(itemOf({ id: "e" }));
    const { survey, outcomes } = await world.run({ ids: "new" });
    expect(survey).toMatchObject({ put: 1, occupied: 0 });
    expect(outcomes).toEqual({ put: 1 });
    const id = "new-r1-e-1-e";
    expect(world.store.item({ pk: id, sk: "1" })).toMatchObject({ id: { S: id }, replayof: { S: "e" } });
  });

  it("name the first id of all where the event was replayed before", async () => {
    const world = new ReplayWorld();
    world.acknowledged({ id: "second", extensions: { replayof: "first" } });
    await world.run({ ids: "new" });
    expect(world.puts[0]?.["replayof"]).toEqual({ S: "first" });
  });

  it("reach the consumer as an extension like any other", async () => {
    const world = new ReplayWorld();
    world.ordered("k", 3);
    await world.run({ ids: "new" });
    const decoded = decodeItem(world.puts[0] ?? {});
    if (decoded.kind !== "row" || decoded.row.content.kind !== "event") throw new Error("It is not an event");
    expect(JSON.parse(decoded.row.content.event.json)).toMatchObject({
      id: "new-r1-k-3-k/3",
      replayof: "k/3",
      sequence: "3",
    });
  });
});

describe("two commands with one replay", () => {
  it("do not both put: the later one ends", async () => {
    const world = new ReplayWorld();
    for (let number = 0; number < 60; number += 1) world.ordered("k", number + 1);
    world.atPut = (when, puts) => {
      if (when === "after" && puts === 5) throw new Death();
    };
    await expect(world.run()).rejects.toThrow(Death);
    world.atPut = () => undefined;
    const both = await Promise.allSettled([world.run({}, { goesOn: true }), world.run({}, { goesOn: true })]);
    expect(both.filter(({ status }) => status === "rejected")).toMatchObject([{ reason: { name: "ReplayElsewhere" } }]);
    expect(new Set(world.put).size).toBe(world.put.length);
    await world.run({}, { goesOn: true });
    expect(world.puts).toHaveLength(60);
  });
});
