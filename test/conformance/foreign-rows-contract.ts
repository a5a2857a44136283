import fc from "fast-check";
import { describe, expect } from "vitest";
import { decodeItem } from "../../lib/contract/codec/decode-row.ts";
import type { Item, ItemValue } from "../../lib/contract/codec/item.ts";
import { kindOfItem } from "../../lib/contract/codec/item-kind.ts";
import { idOf, keyText, type RowKey } from "../../lib/contract/event.ts";
import { canonicalSortKey } from "../../lib/contract/sort-key.ts";
import type { AsideEvent } from "../../lib/operator/core/journal.ts";
import { foreignRow } from "../foreigners/foreign-rows.ts";
import { type ContractTest, contractTest } from "./contract-test.ts";
import { FOREIGN_PARTITION_KEYS, FOREIGN_SORT_KEYS, NOTATIONS } from "./foreign-keys.ts";
import type { OperatorEngine } from "./operator-table-contract.ts";
import { NEW_PARKED_KEY, NOW_MS } from "./parked-keys.ts";
import { putAll, sortedTexts, textsOf } from "./rows.ts";

const MARK = { notBeforeMs: NOW_MS + 600_000, attempts: 2, reason: "permanent: MalformedRow: no" };
const HOLD = { actId: "act-1", untilMs: NOW_MS + 3_600_000 };

const itemAt = (pk: string, sk: string, id: string): Item => ({
  pk: { S: pk },
  sk: { N: sk },
  id: { S: id },
  source: { S: "shop" },
  type: { S: "order.placed" },
  time: { S: "2026-01-31T12:00:00Z" },
});
/** An item that a writer may keep at sort key 0. It is neither an event nor a record of a parked key, and belongs to the writer. */
const FOREIGN_AT_ZERO: readonly Item[] = [
  { pk: { S: "noattr" }, sk: { N: "0" }, time: { S: "2026-01-31T12:00:00Z" }, data: { S: "{}" } },
  { pk: { S: "pascal0" }, sk: { N: "0" }, Id: { S: "e" }, Source: { S: "s" }, Type: { S: "t" }, Data: { S: "{}" } },
  { pk: { S: "ordV" }, sk: { N: "0" }, ver: { N: "7" }, Name: { S: "my aggregate head" } },
  {
    pk: { S: "owned" },
    sk: { N: "0" },
    ver: { N: "7" },
    owner: { S: "somebody" },
    notBefore: { N: String(NOW_MS + 1) },
  },
];

const keyOf = (item: Item): RowKey => ({ pk: item["pk"]?.S ?? "", sk: item["sk"]?.N ?? "" });

/** A row of each sort key under one partition key, each with an id of its own. */
const atEachSortKey = (pk: string): readonly Item[] => FOREIGN_SORT_KEYS.map((sk) => itemAt(pk, sk, `${pk} at ${sk}`));

interface Quirks {
  /** MiniStack keeps a number in the notation in which it was put. */
  readonly keepsNotations?: boolean;
  /** When an item is updated, MiniStack takes an item or a map with fields called S, N or M for a value of that type. */
  readonly confusesTypeNames?: boolean;
}

/** Rows whose keys no writer of ours would choose. Each is addressed by the key that the table returns. */
export function describeForeignRows(
  engine: string,
  make: () => Promise<OperatorEngine>,
  { keepsNotations = false, confusesTypeNames = false }: Quirks = {},
): void {
  const test = contractTest(make);
  describe(`rows of others: ${engine}`, () => {
    describeAddresses(test);
    describeKinds(test);
    describeActs(test);
    describeContents(test, confusesTypeNames ? SAMPLE.filter((item) => !hasTypeNames({ M: item })) : SAMPLE);
    if (!keepsNotations) describeNotations(test);
  });
}

function describeAddresses(test: ContractTest<OperatorEngine>): void {
  const items = atEachSortKey("k");
  const refs = items.map((item) => ({ ...keyOf(item), id: item["id"]?.S ?? "" }));

  test("are scanned and read by their own keys, and no neighbour's", async (engine) => {
    await putAll(engine, items);
    expect(textsOf((await engine.table.scan({ limit: 100 })).rows)).toEqual(sortedTexts(refs));
    for (const ref of refs) {
      const [row, ...others] = await engine.table.readRows([ref]);
      expect(others).toEqual([]);
      expect(row?.key).toEqual({ pk: ref.pk, sk: ref.sk });
    }
  });

  test("are marked each by itself", async (engine) => {
    await putAll(engine, items);
    for (const [index, ref] of refs.entries()) {
      expect(await engine.table.mark(ref, { ...MARK, attempts: index + 1 })).toBe("marked");
      await engine.table.markSeen(ref, NOW_MS + index);
    }
    const rows = await engine.table.readRows(refs);
    expect(new Map(rows.map(({ key, marks }) => [key.sk, [marks.attempts, marks.seenAtMs]]))).toEqual(
      new Map(refs.map(({ sk }, index) => [sk, [index + 1, NOW_MS + index]])),
    );
  });

  test("are deleted each by itself", async (engine) => {
    await putAll(engine, items);
    let left = refs;
    for (const ref of refs) {
      expect(await engine.table.deleteRows([ref])).toEqual([]);
      left = left.slice(1);
      expect(textsOf((await engine.table.scan({ limit: 100 })).rows)).toEqual(sortedTexts(left));
    }
  });

  test("are passed once each by a scan that goes on behind every one of them", async (engine) => {
    await putAll(engine, items);
    const seen: string[] = [];
    let after: RowKey | undefined;
    do {
      const page = await engine.table.scan({ ...(after && { after }), limit: 1 });
      seen.push(...textsOf(page.rows));
      after = page.next;
    } while (after !== undefined && seen.length <= items.length);
    expect(seen.toSorted()).toEqual(sortedTexts(refs));
  });

  test("leave the sequence of their key to those with a place in it", async (engine) => {
    const sequences = ["-1", "0.5", "1", "1.5", "2", "9007199254740991", "9007199254740993"];
    await putAll(
      engine,
      sequences.map((sk) => itemAt("k", sk, sk)),
    );
    const read = await engine.keys.read("k", { ceiling: Number.MAX_SAFE_INTEGER, limit: 100 });
    expect(read.rows.map(({ key }) => key.sk)).toEqual(["1", "2", "9007199254740991"]);
    expect(await engine.keys.highest("k")).toBe(Number.MAX_SAFE_INTEGER);
  });
}

function describeKinds(test: ContractTest<OperatorEngine>): void {
  test("are counted wherever a scan shows them: all but leases and records of parked keys", async (engine) => {
    const items = [
      ...FOREIGN_PARTITION_KEYS.flatMap((pk) => ["-1", "0", "1", "1.5"].map((sk) => itemAt(pk, sk, `${pk} ${sk}`))),
      { pk: { S: "only an id" }, sk: { N: "0" }, id: { N: "7" } },
      { pk: { S: "only a source" }, sk: { N: "0" }, source: { NULL: true } },
      { pk: { S: "only a type" }, sk: { N: "0" }, type: { S: "" } },
      { pk: { S: "parked" }, sk: { N: "0" }, _ver: { N: "1" } },
      { pk: { S: "nothing" }, sk: { N: "0" } },
      ...FOREIGN_AT_ZERO,
      { pk: { S: "nothing" }, sk: { N: "1" } },
      { pk: { S: "_requeuer#a" }, sk: { N: "0" }, owner: { S: "run" }, leaseUntil: { N: "1" } },
      { pk: { S: "_requeuer#a" }, sk: { N: "1" } },
    ] satisfies readonly Item[];
    await putAll(engine, items);
    const rows = items.filter((item) => kindOfItem(item) === "row");
    expect(rows).toHaveLength(items.length - 3);
    expect(textsOf((await engine.table.scan({ limit: 100 })).rows)).toEqual(sortedTexts(rows.map(keyOf)));
    expect(await engine.table.count(undefined)).toEqual({ rows: rows.length });
  });

  for (const event of [itemAt("k", "0", "e0"), ...FOREIGN_AT_ZERO]) {
    const pk = event["pk"]?.S ?? "";
    test(`at sort key 0 are never written to as the record of a parked key: ${JSON.stringify(event)}`, async (engine) => {
      await putAll(engine, [event, itemAt(pk, "1", "e1")]);
      const { keys } = engine;
      expect(await keys.readParkedKey(pk)).toBeUndefined();
      expect(await keys.touch(pk)).toBe(false);
      expect(await keys.park({ pk, sk: "1", id: "e1" }, NEW_PARKED_KEY)).toBe("gone");
      for (const owner of ["one", "somebody"]) {
        expect(await keys.acquire(pk, owner, NOW_MS, NOW_MS + 60_000)).toEqual({ kind: "not-parked" });
        expect(await keys.release(pk, owner)).toBe(false);
        expect(await keys.close(pk, owner, 7)).toBe(false);
      }
      expect(await engine.operator.makeParkedKeyDue(pk, NOW_MS, NOW_MS)).toBe("not-parked");
      expect(await engine.item(keyOf(event))).toEqual(event);
      const { rows } = await keys.read(pk, { ceiling: 10, limit: 10 });
      expect(rows.map(({ key }) => key.sk)).toEqual(["0", "1"]);
      const { rows: listed, parkedKeys } = await engine.operator.scan({ limit: 10 });
      expect(listed.map(({ key }) => key.sk).toSorted()).toEqual(["0", "1"]);
      expect(parkedKeys).toEqual([]);
    });
  }

  test("that were written into the record of a parked key stay when the key is freed, and are rows then", async (engine) => {
    await engine.put(itemAt("k", "1", "e1"));
    const { keys } = engine;
    await keys.park({ pk: "k", sk: "1", id: "e1" }, NEW_PARKED_KEY);
    const parkedKey = await engine.item({ pk: "k", sk: "0" });
    const added = { Name: { S: "my aggregate head" }, ver: { N: "7" } };
    await engine.put({ ...parkedKey, ...added });
    const end = await keys.acquire("k", "one", NOW_MS, NOW_MS + 60_000);
    expect(await keys.close("k", "one", end.kind === "acquired" ? end.parkedKey.version : Number.NaN)).toBe(true);
    expect(await engine.item({ pk: "k", sk: "0" })).toEqual({ pk: { S: "k" }, sk: { N: "0" }, ...added });
    expect(await engine.table.count(undefined)).toEqual({ rows: 2 });
  });
}

function describeActs(test: ContractTest<OperatorEngine>): void {
  test("are held, set aside and put back each by itself, whole", async (engine) => {
    const items = atEachSortKey("k");
    await putAll(engine, items);
    for (const item of items) {
      const address = { ...keyOf(item), id: item["id"]?.S };
      expect(await engine.operator.hold(address, HOLD, NOW_MS)).toBe("held");
      const held = await engine.operator.readItem(address);
      const aside: AsideEvent = {
        entryId: `2026-01-01T00:00:00.000Z#act-1#${keyText(address)}`,
        ...{ place: "quarantined", key: keyOf(item), id: address.id ?? "", actId: "act-1", atMs: NOW_MS },
        ...{ who: "arn:somebody", why: "a reason", ordered: false, item: held ?? {} },
      };
      expect(await engine.operator.setAside(address, { kind: "hold", ...HOLD }, aside)).toBe("moved");
      expect(await engine.item(address)).toBeUndefined();
    }
    const { events } = await engine.journal.aside("quarantined", undefined, 100);
    expect(sortedTexts(events.map(({ key }) => key))).toEqual(sortedTexts(items.map(keyOf)));
    for (const aside of events) expect(await engine.operator.putBack(aside, aside.item)).toBe("put-back");
    expect(textsOf((await engine.table.scan({ limit: 100 })).rows)).toEqual(sortedTexts(items.map(keyOf)));
  });
}

/** A sample of the generator's rows that an engine can hold: no two have the same key, and all strings are UTF-8. */
const SAMPLE = [
  ...new Map(
    fc
      .sample(foreignRow, { numRuns: 120, seed: 20_260_131 })
      .filter((item) => !/\\ud[89a-f]/.test(JSON.stringify(item)))
      .map((item) => [keyText(keyOf(item)), item]),
  ).values(),
].filter((item) => kindOfItem(item) === "row");

const hasTypeNames = ({ M, L = [] }: ItemValue): boolean =>
  Object.entries(M ?? {}).some(([name, value]) => ["S", "N", "M"].includes(name) || hasTypeNames(value)) ||
  L.some(hasTypeNames);

/** A row as the relay reads it. DynamoDB does not keep the order of a map's fields. */
function meaningOf(item: Item): unknown {
  const decoded = decodeItem(item);
  if (decoded.kind === "reserved") return "reserved";
  const { content } = decoded.row;
  return content.kind === "event" ? JSON.parse(content.event.json) : content.row.reason;
}

function describeContents(test: ContractTest<OperatorEngine>, sample: readonly Item[]): void {
  test("mean the same in the table as in its stream, and are marked, read, set aside and deleted, whatever they hold", async (engine) => {
    const taken: Item[] = [];
    for (const item of sample) {
      // An item that DynamoDB refuses cannot be a row.
      const refused = await engine.put(item).catch((error: Error) => error.name);
      if (refused === undefined) taken.push(item);
      else expect(refused).toBe("ValidationException");
    }
    expect(taken.length).toBeGreaterThan(sample.length * 0.9);
    expect(textsOf((await engine.table.scan({ limit: 1_000 })).rows)).toEqual(sortedTexts(taken.map(keyOf)));
    for (const item of taken) {
      const key = keyOf(item);
      expect(meaningOf((await engine.item(key)) ?? {})).toEqual(meaningOf(item));
      const [row] = await engine.table.readRows([key]);
      const id = row === undefined ? undefined : idOf(row.content);
      const address = { ...key, ...(id === undefined ? {} : { id }) };
      expect(await engine.table.mark(address, MARK)).toBe("marked");
      await engine.table.markSeen(key, NOW_MS);
      expect(await engine.operator.hold({ ...key, id }, HOLD, MARK.notBeforeMs)).toBe("held");
      const held = await engine.operator.readItem(key);
      const aside: AsideEvent = {
        entryId: `2026-01-01T00:00:00.000Z#act-1#${keyText(key).slice(0, 900)}`,
        ...{ place: "quarantined", key, id: id ?? "", actId: "act-1", atMs: NOW_MS },
        ...{ who: "arn:somebody", why: "a reason", ordered: false, item: held ?? {} },
      };
      expect(await engine.operator.setAside({ ...key, id }, { kind: "hold", ...HOLD }, aside)).toBe("moved");
      expect(await engine.operator.putBack(aside, aside.item)).toBe("put-back");
      if (id === undefined) continue;
      expect(await engine.table.deleteRows([{ ...key, id }])).toEqual([]);
      expect(await engine.item(key)).toBeUndefined();
    }
  });
}

function describeNotations(test: ContractTest<OperatorEngine>): void {
  for (const [put, read] of NOTATIONS) {
    test(`put at ${put} have the key that a person's or a message's ${put} is read as`, async (engine) => {
      await engine.put(itemAt("k", put, "e1"));
      const { rows } = await engine.table.scan({ limit: 10 });
      expect(rows.map(({ key }) => key)).toEqual([{ pk: "k", sk: read }]);
      expect(canonicalSortKey(put)).toBe(read);
    });
  }
}
