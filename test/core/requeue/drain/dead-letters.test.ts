import { describe, expect, it } from "vitest";
import { deadLetterText } from "../../../../lib/contract/dead-letter.ts";
import { deadLetterOf } from "../../../aws/fixtures.ts";
import { keyOf } from "../../../engine/item-store.ts";
import { DOWN, REFUSED } from "../../../world/scripted-target.ts";
import { times, worldOf } from "../../../world/world.ts";
import { afterOutage, MINUTE_MS } from "../../after-outage.ts";

describe("the requeuer, with dead letters", () => {
  it("deletes a dead letter whose row is gone, unpublished", async () => {
    const { requeuerProcess, target, table, deadLetters } = await afterOutage(5);
    for (const item of table.items.values()) table.remove(keyOf(item));
    const { invoke, telemetry } = requeuerProcess();
    await invoke();
    expect(target.calls).toHaveLength(0);
    expect(deadLetters.messages).toHaveLength(0);
    expect(telemetry.total("DuplicatesAvoided")).toBe(5);
  });

  it("deletes a dead letter whose row holds another event by now", async () => {
    const world = worldOf();
    const { target, write, relayProcess, requeuerProcess, deadLetters, clock } = world;
    target.script = () => DOWN;
    await relayProcess().invoke([write({ id: "old", order: { key: "order#1", sequence: 1 } })]);
    write({ id: "new", order: { key: "order#1", sequence: 1 } });
    target.script = () => undefined;
    clock.skip(MINUTE_MS);
    await requeuerProcess().invoke();
    expect(target.delivered).toEqual([]);
    expect(deadLetters.messages).toHaveLength(0);
  });

  it("publishes the row and not the dead letter: a row repaired meanwhile goes out as it is now", async () => {
    const world = worldOf();
    const { write, relayProcess, requeuerProcess, target, table, clock, deadLetters } = world;
    await relayProcess().invoke([write({}, ({ source: _source, ...item }) => item)]);
    const parked = table.item({ pk: "e1", sk: "1" });
    if (parked === undefined) throw new Error("The row is gone");
    table.put({ ...parked, source: { S: "repaired" } });
    clock.skip(90 * MINUTE_MS);
    const sources: string[] = [];
    target.script = ({ source }) => {
      sources.push(source);
      return undefined;
    };
    await requeuerProcess().invoke();
    expect(sources).toEqual(["repaired"]);
    expect(table.items.size).toBe(0);
    expect(deadLetters.messages).toHaveLength(0);
  });

  it("lets a malformed row rest longer and longer, and never loses it", async () => {
    const { write, relayProcess, requeuerProcess, table, clock, deadLetters } = worldOf();
    await relayProcess().invoke([write({}, ({ type: _type, ...item }) => item)]);
    for (let round = 2; round <= 4; round += 1) {
      clock.skip(120 * MINUTE_MS);
      await requeuerProcess().invoke();
      expect(table.item({ pk: "e1", sk: "1" })?.["_attempts"]).toEqual({ N: String(round) });
    }
    expect(deadLetters.messages).toHaveLength(1);
  });

  it("gives a malformed row that nobody parked its dead letter", async () => {
    const { write, requeuerProcess, clock, deadLetters } = worldOf();
    write({}, ({ type: _type, ...item }) => item);
    clock.skip(6 * MINUTE_MS);
    const { invoke, telemetry } = requeuerProcess();
    await invoke();
    expect(deadLetters.bodies).toMatchObject([{ id: "e1", code: "MalformedRow" }]);
    expect(telemetry.total("MalformedRecords")).toBe(1);
  });

  it("hides the dead letter of a resting row until the row is due", async () => {
    const { write, relayProcess, requeuerProcess, target, table, deadLetters, clock } = worldOf();
    target.script = () => REFUSED;
    await relayProcess().invoke([write()]);
    const row = table.item({ pk: "e1", sk: "1" });
    const dueMs = clock.now() + 30 * MINUTE_MS;
    table.put({ ...row, _notBefore: { N: String(dueMs) } });
    await requeuerProcess().invoke();
    expect(target.calls).toHaveLength(1);
    expect(Math.abs((deadLetters.messages[0]?.visibleAtMs ?? 0) - dueMs)).toBeLessThan(1_500);
  });

  it("counts and deletes dead letters that hold stream positions only", async () => {
    const { requeuerProcess, deadLetters } = worldOf();
    deadLetters.put(JSON.stringify({ requestContext: {}, DDBStreamBatchInfo: { shardId: "s", batchSize: 7 } }));
    const { invoke, telemetry } = requeuerProcess();
    await invoke();
    expect(telemetry.total("StreamRecordsDiscarded")).toBe(7);
    expect(deadLetters.messages).toHaveLength(0);
  });

  it("keeps a message that is not ours, hidden, and says so", async () => {
    const { requeuerProcess, deadLetters, clock } = worldOf();
    deadLetters.put("hello");
    const { invoke, telemetry } = requeuerProcess();
    await invoke();
    expect(deadLetters.messages[0]?.visibleAtMs).toBeGreaterThan(clock.now() + 11 * 60 * MINUTE_MS);
    expect(telemetry.logs.map(({ message }) => message).join()).toContain("not ours");
  });

  it.each([
    '{"DDBStreamBatchInfo":{"batchSize":{"toString":1,"valueOf":1}}}',
    '{"DDBStreamBatchInfo":{"toString":1}}',
    '{"format":"outbox-dead-letter/1","pk":{"toString":1},"sk":{"toString":1,"valueOf":1}}',
    '{"format":{"toString":1,"valueOf":1},"pk":"e1","sk":"1","__proto__":null}',
    "null",
  ])(
    "serves the good ones beside one that was made to do harm, which it keeps, hides, and tells once: %s",
    async (harm) => {
      const world = await afterOutage(15);
      const { requeuerProcess, target, table, deadLetters, write, clock } = world;
      deadLetters.put(harm);
      // Nothing but the sweep knows of this one.
      write({ id: "unknown to the queue" });
      clock.skip(10 * MINUTE_MS);
      const { invoke, telemetry } = requeuerProcess();
      for (const run of [1, 2]) {
        expect(await invoke()).toBe("completed");
        expect(telemetry.total("RequeuerHeartbeat")).toBe(run);
        clock.skip(MINUTE_MS);
      }
      expect(target.delivered).toHaveLength(16);
      expect(table.items.size).toBe(0);
      expect(deadLetters.messages.map(({ body }) => body)).toEqual([harm]);
      expect(deadLetters.messages[0]?.visibleAtMs).toBeGreaterThan(clock.now() + 11 * 60 * MINUTE_MS);
      expect(telemetry.logs.filter(({ message }) => /not ours/.test(message))).toHaveLength(1);
    },
  );

  it("publishes a row once whose dead letters are received in rounds beside each other", async () => {
    const { requeuerProcess, target, deadLetters, clock } = await afterOutage(400);
    // The queue may hold several dead letters for a row, so there is a second set in another order.
    const bodies = deadLetters.messages.map(({ body }) => body);
    for (const body of bodies.toReversed()) deadLetters.put(body);
    const { invoke } = requeuerProcess();
    await invoke();
    clock.skip(2 * MINUTE_MS);
    await invoke();
    expect(target.delivered).toHaveLength(400);
    expect(new Set(target.delivered).size).toBe(400);
    expect(deadLetters.messages).toHaveLength(0);
  });

  it("has several rounds of dead letters in work at once", async () => {
    const { requeuerProcess, target, clock } = await afterOutage(3_000);
    target.latencyMs = 1_000;
    const startMs = clock.now();
    await requeuerProcess().invoke();
    // Rounds one after the other would take a second per hundred.
    expect(target.delivered).toHaveLength(3_000);
    expect(clock.now() - startMs).toBeLessThan(20_000);
  });

  it("has fewer dead letters in a round where their rows are large", async () => {
    const { requeuerProcess, target, table, deadLetters, write } = worldOf();
    Object.assign(target, { limits: { maxEntries: 10, maxBytes: 1_000_000 } });
    const records = times(300, () => write({ data: { text: "x".repeat(200_000) } }));
    for (const { row } of records) deadLetters.put(deadLetterText(deadLetterOf({ id: row.key.pk }), 10_000));
    const readAtOnce: number[] = [];
    const readRows = table.readRows.bind(table);
    table.readRows = (keys) => {
      readAtOnce.push(keys.length);
      return readRows(keys);
    };
    await requeuerProcess().invoke();
    expect(target.delivered).toHaveLength(300);
    expect(Math.max(...readAtOnce)).toBeLessThanOrEqual(20);
  });

  it("keeps the dead letter of an event whose key carried another event before", async () => {
    const world = worldOf({ settings: { minAgeSeconds: 86_400 } });
    const { target, write, relayProcess, requeuerProcess, deadLetters, clock } = world;
    target.script = () => DOWN;
    const key = { order: { key: "order#1", sequence: 1 } };
    await relayProcess().invoke([write({ id: "new", ...key })]);
    deadLetters.put(deadLetters.messages[0]?.body.replace(/"id":"new"/, '"id":"old"') ?? "");
    target.script = () => undefined;
    clock.skip(MINUTE_MS);
    await requeuerProcess().invoke();
    expect(target.delivered).toEqual(["new"]);
  });

  it("gives dead letters back that it received and did nothing with", async () => {
    const { requeuerProcess, target, deadLetters, clock } = await afterOutage(30);
    target.script = () => DOWN;
    await requeuerProcess().invoke();
    clock.skip(2_000);
    expect(deadLetters.messages.filter(({ visibleAtMs }) => visibleAtMs > clock.now())).toHaveLength(0);
  });

  it("has dead letters of a failing destination back by the next run, while it goes on for the others", async () => {
    const { write, relayProcess, requeuerProcess, target, deadLetters, clock } = worldOf();
    target.script = () => DOWN;
    await relayProcess().invoke(times(40, (index) => write(index % 2 === 0 ? { destination: "dead" } : {})));
    target.script = ({ destination }) => (destination === "dead" ? DOWN : undefined);
    clock.skip(MINUTE_MS);
    const startMs = clock.now();
    await requeuerProcess().invoke();
    expect(deadLetters.messages.length).toBeGreaterThanOrEqual(20);
    expect(Math.max(...deadLetters.messages.map(({ visibleAtMs }) => visibleAtMs))).toBeLessThan(startMs + MINUTE_MS);
  });
});
