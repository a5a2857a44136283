import { describe, expect, it } from "vitest";
import { THROTTLED } from "../../world/scripted-target.ts";
import { worldOf } from "../../world/world.ts";
import { afterOutage, MINUTE_MS } from "../after-outage.ts";

describe("the pace of the requeuer", () => {
  it("raises its concurrency from one call", async () => {
    const { requeuerProcess, target } = await afterOutage(1_000);
    await requeuerProcess().invoke();
    const firstWave = target.calls.filter(({ atMs }) => atMs === target.calls[1]?.atMs);
    expect(firstWave.length).toBeLessThanOrEqual(2);
    expect(target.maxInFlight).toBeGreaterThan(4);
  });

  it("keeps to the drain rate", async () => {
    const { requeuerProcess, target, clock } = await afterOutage(200, worldOf({ settings: { maxDrainRate: 10 } }));
    const startMs = clock.now();
    await requeuerProcess().invoke();
    const seconds = (clock.now() - startMs) / 1_000;
    expect(target.delivered.length / seconds).toBeLessThanOrEqual(13);
    expect(target.delivered.length).toBeGreaterThan(100);
  });

  it("comes back in its next run at the rate that the target took", async () => {
    const { requeuerProcess, target, clock } = await afterOutage(3_000);
    const { invoke } = requeuerProcess();
    const quotaOf = (callsPerSecond: number) => {
      let tokens = callsPerSecond;
      let filledAtMs = clock.now();
      target.script = (_event, call) => {
        const { atMs = 0, ids = [] } = target.calls[call - 1] ?? {};
        tokens = Math.min(callsPerSecond, tokens + ((atMs - filledAtMs) * callsPerSecond) / 1_000);
        filledAtMs = Math.max(filledAtMs, atMs);
        tokens -= 1 / Math.max(1, ids.length);
        return tokens < 0 ? THROTTLED : undefined;
      };
    };
    quotaOf(5);
    await invoke();
    clock.skip(MINUTE_MS);
    target.script = () => undefined;
    target.calls.length = 0;
    await invoke();
    const startMs = target.calls[0]?.atMs ?? 0;
    const inFirstSecond = target.calls.filter(({ atMs }) => atMs < startMs + 1_000);
    expect(inFirstSecond.length).toBeLessThanOrEqual(10);
  });

  it("halves at the first throttle and leaves what is left to the next run", async () => {
    const { requeuerProcess, target, table, clock } = await afterOutage(400);
    target.script = () => (target.inFlight > 2 ? THROTTLED : undefined);
    await requeuerProcess().invoke();
    for (let run = 0; run < 5 && table.items.size > 0; run += 1) {
      clock.skip(MINUTE_MS + 15_000);
      await requeuerProcess().invoke();
    }
    expect(table.items.size).toBe(0);
    expect(new Set(target.delivered).size).toBe(400);
  });
});
