import { describe, expect, it } from "vitest";
import { RELAY_CLOSING_MS } from "../../../lib/contract/settings/closing-times.ts";
import { deliverKeyGroup, MAX_BACKLOG_ROWS } from "../../../lib/core/ordered/key-group.ts";
import { MAX_IDLE_PASSES } from "../../../lib/core/ordered/ordering.ts";
import type { PublishInOrder } from "../../../lib/core/ordered/publish-in-order.ts";
import { REFUSED } from "../../world/scripted-target.ts";
import { MIN_PARKED_MS, times } from "../../world/world.ts";
import { orderedWorld, upTo } from "./ordered-world.ts";

const PAGE_OF_TWO = { ceiling: Number.MAX_SAFE_INTEGER, limit: 2 };

/** Each refused event is delivered by somebody else before its key is parked. */
function withHelper(isRefused: (sequence: number) => boolean) {
  const world = orderedWorld();
  const { target, keys, table, waiting } = world;
  target.script = ({ id }) => (isRefused(Number(id.slice("a/".length))) ? REFUSED : undefined);
  keys.before = (operation) => {
    if (operation === "park") table.remove({ pk: "a", sk: String(waiting()[0]?.slice("a/".length)) });
  };
  return world;
}

describe("a key group", () => {
  it("counts a duplicate avoided only where it finds nothing, and has delivered nothing", async () => {
    const { writeEvents, relayProcess, deliveries, keys } = withHelper((sequence) => sequence === 2);
    const { invoke, telemetry } = relayProcess();
    expect(await invoke(writeEvents("a", 2))).toEqual({});
    expect(deliveries("a")).toEqual([1]);
    // It looks once more behind the event that was gone, and finds nothing.
    expect(keys.requests.filter((request) => request === "read")).toHaveLength(2);
    expect(telemetry.total("DuplicatesAvoided")).toBe(0);
    expect(telemetry.total("KeysParked")).toBe(0);
  });

  it("rests by the backoff of its event where the event is to blame, and for the shortest time where its target is", async () => {
    const restOf = async (failure: typeof REFUSED) => {
      const { writeEvents, relayProcess, target, keys, clock } = orderedWorld("per-key", {
        settings: { requeueBackoff: { baseSeconds: 100_000, capSeconds: 100_000 } },
      });
      target.script = () => failure;
      await relayProcess().invoke(writeEvents("a", 1));
      return Number(keys.parkedKey("a")?.["notBefore"]?.N) - clock.now();
    };
    expect(await restOf(REFUSED)).toBeGreaterThan(2 * MIN_PARKED_MS);
    expect(await restOf({ ...REFUSED, scope: "target" })).toBeLessThanOrEqual(MIN_PARKED_MS);
  });

  it("goes on for as long as each of its passes delivers something", async () => {
    const events = 3 * MAX_IDLE_PASSES;
    const { writeEvents, relayProcess, deliveries } = withHelper((sequence) => sequence % 2 === 0);
    expect(await relayProcess().invoke(writeEvents("a", events))).toEqual({});
    expect(deliveries("a")).toEqual(upTo(events).filter((sequence) => sequence % 2 === 1));
  });

  it("parks its key once it has delivered so many rows beyond its records, and leaves the key at that", async () => {
    const { writeEvents, relayProcess, deliveries, keys } = orderedWorld();
    const records = writeEvents("a", 400);
    const { invoke, telemetry } = relayProcess();
    expect(await invoke(records.slice(350))).toEqual({});
    expect(deliveries("a")).toEqual(upTo(50 + MAX_BACKLOG_ROWS));
    expect(keys.parkedKey("a")?.["reason"]?.S).toContain("LongBacklog");
    expect(keys.requests).not.toContain("touch");
    expect(telemetry.total("KeysParked")).toBe(1);
  });

  it("is through where somebody else delivers the rest of a long backlog meanwhile", async () => {
    const { writeEvents, relayProcess, keys, table, waiting } = orderedWorld();
    const records = writeEvents("a", 400);
    const read = keys.read.bind(keys);
    keys.read = async (pk, range) => {
      if (waiting().length <= 150) for (const id of waiting()) table.remove({ pk: "a", sk: id.slice("a/".length) });
      return read(pk, range);
    };
    expect(await relayProcess().invoke(records.slice(350))).toEqual({});
    expect(keys.parkedKey("a")).toBeUndefined();
  });

  it("says at each page how many events it has left: its records, or what waits below them where that is more", async () => {
    const { writeEvents, relayProcess, table, clock } = orderedWorld();
    const { ordering, ...parts } = relayProcess();
    if (ordering === undefined) throw new Error("The world has no order");
    const said: number[] = [];
    const publish: PublishInOrder = async (events, remaining) => {
      said.push(remaining);
      for (const { pk, sk } of events) table.remove({ pk, sk });
      return { delivered: events.length };
    };
    const left = (rows: number, records: number) => {
      writeEvents("a", rows);
      const ports = { ...parts, ordering, publish, readKey: (pk: string) => ordering.keys.read(pk, PAGE_OF_TWO) };
      const untilMs = clock.now() + 10_000;
      const keyGroup = { pk: "a", ceiling: rows, records };
      return clock.run(() => deliverKeyGroup(keyGroup, ports, { publishUntilMs: untilMs, endMs: untilMs }));
    };
    await left(5, 4);
    await left(2, 1);
    expect(said).toEqual([4, 2, 1, 2]);
  });

  it("reads no key at its deadline", async () => {
    const { writeEvents, relayProcess, keys } = orderedWorld();
    const records = writeEvents("a", 1);
    expect(await relayProcess().invoke(records, RELAY_CLOSING_MS)).toEqual({ checkpoint: records[0]?.position });
    expect(keys.requests).toEqual([]);
  });

  it("reads no key once there is no time left to publish", async () => {
    const { writeEvents, relayProcess, target, keys } = orderedWorld("per-key", { concurrency: 1 });
    target.latencyMs = 20_000;
    target.limits = { ...target.limits, maxEntries: 1 };
    const records = times(10, (key) => writeEvents(`k${key}`, 1)).flat();
    const { checkpoint } = await relayProcess().invoke(records);
    expect(checkpoint).toBeDefined();
    expect(keys.requests.filter((request) => request === "read")).toHaveLength(target.calls.length);
  });
});
