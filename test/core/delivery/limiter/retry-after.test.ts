import { describe, expect, it } from "vitest";
import type { Failure } from "../../../../lib/contract/failure.ts";
import { MAX_RETRY_AFTER_MS } from "../../../../lib/contract/failure.ts";
import { REFUSED, THROTTLED } from "../../../world/scripted-target.ts";
import { MIN_PARKED_MS, times, worldOf } from "../../../world/world.ts";
import { orderedWorld } from "../../ordered/ordered-world.ts";

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

const askingFor = (retryAfterMs: number, failure: Failure = THROTTLED): Failure => ({ ...failure, retryAfterMs });

/** Refuses until this much time has passed since the first call, and says how long to stay away. */
function refusingFor(world: ReturnType<typeof worldOf>, ms: number, failure: Failure) {
  const startMs = world.clock.now();
  world.target.script = () => (world.clock.now() < startMs + ms ? failure : undefined);
}

describe("a target that says when to come back", () => {
  it("is waited for as long as it asked, though the backoff's own cap is lower", async () => {
    const world = worldOf();
    refusingFor(world, 7_000, askingFor(8_000));
    await world.relayProcess().invoke([world.write()]);
    const [first, second, ...more] = world.target.calls;
    expect((second?.atMs ?? 0) - (first?.atMs ?? 0)).toBeGreaterThanOrEqual(8_000);
    expect(more).toEqual([]);
    expect(world.target.delivered).toEqual(["e1"]);
  });

  it("is not waited for past the budget: the event parks at once, and its row bears no mark", async () => {
    const { write, relayProcess, target, table, deadLetters, clock } = worldOf();
    target.script = () => askingFor(30_000);
    const startMs = clock.now();
    await relayProcess().invoke([write()]);
    expect(clock.now() - startMs).toBeLessThan(1_000);
    expect(target.calls).toHaveLength(1);
    expect(deadLetters.bodies).toMatchObject([{ id: "e1", class: "throttled", scope: "target", attempts: 1 }]);
    expect(table.item({ pk: "e1", sk: "1" })).not.toHaveProperty("_notBefore");
  });

  it("is not waited for past the invocation's deadline", async () => {
    const { write, relayProcess, target, clock } = worldOf();
    target.script = () => askingFor(12_000);
    const startMs = clock.now();
    await relayProcess().invoke([write()], 15_000);
    expect(clock.now() - startMs).toBeLessThan(1_000);
    expect(target.calls).toHaveLength(1);
  });

  it("is left alone by all of the process for that time, and then probed by one call", async () => {
    const { write, relayProcess, target, clock, deadLetters } = worldOf({ concurrency: 4 });
    target.script = () => askingFor(30 * MINUTE_MS);
    const { invoke } = relayProcess();
    await invoke(times(1_000, () => write()));
    const told = target.calls.length;
    expect(told).toBeLessThanOrEqual(4);
    clock.skip(29 * MINUTE_MS);
    await invoke(times(100, () => write()));
    expect(target.calls).toHaveLength(told);
    expect(deadLetters.messages).toHaveLength(1_100);
    target.script = () => undefined;
    clock.skip(2 * MINUTE_MS);
    await invoke([write()]);
    expect(target.calls).toHaveLength(told + 1);
    expect(target.delivered).toHaveLength(1);
  });

  it("is left alone even where a call that was out already succeeds later", async () => {
    const { write, relayProcess, target } = worldOf({ concurrency: 2 });
    target.script = (_event, call) => (call === 1 ? askingFor(30 * MINUTE_MS) : undefined);
    const { invoke, limiters } = relayProcess();
    await invoke(times(20, () => write()));
    expect(target.delivered).toHaveLength(10);
    expect(limiters.of("default").breaker.kind).toBe("open");
  });

  it("is believed for an hour at most", async () => {
    const { write, relayProcess, target, clock } = worldOf();
    target.script = (_event, call) => (call === 1 ? askingFor(1_000 * HOUR_MS) : undefined);
    const { invoke } = relayProcess();
    await invoke([write()]);
    clock.skip(MAX_RETRY_AFTER_MS + 1);
    await invoke([write()]);
    expect(target.delivered).toEqual(["e2"]);
  });

  it("is not probed by the runs of the requeuer meanwhile, and then everything is delivered", async () => {
    const { write, relayProcess, requeuerProcess, target, clock, table } = worldOf();
    target.script = () => askingFor(30 * MINUTE_MS);
    await relayProcess().invoke(times(50, () => write()));
    const { invoke, telemetry } = requeuerProcess();
    clock.skip(MINUTE_MS);
    await invoke();
    const calls = target.calls.length;
    target.script = () => undefined;
    for (let minute = 0; minute < 28; minute += 1) {
      clock.skip(MINUTE_MS);
      await invoke();
    }
    expect(target.calls).toHaveLength(calls);
    expect(telemetry.total("BreakerOpen")).toBe(29);
    clock.skip(3 * MINUTE_MS);
    await invoke();
    expect(target.delivered).toHaveLength(50);
    expect(table.items.size).toBe(0);
  });

  it("ends a run of the requeuer at the first dead letters it receives", async () => {
    const { write, relayProcess, requeuerProcess, target, clock, deadLetters } = worldOf();
    target.script = () => askingFor(30 * MINUTE_MS);
    await relayProcess().invoke(times(50, () => write()));
    const { invoke } = requeuerProcess();
    clock.skip(MINUTE_MS);
    await invoke();
    const before = new Set(deadLetters.messages.map(({ receipt }) => receipt));
    clock.skip(MINUTE_MS);
    await invoke();
    expect(deadLetters.messages.filter(({ receipt }) => !before.has(receipt))).toHaveLength(10);
  });

  it("keeps nobody from another destination", async () => {
    const { write, relayProcess, target } = worldOf();
    target.script = ({ destination }) => (destination === "slow" ? askingFor(HOUR_MS) : undefined);
    await relayProcess().invoke(times(40, (index) => write(index % 2 === 0 ? { destination: "slow" } : {})));
    expect(target.delivered).toHaveLength(20);
  });

  it("moves the next look at an event that it refused alone", async () => {
    const { write, relayProcess, target, table, clock } = worldOf();
    target.script = () => askingFor(HOUR_MS, REFUSED);
    const startMs = clock.now();
    await relayProcess().invoke([write()]);
    expect(Number(table.item({ pk: "e1", sk: "1" })?.["_notBefore"]?.N)).toBeGreaterThanOrEqual(startMs + HOUR_MS);
  });

  it("moves the limiter of an ordered key", async () => {
    const { writeEvent, relayProcess, target, keys, clock } = orderedWorld();
    target.script = () => askingFor(HOUR_MS);
    await relayProcess().invoke([writeEvent("a", 1)]);
    const parkedKey = await clock.run(() => keys.readParkedKey("a"));
    expect(parkedKey?.notBeforeMs).toBeGreaterThan(clock.now() + HOUR_MS - MIN_PARKED_MS);
  });

  it("moves the limiter of an ordered key again when the requeuer is told so", async () => {
    const { writeEvent, relayProcess, requeueFor, target, keys, clock } = orderedWorld();
    target.script = () => REFUSED;
    await relayProcess().invoke([writeEvent("a", 1)]);
    target.script = () => askingFor(HOUR_MS, REFUSED);
    await requeueFor(2);
    const parkedKey = await clock.run(() => keys.readParkedKey("a"));
    expect(parkedKey?.attempts).toBe(2);
    expect(parkedKey?.notBeforeMs).toBeGreaterThan(clock.now() + HOUR_MS - MINUTE_MS);
  });

  it("is left alone by all ordered keys of the process", async () => {
    const { writeEvent, relayProcess, target } = orderedWorld("per-key", { concurrency: 1 });
    target.script = () => askingFor(30 * MINUTE_MS);
    await relayProcess().invoke(times(50, (key) => writeEvent(`key${key}`, 1)));
    expect(target.calls).toHaveLength(1);
  });
});
