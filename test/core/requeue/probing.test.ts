import { describe, expect, it } from "vitest";
import { DOWN, REFUSED, THROTTLED, TIMED_OUT } from "../../world/scripted-target.ts";
import { afterOutage } from "../after-outage.ts";
import { MINUTE_MS, orderedWorld, upTo } from "../ordered/ordered-world.ts";

const PROBES = 5;

/** Keys with two events each, which the requeuer sweeps. No call to the target was made in this run before. */
function waitingKeys(...keys: readonly string[]) {
  const world = orderedWorld();
  for (const key of keys) world.writeEvents(key, 2);
  world.clock.skip(10 * MINUTE_MS);
  return world;
}

/** Parks the keys that are swept, and lets their rest pass. */
async function parkedKeys(...keys: readonly string[]) {
  const world = waitingKeys(...keys);
  world.target.script = () => DOWN;
  await world.requeueFor(1);
  world.target.script = () => undefined;
  world.target.calls.length = 0;
  world.clock.skip(10 * MINUTE_MS);
  return world;
}

describe("probing a destination", () => {
  it("learns nothing of it from an event that was refused for its own fault: the next one is the probe", async () => {
    const { requeuerProcess, target } = await afterOutage(4);
    target.script = ({ id }) => (id === "e1" || id === "e2" ? REFUSED : undefined);
    await requeuerProcess().invoke();
    expect(target.calls.slice(0, 3).map(({ ids }) => ids)).toEqual([["e1"], ["e2"], ["e3"]]);
    expect(target.delivered).toEqual(["e3", "e4"]);
  });

  it("learns nothing of it from a key whose first event was refused: the other keys go on in the same run", async () => {
    const { requeuerProcess, target, deliveries } = await parkedKeys("a", "b", "c");
    target.script = ({ id }) => (id.endsWith("/1") && id.startsWith("a") ? REFUSED : undefined);
    const { invoke, telemetry } = requeuerProcess();
    await invoke();
    expect(deliveries("b")).toEqual(upTo(2));
    expect(deliveries("c")).toEqual(upTo(2));
    expect(deliveries("a")).toEqual([]);
    expect(telemetry.total("BreakerOpen")).toBe(0);
  });

  it("does not take a key's event that failed alone for the target's failure, as long as nobody can tell", async () => {
    const { requeuerProcess, target } = await parkedKeys("a");
    target.landsDespite = undefined;
    target.script = () => TIMED_OUT;
    const { invoke, telemetry } = requeuerProcess();
    await invoke();
    expect(target.calls.map(({ ids }) => ids)).toEqual([["a/1"]]);
    expect(telemetry.total("BreakerOpen")).toBe(0);
  });

  it("leaves a destination alone for the run that throttles the probe in all its attempts", async () => {
    const { requeuerProcess, target, table } = await afterOutage(30);
    target.script = () => THROTTLED;
    const { invoke, telemetry } = requeuerProcess();
    await invoke();
    expect(target.calls).toHaveLength(PROBES);
    expect(new Set(target.calls.flatMap(({ ids }) => ids)).size).toBe(1);
    expect([...table.items.values()].every((item) => item["_attempts"] === undefined)).toBe(true);
    expect(telemetry.total("BreakerOpen")).toBe(1);
  });

  it("leaves a destination alone for the run that throttles a key's probe", async () => {
    const { requeuerProcess, target } = await parkedKeys("a", "b", "c");
    target.script = () => THROTTLED;
    const { invoke, telemetry } = requeuerProcess();
    await invoke();
    expect(target.calls).toHaveLength(PROBES);
    expect(new Set(target.calls.flatMap(({ ids }) => ids)).size).toBe(1);
    expect(telemetry.total("BreakerOpen")).toBe(1);
  });

  it("keeps keys waiting for the probe of another, instead of turning them away", async () => {
    const { requeuerProcess, target, deliveries, table } = await parkedKeys("a", "b", "c", "d", "e");
    target.latencyMs = 1_000;
    await requeuerProcess().invoke();
    expect(target.calls[0]?.ids).toHaveLength(1);
    expect(target.calls[1]?.atMs).toBeGreaterThanOrEqual((target.calls[0]?.atMs ?? 0) + 1_000);
    for (const key of ["a", "b", "c", "d", "e"]) expect(deliveries(key)).toEqual(upTo(2));
    expect(table.items.size).toBe(0);
  });
});
