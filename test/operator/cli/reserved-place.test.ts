import { describe, expect, it } from "vitest";
import type { Item } from "../../../lib/contract/codec/item.ts";
import { reservedText } from "../../../lib/operator/cli/reserved-place.ts";

const tableOf = (...items: readonly Item[]) => ({
  readItem: async ({ pk, sk }: { readonly pk: string; readonly sk: string }) =>
    items.find((item) => item["pk"]?.S === pk && item["sk"]?.N === sk),
});
const PLACE = { pk: { S: "_requeuer#z" }, sk: { N: "0" } };
const EVENT = { ...PLACE, id: { S: "e1" }, source: { S: "/shop" }, type: { S: "order.placed" } };

describe("the place of a requeuer's lease", () => {
  it.each([
    ["its key and sequence", { key: "_requeuer#z", sequence: "0" }],
    ["its key", { key: "_requeuer#z" }],
    ["an id that is its key", { ids: ["_requeuer#z"] }],
  ])("is called reserved, and the row there no event, when it is asked for by %s", async (_how, filter) => {
    expect(await reservedText(tableOf(EVENT), filter)).toMatch(
      /^sk 0 of pk "_requeuer#z" is reserved for the requeuer's lease, so the row there is not an event: .*delete that row/,
    );
  });

  it("is told from a lease, and from an empty place", async () => {
    const lease = { ...PLACE, owner: { S: "run" }, leaseUntil: { N: "1" } };
    expect(await reservedText(tableOf(lease), { key: "_requeuer#z" })).toMatch(/reserved.*a lease stands there\.$/);
    expect(await reservedText(tableOf(), { key: "_requeuer#z" })).toBeUndefined();
  });

  it("is no other place", async () => {
    const others = [{ key: "_requeuer#z", sequence: "1" }, { key: "order#42", sequence: "0" }, { ids: ["e1"] }, {}];
    for (const filter of others) expect(await reservedText(tableOf(EVENT), filter)).toBeUndefined();
  });
});
