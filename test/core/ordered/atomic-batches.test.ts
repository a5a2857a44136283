import { describe, expect, it } from "vitest";
import { failedWith, REFUSED } from "../../world/scripted-target.ts";
import { orderedWorld, upTo } from "./ordered-world.ts";

describe("the relay, in order, to a target with atomic batches", () => {
  it("lets a batch of one key share a call", async () => {
    const { writeEvents, relayProcess, target, deliveries } = orderedWorld();
    Object.assign(target, { atomicBatches: true });
    await relayProcess().invoke(writeEvents("a", 25));
    expect(target.calls.map(({ ids }) => ids.length)).toEqual([10, 10, 5]);
    expect(deliveries("a")).toEqual(upTo(25));
  });

  it("finds the one to blame in a refused batch, and stops there", async () => {
    const { writeEvents, relayProcess, target, deliveries, keys, waiting } = orderedWorld();
    Object.assign(target, { atomicBatches: true });
    const publish = target.publish.bind(target);
    target.publish = async (destination, events) =>
      events.some(({ id }) => id === "a/4") ? events.map(() => failedWith(REFUSED)) : publish(destination, events);
    await relayProcess().invoke(writeEvents("a", 8));
    expect(deliveries("a")).toEqual([1, 2, 3]);
    expect(waiting()).toEqual(["a/4", "a/5", "a/6", "a/7", "a/8"]);
    expect(keys.parkedKey("a")).toBeDefined();
  });
});
