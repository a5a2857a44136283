import { describe, expect, it } from "vitest";
import type { Failure } from "../../../../lib/contract/failure.ts";
import { deliverProbe } from "../../../../lib/core/delivery/call/deliver-call.ts";
import { deliver } from "../../../../lib/core/delivery/deliver.ts";
import { DOWN, THROTTLED } from "../../../world/scripted-target.ts";
import { times, type WorldOptions, worldOf } from "../../../world/world.ts";
import { MINUTE_MS } from "../../after-outage.ts";
import { orderedWorld } from "../../ordered/ordered-world.ts";
import { runOf } from "../run-of.ts";

/** Makes routes of events' types, and some of them full. */
function withRoutes<World extends Pick<ReturnType<typeof worldOf>, "target" | "table">>(
  world: World,
  ...full: readonly string[]
) {
  const refusing = new Set(full);
  const fullness = (route: string): Failure => ({ ...THROTTLED, code: "Nack", route });
  Object.assign(world.target, { hasRoutes: true, limits: { maxEntries: 100, maxBytes: 10_000_000 } });
  world.target.script = ({ type }) => (refusing.has(type) ? fullness(type) : undefined);
  const marked = () => [...world.table.items.values()].filter((item) => item["_attempts"] !== undefined);
  return { ...world, refusing, marked };
}

const routedWorld = (full: readonly string[], options?: WorldOptions) => withRoutes(worldOf(options), ...full);

describe("a full route of a destination", () => {
  it("keeps none of the other routes waiting, halves nothing, opens no breaker and marks no event", async () => {
    const { write, relayProcess, target, table, marked } = routedWorld(["full"], { concurrency: 8 });
    const { invoke, limiters } = relayProcess();
    await invoke(times(1_000, (index) => write({ type: index % 10 === 0 ? "full" : `open.${index % 7}` })));
    expect(new Set(target.delivered).size).toBe(900);
    expect([...table.items.values()].every((item) => item["type"]?.S === "full")).toBe(true);
    expect(marked()).toEqual([]);
    expect(limiters.anyOpen()).toBe(false);
    expect(limiters.of("default").widthNow).toBe(8);
  });

  it("costs no call once it was tried as often as an event is", async () => {
    const { write, relayProcess, target } = routedWorld(["full"], { concurrency: 1 });
    await relayProcess().invoke(times(1_000, () => write({ type: "full" })));
    expect(target.calls.length).toBeLessThanOrEqual(10 * 5);
  });

  it("is no proof against the destination when a run of the requeuer probes by it: the others are delivered", async () => {
    const world = routedWorld([]);
    const { write, relayProcess, requeuerProcess, target, refusing, marked, table, clock } = world;
    const script = target.script;
    target.script = () => DOWN;
    await relayProcess().invoke(times(100, (index) => write({ type: index < 30 ? "full" : `open.${index % 7}` })));
    refusing.add("full");
    target.script = script;
    target.calls.length = 0;
    clock.skip(MINUTE_MS);
    await requeuerProcess().invoke();
    expect(target.delivered).toHaveLength(70);
    expect(table.items.size).toBe(30);
    expect(marked()).toEqual([]);
    expect(target.calls.filter(({ ids }) => ids.some((id) => Number(id.slice(1)) <= 30))).toHaveLength(1);
  });

  it("is the destination's fault where three routes fail a probe and none gets through", async () => {
    const { write, requeuerProcess, target, clock, marked } = routedWorld(["a", "b", "c", "d"]);
    times(400, (index) => write({ type: ["a", "b", "c", "d"][index % 4] ?? "a" }));
    clock.skip(6 * MINUTE_MS);
    await requeuerProcess().invoke();
    expect(target.calls).toHaveLength(3);
    expect(marked()).toEqual([]);
  });

  it("is the outcome of each event that goes by it: of those, too, for which no call was made", async () => {
    const { run, target, written, deadlines, clock } = withRoutes(runOf(), "full");
    const delivered = (...types: readonly string[]) =>
      clock.run(() =>
        deliver(
          types.map((type) => written({ type })),
          run,
          deadlines(),
        ),
      );
    expect(await delivered("full")).toMatchObject([{ kind: "failed", failure: { route: "full" }, attempts: 5 }]);
    target.calls.length = 0;
    expect(await delivered("full", "open", "full")).toMatchObject([
      { kind: "failed", event: { id: "e2" }, failure: { route: "full" }, attempts: 0 },
      { kind: "failed", event: { id: "e4" }, failure: { route: "full" }, attempts: 0 },
      { kind: "acknowledged", event: { id: "e3" } },
    ]);
    expect(target.calls.map(({ ids }) => ids)).toEqual([["e3"]]);
  });

  it("closes nothing to the events of a target that knows of no routes", async () => {
    const { run, written, deadlines, clock, target } = runOf();
    const { routeOf: _routeOf, ...publisher } = run.publisher;
    target.script = ({ id }) => (id === "e1" ? { ...THROTTLED, route: "full" } : undefined);
    const delivered = () => clock.run(() => deliver([written()], { ...run, publisher }, deadlines()));
    expect(await delivered()).toMatchObject([{ kind: "failed", failure: { route: "full" } }]);
    expect(await delivered()).toMatchObject([{ kind: "acknowledged" }]);
  });

  it("opens the destination's breaker where it is the third to fail a probe, and not before", async () => {
    const { run, limiters, written, deadlines, clock } = withRoutes(runOf(), "a", "b", "c");
    const trials = run.trials.of("default");
    const present = trials.begin();
    const probed = async (type: string) => {
      const event = written({ type });
      const admission = await trials.probe(event.id);
      if (admission.kind !== "probe") throw new Error(admission.kind);
      return deliverProbe("default", event, admission.trial, run, deadlines());
    };
    const probes = [probed("a"), clock.sleep(1_000).then(() => probed("b"))];
    const kinds: string[] = [];
    await clock.run(async () => {
      await clock.sleep(2_000);
      kinds.push(limiters.of("default").breaker.kind);
      await Promise.all([...probes, probed("c")]);
      kinds.push(limiters.of("default").breaker.kind);
    });
    present.end();
    expect(kinds).toEqual(["closed", "open"]);
  });

  it("holds up the keys that go by it, and no other key", async () => {
    const world = orderedWorld();
    const { target, table } = withRoutes(world, "full");
    const keys = times(40, (index) => `k${index}`);
    const records = keys.flatMap((key, index) =>
      times(3, (place) => world.writeEvent(key, place + 1, { type: index < 10 ? "full" : "open" })),
    );
    await world.relayProcess().invoke(records);
    expect(target.delivered).toHaveLength(90);
    expect([...table.items.values()].filter((item) => item["type"]?.S === "open")).toEqual([]);
  });
});
