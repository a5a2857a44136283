import { describe, expect, it } from "vitest";
import { RELAY_CLOSING_MS } from "../../../lib/contract/settings/closing-times.ts";
import { MAX_PENDING_DELETES } from "../../../lib/core/delivery/deletes/places.ts";
import { FRESH_FOR_MS } from "../../../lib/core/relay/relay.ts";
import { DOWN, REFUSED, THROTTLED, TIMED_OUT } from "../../world/scripted-target.ts";
import { times, worldOf } from "../../world/world.ts";

describe("relay", () => {
  it("delivers a batch once and leaves the table empty", async () => {
    const { write, relayProcess, table, target, deadLetters } = worldOf();
    const records = times(1_000, () => write());
    const { invoke, telemetry } = relayProcess();

    expect(await invoke(records)).toStrictEqual({});
    expect(new Set(target.delivered).size).toBe(1_000);
    expect(target.delivered).toHaveLength(1_000);
    expect(table.items.size).toBe(0);
    expect(deadLetters.messages).toHaveLength(0);
    expect(telemetry.total("EventsPublished")).toBe(1_000);
  });

  it.each([8, 40])("makes full calls, as many at once as the concurrency allows: %s", async (concurrency) => {
    const { write, relayProcess, target } = worldOf({ concurrency });
    await relayProcess().invoke(times(500, () => write()));
    expect(target.calls).toHaveLength(50);
    expect(target.maxInFlight).toBe(concurrency);
  });

  it("sends only the failed entries again", async () => {
    const { write, relayProcess, target, table } = worldOf();
    target.script = ({ id }, call) => (id === "e3" && call === 1 ? DOWN : undefined);
    const { invoke, telemetry } = relayProcess();
    await invoke(times(10, () => write()));
    expect(target.calls.map(({ ids }) => ids.length)).toEqual([10, 1]);
    expect(telemetry.total("PublishRetries")).toBe(1);
    expect(table.items.size).toBe(0);
  });

  it("counts a lost acknowledgement as a possible duplicate and delivers the event", async () => {
    const { write, relayProcess, target, table } = worldOf();
    target.script = (_event, call) => (call === 1 ? TIMED_OUT : undefined);
    const { invoke, telemetry } = relayProcess();
    await invoke([write()]);
    expect(target.delivered).toEqual(["e1", "e1"]);
    expect(telemetry.total("DuplicatesPossible", "ambiguous-publish")).toBe(1);
    expect(table.items.size).toBe(0);
  });

  it("parks an event of its own fault at once, marks its row, and delivers its neighbours", async () => {
    const { write, relayProcess, target, table, deadLetters, clock } = worldOf();
    target.script = ({ id }) => (id === "e2" ? REFUSED : undefined);
    const { invoke, telemetry } = relayProcess();
    await invoke(times(10, () => write()));

    expect(target.calls).toHaveLength(1);
    expect(target.delivered).toHaveLength(9);
    expect([...table.items.values()].map((item) => item["id"]?.S)).toEqual(["e2"]);
    const [row] = [...table.items.values()];
    expect(row?.["_attempts"]).toEqual({ N: "1" });
    expect(row?.["_reason"]?.S).toContain("InvalidArgument");
    expect(Number(row?.["_notBefore"]?.N)).toBeGreaterThanOrEqual(clock.now() - 1_000);
    expect(deadLetters.bodies).toMatchObject([
      {
        pk: "e2",
        sk: "1",
        id: "e2",
        class: "permanent",
        scope: "event",
        attempts: 1,
        event: { id: "e2", data: { total: 2 } },
      },
    ]);
    expect(telemetry.total("EventsParked")).toBe(1);
  });

  it("parks without a mark when the target is to blame", async () => {
    const { write, relayProcess, target, table, deadLetters } = worldOf();
    target.script = () => DOWN;
    const { invoke } = relayProcess();
    await invoke([write()]);
    expect(deadLetters.bodies).toMatchObject([{ id: "e1", scope: "target", attempts: 5 }]);
    expect([...table.items.values()][0]).not.toHaveProperty("_notBefore");
  });

  it("opens the breaker in an outage: later events cost no attempts and the stream stays drained", async () => {
    const { write, relayProcess, target, deadLetters, table } = worldOf();
    target.script = () => DOWN;
    const { invoke, telemetry } = relayProcess();
    const result = await invoke(times(3_000, () => write()));

    expect(result).toEqual({});
    expect(table.items.size).toBe(3_000);
    expect(deadLetters.messages).toHaveLength(3_000);
    expect(telemetry.total("BreakerOpen")).toBe(1);
    const callsOfFirst = target.calls.length;
    await invoke(times(1_000, () => write()));
    // The first batch opened the breaker, so the second one costs at most a probe.
    expect(target.calls.length - callsOfFirst).toBeLessThanOrEqual(1);
    expect(deadLetters.bodies.filter(({ code }) => code === "BreakerOpen").length).toBeGreaterThan(900);
  });

  it("closes the breaker by a single probe once the target is back", async () => {
    const { write, relayProcess, target, clock } = worldOf();
    target.script = () => DOWN;
    const { invoke } = relayProcess();
    await invoke(times(3_000, () => write()));
    target.script = () => undefined;
    clock.skip(61_000);
    const before = target.calls.length;
    await invoke([write()]);
    expect(target.calls.length - before).toBe(1);
    await invoke(times(1_000, () => write()));
    expect(target.delivered).toHaveLength(1_001);
  });

  it("halves its calls when throttled, opens no breaker and delivers everything", async () => {
    const { write, relayProcess, target, table } = worldOf();
    target.script = () => (target.inFlight > 8 ? THROTTLED : undefined);
    const { invoke, limiters } = relayProcess();
    await invoke(times(1_000, () => write()));
    expect(limiters.anyOpen()).toBe(false);
    expect(new Set(target.delivered).size + table.items.size).toBe(1_000);
    expect(table.items.size).toBeLessThan(200);
  });

  it("keeps every row and parks when the destination turns out to be missing", async () => {
    const { write, relayProcess, target, table, deadLetters } = worldOf();
    target.answer = () => "missing";
    const { invoke } = relayProcess();
    await invoke(times(20, () => write()));
    expect(table.items.size).toBe(20);
    expect(deadLetters.bodies[0]).toMatchObject({ code: "DestinationMissing", class: "permanent", scope: "target" });
  });

  it("keeps a sick destination from holding up another", async () => {
    const { write, relayProcess, target, table } = worldOf();
    target.script = ({ destination }) => (destination === "sick" ? DOWN : undefined);
    const { invoke } = relayProcess();
    await invoke(times(200, (index) => write(index % 2 === 0 ? { destination: "sick" } : {})));
    expect(target.delivered).toHaveLength(100);
    expect([...table.items.values()].every((item) => item["destination"]?.S === "sick")).toBe(true);
  });

  it("publishes nothing twice when a whole batch is brought again", async () => {
    const { write, relayProcess, target, clock } = worldOf();
    const records = times(300, () => write());
    await relayProcess().invoke(records);
    clock.skip(6_000);
    const again = relayProcess();
    await again.invoke(records);
    expect(target.delivered).toHaveLength(300);
    expect(again.telemetry.total("DuplicatesAvoided")).toBe(300);
  });

  it("skips an old record whose row now holds another event", async () => {
    const { write, relayProcess, target, table, clock } = worldOf();
    const old = write({ id: "first", order: { key: "order#1", sequence: 1 } });
    clock.skip(6_000);
    write({ id: "second", order: { key: "order#1", sequence: 1 } });
    await relayProcess().invoke([old]);
    expect(target.delivered).toEqual([]);
    expect(table.items.size).toBe(1);
  });

  it("never deletes a row of another id, even behind a fresh record", async () => {
    const { write, relayProcess, table } = worldOf();
    const stale = write({ id: "first", order: { key: "order#1", sequence: 1 } });
    write({ id: "second", order: { key: "order#1", sequence: 1 } });
    await relayProcess().invoke([stale]);
    expect([...table.items.values()].map((item) => item["id"]?.S)).toEqual(["second"]);
  });

  it("delivers a record that stands twice in its batch once", async () => {
    const { write, relayProcess, target } = worldOf();
    const record = write();
    await relayProcess().invoke([record, record]);
    expect(target.delivered).toEqual(["e1"]);
  });

  it("parks a malformed row with its reason and the item, and delivers the others", async () => {
    const { write, relayProcess, target, table, deadLetters } = worldOf();
    const { invoke, telemetry } = relayProcess();
    await invoke([write(), write({}, ({ source: _source, ...item }) => item), write()]);
    expect(target.delivered).toEqual(["e1", "e3"]);
    expect(deadLetters.bodies).toMatchObject([{ id: "e2", code: "MalformedRow", item: { pk: { S: "e2" } } }]);
    expect(table.item({ pk: "e2", sk: "1" })?.["_reason"]?.S).toContain("source is absent");
    expect(telemetry.total("MalformedRecords")).toBe(1);
  });

  it("parks an event too large for any call without calling the target", async () => {
    const { write, relayProcess, target, deadLetters } = worldOf();
    await relayProcess().invoke([write({ data: "x".repeat(200_000) })]);
    expect(target.calls).toHaveLength(0);
    expect(deadLetters.bodies).toMatchObject([{ code: "EventTooLarge", scope: "event" }]);
  });

  it("parks an event above what the target takes of one, though a call holds more", async () => {
    const { write, relayProcess, target, deadLetters } = worldOf();
    Object.assign(target.limits, { maxEntryBytes: 1_000 });
    await relayProcess().invoke([write({ data: "x".repeat(2_000) }), write()]);
    expect(target.delivered).toEqual(["e2"]);
    expect(deadLetters.bodies).toMatchObject([
      { id: "e1", code: "EventTooLarge", error: expect.stringContaining("1000") },
    ]);
  });

  it("counts a refused call that may have landed as possible duplicates, once for each event", async () => {
    const { write, relayProcess, target } = worldOf();
    const publish = target.publish.bind(target);
    target.publish = async (destination, events) =>
      events.length > 1
        ? events.map(() => ({ kind: "refused-together", failure: { ...TIMED_OUT, scope: "event" } }))
        : publish(destination, events);
    const { invoke, telemetry } = relayProcess();
    await invoke(times(10, () => write()));
    expect(target.delivered).toHaveLength(10);
    expect(telemetry.total("DuplicatesPossible", "ambiguous-publish")).toBe(10);
  });

  it("tries entries one by one when a call is refused for one nobody names", async () => {
    const { write, relayProcess, target, table } = worldOf();
    const publish = target.publish.bind(target);
    target.publish = async (destination, events) =>
      events.length > 1 || events[0]?.id === "e4"
        ? events.map(() => ({ kind: "refused-together", failure: REFUSED }))
        : publish(destination, events);
    await relayProcess().invoke(times(10, () => write()));
    expect(target.delivered).toHaveLength(9);
    expect([...table.items.values()].map((item) => item["id"]?.S)).toEqual(["e4"]);
  });

  it("answers near its deadline with the lowest position it did not attempt", async () => {
    const { write, relayProcess, target, table, deadLetters } = worldOf({ concurrency: 1 });
    target.latencyMs = 1_000;
    const records = times(200, () => write());
    const { checkpoint } = await relayProcess().invoke(records, 10_000);
    const first = records.findIndex(({ position }) => position === checkpoint);
    expect(first).toBeGreaterThan(0);
    // Everything before the checkpoint must be delivered, for this answer takes it out of the stream.
    const delivered = new Set(target.delivered);
    expect(records.slice(0, first).every(({ row }) => delivered.has(row.key.pk))).toBe(true);
    expect(table.items.size).toBe(200 - delivered.size);
    // What was not attempted did not fail.
    expect(deadLetters.messages).toEqual([]);
  });

  it("reads no row when the time to publish is over", async () => {
    const { write, relayProcess, table, clock } = worldOf();
    const record = write();
    clock.skip(10_000);
    expect(await relayProcess().invoke([record], RELAY_CLOSING_MS)).toEqual({ checkpoint: record.position });
    expect(table.requests).toEqual([]);
  });

  it("reads the rows of records that another batch can have delivered, and no others", async () => {
    const { write, relayProcess, table, clock } = worldOf();
    const { invoke } = relayProcess();
    const fresh = write();
    clock.skip(FRESH_FOR_MS);
    await invoke([fresh]);
    expect(table.requests).not.toContain("readRows");
    const old = write();
    clock.skip(FRESH_FOR_MS + 1);
    await invoke([old]);
    expect(table.requests).toContain("readRows");
  });

  it("leaves old records to another attempt when the table cannot be read", async () => {
    const { write, relayProcess, target, table, clock } = worldOf();
    const records = times(10, () => write());
    clock.skip(10_000);
    table.failing.add("read");
    const { invoke, telemetry } = relayProcess();
    expect(await invoke(records)).toEqual({ checkpoint: records[0]?.position });
    expect(target.calls).toHaveLength(0);
    expect(telemetry.total("EventsWritten")).toBe(0);
    expect(telemetry.logs).toMatchObject([{ level: "warn", fields: { rows: 10, error: "Error" } }]);
  });

  it("stops publishing while deletes fail, and never publishes an acknowledged event again", async () => {
    const { write, relayProcess, target, table } = worldOf();
    table.failing.add("delete");
    const records = times(3_000, () => write());
    const { invoke, telemetry } = relayProcess();
    const { checkpoint } = await invoke(records);
    expect(target.delivered.length).toBeLessThanOrEqual(MAX_PENDING_DELETES);
    expect(checkpoint).toBeDefined();
    expect(telemetry.total("DeleteFailures")).toBeGreaterThan(0);

    table.failing.delete("delete");
    await invoke(records.slice(records.findIndex(({ position }) => position === checkpoint)));
    expect(new Set(target.delivered).size).toBe(3_000);
    expect(target.delivered).toHaveLength(3_000);
    expect(table.items.size).toBe(0);
  });

  it("publishes up to the limit while deletes fail, though a row that cannot be read goes nowhere", async () => {
    const { write, relayProcess, target, table } = worldOf();
    table.failing.add("delete");
    const malformed = write({}, ({ source: _source, ...item }) => item);
    await relayProcess().invoke([malformed, ...times(1_100, () => write())]);
    expect(target.delivered).toHaveLength(MAX_PENDING_DELETES);
  });

  it("delivers the event that took a key whose delete landed without an answer", async () => {
    const { write, relayProcess, target, table } = worldOf();
    const order = { key: "order#1", sequence: 1 };
    table.failing.add("delete");
    const { invoke } = relayProcess();
    await invoke([write({ order })]);
    table.remove({ pk: order.key, sk: String(order.sequence) });

    table.failing.delete("delete");
    await invoke([write({ order })]);
    expect(target.delivered).toEqual(["e1", "e2"]);
    expect(table.items.size).toBe(0);
  });

  it("keeps the row as the wake-up when the queue takes no dead letter", async () => {
    const { write, relayProcess, target, table, deadLetters } = worldOf();
    deadLetters.refusing = true;
    target.script = () => DOWN;
    const { invoke, telemetry } = relayProcess();
    expect(await invoke([write()])).toEqual({});
    expect(telemetry.total("ParkFailures")).toBe(1);
    expect(table.items.size).toBe(1);
  });

  it("leaves a resting row alone when its record comes again", async () => {
    const { write, relayProcess, target, clock, deadLetters, table } = worldOf();
    target.script = () => REFUSED;
    const record = write();
    const { invoke } = relayProcess();
    await invoke([record]);
    clock.skip(6_000);
    table.put({ ...table.item({ pk: "e1", sk: "1" }), _notBefore: { N: String(clock.now() + 60_000) } });
    await invoke([record]);
    expect(target.calls).toHaveLength(1);
    expect(deadLetters.messages).toHaveLength(1);
  });

  it("ages an event from its recordedtime, and one without it from its stream record", async () => {
    const { write, relayProcess, clock, target } = worldOf();
    const recordedtime = new Date(clock.now() - 7_000).toISOString();
    const records = [write({ recordedtime }), write({}, ({ recordedtime: _time, ...item }) => item)];
    const { invoke, telemetry } = relayProcess();
    clock.skip(1_000);
    await invoke(records);
    expect(telemetry.measured("EndToEndLatency")).toEqual([8_000 + target.latencyMs, 1_000 + target.latencyMs]);
  });
});
