import { describe, expect, it } from "vitest";
import { failedWith, REFUSED } from "../../../world/scripted-target.ts";
import { times, worldOf } from "../../../world/world.ts";
import { orderedWorld } from "../../ordered/ordered-world.ts";

describe("rows that are acknowledged and not deleted yet", () => {
  it("are left out by the relay when the stream brings them again", async () => {
    const { write, relayProcess, table, target } = worldOf();
    const record = write();
    table.failing.add("delete");
    const { invoke, telemetry } = relayProcess();
    await invoke([record], 8_000);
    expect(target.delivered).toEqual(["e1"]);
    table.failing.clear();
    await invoke([record]);
    expect(target.delivered).toEqual(["e1"]);
    expect(telemetry.total("DuplicatesAvoided")).toBe(1);
    expect(table.items.size).toBe(0);
  });

  it("are not those of an event that somebody puts again under its id, after its process has slept", async () => {
    const { write, relayProcess, requeuerProcess, table, target, clock } = worldOf();
    const { invoke } = relayProcess();
    table.failing.add("delete");
    await invoke([write({ id: "e1" })], 8_000);
    table.failing.clear();
    clock.skip(360_000);
    await requeuerProcess().invoke();
    expect(table.items.size).toBe(0);
    clock.skip(300_000);
    const again = write({ id: "e1" });
    // Others wake the process before the stream brings it.
    await invoke([write({ id: "e2" })]);
    expect([...table.items.values()].map(({ id }) => id?.S)).toEqual(["e1"]);
    await invoke([again]);
    expect(target.delivered).toEqual(["e1", "e1", "e2", "e1"]);
    expect(table.items.size).toBe(0);
  });
});

describe("places among the rows to be deleted", () => {
  it("are given back when what was acknowledged is not proven to exist, so that the process goes on after any number", async () => {
    const { write, relayProcess, target, clock } = worldOf();
    const { invoke } = relayProcess();
    target.answer = () => (target.calls.length === 0 ? "exists" : "missing");
    await invoke([write()]);
    target.answer = () => "exists";
    clock.skip(120_000);
    await invoke(times(1_000, () => write()));
    expect(target.delivered.length).toBeGreaterThan(1_000);
  });

  it("are given back by a key group's refused entries", async () => {
    const { writeEvents, relayProcess, target, deliveries } = orderedWorld();
    target.script = ({ id }) => (id.startsWith("bad") ? REFUSED : undefined);
    const { invoke } = relayProcess();
    await invoke(times(150, (index) => writeEvents(`bad${index}`, 1)).flat());
    await invoke(writeEvents("good", 3));
    expect(deliveries("good")).toEqual([1, 2, 3]);
  });

  it("are counted for the part of an atomic batch that was acknowledged, which is not sent again", async () => {
    const { writeEvents, relayProcess, target, deliveries, waiting } = orderedWorld();
    const publish = target.publish.bind(target);
    Object.assign(target, { atomicBatches: true });
    // The call's answer ends behind the first entry.
    target.publish = async (destination, events) => {
      const [first, ...others] = await publish(destination, events.slice(0, 1));
      return first === undefined ? [] : [first, ...others, ...events.slice(1).map(() => failedWith(REFUSED))];
    };
    await relayProcess().invoke(writeEvents("a", 3));
    expect(deliveries("a")).toEqual([1, 2, 3]);
    expect(waiting()).toEqual([]);
  });
});
