import { describe, expect, it } from "vitest";
import { MAX_KEY_GROUP_PAGE_ROWS } from "../../../lib/core/ordered/ordering.ts";
import { DOWN } from "../../world/scripted-target.ts";
import { times } from "../../world/world.ts";
import { MINUTE_MS, orderedWorld, upTo } from "./ordered-world.ts";

describe("a key of ten thousand events", () => {
  it("is read page by page by the relay", async () => {
    const { writeEvents, relayProcess, keys, deliveries } = orderedWorld();
    const records = writeEvents("a", 10_000);
    const { checkpoint } = await relayProcess().invoke(records);
    expect(keys.largestPage).toBe(MAX_KEY_GROUP_PAGE_ROWS);
    expect(deliveries("a")).toEqual(upTo(deliveries("a").length));
    expect(checkpoint).toBe(records[deliveries("a").length]?.position);
  });

  it("is drained page by page by the requeuer, over several runs, beside other keys", async () => {
    const { writeEvents, requeueFor, clock, keys, deliveries, table, requeuerProcess } = orderedWorld();
    writeEvents("long", 10_000);
    for (const key of upTo(20)) writeEvents(`short${key}`, 3);
    clock.skip(6 * MINUTE_MS);
    const process = requeuerProcess();
    await requeueFor(2, process);
    await requeueFor(1, process);
    for (const key of upTo(20)) expect(deliveries(`short${key}`)).toEqual(upTo(3));
    const afterThree = deliveries("long").length;
    expect(afterThree).toBeGreaterThan(500);
    expect(afterThree).toBeLessThan(10_000);
    for (let run = 3; run < 20 && table.items.size > 0; run += 1) await requeueFor(1, process);
    expect(deliveries("long")).toEqual(upTo(10_000));
    expect(keys.largestPage).toBeLessThanOrEqual(50);
    expect(table.items.size).toBe(0);
  });
});

describe("the keys of an outage", () => {
  it("are drained within a few runs of the repair", async () => {
    const { target, writeEvents, relayProcess, requeueFor, clock, table, firstDeliveries, deadLetters } =
      orderedWorld();
    target.script = () => DOWN;
    const relay = relayProcess();
    for (const round of [0, 1, 2, 3]) {
      await relay.invoke(times(120, (key) => writeEvents(`key${key}`, 3, 1 + 3 * round)).flat());
      clock.skip(MINUTE_MS);
    }
    target.script = () => undefined;
    clock.skip(5 * MINUTE_MS);
    await requeueFor(6);
    for (const key of times(120, (index) => `key${index}`)) expect(firstDeliveries(key)).toEqual(upTo(12));
    expect(table.items.size).toBe(0);
    expect(deadLetters.messages).toHaveLength(0);
  });
});
