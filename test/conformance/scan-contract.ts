import { describe, expect } from "vitest";
import { seededRandom } from "../../dev/demo/seeded-random.ts";
import { keyText, type RowKey, type ScannedRow } from "../../lib/contract/event.ts";
import type { OutboxTable, ScanFrom } from "../../lib/core/ports.ts";
import { itemOf } from "../aws/fixtures.ts";
import type { ContractTest } from "./contract-test.ts";
import type { TableEngine } from "./engines/engine.ts";
import { ordered, putAll, refOf, sortedTexts, textsOf, unordered } from "./rows.ts";

const random = seededRandom(7);
const randomText = () => random().toString(36).slice(2);
/** Rows of both kinds all over the table, several of them of one key. */
const ROWS = [
  ...Array.from({ length: 30 }, () => unordered(randomText())),
  ...[1, 2, 3, 4, 5].map((sequence) => ordered("k", sequence, `k-${sequence}`)),
];
const KEYS = ROWS.map(refOf);
/** A limit, for an engine whose pages never end would go on for ever. */
const MAX_PAGES = 200;
const SEGMENTS = 16;

/** Scans page by page to the end. */
async function scanAll(table: OutboxTable, from: ScanFrom): Promise<readonly ScannedRow[]> {
  const rows: ScannedRow[] = [];
  let after = from.after;
  for (let pages = 0; pages < MAX_PAGES; pages += 1) {
    const page = await table.scan({ ...from, ...(after && { after }) });
    expect(page.rows.length).toBeLessThanOrEqual(from.limit);
    rows.push(...page.rows);
    after = page.next;
    if (after === undefined) return rows;
  }
  throw new Error(`The scan has not ended after ${MAX_PAGES} pages`);
}

async function countAll(table: OutboxTable): Promise<number> {
  let rows = 0;
  let after: RowKey | undefined;
  for (let pages = 0; pages < MAX_PAGES; pages += 1) {
    const page = await table.count(after);
    rows += page.rows;
    after = page.next;
    if (after === undefined) return rows;
  }
  throw new Error(`The count has not ended after ${MAX_PAGES} pages`);
}

export function describeScans(test: ContractTest<TableEngine>): void {
  describeScan(test);
  describeCount(test);
}

function describeScan(test: ContractTest<TableEngine>): void {
  describe("scan", () => {
    for (const limit of [1, 2, 7, 1_000]) {
      test(`passes each row once, at most ${limit} a page`, async (engine) => {
        await putAll(engine, ROWS);
        expect(textsOf(await scanAll(engine.table, { limit }))).toEqual(sortedTexts(KEYS));
      });
    }

    test("passes each row once over all segments, in small pages", async (engine) => {
      await putAll(engine, ROWS);
      const segments = await Promise.all(
        Array.from({ length: SEGMENTS }, (_unused, index) =>
          scanAll(engine.table, { segment: { index, of: SEGMENTS }, limit: 3 }),
        ),
      );
      expect(textsOf(segments.flat())).toEqual(sortedTexts(KEYS));
    });

    test("ends at once where there is nothing", async ({ table }) => {
      expect(await scanAll(table, { limit: 10 })).toEqual([]);
      expect(await scanAll(table, { segment: { index: 3, of: SEGMENTS }, limit: 10 })).toEqual([]);
    });

    test("begins at the place of any key, of a row or not: from there it is the rest of a whole scan", async (engine) => {
      await putAll(engine, ROWS);
      const all = (await scanAll(engine.table, { limit: 1_000 })).map(({ key }) => keyText(key));
      const lengths = new Set<number>();
      for (let draw = 0; draw < 20; draw += 1) {
        const after = { pk: randomText(), sk: "1" };
        const rest = (await scanAll(engine.table, { after, limit: 10 })).map(({ key }) => keyText(key));
        expect(rest).toEqual(all.slice(all.length - rest.length));
        lengths.add(rest.length);
      }
      // If the engine ignored the key, every rest would be the whole table. If the scan ended there, the rest would be empty.
      expect(lengths.size).toBeGreaterThan(3);
    });

    test("goes on behind a page whose rows were deleted", async (engine) => {
      await putAll(engine, ROWS);
      const segments = Array.from({ length: SEGMENTS }, (_unused, index) => ({ index, of: SEGMENTS }));
      const passed: ScannedRow[] = [];
      for (const segment of segments) {
        let after: RowKey | undefined;
        do {
          const page = await engine.table.scan({ segment, limit: 4, ...(after && { after }) });
          passed.push(...page.rows);
          await engine.table.deleteRows(page.rows.map(({ key, id = "" }) => ({ ...key, id })));
          after = page.next;
        } while (after !== undefined);
      }
      expect(textsOf(passed)).toEqual(sortedTexts(KEYS));
      expect(await countAll(engine.table)).toBe(0);
    });

    test("shows when a row was written, when it is due and whose it is, and nothing of its event", async (engine) => {
      const recordedtime = "2026-01-31T12:00:00.000Z";
      await putAll(engine, [itemOf({ id: "marked", destination: "audit", recordedtime }), itemOf({ id: "plain" })]);
      const mark = { notBeforeMs: 5_000, attempts: 2, reason: "refused" };
      await engine.table.mark({ pk: "marked", sk: "1", id: "marked" }, mark);
      await engine.table.markSeen({ pk: "plain", sk: "1" }, 7_000);
      const rows = await scanAll(engine.table, { limit: 10 });
      const [marked, plain] = ["marked", "plain"].map((pk) => rows.find(({ key }) => key.pk === pk));
      expect(marked).toMatchObject({
        key: { pk: "marked", sk: "1" },
        id: "marked",
        destination: "audit",
        recordedAtMs: Date.parse(recordedtime),
        marks: { notBeforeMs: 5_000, attempts: 2 },
      });
      expect(plain).toMatchObject({ id: "plain", marks: { seenAtMs: 7_000, attempts: 0 } });
      for (const row of rows) expect(row).not.toHaveProperty("content");
    });

    test("leaves out the lease and the parked-key records", async (engine) => {
      await putAll(engine, [unordered("a"), ordered("k", 1, "b"), PARKED_KEY]);
      await engine.table.acquireLease("one", 0, 1_000);
      expect(textsOf(await scanAll(engine.table, { limit: 10 }))).toEqual(["1/a", "1/k"]);
    });
  });
}

function describeCount(test: ContractTest<TableEngine>): void {
  describe("count", () => {
    test("counts every row once, and nothing of the relay's own", async (engine) => {
      await putAll(engine, [...ROWS, PARKED_KEY]);
      await engine.table.acquireLease("one", 0, 1_000);
      expect(await countAll(engine.table)).toBe(ROWS.length);
    });

    test("counts none where there is nothing", async ({ table }) => {
      expect(await countAll(table)).toBe(0);
    });
  });
}

const PARKED_KEY = { pk: { S: "k" }, sk: { N: "0" }, _ver: { N: "1" }, notBefore: { N: "0" }, attempts: { N: "0" } };
