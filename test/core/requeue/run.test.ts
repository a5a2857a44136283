import { describe, expect, it } from "vitest";
import { MARKS, PARKED_KEY } from "../../../lib/contract/item-contract.ts";
import { resultOf } from "../../../lib/core/result.ts";
import { DOWN, REFUSED } from "../../world/scripted-target.ts";
import { times, worldOf } from "../../world/world.ts";
import { afterOutage, MINUTE_MS } from "../after-outage.ts";
import { orderedWorld } from "../ordered/ordered-world.ts";

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

describe("the sweep of a run", () => {
  /** The scans of a run: of the sample, and of the sweep. */
  const scansOf = ({ requests }: { readonly requests: readonly string[] }) =>
    requests.filter((request) => request === "scan").length;

  it("is left out where nothing in a small table is due", async () => {
    const { write, requeuerProcess, table, clock } = worldOf();
    times(30, () => write());
    clock.skip(MINUTE_MS);
    expect(await requeuerProcess().invoke()).toBe("completed");
    expect(scansOf(table)).toBe(1);
  });

  it("is made where one row of a small table is due and the others are not", async () => {
    const { write, requeuerProcess, target, clock } = worldOf();
    write();
    clock.skip(6 * MINUTE_MS);
    times(30, () => write());
    await requeuerProcess().invoke();
    expect(target.delivered).toEqual(["e1"]);
  });

  it("is made where one parked key of a small table is due and another rests", async () => {
    const { writeEvent, requeuerProcess, table, deliveries, clock } = orderedWorld("per-key", {
      settings: { minAgeSeconds: 86_400 },
    });
    for (const pk of ["due", "rests"]) writeEvent(pk, 1);
    table.put({ pk: { S: "due" }, sk: { N: "0" }, _ver: { N: "1" } });
    const notBefore = { N: String(clock.now() + 10 * MINUTE_MS) };
    table.put({ pk: { S: "rests" }, sk: { N: "0" }, _ver: { N: "1" }, [PARKED_KEY.notBefore]: notBefore });
    await requeuerProcess().invoke();
    expect(deliveries("due")).toEqual([1]);
    expect(deliveries("rests")).toEqual([]);
  });

  it("is made of a large table, of which a sample with nothing due tells nothing", async () => {
    const { write, requeuerProcess, table, clock } = worldOf();
    times(150, () => write());
    clock.skip(MINUTE_MS);
    await requeuerProcess().invoke();
    expect(scansOf(table)).toBeGreaterThan(16);
  });

  it("has its turn after a quarter of the time, however many dead letters point to nothing", async () => {
    const { write, requeuerProcess, target, deadLetters, clock } = worldOf();
    times(20, () => write());
    clock.skip(6 * MINUTE_MS);
    for (let message = 0; message < 1_000; message += 1) {
      deadLetters.put(JSON.stringify({ DDBStreamBatchInfo: { batchSize: 1 } }));
    }
    const receive = deadLetters.receive.bind(deadLetters);
    deadLetters.receive = async (...given) => {
      await clock.sleep(1_000);
      return receive(...given);
    };
    const startMs = clock.now();
    await requeuerProcess().invoke();
    expect(target.delivered).toHaveLength(20);
    expect((target.calls[0]?.atMs ?? 0) - startMs).toBeLessThan(20_000);
  });

  it("leaves the second half of the time to dead letters", async () => {
    const { write, requeuerProcess, relayProcess, target, table, clock } = worldOf();
    write();
    clock.skip(6 * MINUTE_MS);
    target.script = () => DOWN;
    await relayProcess().invoke(times(30, () => write()));
    target.script = () => undefined;
    clock.skip(MINUTE_MS);
    // A table so slow that the four parts in which it is read take more than a run, and three of them less.
    const scan = table.scan.bind(table);
    table.scan = async (from) => {
      await clock.sleep(from.segment === undefined ? 0 : 14_000);
      return scan(from);
    };
    await requeuerProcess().invoke();
    expect(times(30, (index) => `e${2 + index}`).filter((id) => !target.delivered.includes(id))).toEqual([]);
  });

  it.each([
    ["at once", 0],
    ["once the first have come", 1],
  ])(
    "is made although the queue refuses to give dead letters %s, and the run was not whole",
    async (_when, answered) => {
      const { write, requeuerProcess, relayProcess, target, deadLetters, table, clock } = worldOf();
      target.script = () => DOWN;
      await relayProcess().invoke(times(30, () => write()));
      target.script = () => undefined;
      times(300, () => write());
      clock.skip(6 * MINUTE_MS);
      const receive = deadLetters.receive.bind(deadLetters);
      let received = 0;
      deadLetters.receive = async (...given) => {
        received += 1;
        if (received > answered) throw new Error("The queue refuses");
        return receive(...given);
      };
      const { invoke, telemetry } = requeuerProcess();
      expect(await invoke()).toBe("incomplete");
      expect(table.items.size).toBe(0);
      expect(telemetry.logs).toMatchObject([{ level: "error", fields: { error: "Error: The queue refuses" } }]);
    },
  );
});

describe("what a run tells of the table", () => {
  it.each([
    ["that it could not read", [], true],
    ["that it could neither read nor write", ["lease"] as const, false],
  ])("is no age where it is one %s", async (_what, alsoFailing, ends) => {
    const { requeuerProcess, table } = await afterOutage(3);
    for (const failing of ["read", ...alsoFailing] as const) table.failing.add(failing);
    const { invoke, telemetry } = requeuerProcess();
    expect(await resultOf(invoke())).toMatchObject({ ok: ends });
    expect(telemetry.measured("OldestUndeliveredAge")).toEqual([]);
    expect(telemetry.measured("OldestParkedAge")).toEqual([]);
  });

  it("is a count that takes five seconds of it at most", async () => {
    const { write, requeuerProcess, table, clock } = worldOf();
    times(150, () => write());
    let counts = 0;
    table.count = async () => {
      counts += 1;
      await clock.sleep(1_000);
      return { rows: 10, next: { pk: "next", sk: "1" } };
    };
    const startMs = clock.now();
    const { invoke, telemetry } = requeuerProcess();
    expect(await invoke()).toBe("completed");
    expect(counts).toBe(5);
    expect(clock.now() - startMs).toBeLessThan(7_000);
    expect(telemetry.logs).toEqual([]);
  });
});
