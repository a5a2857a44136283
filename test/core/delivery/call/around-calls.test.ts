import { describe, expect, it } from "vitest";
import { aroundCalls } from "../../../../lib/core/delivery/call/around-calls.ts";
import type { Publisher } from "../../../../lib/core/ports.ts";
import { eventOf } from "../../../aws/fixtures.ts";

const BARE: Publisher = {
  limits: { maxEntries: 1, maxBytes: 1 },
  destinationOf: () => "orders",
  bytesOf: () => 7,
  publish: async () => [],
};

describe("a publisher with something around its calls", () => {
  it("has no routes, no atomic batches and no checks where the one inside says nothing of them", () => {
    const around = aroundCalls(BARE, BARE.publish);
    expect(around.routeOf?.(eventOf())).toBeUndefined();
    expect(around.atomicBatches).toBe(false);
    expect(around).not.toHaveProperty("existence");
    expect(around.isDeployed?.("orders"), "and believes in no destination").toBe(false);
  });

  it("knows the destinations of the one inside", () => {
    const around = aroundCalls({ ...BARE, isDeployed: (destination) => destination === "orders" }, BARE.publish);
    expect(["orders", "elsewhere"].map((destination) => around.isDeployed?.(destination))).toEqual([true, false]);
  });
});
