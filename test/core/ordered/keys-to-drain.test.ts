import { describe, expect, it } from "vitest";
import type { ScannedRow } from "../../../lib/contract/event.ts";
import type { ParkedKey } from "../../../lib/contract/parked-key.ts";
import { keysToDrain } from "../../../lib/core/ordered/keys-to-drain.ts";

const NOW_MS = 1_000_000;

const row = (pk: string, sk: string): ScannedRow => ({ key: { pk, sk } }) as ScannedRow;
const parked = (pk: string, notBeforeMs: number): ParkedKey => ({ pk, version: 1, attempts: 0, notBeforeMs });

describe("the keys that the sweep drains", () => {
  it("are parked keys that are due, with or without rows, and keys without a record that have a row", () => {
    const rows = [row("parked", "3"), row("unparked", "2")];
    const records = [parked("parked", NOW_MS - 1), parked("empty", NOW_MS - 1)];
    expect([...keysToDrain(rows, records, NOW_MS)].sort()).toEqual(["empty", "parked", "unparked"]);
  });

  it("leave out a key whose record rests, whatever rows it has", () => {
    const records = [parked("resting", NOW_MS + 1), parked("due", NOW_MS - 1)];
    expect(keysToDrain([row("resting", "3"), row("due", "3")], records, NOW_MS)).toEqual(["due"]);
  });

  it("leave out rows that stand in no order", () => {
    expect(keysToDrain([row("unordered", "0.5"), row("a", "2")], [], NOW_MS)).toEqual(["a"]);
  });
});
