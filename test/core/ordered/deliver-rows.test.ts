import { describe, expect, it } from "vitest";
import { rowDelivery } from "../../../lib/core/ordered/deliver-rows.ts";
import { orderedWorld, withoutSource } from "./ordered-world.ts";

/** Delivers pages of a key with a publisher that takes every event, and notes what is asked. */
function delivery(ordering: "per-key" | "strict", takes = Number.POSITIVE_INFINITY) {
  const world = orderedWorld(ordering);
  const { ordering: shared, ...parts } = world.relayProcess();
  if (shared === undefined) throw new Error("The world has no order");
  const asked: { readonly sequences: readonly number[]; readonly remaining: number }[] = [];
  const deliverRows = rowDelivery({
    ...parts,
    clock: world.clock,
    ordering: shared,
    publish: async (events, remaining) => {
      asked.push({ sequences: events.map(({ sk }) => Number(sk)), remaining });
      const [event] = events.slice(takes);
      return event === undefined
        ? { delivered: events.length }
        : { delivered: takes, stop: { kind: "breaker-open", event } };
    },
  });
  const deliver = (sequences: readonly number[], remaining: number, malformed?: number) => {
    const rows = sequences.map(
      (sequence) => world.writeEvent("a", sequence, {}, sequence === malformed ? withoutSource : undefined).row,
    );
    return world.clock.run(() => deliverRows(rows, remaining));
  };
  const looks = () => world.keys.requests.filter((request) => request === "presence").length;
  return { deliver, asked, looks, table: world.table };
}

describe("the rows of a page", () => {
  it("go in one piece where order may have gaps", async () => {
    const { deliver, asked, looks } = delivery("per-key");
    expect(await deliver([2, 5, 9], 7)).toMatchObject({ delivered: [{ sk: "2" }, { sk: "5" }, { sk: "9" }] });
    expect(asked).toEqual([{ sequences: [2, 5, 9], remaining: 7 }]);
    expect(looks()).toBe(0);
  });

  it("are cut at each gap in strict mode, and the row before the gap is looked for", async () => {
    const { deliver, asked, looks } = delivery("strict");
    await deliver([1, 2, 4, 5], 10);
    expect(asked).toEqual([
      { sequences: [1, 2], remaining: 10 },
      { sequences: [4, 5], remaining: 8 },
    ]);
    expect(looks()).toBe(1);
  });

  it("need no look in strict mode where they follow the page before, though its rows are gone", async () => {
    const { deliver, asked, looks } = delivery("strict");
    await deliver([1, 2, 3], 4);
    await deliver([], 1);
    await deliver([4], 1);
    expect(asked.map(({ sequences }) => sequences)).toEqual([[1, 2, 3], [4]]);
    expect(looks()).toBe(0);
    await deliver([6], 1);
    expect(looks()).toBe(1);
  });

  it("end at a malformed one, which says why, and those before it count as delivered", async () => {
    const { deliver, asked } = delivery("per-key");
    const { delivered, stop } = await deliver([1, 2, 3], 3, 2);
    expect(delivered).toMatchObject([{ sk: "1" }]);
    expect(stop).toMatchObject({ kind: "malformed", row: { key: { sk: "2" } }, attempts: 0 });
    expect(stop?.kind === "malformed" && stop.failure.message).toContain("source");
    expect(asked).toHaveLength(1);
  });

  it("end at the first that is not taken", async () => {
    const { deliver } = delivery("per-key", 2);
    const { delivered, stop } = await deliver([1, 2, 3, 4], 4);
    expect(delivered).toHaveLength(2);
    expect(stop).toMatchObject({ kind: "breaker-open", row: { key: { sk: "3" } } });
  });
});
