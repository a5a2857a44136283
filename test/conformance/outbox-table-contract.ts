import { describe, expect } from "vitest";
import { keyText } from "../../lib/contract/event.ts";
import { itemOf } from "../aws/fixtures.ts";
import { type ContractTest, contractTest } from "./contract-test.ts";
import type { TableEngine } from "./engines/engine.ts";
import { ordered, putAll, refOf, sortedTexts, textsOf, unordered, unorderedRows } from "./rows.ts";
import { describeScans } from "./scan-contract.ts";

const MARK = { notBeforeMs: 1_700_000_000_000, attempts: 3, reason: "permanent: Refused: no" };
const NOW_MS = 1_800_000_000_000;

/** What the core may expect of any outbox table. */
export function describeOutboxTable(engine: string, make: () => Promise<TableEngine>): void {
  const test = contractTest(make);
  describe(`the outbox table: ${engine}`, () => {
    describeDeletes(test);
    describeReads(test);
    describeMarks(test);
    describeScans(test);
    describeLease(test);
    describeRefusal(test);
  });
}

function describeDeletes(test: ContractTest<TableEngine>): void {
  describe("deleteRows", () => {
    test("deletes rows of both kinds in one call, and no other", async (engine) => {
      const doomed = [unordered("a"), ordered("k", 1, "b"), unordered("c"), ordered("k", 2, "d")];
      const kept = [unordered("e"), ordered("k", 3, "f"), ordered("a", 2, "g")];
      await putAll(engine, [...doomed, ...kept]);
      expect(await engine.table.deleteRows(doomed.map(refOf))).toEqual([]);
      expect(textsOf(await engine.table.readRows([...doomed, ...kept].map(refOf)))).toEqual(
        sortedTexts(kept.map(refOf)),
      );
    });

    test("keeps a row that holds another event by now, and counts it as deleted", async (engine) => {
      const row = ordered("k", 1, "new");
      await engine.put(row);
      expect(await engine.table.deleteRows([{ ...refOf(row), id: "old" }])).toEqual([]);
      expect(await engine.row(refOf(row))).toMatchObject({ content: { event: { id: "new" } } });
    });

    test("takes two rows of one key in one call, and deletes the one that holds its event", async (engine) => {
      const reused = [ordered("k", 1, "first"), ordered("k", 1, "second"), ordered("k", 2, "next"), unordered("a")];
      await putAll(engine, reused);
      const twice = [...reused.map(refOf), refOf(unordered("a"))];
      expect(await engine.table.deleteRows(twice)).toEqual([]);
      expect(await engine.table.readRows(reused.map(refOf))).toEqual([]);
    });

    test("counts a row that is gone as deleted", async (engine) => {
      const rows = [unordered("a"), ordered("k", 1, "b")].map(refOf);
      expect(await engine.table.deleteRows(rows)).toEqual([]);
    });

    for (const count of [25, 60]) {
      test(`deletes ${count} rows in one call`, async (engine) => {
        const rows = unorderedRows(count);
        await putAll(engine, [...rows, unordered("kept")]);
        expect(await engine.table.deleteRows(rows.map(refOf))).toEqual([]);
        expect(textsOf((await engine.table.scan({ limit: 100 })).rows)).toEqual([keyText({ pk: "kept", sk: "1" })]);
      });
    }

    test("answers no rows with no rows", async ({ table }) => {
      expect(await table.deleteRows([])).toEqual([]);
    });
  });
}

function describeReads(test: ContractTest<TableEngine>): void {
  describe("readRows", () => {
    test("reads 100 rows at once", async (engine) => {
      const keys = unorderedRows(100).map(refOf);
      await putAll(engine, unorderedRows(100));
      expect(textsOf(await engine.table.readRows(keys))).toEqual(sortedTexts(keys));
    });

    test("leaves out rows that do not exist", async (engine) => {
      await putAll(engine, [unordered("a"), ordered("k", 2, "b")]);
      const keys = [
        { pk: "a", sk: "1" },
        { pk: "a", sk: "2" },
        { pk: "k", sk: "1" },
        { pk: "k", sk: "2" },
        { pk: "x", sk: "1" },
      ];
      expect(textsOf(await engine.table.readRows(keys))).toEqual(["1/a", "2/k"]);
    });

    test("answers once for a key that is given twice", async (engine) => {
      await engine.put(unordered("a"));
      const key = { pk: "a", sk: "1" };
      expect(textsOf(await engine.table.readRows([key, { pk: "b", sk: "1" }, key]))).toEqual(["1/a"]);
    });

    test("answers no keys with no rows", async ({ table }) => {
      expect(await table.readRows([])).toEqual([]);
    });

    test("sees a row as it was written last", async (engine) => {
      for (let version = 1; version <= 10; version += 1) {
        await engine.put(itemOf({ id: "a", subject: `version ${version}` }));
        const [row] = await engine.table.readRows([{ pk: "a", sk: "1" }]);
        expect(row?.content).toMatchObject({ event: { json: expect.stringContaining(`"version ${version}"`) } });
      }
    });
  });
}

function describeMarks(test: ContractTest<TableEngine>): void {
  const key = { pk: "a", sk: "1" };

  describe("mark", () => {
    test("marks a row that holds the id", async (engine) => {
      await engine.put(unordered("a"));
      expect(await engine.table.mark({ ...key, id: "a" }, MARK)).toBe("marked");
      expect(await engine.row(key)).toMatchObject({
        marks: { notBeforeMs: MARK.notBeforeMs, attempts: 3 },
        content: { event: { id: "a" } },
      });
    });

    test("marks whatever row there is when no id is given", async (engine) => {
      await engine.put(unordered("a"));
      expect(await engine.table.mark(key, MARK)).toBe("marked");
      expect((await engine.row(key))?.marks.attempts).toBe(3);
    });

    test("replaces the mark before, and leaves the first look alone", async (engine) => {
      await engine.put(unordered("a"));
      await engine.table.markSeen(key, NOW_MS);
      await engine.table.mark({ ...key, id: "a" }, MARK);
      await engine.table.mark({ ...key, id: "a" }, { ...MARK, notBeforeMs: 1_900_000_000_000, attempts: 4 });
      expect((await engine.row(key))?.marks).toMatchObject({
        notBeforeMs: 1_900_000_000_000,
        attempts: 4,
        seenAtMs: NOW_MS,
      });
    });

    test("ends a hold, for a row that rests after a failure is in nobody's hands", async (engine) => {
      await engine.put({ ...unordered("a"), _heldBy: { S: "act-1" }, _notBefore: { N: String(NOW_MS) } });
      await engine.table.mark({ ...key, id: "a" }, MARK);
      expect((await engine.row(key))?.marks).not.toHaveProperty("heldBy");
    });

    test("is refused by a row of another id, and does not touch it", async (engine) => {
      await engine.put(ordered("k", 1, "new"));
      expect(await engine.table.mark({ pk: "k", sk: "1", id: "old" }, MARK)).toBe("gone");
      expect((await engine.row({ pk: "k", sk: "1" }))?.marks).toEqual({ attempts: 0 });
    });

    test("does not bring back a row that is gone", async (engine) => {
      expect(await engine.table.mark({ ...key, id: "a" }, MARK)).toBe("gone");
      expect(await engine.table.mark(key, MARK)).toBe("gone");
      expect(await engine.row(key)).toBeUndefined();
    });
  });

  describe("markSeen", () => {
    test("keeps the first look", async (engine) => {
      await engine.put(unordered("a"));
      await engine.table.markSeen(key, NOW_MS);
      await engine.table.markSeen(key, NOW_MS + 1);
      expect((await engine.row(key))?.marks).toEqual({ attempts: 0, seenAtMs: NOW_MS });
    });

    test("does not bring back a row that is gone", async (engine) => {
      await engine.table.markSeen(key, NOW_MS);
      expect(await engine.row(key)).toBeUndefined();
    });
  });
}

function describeLease(test: ContractTest<TableEngine>): void {
  describe("the requeuer's lease", () => {
    const UNTIL_MS = NOW_MS + 60_000;

    test("is taken when it is free, and not while another holds it", async ({ table }) => {
      expect(await table.acquireLease("one", NOW_MS, UNTIL_MS)).toBe(true);
      expect(await table.acquireLease("two", UNTIL_MS - 1, UNTIL_MS + 60_000)).toBe(false);
    });

    test("is taken from its holder when it is over", async ({ table }) => {
      await table.acquireLease("one", NOW_MS, UNTIL_MS);
      expect(await table.acquireLease("two", UNTIL_MS, UNTIL_MS + 60_000)).toBe(true);
      expect(await table.acquireLease("one", UNTIL_MS, UNTIL_MS + 60_000)).toBe(false);
    });

    test("is taken again by its holder, who then holds it longer", async ({ table }) => {
      await table.acquireLease("one", NOW_MS, UNTIL_MS);
      expect(await table.acquireLease("one", NOW_MS + 1, UNTIL_MS + 1)).toBe(true);
      expect(await table.acquireLease("two", UNTIL_MS, UNTIL_MS + 60_000)).toBe(false);
    });

    test("is free again once its holder gives it back", async ({ table }) => {
      await table.acquireLease("one", NOW_MS, UNTIL_MS);
      await table.releaseLease("one");
      expect(await table.acquireLease("two", NOW_MS, UNTIL_MS)).toBe(true);
    });

    test("is not given back by anybody else", async ({ table }) => {
      await table.acquireLease("one", NOW_MS, UNTIL_MS);
      await table.releaseLease("two");
      expect(await table.acquireLease("two", NOW_MS, UNTIL_MS)).toBe(false);
    });

    test("can be given back when nobody holds it", async ({ table }) => {
      await table.releaseLease("one");
      expect(await table.acquireLease("two", NOW_MS, UNTIL_MS)).toBe(true);
    });

    test("goes to one of many who ask at once", async ({ table }) => {
      const owners = Array.from({ length: 8 }, (_unused, index) => `owner-${index}`);
      const taken = await Promise.all(owners.map((owner) => table.acquireLease(owner, NOW_MS, UNTIL_MS)));
      expect(taken.filter((took) => took)).toHaveLength(1);
    });
  });
}

function describeRefusal(test: ContractTest<TableEngine>): void {
  const row = { pk: "k", sk: "1", id: "a" };
  const operations: readonly (readonly [string, (table: TableEngine["table"]) => Promise<unknown>])[] = [
    ["deleteRows", (table) => table.deleteRows([row])],
    ["readRows", (table) => table.readRows([row])],
    ["mark", (table) => table.mark(row, MARK)],
    ["markSeen", (table) => table.markSeen(row, NOW_MS)],
    ["scan", (table) => table.scan({ limit: 10 })],
    ["count", (table) => table.count(undefined)],
    ["acquireLease", (table) => table.acquireLease("one", NOW_MS, NOW_MS + 1)],
    ["releaseLease", (table) => table.releaseLease("one")],
  ];
  describe("a table that refuses", () => {
    for (const [name, operation] of operations) {
      test(`rejects ${name}`, async ({ broken }) => {
        await expect(operation(broken)).rejects.toThrow();
      });
    }
  });
}
