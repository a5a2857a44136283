import { describe, expect } from "vitest";
import type { Item } from "../../lib/contract/codec/item.ts";
import { itemBytes, MAX_ITEM_BYTES, ROOM_FOR_MARKS_BYTES } from "../../lib/contract/codec/item-size.ts";
import type { AsideEvent } from "../../lib/operator/core/journal.ts";
import { type ContractTest, contractTest } from "./contract-test.ts";
import type { OperatorEngine } from "./operator-table-contract.ts";
import { NOW_MS } from "./parked-keys.ts";
import { refOf, unordered } from "./rows.ts";

const HOLD = { actId: "act-1", untilMs: NOW_MS + 3_600_000 };
const FAR = { N: "9".repeat(38) };

interface Quirks {
  /** The lease is an item of the table, as in DynamoDB. @default true */
  readonly hasLeases?: boolean;
  /** The engine refuses items of more than 400 KB. MiniStack takes them. @default true */
  readonly limitsItems?: boolean;
}

/** Marks, records of parked keys and leases that somebody else wrote. None of them stops the relay or the requeuer. */
export function describeForeignMarks(
  engine: string,
  make: () => Promise<OperatorEngine>,
  { hasLeases = true, limitsItems = true }: Quirks = {},
): void {
  const test = contractTest(make);
  describe(`marks of others: ${engine}`, () => {
    describeMarks(test);
    describeParkedKeys(test);
    if (limitsItems) describeRoom(test);
    if (hasLeases) describeLeases(test);
  });
}

function describeMarks(test: ContractTest<OperatorEngine>): void {
  const row = unordered("a");
  const { id: _id, ...key } = refOf(row);

  for (const [what, seenAt] of [
    ["in the future", FAR],
    ["that is no number", { S: "yesterday" }],
  ] as const) {
    test(`a row with a first look ${what} is looked at for the first time, once`, async (engine) => {
      await engine.put({ ...row, _seenAt: seenAt });
      await engine.table.markSeen(key, NOW_MS);
      await engine.table.markSeen(key, NOW_MS + 1);
      expect((await engine.row(key))?.marks.seenAtMs).toBe(NOW_MS);
    });
  }

  test("a row held for longer than any command holds one is held by nobody", async (engine) => {
    await engine.put({ ...row, _heldBy: { S: "somebody" }, _notBefore: FAR });
    expect(await engine.operator.makeDue(key, NOW_MS)).toBe("made-due");
    await engine.put({ ...row, _heldBy: { S: "somebody" }, _notBefore: FAR });
    expect(await engine.operator.hold(key, HOLD, NOW_MS)).toBe("held");
  });
}

/** An unordered event as large as an item of DynamoDB may be, or this many bytes smaller. */
function filledUp(id: string, left: number): Item {
  const empty = { ...unordered(id), data: { S: "" } };
  return { ...empty, data: { S: "x".repeat(MAX_ITEM_BYTES - itemBytes(empty) - left) } };
}

function describeRoom(test: ContractTest<OperatorEngine>): void {
  const MARK = { notBeforeMs: NOW_MS, attempts: 1, reason: `permanent: MalformedRow: ${"r".repeat(400)}` };

  test("a row as large as an item may be has no room for a mark, and is left as it is", async (engine) => {
    const row = filledUp("a", 0);
    await engine.put(row);
    expect(await engine.table.mark(refOf(row), MARK)).toBe("no-room");
    expect(await engine.table.markSeen(refOf(row), NOW_MS)).toBe(false);
    expect(await engine.item(refOf(row))).toEqual(row);
  });

  test("a row as large as an item may be cannot be held, and is set aside and put back while it is unchanged", async (engine) => {
    const blob = { B: new Uint8Array([1, 2, 255, 0]) };
    const row: Item = { ...filledUp("a", "blob".length + blob.B.length), blob };
    await engine.put(row);
    const address = refOf(row);
    expect(await engine.operator.hold(address, HOLD, NOW_MS)).toBe("no-room");
    const aside: AsideEvent = {
      entryId: "2026-01-01T00:00:00.000Z#act-1#1#a",
      ...{ place: "quarantined", key: { pk: "a", sk: "1" }, id: "a", actId: "act-1", atMs: NOW_MS },
      ...{ who: "arn:somebody", why: "a reason", ordered: false, item: row },
    };
    const other = { ...aside, item: { ...row, data: { S: "repaired" } } };
    expect(await engine.operator.setAside(address, { kind: "unchanged" }, other)).toBe("changed");
    expect(await engine.operator.setAside(address, { kind: "unchanged" }, aside)).toBe("moved");
    expect(await engine.item(address)).toBeUndefined();
    const [kept] = (await engine.journal.aside("quarantined", undefined, 10)).events;
    expect(await engine.operator.putBack(aside, kept?.item ?? {})).toBe("put-back");
    expect(await engine.item(address)).toEqual(row);
  });

  test("a row with room for its rest alone is marked without a reason", async (engine) => {
    const row = filledUp("a", 100);
    await engine.put(row);
    expect(await engine.table.markSeen(refOf(row), NOW_MS)).toBe(true);
    expect(await engine.table.mark(refOf(row), MARK)).toBe("marked");
    const marked = await engine.item(refOf(row));
    expect(marked).toMatchObject({ _attempts: { N: "1" }, _notBefore: { N: String(NOW_MS) } });
    expect(marked).not.toHaveProperty("_reason");
  });

  test("a row with the room that the contract leaves takes every mark, whatever the reason", async (engine) => {
    const row = filledUp("a", ROOM_FOR_MARKS_BYTES);
    await engine.put(row);
    expect(await engine.table.markSeen(refOf(row), NOW_MS)).toBe(true);
    expect(await engine.table.mark(refOf(row), { ...MARK, reason: "\u20ac".repeat(500) })).toBe("marked");
    expect(await engine.operator.hold(refOf(row), { ...HOLD, actId: "a".repeat(36) }, NOW_MS)).toBe("held");
    expect((await engine.item(refOf(row)))?.["_reason"]?.S).toHaveLength(500);
  });
}

function describeParkedKeys(test: ContractTest<OperatorEngine>): void {
  const UNTIL_MS = NOW_MS + 60_000;
  for (const [what, attributes] of [
    ["rests for longer than any backoff", { _ver: { N: "1" }, notBefore: FAR }],
    ["is held for longer than any lease", { _ver: { N: "1" }, owner: { S: "x" }, leaseUntil: FAR }],
    ["has a version with a fraction", { _ver: { N: "1.5" } }],
    ["has a version that no JavaScript number holds", { _ver: { N: "12345678901234567890" } }],
    ["has a version that cannot be raised", { _ver: FAR }],
  ] as const) {
    test(`a parked key whose record ${what} can be drained: it is taken, and closed`, async (engine) => {
      await engine.put({ pk: { S: "k" }, sk: { N: "0" }, ...attributes });
      const end = await engine.keys.acquire("k", "one", NOW_MS, UNTIL_MS);
      expect(end).toMatchObject({ kind: "acquired", parkedKey: { owner: "one" } });
      const version = end.kind === "acquired" ? end.parkedKey.version : Number.NaN;
      expect(await engine.keys.close("k", "one", version)).toBe(true);
    });
  }
}

/** Puts an item past the port, as a writer does that may put anything, or a host whose clock is wrong. */
function describeLeases(test: ContractTest<OperatorEngine>): void {
  for (const [what, attributes] of [
    ["that ends far ahead", { owner: { S: "x" }, leaseUntil: { N: "9999999999999" } }],
    ["that ends in 38 digits", { owner: { S: "x" }, leaseUntil: FAR }],
    ["whose end is no number", { owner: { S: "x" }, leaseUntil: { S: "never" } }],
    ["without an end", { owner: { S: "x" } }],
    ["without an owner", { leaseUntil: { N: String(NOW_MS + 60_000) } }],
    ["that is an event", { id: { S: "e" }, source: { S: "s" }, type: { S: "t" } }],
  ] satisfies readonly (readonly [string, Item])[]) {
    test(`a lease ${what} keeps no requeuer out`, async (engine) => {
      await engine.put({ pk: { S: "_requeuer#conformance" }, sk: { N: "0" }, ...attributes });
      expect(await engine.table.acquireLease("one", NOW_MS, NOW_MS + 60_000)).toBe(true);
      expect(await engine.table.acquireLease("two", NOW_MS, NOW_MS + 60_000)).toBe(false);
    });
  }
}
