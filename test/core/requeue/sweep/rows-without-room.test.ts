import { describe, expect, it } from "vitest";
import type { Item } from "../../../../lib/contract/codec/item.ts";
import { itemBytes, MAX_ITEM_BYTES } from "../../../../lib/contract/codec/item-size.ts";
import { REFUSED } from "../../../world/scripted-target.ts";
import { worldOf } from "../../../world/world.ts";
import { MINUTE_MS } from "../../ordered/ordered-world.ts";

/** As large as an item of DynamoDB may be, or this many bytes smaller, and without the time of its writing. */
const filledUp = (item: Item, left = 0): Item => {
  const { recordedtime: _unknown, ...rest } = item;
  const empty = { ...rest, data: { S: '""' } };
  return { ...empty, data: { S: `"${"x".repeat(MAX_ITEM_BYTES - itemBytes(empty) - left)}"` } };
};
const withoutSource = ({ source: _source, ...item }: Item): Item => filledUp(item);

function roomless() {
  const world = worldOf();
  Object.assign(world.target.limits, { maxBytes: 10_000_000, maxEntryBytes: 10_000_000 });
  const requeuer = world.requeuerProcess();
  async function requeueFor(minutes: number): Promise<void> {
    for (let minute = 0; minute < minutes; minute += 1) {
      world.clock.skip(MINUTE_MS);
      expect(await requeuer.invoke()).toBe("completed");
    }
  }
  return { ...world, requeuer, requeueFor };
}

describe("a row that has no room for the relay's marks", () => {
  it("counts as due where nobody can note its age, and is delivered without its stream record", async () => {
    const { write, requeueFor, target, table } = roomless();
    write({ id: "e1" }, filledUp);
    await requeueFor(1);
    expect(target.delivered).toEqual(["e1"]);
    expect(table.items.size).toBe(0);
  });

  it("counts as due once it is rested, and no row beside it that is young or rests", async () => {
    const { write, requeueFor, target, clock } = roomless();
    const resting = (item: Item): Item => ({ ...item, _notBefore: { N: String(clock.now() + 60 * MINUTE_MS) } });
    write({ id: "full" }, filledUp);
    write({ id: "full, rests" }, (item) => filledUp(resting(item)));
    write({ id: "rests", recordedtime: "2025-12-31T00:00:00Z" }, resting);
    write({ id: "young" });
    await requeueFor(1);
    expect(target.delivered).toEqual(["full"]);
  });

  it("gets no second dead letter where the target refuses it again", async () => {
    const { write, requeuer, requeueFor, deadLetters, target } = roomless();
    write({ id: "e1" }, filledUp);
    target.script = () => REFUSED;
    await requeueFor(1);
    expect(deadLetters.bodies).toMatchObject([{ id: "e1" }]);
    // So that the sweep finds it, and not its dead letter.
    deadLetters.purge();
    await requeueFor(60);
    expect(requeuer.telemetry.total("RequeueFailures")).toBeGreaterThan(1);
    expect(deadLetters.bodies).toEqual([]);
  });

  it("rests by its dead letter where it fails: one dead letter, and ever fewer tries", async () => {
    const { write, requeuer, requeueFor, deadLetters, table } = roomless();
    write({ id: "e1" }, withoutSource);
    await requeueFor(5);
    const early = requeuer.telemetry.total("RequeueFailures");
    await requeueFor(240);
    const later = requeuer.telemetry.total("RequeueFailures") - early;
    expect(early).toBeGreaterThan(0);
    expect(later).toBeGreaterThan(1);
    expect(later).toBeLessThan(24);
    expect(deadLetters.bodies).toMatchObject([{ pk: "e1", code: "MalformedRow" }]);
    expect(requeuer.telemetry.total("MalformedRecords")).toBe(1);
    expect(table.items.size).toBe(1);
  });

  it("keeps its rest without its reason where that is all that fits", async () => {
    const { write, requeueFor, table } = roomless();
    write({ id: "e1" }, (item) => filledUp(withoutSource(item), 80));
    await requeueFor(10);
    const row = table.item({ pk: "e1", sk: "1" });
    expect(Number(row?.["_attempts"]?.N)).toBeGreaterThan(0);
    expect(row).toHaveProperty("_notBefore");
    expect(row).not.toHaveProperty("_reason");
  });
});
