import { describe, expect, it } from "vitest";
import { DOWN, TIMED_OUT } from "../../world/scripted-target.ts";
import { times } from "../../world/world.ts";
import { MINUTE_MS, orderedWorld } from "./ordered-world.ts";

/** A call that holds a poison event fails as a whole. */
function poisonedWorld(poison: readonly string[], atomicBatches = false, failure = DOWN) {
  const world = orderedWorld();
  const refused = new Set(poison);
  Object.assign(world.target, { atomicBatches });
  world.target.wholeScript = (events) => (events.some(({ id }) => refused.has(id)) ? failure : undefined);
  const attemptsOf = (pk: string) => Number(world.keys.parkedKey(pk)?.["attempts"]?.N ?? 0);
  return { ...world, refused, attemptsOf };
}

describe("one bad event among many keys", () => {
  for (const failure of [DOWN, TIMED_OUT]) {
    it(`holds up its own key alone (${failure.code}), and the key rests by its own backoff`, async () => {
      const { writeEvent, relayProcess, attemptsOf, waiting, clock } = poisonedWorld(["k3/1"], false, failure);
      const beganMs = clock.now();
      const records = times(20, (key) => times(2, (place) => writeEvent(`k${key}`, place + 1))).flat();
      const { invoke, limiters } = relayProcess();
      await invoke(records);
      expect(waiting()).toEqual(["k3/1", "k3/2"]);
      expect(attemptsOf("k3")).toBe(1);
      // Judged once its neighbours are through, and not when time runs out.
      expect(clock.now() - beganMs).toBeLessThan(20_000);
      expect(limiters.anyOpen()).toBe(false);
    });
  }

  it("is judged only once the keys that are still being read have been tried", async () => {
    const { write, writeEvent, relayProcess, keys, clock, table } = poisonedWorld(["alone"]);
    const read = keys.read.bind(keys);
    keys.read = async (pk, range) => {
      await clock.sleep(5_000);
      return read(pk, range);
    };
    await relayProcess().invoke([write({ id: "alone" }), writeEvent("k", 1)]);
    expect(table.item({ pk: "alone", sk: "1" })?.["_attempts"]).toEqual({ N: "1" });
  });

  it("is found in a batch of its key that shares a call: the batch shrinks to its first event, and goes on to it", async () => {
    const { writeEvents, relayProcess, deliveries, waiting, attemptsOf, target } = poisonedWorld(["a/4"], true);
    await relayProcess().invoke(writeEvents("a", 8));
    expect(deliveries("a")).toEqual([1, 2, 3]);
    expect(waiting()).toEqual(["a/4", "a/5", "a/6", "a/7", "a/8"]);
    expect(attemptsOf("a")).toBe(1);
    expect(target.calls.slice(0, 3).map(({ ids }) => ids.length)).toEqual([8, 8, 1]);
  });

  it("is found by the requeuer whose probe meets it: the other keys are drained in the same run", async () => {
    const { writeEvent, relayProcess, requeuerProcess, target, refused, waiting, clock, attemptsOf } = poisonedWorld(
      [],
    );
    target.script = () => DOWN;
    await relayProcess().invoke(times(5, (key) => writeEvent(`k${key}`, 1)));
    target.script = () => undefined;
    clock.skip(10 * MINUTE_MS);
    const { invoke } = requeuerProcess();
    // The sweep first parks the keys that the open breaker left behind. They rest as any newly parked key does.
    target.script = () => DOWN;
    await invoke();
    clock.skip(2 * MINUTE_MS);
    target.script = () => undefined;
    refused.add("k0/1");
    await invoke();
    expect(waiting()).toEqual(["k0/1"]);
    expect(attemptsOf("k0")).toBe(1);
  });

  it("leaves no parked-key record's backoff moved by a target that is down", async () => {
    const { writeEvent, relayProcess, target, attemptsOf } = poisonedWorld([]);
    target.script = () => DOWN;
    await relayProcess().invoke(times(20, (key) => writeEvent(`k${key}`, 1)));
    expect(times(20, (key) => attemptsOf(`k${key}`))).toEqual(times(20, () => 0));
  });

  it("costs an outage few calls: three events go alone, and then nothing more", async () => {
    const { writeEvent, relayProcess, target } = poisonedWorld([]);
    target.script = () => DOWN;
    await relayProcess().invoke(times(300, (key) => writeEvent(`k${key}`, 1)));
    const tried = new Map<string, number>();
    for (const { ids } of target.calls) for (const id of ids) tried.set(id, (tried.get(id) ?? 0) + 1);
    // All others are called once, in the first calls, and not again.
    expect([...tried.values()].filter((calls) => calls > 1)).toHaveLength(3);
    expect(target.calls.length).toBeLessThanOrEqual(60);
  });
});
