import { describe, expect, it } from "vitest";
import type { NewEvent } from "../../../lib/contract/codec/encode-row.ts";
import type { Item } from "../../../lib/contract/codec/item.ts";
import { MAX_PENDING_DELETES } from "../../../lib/core/delivery/deletes/places.ts";
import { trials } from "../../../lib/core/delivery/trials.ts";
import { relayKeyGroups } from "../../../lib/core/ordered/relay-key-groups.ts";
import { DOWN, REFUSED, THROTTLED, TIMED_OUT } from "../../world/scripted-target.ts";
import { MIN_PARKED_MS, times } from "../../world/world.ts";
import { orderedWorld, upTo, withoutSource } from "./ordered-world.ts";

describe("the relay, in order", () => {
  it("publishes each key ascending, one in flight, however the stream hands its records over", async () => {
    const { writeEvents, relayProcess, target, table, deliveries } = orderedWorld();
    const records = [...writeEvents("a", 5), ...writeEvents("b", 3)];
    const inFlight = new Set<string>();
    const publish = target.publish.bind(target);
    target.publish = async (destination, events) => {
      const keys = events.map(({ pk }) => pk);
      expect(new Set([...inFlight, ...keys]).size).toBe(inFlight.size + keys.length);
      for (const key of keys) inFlight.add(key);
      const results = await publish(destination, events);
      for (const key of keys) inFlight.delete(key);
      return results;
    };
    expect(await relayProcess().invoke(records.toReversed())).toEqual({});
    expect(deliveries("a")).toEqual(upTo(5));
    expect(deliveries("b")).toEqual(upTo(3));
    expect(table.items.size).toBe(0);
  });

  it("packs the next events of many keys into one call", async () => {
    const { writeEvents, relayProcess, target } = orderedWorld("per-key", { concurrency: 2 });
    const records = times(20, (key) => writeEvents(`key${key}`, 5)).flat();
    await relayProcess().invoke(records);
    expect(target.delivered).toHaveLength(100);
    expect(target.calls.length).toBeLessThanOrEqual(20);
    for (const { ids } of target.calls) {
      expect(new Set(ids.map((id) => id.split("/")[0])).size).toBe(ids.length);
    }
  });

  it("gives the longest key group the first place, so that it decides how long the batch takes", async () => {
    const { writeEvents, relayProcess, clock } = orderedWorld("per-key", { concurrency: 4 });
    // A Zipf-like batch: the longest key has 170 of 1,000 events.
    const sizes = times(200, (rank) => Math.max(1, Math.round(170 / (rank + 1))));
    const records = sizes.flatMap((size, rank) => writeEvents(`key${rank}`, size));
    const startMs = clock.now();
    await relayProcess().invoke(records);
    expect((clock.now() - startMs) / (170 * 20)).toBeLessThan(1.25);
  });

  it("reads a few keys at a time, those of the longest key groups first, so that no call stands behind hundreds of reads", async () => {
    const { writeEvents, relayProcess, keys, deliveries } = orderedWorld();
    const records = times(40, (rank) => writeEvents(`key${rank}`, rank === 39 ? 9 : 1)).flat();
    const begun: string[] = [];
    let inFlight = 0;
    let most = 0;
    const read = keys.read.bind(keys);
    keys.read = async (pk, range) => {
      begun.push(pk);
      inFlight += 1;
      most = Math.max(most, inFlight);
      const page = await read(pk, range);
      inFlight -= 1;
      return page;
    };
    expect(await relayProcess().invoke(records)).toEqual({});
    expect(begun[0]).toBe("key39");
    expect(most).toBe(8);
    expect(deliveries("key39")).toEqual(upTo(9));
    expect(begun).toHaveLength(40);
  });

  it("reads the records of a long key group in one page, for between two pages it would wait for deletes", async () => {
    const { writeEvents, relayProcess, keys, deliveries } = orderedWorld();
    expect(await relayProcess().invoke(writeEvents("a", 200))).toEqual({});
    expect(deliveries("a")).toEqual(upTo(200));
    expect(keys.requests).toEqual(["read"]);
  });

  it("publishes what waits below its records too, without a record of it", async () => {
    const { writeEvents, relayProcess, deliveries } = orderedWorld();
    const records = writeEvents("a", 4);
    await relayProcess().invoke(records.slice(3));
    expect(deliveries("a")).toEqual(upTo(4));
  });

  it("leaves to a later record what was committed after its own", async () => {
    const { writeEvents, relayProcess, deliveries } = orderedWorld();
    const records = writeEvents("a", 4);
    await relayProcess().invoke(records.slice(0, 2));
    expect(deliveries("a")).toEqual([1, 2]);
  });

  it("publishes nothing twice when a batch is brought again", async () => {
    const { writeEvents, relayProcess, deliveries } = orderedWorld();
    const records = writeEvents("a", 4);
    await relayProcess().invoke(records);
    const { invoke, telemetry } = relayProcess();
    await invoke(records);
    expect(deliveries("a")).toEqual(upTo(4));
    expect(telemetry.total("DuplicatesAvoided")).toBe(4);
  });

  it("leaves unordered events on their way without a query, in the same batch", async () => {
    const { write, writeEvents, relayProcess, target, keys } = orderedWorld();
    await relayProcess().invoke([...times(50, () => write()), ...writeEvents("a", 2)]);
    expect(target.delivered).toHaveLength(52);
    expect(keys.requests).toEqual(["read"]);
    expect(target.calls.filter(({ ids }) => ids.length === 10)).toHaveLength(5);
  });

  it("tries an event again under its own backoff while the other keys go on", async () => {
    const { writeEvents, relayProcess, target, deliveries, table } = orderedWorld();
    let failures = 3;
    target.script = ({ id }) => (id === "a/2" && failures-- > 0 ? DOWN : undefined);
    const { invoke, telemetry } = relayProcess();
    await invoke([...writeEvents("a", 3), ...writeEvents("b", 10)]);
    expect(deliveries("a")).toEqual(upTo(3));
    expect(telemetry.total("PublishRetries")).toBe(3);
    expect(target.delivered.indexOf("b/10")).toBeLessThan(target.delivered.indexOf("a/3"));
    expect(table.items.size).toBe(0);
  });

  it("publishes the next event only once a lost acknowledgement is made good", async () => {
    const { writeEvents, relayProcess, target, deliveries } = orderedWorld();
    target.script = (_event, call) => (call === 1 ? TIMED_OUT : undefined);
    const { invoke, telemetry } = relayProcess();
    await invoke(writeEvents("a", 2));
    expect(deliveries("a")).toEqual([1, 1, 2]);
    expect(telemetry.total("DuplicatesPossible", "ambiguous-publish")).toBe(1);
  });

  it("parks a key at the event it cannot deliver: dead letter, then parked-key record, and nothing behind it leaves", async () => {
    const { writeEvents, relayProcess, target, deliveries, keys, deadLetters, waiting, clock } = orderedWorld();
    target.script = ({ id }) => (id === "a/2" ? REFUSED : undefined);
    let deadLettersBefore = 0;
    keys.before = (operation) => {
      if (operation === "park") deadLettersBefore = deadLetters.messages.length;
    };
    const { invoke, telemetry } = relayProcess();
    expect(await invoke([...writeEvents("a", 4), ...writeEvents("b", 4)])).toEqual({});
    expect(deliveries("a")).toEqual([1]);
    expect(deliveries("b")).toEqual(upTo(4));
    expect(waiting()).toEqual(["a/2", "a/3", "a/4"]);
    expect(deadLettersBefore).toBe(1);
    expect(deadLetters.bodies).toMatchObject([{ pk: "a", sk: "2", id: "a/2", code: "InvalidArgument", attempts: 1 }]);
    expect(keys.parkedKey("a")).toMatchObject({ _ver: { N: "1" }, attempts: { N: "1" } });
    expect(keys.parkedKey("a")?.["reason"]?.S).toContain("InvalidArgument");
    expect(Number(keys.parkedKey("a")?.["notBefore"]?.N)).toBeGreaterThanOrEqual(clock.now() + MIN_PARKED_MS - 5_000);
    expect(telemetry.total("KeysParked")).toBe(1);
  });

  it("touches the parked-key record it meets and leaves its events behind it", async () => {
    const { writeEvents, relayProcess, target, keys, deliveries, waiting } = orderedWorld();
    target.script = ({ id }) => (id === "a/1" ? REFUSED : undefined);
    const { invoke, telemetry } = relayProcess();
    await invoke(writeEvents("a", 1));
    target.script = () => undefined;
    expect(await invoke(writeEvents("a", 2, 2))).toEqual({});
    expect(deliveries("a")).toEqual([]);
    expect(waiting()).toHaveLength(3);
    expect(keys.parkedKey("a")?.["_ver"]).toEqual({ N: "2" });
    expect(telemetry.total("GateTouches")).toBe(1);
  });

  it("looks again when the parked-key record went away between the look and the touch", async () => {
    const { writeEvents, relayProcess, keys, table, deliveries } = orderedWorld();
    const records = writeEvents("a", 2);
    table.put({ pk: { S: "a" }, sk: { N: "0" }, _ver: { N: "1" } });
    keys.before = (operation) => {
      if (operation === "touch") table.remove({ pk: "a", sk: "0" });
    };
    await relayProcess().invoke(records);
    expect(deliveries("a")).toEqual([1, 2]);
  });

  it("makes no parked-key record for an event that somebody delivered meanwhile, and goes on behind it", async () => {
    const { writeEvents, relayProcess, target, keys, table, deliveries } = orderedWorld();
    target.script = ({ id }) => (id === "a/1" ? REFUSED : undefined);
    keys.before = (operation) => {
      if (operation === "park") table.remove({ pk: "a", sk: "1" });
    };
    await relayProcess().invoke(writeEvents("a", 3));
    expect(deliveries("a")).toEqual([2, 3]);
    expect(keys.parkedKey("a")).toBeUndefined();
  });

  it("has the record brought again when the parked-key record cannot be written", async () => {
    const { writeEvents, relayProcess, target, keys } = orderedWorld();
    target.script = ({ id }) => (id === "a/2" ? REFUSED : undefined);
    keys.failing.add("park");
    const records = [...writeEvents("b", 1), ...writeEvents("a", 3)];
    expect(await relayProcess().invoke(records)).toEqual({ checkpoint: records[1]?.position });
    expect(keys.parkedKey("a")).toBeUndefined();
  });

  it("carries on with the parked-key record when the queue takes no dead letter", async () => {
    const { writeEvents, relayProcess, target, keys, deadLetters } = orderedWorld();
    target.script = () => REFUSED;
    deadLetters.refusing = true;
    const { invoke, telemetry } = relayProcess();
    expect(await invoke(writeEvents("a", 1))).toEqual({});
    expect(keys.parkedKey("a")).toBeDefined();
    expect(telemetry.total("ParkFailures")).toBe(1);
  });

  it("has the records of a key brought again when the key cannot be read", async () => {
    const { writeEvents, relayProcess, keys, target } = orderedWorld();
    const records = writeEvents("a", 3);
    keys.failing.add("read");
    const { invoke, telemetry } = relayProcess();
    expect(await invoke(records)).toEqual({ checkpoint: records[0]?.position });
    expect(target.calls).toHaveLength(0);
    expect(telemetry.logs).toMatchObject([{ level: "warn", fields: { records: 3, error: "Error" } }]);
  });

  it("skips keys without a read or a parked-key record while the breaker is open", async () => {
    const { writeEvents, relayProcess, target, keys, deadLetters } = orderedWorld();
    target.script = () => DOWN;
    const { invoke } = relayProcess();
    await invoke(times(100, (key) => writeEvents(`first${key}`, 1)).flat());
    expect(keys.requests.filter((operation) => operation === "park").length).toBeLessThanOrEqual(100);
    keys.requests.length = 0;
    const sent = deadLetters.messages.length;
    expect(await invoke(times(100, (key) => writeEvents(`second${key}`, 2)).flat())).toEqual({});
    expect(keys.requests.filter((operation) => operation !== "read")).toEqual([]);
    expect(keys.requests.length).toBeLessThanOrEqual(1);
    expect(deadLetters.messages).toHaveLength(sent);
  });

  it("reads and publishes again from the moment on at which the breaker may be probed", async () => {
    const { writeEvents, relayProcess, deliveries, clock } = orderedWorld();
    const { invoke, limiters } = relayProcess();
    limiters.of("default").coolDown(clock.now() + 1_000);
    clock.skip(999);
    expect(await invoke(writeEvents("a", 2))).toEqual({});
    expect(deliveries("a")).toEqual([]);
    clock.skip(1);
    expect(await invoke(writeEvents("b", 2))).toEqual({});
    expect(deliveries("b")).toEqual(upTo(2));
  });

  it("comes to a verdict on the last key that fails, whatever became of the others", async () => {
    const { writeEvents, relayProcess, target, keys, table } = orderedWorld();
    target.script = () => DOWN;
    const read = keys.read.bind(keys);
    keys.read = async (pk, range) => {
      if (pk === "unread") throw new Error("the table refuses");
      return read(pk, range);
    };
    const [unread] = writeEvents("unread", 1);
    const gone = writeEvents("gone", 1);
    table.remove({ pk: "gone", sk: "1" });
    const { invoke, telemetry } = relayProcess();
    const records = [...writeEvents("a", 1), ...gone, ...(unread ? [unread] : [])];
    expect(await invoke(records)).toEqual({ checkpoint: unread?.position });
    expect(keys.parkedKey("a")).toMatchObject({ attempts: { N: "0" } });
    expect(telemetry.logs.map(({ fields }) => fields["undecided"])).toContain(true);
  });

  it("makes no parked-key record for a key whose turn comes once the breaker is open", async () => {
    const { writeEvents, relayProcess, target, keys, deadLetters, table } = orderedWorld("per-key", { concurrency: 2 });
    target.script = () => DOWN;
    // All keys are read by then: their key groups wait in line for a call.
    // Nothing is brought again: the sweep delivers what waits.
    expect(await relayProcess().invoke(times(20, (key) => writeEvents(`key${key}`, 1)).flat())).toEqual({});
    const parkedKeys = times(20, (key) => keys.parkedKey(`key${key}`)).filter((parkedKey) => parkedKey !== undefined);
    expect(parkedKeys.length).toBeLessThan(20);
    expect(deadLetters.messages).toHaveLength(parkedKeys.length);
    expect(table.items.size).toBe(20 + parkedKeys.length);
  });

  it("opens no breaker by throttles, and keeps the order", async () => {
    const { writeEvents, relayProcess, target, firstDeliveries } = orderedWorld();
    target.script = () => (target.inFlight > 2 ? THROTTLED : undefined);
    const { invoke, limiters } = relayProcess();
    await invoke(times(10, (key) => writeEvents(`key${key}`, 10)).flat());
    for (const key of upTo(10)) {
      const delivered = firstDeliveries(`key${key - 1}`);
      expect(delivered).toEqual(upTo(delivered.length));
    }
    expect(limiters.anyOpen()).toBe(false);
  });

  it("answers near its deadline with the first record whose key is not through", async () => {
    const { writeEvents, relayProcess, target, deliveries, waiting } = orderedWorld();
    target.latencyMs = 1_000;
    const records = writeEvents("a", 30);
    const { checkpoint } = await relayProcess().invoke(records, 15_000);
    const delivered = deliveries("a");
    expect(delivered.length).toBeGreaterThan(3);
    expect(delivered).toEqual(upTo(delivered.length));
    expect(checkpoint).toBe(records[delivered.length]?.position);
    expect(waiting()).toHaveLength(30 - delivered.length);
  });

  it("keeps every row and parks when the destination turns out to be missing", async () => {
    const { writeEvents, relayProcess, target, waiting, keys } = orderedWorld();
    target.checked = true;
    target.answer = () => (target.calls.length === 0 ? "exists" : "missing");
    await relayProcess().invoke(writeEvents("a", 3));
    expect(target.calls).toHaveLength(1);
    expect(waiting()).toHaveLength(3);
    expect(keys.parkedKey("a")?.["reason"]?.S).toContain("DestinationMissing");
  });

  it("tries the key groups of a refused call one by one", async () => {
    const { writeEvents, relayProcess, target, deliveries, keys } = orderedWorld("per-key", { concurrency: 1 });
    const publish = target.publish.bind(target);
    target.publish = async (destination, events) =>
      events.some(({ id }) => id === "b/2")
        ? events.map(() => ({ kind: "refused-together", failure: REFUSED }))
        : publish(destination, events);
    await relayProcess().invoke([...writeEvents("a", 3), ...writeEvents("b", 3), ...writeEvents("c", 3)]);
    expect([deliveries("a"), deliveries("b"), deliveries("c")]).toEqual([upTo(3), [1], upTo(3)]);
    expect(keys.parkedKey("b")?.["reason"]?.S).toContain("InvalidArgument");
  });

  it("counts the key groups of a refused call that may have landed as possible duplicates", async () => {
    const { writeEvents, relayProcess, target, deliveries } = orderedWorld("per-key", { concurrency: 1 });
    const publish = target.publish.bind(target);
    let suspects = 0;
    target.publish = async (destination, events) => {
      if (events.length === 1) return publish(destination, events);
      suspects += events.length;
      return events.map(() => ({ kind: "refused-together", failure: { ...TIMED_OUT, scope: "event" } }));
    };
    const { invoke, telemetry } = relayProcess();
    await invoke([...writeEvents("a", 2), ...writeEvents("b", 2), ...writeEvents("c", 2)]);
    expect([deliveries("a"), deliveries("b"), deliveries("c")]).toEqual([upTo(2), upTo(2), upTo(2)]);
    expect(suspects).toBeGreaterThan(0);
    expect(telemetry.total("DuplicatesPossible", "ambiguous-publish")).toBe(suspects);
  });

  it("stops at 500 undeleted rows while deletes fail, and publishes none of them again", async () => {
    const { writeEvents, relayProcess, table, target } = orderedWorld();
    table.failing.add("delete");
    const records = times(200, (key) => writeEvents(`key${key}`, 5)).flat();
    const { invoke } = relayProcess();
    const { checkpoint } = await invoke(records);
    expect(target.delivered.length).toBeLessThanOrEqual(500);
    expect(checkpoint).toBeDefined();
    table.failing.delete("delete");
    await invoke(records.slice(records.findIndex(({ position }) => position === checkpoint)));
    expect(target.delivered).toHaveLength(1_000);
    expect(table.items.size).toBe(0);
  });

  it("shares the places of pending deletes from the first call on, between destinations to which events go", async () => {
    /** How many pending deletes hold half of the places of the default destination when it is first called. */
    const halfOfPlaces = async (change: Partial<NewEvent>, spoil?: (item: Item) => Item) => {
      const { writeEvent, relayProcess, target, keys, clock } = orderedWorld();
      const { invoke, pendingDeletes } = relayProcess();
      const read = keys.read.bind(keys);
      keys.read = async (pk, range) => {
        if (pk === "late") await clock.sleep(1_000);
        return read(pk, range);
      };
      let half: number | undefined;
      const publish = target.publish.bind(target);
      target.publish = async (destination, events) => {
        half ??= pendingDeletes.enough("default");
        return publish(destination, events);
      };
      await invoke([writeEvent("a", 1), writeEvent("late", 1, change, spoil)]);
      return half;
    };
    expect(await halfOfPlaces({})).toBe(MAX_PENDING_DELETES / 2);
    expect(await halfOfPlaces({}, withoutSource)).toBe(MAX_PENDING_DELETES / 2);
    expect(await halfOfPlaces({ destination: "other" })).toBeLessThan(MAX_PENDING_DELETES / 2);
  });

  it("parks a key whose first record cannot be read", async () => {
    const { writeEvent, relayProcess, keys } = orderedWorld();
    expect(await relayProcess().invoke([writeEvent("a", 1, {}, withoutSource)])).toEqual({});
    expect(keys.parkedKey("a")?.["reason"]?.S).toContain("source is absent");
  });

  it("has nothing brought again of what no order is asked for, nor of a key behind an open breaker", async () => {
    const { writeEvents, relayProcess, clock } = orderedWorld();
    const { ordering, parking, telemetry, ...parts } = relayProcess();
    const delivery = { ...parts, telemetry, trials: trials() };
    const deadlines = { publishUntilMs: clock.now() + 10_000, endMs: clock.now() + 10_000 };
    const records = writeEvents("a", 2);
    const ports = { delivery, parking, concurrency: 1 };
    expect(await clock.run(() => relayKeyGroups(records, { ...ports, ordering: undefined }, deadlines))).toEqual([]);
    parts.limiters.of("default").coolDown(clock.now() + 1_000);
    expect(await clock.run(() => relayKeyGroups(records, { ...ports, ordering }, deadlines))).toEqual([]);
  });

  it("lets no destination that is slow keep the keys of another waiting", async () => {
    const { writeEvent, relayProcess, target, clock } = orderedWorld("per-key", { concurrency: 1 });
    target.limits = { ...target.limits, maxEntries: 1 };
    target.latencyOf = (destination) => (destination === "slow" ? 20_000 : 20);
    const slow = times(4, (key) => writeEvent(`slow${key}`, 1, { destination: "slow" }));
    const beganMs = clock.now();
    await relayProcess().invoke([...slow, ...times(4, (key) => writeEvent(`k${key}`, 1))]);
    const quick = target.calls.filter(({ destination }) => destination !== "slow");
    expect(quick).toHaveLength(4);
    for (const { atMs } of quick) expect(atMs - beganMs).toBeLessThan(2_000);
  });
});
