import { describe, expect, it } from "vitest";
import { MAX_BACKLOG_ROWS } from "../../../lib/core/ordered/key-group.ts";
import { orderedWorld, upTo, withoutSource } from "./ordered-world.ts";

describe("the relay, in order, given what it should not be", () => {
  it("lets a malformed event hold up its own key alone", async () => {
    const { writeEvent, writeEvents, relayProcess, deliveries, keys, deadLetters } = orderedWorld();
    const { invoke, telemetry } = relayProcess();
    await invoke([
      writeEvent("a", 1),
      writeEvent("a", 2, {}, withoutSource),
      writeEvent("a", 3),
      ...writeEvents("b", 3),
    ]);
    expect(deliveries("a")).toEqual([1]);
    expect(deliveries("b")).toEqual(upTo(3));
    expect(deadLetters.bodies).toMatchObject([{ pk: "a", sk: "2", code: "MalformedRow" }]);
    expect(keys.parkedKey("a")?.["reason"]?.S).toContain("source is absent");
    expect(telemetry.total("MalformedRecords")).toBe(1);
  });

  it("lets an event that is too large hold up its own key alone", async () => {
    const { writeEvent, writeEvents, relayProcess, deliveries, keys } = orderedWorld();
    const large = writeEvent("a", 1, { data: "x".repeat(200_000) });
    const { invoke, telemetry } = relayProcess();
    await invoke([large, writeEvent("a", 2), ...writeEvents("b", 2)]);
    expect(telemetry.total("FailuresByCode", "EventTooLarge")).toBe(1);
    expect(deliveries("a")).toEqual([]);
    expect(deliveries("b")).toEqual(upTo(2));
    expect(keys.parkedKey("a")?.["reason"]?.S).toContain("EventTooLarge");
  });

  it("lets an event above what the target takes of one hold up its key, though a call holds more", async () => {
    const { writeEvent, writeEvents, relayProcess, target, deliveries, keys } = orderedWorld();
    Object.assign(target.limits, { maxEntryBytes: 1_000 });
    await relayProcess().invoke([writeEvent("a", 1, { data: "x".repeat(2_000) }), ...writeEvents("b", 2)]);
    expect(deliveries("a")).toEqual([]);
    expect(deliveries("b")).toEqual(upTo(2));
    expect(keys.parkedKey("a")?.["reason"]?.S).toContain("EventTooLarge");
  });

  it("parks by itself a row whose sort key is no place in a sequence", async () => {
    const { writeEvents, writeEvent, relayProcess, deliveries, keys, deadLetters } = orderedWorld();
    await relayProcess().invoke([...writeEvents("a", 2), writeEvent("a", 1.5), writeEvent("a", -1)]);
    expect(deliveries("a")).toEqual([1, 2]);
    expect(keys.parkedKey("a")).toBeUndefined();
    expect(deadLetters.bodies.map(({ code }) => code)).toEqual(["MalformedRow", "MalformedRow"]);
  });

  it("never takes an event that somebody wrote at 0 for a parked-key record alone: it is reported, and holds up its key", async () => {
    const { writeEvents, relayProcess, requeueFor, deliveries, waiting, deadLetters } = orderedWorld();
    const { invoke, telemetry } = relayProcess();
    await invoke(writeEvents("a", 3, 0));
    expect(telemetry.total("MalformedRecords")).toBe(1);
    expect(deadLetters.bodies).toMatchObject([{ pk: "a", sk: "0", code: "MalformedRow" }]);
    await requeueFor(180);
    expect(deliveries("a")).toEqual([]);
    expect(waiting()).toEqual(["a/0", "a/1", "a/2"]);
  });

  it("parks a key with a long backlog below its records, so that one key does not hold the stream up", async () => {
    const { writeEvents, relayProcess, deliveries, keys, clock } = orderedWorld();
    const records = writeEvents("a", 2_000);
    const startMs = clock.now();
    expect(await relayProcess().invoke(records.slice(-1))).toEqual({});
    expect(clock.now() - startMs).toBeLessThan(10_000);
    expect(deliveries("a").length).toBeGreaterThan(MAX_BACKLOG_ROWS);
    expect(deliveries("a")).toEqual(upTo(deliveries("a").length));
    expect(keys.parkedKey("a")?.["reason"]?.S).toContain("LongBacklog");
  });

  it("delivers what waits in the order of its sequence, also where a lower one was written late", async () => {
    const { writeEvent, relayProcess, deliveries } = orderedWorld();
    const late = writeEvent("a", 7);
    await relayProcess().invoke([writeEvent("a", 3), late, writeEvent("a", 5)]);
    expect(deliveries("a")).toEqual([3, 5, 7]);
    await relayProcess().invoke([writeEvent("a", 4)]);
    expect(deliveries("a")).toEqual([3, 5, 7, 4]);
  });

  it("delivers the event that stands in the row now, not the one its record told of", async () => {
    const { writeEvent, relayProcess, target, table } = orderedWorld();
    const replaced = writeEvent("a", 1);
    writeEvent("a", 1, { id: "a/1-again" });
    await relayProcess().invoke([replaced]);
    expect(target.delivered).toEqual(["a/1-again"]);
    expect(table.items.size).toBe(0);
  });
});
