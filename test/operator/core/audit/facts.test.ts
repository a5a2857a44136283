import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeLine, encodeLine, type ReceiptLine } from "../../../../lib/contract/archive/archive-line.ts";
import { type Fact, factText, lineFact, readFact } from "../../../../lib/operator/core/audit/facts.ts";
import { PARTITIONS, partitionOfRow } from "../../../../lib/operator/core/audit/spill.ts";

const SEED = 2;
const text = fc.string({ unit: "binary", maxLength: 20 });
const optional = fc.option(text, { nil: undefined });
const ms = fc.nat({ max: 4_000_000_000_000 });
const key = fc.record({ pk: text, sk: fc.constantFrom("1", "0", "-1.5", "99999999999999999999999999999999999999") });
const fact: fc.Arbitrary<Fact> = fc.oneof(
  fc.record({
    ...{ kind: fc.constant("met" as const), key, id: optional, type: optional, atMs: ms },
    writtenAtMs: fc.option(ms, { nil: undefined }),
  }),
  fc.record({
    ...{ kind: fc.constant("receipt" as const), key, id: text, type: optional, atMs: ms, note: text },
    isDropped: fc.boolean(),
  }),
);

describe("a fact that is spilled", () => {
  it("comes back as it was, with ids, types and keys of any characters, in one line", () => {
    fc.assert(
      fc.property(fact, (each) => {
        expect(factText(each)).not.toContain("\n");
        expect(readFact(factText(each))).toEqual(each);
      }),
      { seed: SEED, numRuns: 500 },
    );
  });

  it("tells what a line of the archive tells, but for the event itself", () => {
    const receipt: ReceiptLine = {
      ...{ line: "receipt", pk: "k", sk: "2", id: "e2", type: "t", source: "/s", atMs: 5, role: "requeuer" },
      ...{ attempts: 3, duplicate: true, target: { eventId: "x" }, event: '{"data":"secret"}' },
    };
    const told = lineFact(decodeLine(encodeLine(receipt, "p-1")));
    expect(told).toEqual({
      ...{ kind: "receipt", key: { pk: "k", sk: "2" }, id: "e2", type: "t", atMs: 5, note: "p-1", isDropped: true },
    });
    expect(factText(told)).not.toContain("secret");
    const met = { line: "met", pk: "k", sk: "2", atMs: 5, malformed: true } as const;
    expect(lineFact(decodeLine(encodeLine(met, "p-2")))).toEqual({
      ...{ kind: "met", key: { pk: "k", sk: "2" }, id: undefined, type: undefined, atMs: 5, writtenAtMs: undefined },
    });
  });
});

describe("the partitions", () => {
  it("have about as many events each, for ids with a pattern too", () => {
    for (const keyed of [
      (index: number) => ({ pk: `event-${index}`, sk: "1" }),
      (index: number) => ({ pk: "key", sk: String(index) }),
      (index: number) => ({ pk: String(index * 256), sk: "1" }),
    ]) {
      const counts = new Array<number>(PARTITIONS).fill(0);
      for (let index = 0; index < 100 * PARTITIONS; index += 1) {
        const partition = partitionOfRow(keyed(index));
        counts[partition] = (counts[partition] ?? 0) + 1;
      }
      expect(Math.max(...counts)).toBeLessThan(200);
      expect(Math.min(...counts)).toBeGreaterThan(30);
    }
  });
});
