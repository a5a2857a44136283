import { describe, expect } from "vitest";
import type { RowRef } from "../../lib/contract/event.ts";
import type { KeyPage, KeyTable } from "../../lib/core/ports.ts";
import { type ContractTest, contractTest } from "./contract-test.ts";
import type { KeyTableEngine } from "./engines/engine.ts";
import { describeParkedKeyLease } from "./parked-key-lease-contract.ts";
import { NEW_PARKED_KEY, NOW_MS, rowOf } from "./parked-keys.ts";
import { ordered, putAll, refOf } from "./rows.ts";

const sequencesOf = ({ rows }: KeyPage) => rows.map(({ key }) => Number(key.sk));
const upTo = (count: number) => Array.from({ length: count }, (_unused, index) => index + 1);
const MAX_PAGES = 50;

/** What the ordered protocol may expect of any outbox table. */
export function describeKeyTable(engine: string, make: () => Promise<KeyTableEngine>): void {
  const test = contractTest(make);
  describe(`the table of ordering keys: ${engine}`, () => {
    describeReads(test);
    describePark(test);
    describeTouch(test);
    describeParkedKeyLease(test);
    describePresence(test);
    describeRefusal(test);
  });
}

function describeReads(test: ContractTest<KeyTableEngine>): void {
  describe("read", () => {
    test("brings a key's rows ascending by number, page after page, up to the ceiling", async (engine) => {
      const rows = [12, 3, 1, 10, 2, 11, 9, 8, 7, 6, 5, 4].map((sequence) => ordered("k", sequence, `k-${sequence}`));
      await putAll(engine, [...rows, ordered("j", 1, "j-1"), ordered("k2", 1, "k2-1")]);
      const read: number[] = [];
      for (let pages = 0; pages < MAX_PAGES; pages += 1) {
        const page = await engine.keys.read("k", { ceiling: 11, limit: 5 });
        expect(page.rows.length).toBeLessThanOrEqual(5);
        read.push(...sequencesOf(page));
        await engine.table.deleteRows(page.rows.map(({ key }): RowRef => ({ ...key, id: `k-${key.sk}` })));
        if (!page.more) break;
      }
      expect(read).toEqual(upTo(11));
      expect(await engine.keys.highest("k")).toBe(12);
    });

    test("brings nothing for a key without rows", async ({ keys }) => {
      expect(await keys.read("k", { ceiling: 10, limit: 5 })).toEqual({ rows: [], more: false });
    });

    test("brings the parked-key record with the first rows, and a row also where the parked-key record fills the page", async (engine) => {
      await putAll(engine, [rowOf("k", 1), rowOf("k", 2)]);
      await engine.keys.park(refOf(rowOf("k", 1)), NEW_PARKED_KEY);
      for (const limit of [1, 10]) {
        const page = await engine.keys.read("k", { ceiling: 10, limit });
        expect(page.parkedKey).toMatchObject({ pk: "k", version: 1 });
        expect(sequencesOf(page)[0]).toBe(1);
      }
    });

    test("brings the record of a key without rows", async (engine) => {
      await parkedWithoutRows(engine);
      expect(await engine.keys.read("k", { ceiling: 10, limit: 5 })).toMatchObject({
        parkedKey: { pk: "k", version: 1 },
        rows: [],
        more: false,
      });
    });

    test("sees each row as soon as it is written", async (engine) => {
      for (const sequence of upTo(5)) {
        await engine.put(rowOf("k", sequence));
        expect(await engine.keys.highest("k")).toBe(sequence);
      }
    });
  });

  describe("highest", () => {
    test("goes by number, and the parked-key record is no event", async (engine) => {
      await parkedWithoutRows(engine);
      expect(await engine.keys.highest("k")).toBeUndefined();
      await putAll(engine, [rowOf("k", 9), rowOf("k", 10), rowOf("j", 11)]);
      expect(await engine.keys.highest("k")).toBe(10);
    });
  });

  describe("scan", () => {
    test("tells of the parked-key records among what it read, and takes none for a row", async (engine) => {
      await parkedWithoutRows(engine);
      await engine.put(rowOf("j", 1));
      const { rows, parkedKeys } = await engine.table.scan({ limit: 100 });
      expect(rows.map(({ key }) => key)).toEqual([{ pk: "j", sk: "1" }]);
      expect(parkedKeys).toEqual([
        expect.objectContaining({ pk: "k", version: 1, notBeforeMs: NEW_PARKED_KEY.notBeforeMs }),
      ]);
    });
  });
}

/** A parked-key record whose last event was delivered. */
async function parkedWithoutRows({ put, keys, table }: KeyTableEngine): Promise<void> {
  const row = rowOf("k", 1);
  await put(row);
  await keys.park(refOf(row), NEW_PARKED_KEY);
  await table.deleteRows([refOf(row)]);
}

function describePark(test: ContractTest<KeyTableEngine>): void {
  const row = rowOf("k", 1);

  describe("park", () => {
    test("makes a parked-key record while the failed row is there", async ({ put, keys }) => {
      await put(row);
      expect(await keys.park(refOf(row), { ...NEW_PARKED_KEY, attempts: 1, deadLetterAtMs: NOW_MS })).toBe("parked");
      expect(await keys.readParkedKey("k")).toEqual({
        pk: "k",
        version: 1,
        attempts: 1,
        notBeforeMs: NEW_PARKED_KEY.notBeforeMs,
      });
    });

    test("asks for no id where none is given", async ({ put, keys }) => {
      await put(row);
      expect(await keys.park({ pk: "k", sk: "1" }, NEW_PARKED_KEY)).toBe("parked");
      expect((await keys.readParkedKey("k"))?.version).toBe(1);
    });

    test("makes no parked-key record when the row is gone, or holds another event", async ({ put, keys }) => {
      expect(await keys.park(refOf(row), NEW_PARKED_KEY)).toBe("gone");
      await put(row);
      expect(await keys.park({ ...refOf(row), id: "another" }, NEW_PARKED_KEY)).toBe("gone");
      expect(await keys.park({ pk: "k", sk: "2" }, NEW_PARKED_KEY)).toBe("gone");
      expect(await keys.readParkedKey("k")).toBeUndefined();
    });

    test("raises the version of a parked-key record that is there, moves its time and keeps its attempts", async ({
      put,
      keys,
    }) => {
      await put(row);
      await keys.park(refOf(row), { ...NEW_PARKED_KEY, attempts: 5 });
      expect(await keys.park(refOf(row), { ...NEW_PARKED_KEY, notBeforeMs: NOW_MS + 7_000 })).toBe("parked");
      expect(await keys.readParkedKey("k")).toMatchObject({ version: 2, notBeforeMs: NOW_MS + 7_000, attempts: 5 });
    });

    test("leaves a parked-key record alone when the row is gone", async ({ put, keys }) => {
      await put(row);
      await keys.park(refOf(row), NEW_PARKED_KEY);
      expect(await keys.park({ pk: "k", sk: "2" }, { ...NEW_PARKED_KEY, notBeforeMs: NOW_MS + 7_000 })).toBe("gone");
      expect(await keys.readParkedKey("k")).toMatchObject({ version: 1, notBeforeMs: NEW_PARKED_KEY.notBeforeMs });
    });

    test("raises the version once for each of several at once", async ({ put, keys }) => {
      await put(row);
      const ends = await Promise.all(upTo(4).map(() => keys.park(refOf(row), NEW_PARKED_KEY)));
      expect(ends).toEqual(upTo(4).map(() => "parked"));
      expect((await keys.readParkedKey("k"))?.version).toBe(4);
    });

    test("at the same time as the row's delete makes a parked-key record or finds it gone, and says which", async (engine) => {
      const { put, keys, table } = engine;
      for (const round of upTo(10)) {
        const contested = rowOf(`k${round}`, 1);
        await put(contested);
        const [end] = await Promise.all([
          keys.park(refOf(contested), NEW_PARKED_KEY),
          table.deleteRows([refOf(contested)]),
        ]);
        expect((await keys.readParkedKey(`k${round}`)) === undefined ? "gone" : "parked").toBe(end);
      }
    });
  });
}

function describeTouch(test: ContractTest<KeyTableEngine>): void {
  describe("touch", () => {
    test("raises the version and changes nothing else", async ({ put, keys }) => {
      await put(rowOf("k", 1));
      await keys.park(refOf(rowOf("k", 1)), NEW_PARKED_KEY);
      const before = await keys.readParkedKey("k");
      expect(await keys.touch("k")).toBe(true);
      expect(await keys.readParkedKey("k")).toEqual({ ...before, version: 2 });
    });

    test("makes no parked-key record where there is none", async ({ put, keys }) => {
      await put(rowOf("k", 1));
      expect(await keys.touch("k")).toBe(false);
      expect(await keys.readParkedKey("k")).toBeUndefined();
    });

    test("counts each of several at once", async ({ put, keys }) => {
      await put(rowOf("k", 1));
      await keys.park(refOf(rowOf("k", 1)), NEW_PARKED_KEY);
      expect(await Promise.all(upTo(8).map(() => keys.touch("k")))).toEqual(upTo(8).map(() => true));
      expect((await keys.readParkedKey("k"))?.version).toBe(9);
    });
  });
}

function describePresence(test: ContractTest<KeyTableEngine>): void {
  describe("presence", () => {
    test("tells whether a row is there", async ({ put, keys, table }) => {
      const row = rowOf("k", 1);
      expect(await keys.presence({ pk: "k", sk: "1" })).toBe("absent");
      await put(row);
      expect(await keys.presence({ pk: "k", sk: "1" })).toBe("present");
      expect(await keys.presence({ pk: "k", sk: "2" })).toBe("absent");
      await table.deleteRows([refOf(row)]);
      expect(await keys.presence({ pk: "k", sk: "1" })).toBe("absent");
    });
  });
}

function describeRefusal(test: ContractTest<KeyTableEngine>): void {
  const row = { pk: "k", sk: "1", id: "a" };
  const operations: readonly (readonly [string, (keys: KeyTable) => Promise<unknown>])[] = [
    ["read", (keys) => keys.read("k", { ceiling: 1, limit: 1 })],
    ["highest", (keys) => keys.highest("k")],
    ["readParkedKey", (keys) => keys.readParkedKey("k")],
    ["touch", (keys) => keys.touch("k")],
    ["park", (keys) => keys.park(row, NEW_PARKED_KEY)],
    ["acquire", (keys) => keys.acquire("k", "one", NOW_MS, NOW_MS + 1)],
    ["release", (keys) => keys.release("k", "one")],
    ["close", (keys) => keys.close("k", "one", 1)],
    ["presence", (keys) => keys.presence(row)],
  ];
  describe("a table that refuses", () => {
    for (const [name, operation] of operations) {
      test(`rejects ${name}`, async ({ brokenKeys }) => {
        await expect(operation(brokenKeys)).rejects.toThrow();
      });
    }
  });
}
