import { describe, expect, it } from "vitest";
import { MAX_REFUSALS } from "../../../lib/core/requeue/throttled-table-reads.ts";
import type { MemoryTable } from "../../world/memory-table.ts";
import { times, worldOf } from "../../world/world.ts";
import { afterOutage, MINUTE_MS } from "../after-outage.ts";

type Read = "scan" | "readRows" | "count";

/** Has the table refuse reads, as DynamoDB does when a partition or a new table is at its limit. */
function throttle(table: MemoryTable, reads: readonly Read[], isRefused: () => boolean): void {
  for (const name of reads) {
    const read = table[name].bind(table) as (argument: never) => Promise<never>;
    table[name] = async (argument: never): Promise<never> => {
      const answer = await read(argument);
      if (!isRefused()) return answer;
      throw Object.assign(new Error("The level of configured throughput was exceeded"), {
        name: "ProvisionedThroughputExceededException",
      });
    };
  }
}

/** 2,500 rows that nobody delivered, all of them due. */
function sweptWorld() {
  const world = worldOf();
  times(2_500, () => world.write());
  world.clock.skip(6 * MINUTE_MS);
  return world;
}

describe("a run of the requeuer beside a table that throttles", () => {
  it("is slowed, not ended: every third read refused, and every row is swept", async () => {
    const { table, target, requeuerProcess, random } = sweptWorld();
    throttle(table, ["scan", "readRows", "count"], () => random() < 1 / 3);
    const { invoke, telemetry } = requeuerProcess();
    expect(await invoke()).toBe("completed");
    expect(new Set(target.delivered).size).toBe(2_500);
    expect(table.items.size).toBe(0);
    expect(telemetry.total("IncompleteRuns")).toBe(0);
  });

  it("drains its dead letters all the same", async () => {
    const { table, target, deadLetters, requeuerProcess, random } = await afterOutage(250);
    throttle(table, ["scan", "readRows", "count"], () => random() < 1 / 3);
    expect(await requeuerProcess().invoke()).toBe("completed");
    expect(target.delivered).toHaveLength(250);
    expect(deadLetters.messages).toHaveLength(0);
  });

  it("loses the count alone where the table refuses to be counted", async () => {
    const { table, requeuerProcess } = sweptWorld();
    throttle(table, ["count"], () => true);
    const { invoke, telemetry } = requeuerProcess();
    expect(await invoke()).toBe("completed");
    expect(table.items.size).toBe(0);
    expect(telemetry.total("RequeuerHeartbeat")).toBe(1);
    expect(telemetry.measured("UndeliveredEvents")).toEqual([]);
    const [last] = telemetry.logs.slice(-1);
    expect(last).toMatchObject({ level: "warn", message: expect.stringContaining("refused to be counted") });
    expect(last?.fields["error"]).toContain("The level of configured throughput was exceeded");
  });

  it("comes to its end where the table refuses all reads for good, and says that it was not whole", async () => {
    const { table, target, requeuerProcess, clock } = sweptWorld();
    const begunMs = clock.now();
    throttle(table, ["scan", "readRows", "count"], () => true);
    const { invoke, telemetry } = requeuerProcess();
    expect(await invoke()).toBe("incomplete");
    expect(target.delivered).toEqual([]);
    expect(telemetry.total("RequeuerHeartbeat")).toBe(1);
    expect(telemetry.total("IncompleteRuns")).toBe(1);
    expect(clock.now() - begunMs).toBeLessThan(50_000);
    expect(table.requests.filter((name) => name === "scan").length).toBeLessThan(8 * MAX_REFUSALS);
  });
});
