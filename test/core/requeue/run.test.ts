import { describe, expect, it } from "vitest";
import { MARKS } from "../../../lib/contract/item-contract.ts";
import { DOWN, REFUSED } from "../../world/scripted-target.ts";
import { times, worldOf } from "../../world/world.ts";
import { afterOutage, MINUTE_MS } from "../after-outage.ts";

/** Slower than everything else in a run. */
const SLOW_MS = 8_000;

describe("a run of the requeuer", () => {
  it("holds its lease until its last event is delivered and its last row deleted", async () => {
    const { requeuerProcess, target, table } = await afterOutage(30);
    const free: string[] = [];
    const unlessHeld = (what: string) => {
      if (table.leaseUntilMs === undefined) free.push(what);
    };
    target.wholeScript = () => {
      unlessHeld("publish");
      return undefined;
    };
    const deleteRows = table.deleteRows.bind(table);
    table.deleteRows = (rows) => {
      unlessHeld("delete");
      return deleteRows(rows);
    };
    await requeuerProcess().invoke();
    expect(target.delivered).toHaveLength(30);
    expect(free).toEqual([]);
    expect(table.leaseUntilMs).toBeUndefined();
  });

  it("asks again, of the row that it has read, whether it is due", async () => {
    const { write, requeuerProcess, target, table, clock } = worldOf();
    write();
    clock.skip(10 * MINUTE_MS);
    const readRows = table.readRows.bind(table);
    table.readRows = (keys) => {
      // Between the scan and this read somebody has parked it.
      const item = table.item({ pk: "e1", sk: "1" });
      if (item !== undefined) table.put({ ...item, [MARKS.notBefore]: { N: String(clock.now() + MINUTE_MS) } });
      return readRows(keys);
    };
    await requeuerProcess().invoke();
    expect(target.delivered).toEqual([]);
    expect(table.item({ pk: "e1", sk: "1" })?.[MARKS.notBefore]).toBeDefined();
  });

  it.each([
    ["delivered", 3, undefined],
    ["of rows that are gone", 3, "gone"],
    ["of stream positions", 0, "positions"],
  ])("does not end before the messages %s are deleted", async (_what, events, change) => {
    const { requeuerProcess, table, deadLetters, clock } = await afterOutage(events);
    if (change === "gone") for (const key of [1, 2, 3]) table.remove({ pk: `e${key}`, sk: "1" });
    if (change === "positions") deadLetters.put(JSON.stringify({ DDBStreamBatchInfo: { batchSize: 3 } }));
    const remove = deadLetters.delete.bind(deadLetters);
    deadLetters.delete = async (receipts) => {
      await clock.sleep(receipts.length === 0 ? 0 : SLOW_MS);
      return remove(receipts);
    };
    await requeuerProcess().invoke();
    expect(deadLetters.messages).toHaveLength(0);
  });

  it("ends when every known destination has failed, with most of its time and its dead letters left", async () => {
    const world = worldOf();
    const { target, write, relayProcess, requeuerProcess, clock, deadLetters } = world;
    target.script = () => DOWN;
    await relayProcess().invoke(times(300, (index) => write({ destination: index % 2 === 0 ? "one" : "other" })));
    target.calls.length = 0;
    clock.skip(10 * MINUTE_MS);
    let receives = 0;
    const receive = deadLetters.receive.bind(deadLetters);
    deadLetters.receive = (...given) => {
      receives += 1;
      return receive(...given);
    };
    const begunMs = clock.now();
    const { invoke, telemetry } = requeuerProcess();
    await invoke();
    expect(receives).toBeLessThanOrEqual(2);
    expect(clock.now() - begunMs).toBeLessThan(5_000);
    expect(telemetry.total("BreakerOpen")).toBe(1);
  });

  it("goes on while one known destination of two takes events", async () => {
    const world = worldOf();
    const { target, write, relayProcess, requeuerProcess, clock, table } = world;
    target.script = () => DOWN;
    await relayProcess().invoke(times(60, (index) => write({ destination: index % 2 === 0 ? "dead" : "living" })));
    target.script = ({ destination }) => (destination === "dead" ? DOWN : undefined);
    clock.skip(10 * MINUTE_MS);
    await requeuerProcess().invoke();
    expect(target.delivered).toHaveLength(30);
    expect([...table.items.values()].every((item) => item["destination"]?.S === "dead")).toBe(true);
  });

  it("is not without hope for events that were refused for their own fault", async () => {
    const { requeuerProcess, target } = await afterOutage(3);
    target.script = () => REFUSED;
    const { invoke, telemetry } = requeuerProcess();
    await invoke();
    expect(target.calls.map(({ ids }) => ids)).toEqual([["e1"], ["e2"], ["e3"]]);
    expect(telemetry.total("BreakerOpen")).toBe(0);
  });
});
