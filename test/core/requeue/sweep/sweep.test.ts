import { describe, expect, it } from "vitest";
import type { RowKey } from "../../../../lib/contract/event.ts";
import { DOWN } from "../../../world/scripted-target.ts";
import { times, worldOf } from "../../../world/world.ts";
import { MINUTE_MS } from "../../after-outage.ts";

describe("the sweep", () => {
  it("looks at the next pages while the rows of these are delivered", async () => {
    const { requeuerProcess, target, table, clock, write } = worldOf();
    times(8_000, () => write());
    clock.skip(10 * MINUTE_MS);
    const scansAt: number[] = [];
    const scan = table.scan;
    table.scan = (from) => {
      if (from.segment !== undefined) scansAt.push(clock.now());
      return scan(from);
    };
    await requeuerProcess().invoke();
    expect(table.items.size).toBe(0);
    const [first = 0, last = 0] = [target.calls[0]?.atMs, target.calls.at(-1)?.atMs];
    expect(scansAt.filter((atMs) => atMs > first && atMs < last).length).toBeGreaterThan(4);
  });

  it("delivers what it has seen when the table refuses to be read on, and says that the run was not whole", async () => {
    const { requeuerProcess, target, table, clock, write } = worldOf();
    times(2_000, () => write());
    clock.skip(10 * MINUTE_MS);
    const scan = table.scan;
    let looks = 0;
    table.scan = async (from) => {
      if (from.segment !== undefined && ++looks > 4) throw new Error("The table cannot be read");
      return scan(from);
    };
    const { invoke, telemetry } = requeuerProcess();
    expect(await invoke()).toBe("incomplete");
    expect(telemetry.logs.at(-1)?.fields["error"]).toContain("The table cannot be read");
    expect(target.delivered.length).toBeGreaterThan(100);
    expect(table.items.size).toBe(2_000 - target.delivered.length);
  });

  it("reads few rows of a destination that failed in this run", async () => {
    const { requeuerProcess, target, table, clock, write } = worldOf();
    times(4_000, (index) => write(index % 2 === 0 ? { destination: "dead" } : {}));
    clock.skip(10 * MINUTE_MS);
    target.script = ({ destination }) => (destination === "dead" ? DOWN : undefined);
    const read: RowKey[] = [];
    const readRows = table.readRows.bind(table);
    table.readRows = (keys) => {
      read.push(...keys);
      return readRows(keys);
    };
    await requeuerProcess().invoke();
    expect(table.items.size).toBe(2_000);
    const dead = read.filter((key) => table.item(key)?.["destination"]?.S === "dead");
    // The events of the eight chunks under way while the destination was probed.
    expect(dead.length).toBeLessThanOrEqual(8 * 100);
  });

  it("tells in the dead letter of a malformed row when it found the row", async () => {
    const { requeuerProcess, deadLetters, clock, write } = worldOf();
    write({ id: "e1" }, ({ source: _source, ...item }) => item);
    clock.skip(10 * MINUTE_MS);
    const beganMs = clock.now();
    await requeuerProcess().invoke();
    const [deadLetter] = deadLetters.bodies;
    expect(deadLetter).toMatchObject({ pk: "e1", code: "MalformedRow" });
    expect(Date.parse(String(deadLetter?.["firstFailure"]))).toBeGreaterThanOrEqual(beganMs);
  });

  it("counts a row as delivered by another only where it is gone, and not where it rests by now", async () => {
    const { requeuerProcess, table, clock, write } = worldOf();
    write({ id: "gone" });
    write({ id: "rests" });
    clock.skip(10 * MINUTE_MS);
    const readRows = table.readRows.bind(table);
    // Between the scan and the read.
    table.readRows = async (keys) => {
      const rows = await readRows(keys);
      return rows.flatMap((row) =>
        row.key.pk === "gone" ? [] : [{ ...row, marks: { attempts: 1, notBeforeMs: clock.now() + MINUTE_MS } }],
      );
    };
    const { invoke, telemetry } = requeuerProcess();
    await invoke();
    expect(telemetry.total("DuplicatesAvoided")).toBe(1);
  });
});
