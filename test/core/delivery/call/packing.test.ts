import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { chunksOf, pack } from "../../../../lib/core/delivery/call/packing.ts";

const size = (entry: number) => entry;

describe("packing", () => {
  it("fills calls by count", () => {
    expect(pack([1, 1, 1, 1, 1], size, { maxEntries: 2, maxBytes: 100 })).toEqual([[1, 1], [1, 1], [1]]);
  });

  it("fills calls by bytes", () => {
    expect(pack([40, 50, 20, 90], size, { maxEntries: 10, maxBytes: 100 })).toEqual([[40, 50], [20], [90]]);
    expect(pack([40, 60, 1], size, { maxEntries: 10, maxBytes: 100 })).toEqual([[40, 60], [1]]);
  });

  it("gives an entry that is too large for any call one of its own, and makes no empty call before it", () => {
    expect(pack([150, 20, 150], size, { maxEntries: 10, maxBytes: 100 })).toEqual([[150], [20], [150]]);
  });

  it("keeps order, loses nothing, and stays within both limits", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 100 })),
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 100, max: 400 }),
        (entries, maxEntries, maxBytes) => {
          const calls = pack(entries, size, { maxEntries, maxBytes });
          expect(calls.flat()).toEqual(entries);
          for (const call of calls) {
            expect(call.length).toBeGreaterThan(0);
            expect(call.length).toBeLessThanOrEqual(maxEntries);
            expect(call.reduce((sum, entry) => sum + entry, 0)).toBeLessThanOrEqual(maxBytes);
          }
        },
      ),
      { seed: 7 },
    );
  });

  it("cuts lists into chunks", () => {
    expect(chunksOf([1, 2, 3, 4, 5], 2)).toEqual([[1, 2], [3, 4], [5]]);
    expect(chunksOf([], 2)).toEqual([]);
  });
});
