import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeItem } from "../../../lib/contract/codec/decode-row.ts";
import { decodeScanned, SCANNED_ATTRIBUTES } from "../../../lib/contract/codec/decode-scanned.ts";
import type { Item, ItemValue } from "../../../lib/contract/codec/item.ts";
import { seenOf } from "../../../lib/contract/event.ts";
import { decodeParkedKey } from "../../../lib/contract/parked-key.ts";

const ROW: Item = {
  pk: { S: "e1" },
  sk: { N: "1" },
  id: { S: "e1" },
  source: { S: "shop" },
  type: { S: "order.placed" },
  time: { S: "2026-01-31T12:00:00Z" },
  recordedtime: { S: "2026-01-31T12:00:01Z" },
  data: { S: '{"total":1}' },
};

/** DynamoDB's answer when it is asked for these attributes only. */
const projected = (item: Item): Item =>
  Object.fromEntries(Object.entries(item).filter(([name]) => SCANNED_ATTRIBUTES.includes(name)));

const value: fc.Arbitrary<ItemValue> = fc.oneof(
  fc.record({ S: fc.constantFrom("", "e1", "a text", "2026-01-31T12:00:00Z") }),
  fc.record({ N: fc.oneof(fc.integer().map(String), fc.string()) }),
  fc.record({ NULL: fc.boolean() }),
);
/** Items of all kinds, each spoiled in any attribute: events, malformed rows, parked-key records, leases. */
const items: fc.Arbitrary<Item> = fc
  .tuple(
    fc.dictionary(fc.constantFrom(...Object.keys(ROW), ...SCANNED_ATTRIBUTES), value),
    fc.constantFrom("e1", "k", "_requeuer"),
    fc.constantFrom("0", "1", "2", "1.5"),
    fc.subarray(Object.keys(ROW)),
  )
  .map(([attributes, pk, sk, kept]) => ({
    ...Object.fromEntries(Object.entries(ROW).filter(([name]) => kept.includes(name))),
    ...attributes,
    pk: { S: pk },
    sk: { N: sk },
  }));

describe("a look at an item", () => {
  it("shows a row's key, age, place and marks", () => {
    const marks = { _notBefore: { N: "5" }, _attempts: { N: "2" }, _seenAt: { N: "3" } };
    expect(decodeScanned({ ...ROW, ...marks, destination: { S: "audit" } })).toEqual({
      key: { pk: "e1", sk: "1" },
      id: "e1",
      recordedAtMs: Date.parse("2026-01-31T12:00:01Z"),
      destination: "audit",
      marks: { notBeforeMs: 5, attempts: 2, seenAtMs: 3 },
    });
  });

  it("shows no more of a whole item than of what was asked for", () => {
    fc.assert(
      fc.property(items, (item) => {
        expect(decodeScanned(projected(item))).toEqual(decodeScanned(item));
        expect(decodeParkedKey(projected(item))).toEqual(decodeParkedKey(item));
      }),
      { numRuns: 2_000, seed: 7 },
    );
  });

  it("agrees with the row read whole: what it is, when it is due, and where an event goes", () => {
    fc.assert(
      fc.property(items, (item) => {
        const seen = decodeScanned(item);
        const decoded = decodeItem(item);
        expect(seen === undefined).toBe(decoded.kind === "reserved");
        if (seen === undefined || decoded.kind === "reserved") return;
        const { destination, ...whole } = seenOf(decoded.row);
        expect(seen).toMatchObject({ ...whole, marks: seen.marks });
        expect(whole.marks).toMatchObject(seen.marks);
        expect(seen.id).toBe(whole.id);
        expect(seen.recordedAtMs).toBe(whole.recordedAtMs);
        if (decoded.row.content.kind === "event") expect(seen.destination).toBe(destination);
      }),
      { numRuns: 2_000, seed: 7 },
    );
  });
});
