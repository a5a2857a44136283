import { describe, expect } from "vitest";
import type { Item } from "../../lib/contract/codec/item.ts";
import { PARKED_KEY } from "../../lib/contract/item-contract.ts";
import { actIdOf } from "../../lib/operator/core/act.ts";
import type { AsideEvent } from "../../lib/operator/core/journal.ts";
import type { Journal, OperatorTable } from "../../lib/operator/core/operator-ports.ts";
import type { ReplayRows } from "../../lib/operator/core/replay/replay-ports.ts";
import { contractTest } from "./contract-test.ts";
import type { KeyTableEngine } from "./engines/engine.ts";
import { ordered, unordered } from "./rows.ts";

const NOW_MS = 1_800_000_000_000;

/** A new, empty outbox table and journal, as an operator uses them. */
export interface OperatorEngine extends KeyTableEngine {
  readonly operator: OperatorTable;
  readonly journal: Journal;
  readonly replayRows: ReplayRows;
  /** Reads an item past the port. */
  item(key: { readonly pk: string; readonly sk: string }): Promise<Item | undefined>;
}

const HOLD = { actId: "act-1", untilMs: NOW_MS + 3_600_000 };
const MARK = { notBeforeMs: NOW_MS + 600_000, attempts: 2, reason: "permanent: Refused: no" };

const asideOf = (item: Item, change: Partial<AsideEvent> = {}): AsideEvent => ({
  entryId: "2026-01-01T00:00:00.000Z#act-1#1#a",
  place: "quarantined",
  key: { pk: item["pk"]?.S ?? "", sk: item["sk"]?.N ?? "" },
  ...(item["id"]?.S === undefined ? {} : { id: item["id"].S }),
  actId: "act-1",
  atMs: NOW_MS,
  who: "arn:somebody",
  why: "a reason",
  ordered: false,
  item,
  ...change,
});

export function describeOperatorTable(where: string, make: () => Promise<OperatorEngine>): void {
  const test = contractTest(make);
  const key = { pk: "a", sk: "1" };
  const address = { ...key, id: "a" };

  describe(`the operator's table: ${where}`, () => {
    test("holds a row until a time, once, and not one that is gone or of another id", async (engine) => {
      await engine.put(unordered("a"));
      const { operator } = engine;
      expect(await operator.hold(address, HOLD, NOW_MS)).toBe("held");
      expect(await operator.hold(address, HOLD, NOW_MS)).toBe("held");
      expect((await engine.row(key))?.marks).toMatchObject({ notBeforeMs: HOLD.untilMs, heldBy: "act-1" });
      expect(await operator.hold(address, { ...HOLD, actId: "act-2" }, NOW_MS)).toBe("held-by-another");
      expect(await operator.hold(address, { ...HOLD, actId: "act-2" }, HOLD.untilMs)).toBe("held");
      expect(await operator.hold({ ...key, id: "b" }, HOLD, NOW_MS)).toBe("gone");
      expect(await operator.hold({ pk: "nobody", sk: "1" }, HOLD, NOW_MS)).toBe("gone");
      expect(await engine.item({ pk: "nobody", sk: "1" })).toBeUndefined();
    });

    test("lets a row go as it rested before, and only under its own hold", async (engine) => {
      await engine.put(unordered("a"));
      await engine.table.mark(address, MARK);
      const before = await engine.item(key);
      await engine.operator.hold(address, HOLD, NOW_MS);
      await engine.operator.letGo(address, { ...HOLD, actId: "act-2" }, MARK.notBeforeMs);
      expect((await engine.row(key))?.marks.heldBy).toBe("act-1");
      await engine.operator.letGo(address, HOLD, MARK.notBeforeMs);
      expect(await engine.item(key)).toEqual(before);
    });

    test("makes a resting row due and keeps its history; not one that is held", async (engine) => {
      await engine.put(unordered("a"));
      await engine.table.mark(address, MARK);
      expect(await engine.operator.makeDue(address, NOW_MS)).toBe("made-due");
      expect((await engine.row(key))?.marks).toMatchObject({ attempts: 2, reason: MARK.reason });
      expect((await engine.row(key))?.marks.notBeforeMs).toBeUndefined();
      await engine.operator.hold(address, HOLD, NOW_MS);
      expect(await engine.operator.makeDue(address, NOW_MS)).toBe("held");
      expect(await engine.operator.makeDue(address, HOLD.untilMs)).toBe("made-due");
      expect(await engine.operator.makeDue({ pk: "nobody", sk: "1" }, NOW_MS)).toBe("gone");
    });

    test("makes a parked-key record due sooner, never later, and not under a drainer", async (engine) => {
      await engine.put(ordered("k", 1, "k1"));
      const { operator, keys } = engine;
      expect(await operator.makeParkedKeyDue("k", NOW_MS, NOW_MS)).toBe("not-parked");
      await keys.park({ pk: "k", sk: "1" }, { ...MARK, deadLetterAtMs: NOW_MS - 5 });
      expect(await operator.readParkedKey("k")).toMatchObject({
        reason: MARK.reason,
        deadLetterAtMs: NOW_MS - 5,
        attempts: 2,
      });
      expect(await operator.makeParkedKeyDue("k", NOW_MS + 1_000, NOW_MS)).toBe("made-due");
      expect(await operator.makeParkedKeyDue("k", NOW_MS + 2_000, NOW_MS)).toBe("due-already");
      expect((await operator.readParkedKey("k"))?.notBeforeMs).toBe(NOW_MS + 1_000);
      const later = NOW_MS + 5_000;
      await keys.acquire("k", "run-1", later, later + 60_000);
      expect(await operator.makeParkedKeyDue("k", 0, later)).toBe("draining");
    });

    test("reads the rows of a key that have a place, whatever stands between them", async (engine) => {
      const { operator } = engine;
      for (const sk of ["-1", "0", "0.5", "7", "7.5", "9"]) await engine.put({ ...ordered("k", 1, sk), sk: { N: sk } });
      const idsOf = async (above: number, limit: number) =>
        (await operator.readKey("k", above, limit)).map(({ key: { sk } }) => sk);
      expect(await idsOf(0, 1)).toEqual(["7"]);
      expect(await idsOf(7, 1)).toEqual(["9"]);
      expect(await idsOf(0, 5)).toEqual(["7", "9"]);
      expect(await idsOf(9, 1)).toEqual([]);
    });

    test("knows whether anything stands under a key", async (engine) => {
      const { operator } = engine;
      for (const sk of ["-1", "0", "0.5", "7"]) {
        expect(await operator.hasItems(`k${sk}`)).toBe(false);
        await engine.put({ ...ordered(`k${sk}`, 1, "e"), sk: { N: sk } });
        expect(await operator.hasItems(`k${sk}`)).toBe(true);
      }
      await engine.put({ pk: { S: "parked" }, sk: { N: "0" }, [PARKED_KEY.version]: { N: "1" } });
      expect(await operator.readParkedKey("parked")).toBeDefined();
      expect(await operator.hasItems("parked")).toBe(true);
    });

    test("moves a held row into the journal, whole, in one step", async (engine) => {
      await engine.put(unordered("a"));
      await engine.operator.hold(address, HOLD, NOW_MS);
      const item = (await engine.operator.readItem(key)) ?? {};
      const aside = asideOf(item);
      const claim = { kind: "hold", ...HOLD } as const;
      expect(await engine.operator.setAside(address, { ...claim, actId: "act-2" }, aside)).toBe("changed");
      expect(await engine.item(key)).toEqual(item);
      expect((await engine.journal.aside("quarantined", undefined, 10)).events).toEqual([]);
      expect(await engine.operator.setAside(address, claim, aside)).toBe("moved");
      expect(await engine.item(key)).toBeUndefined();
      expect((await engine.journal.aside("quarantined", undefined, 10)).events).toEqual([aside]);
      expect(await engine.operator.setAside(address, claim, aside)).toBe("changed");
    });

    test("moves no row whose hold somebody marked over", async (engine) => {
      await engine.put(unordered("a"));
      await engine.operator.hold(address, HOLD, NOW_MS);
      const aside = asideOf((await engine.operator.readItem(key)) ?? {});
      await engine.table.mark(address, MARK);
      expect(await engine.operator.setAside(address, { kind: "hold", ...HOLD }, aside)).toBe("changed");
      expect(await engine.item(key)).toBeDefined();
    });

    test("moves a row of a key under the lease on its parked-key record, and not under another's", async (engine) => {
      await engine.put(ordered("k", 1, "k1"));
      const row = { pk: "k", sk: "1", id: "k1" };
      await engine.keys.park(row, { ...MARK, notBeforeMs: NOW_MS });
      await engine.keys.acquire("k", "operator/act-1", NOW_MS, NOW_MS + 60_000);
      const aside = asideOf((await engine.operator.readItem(row)) ?? {}, { ordered: true, parkedKeyVersion: 2 });
      expect(await engine.operator.setAside(row, { kind: "parked-key", owner: "run-1" }, aside)).toBe("changed");
      expect(await engine.operator.setAside(row, { kind: "parked-key", owner: "operator/act-1" }, aside)).toBe("moved");
      expect(await engine.item({ pk: "k", sk: "1" })).toBeUndefined();
      expect((await engine.journal.aside("quarantined", undefined, 10)).events).toEqual([aside]);
    });

    test("puts an event back once, and not where another stands", async (engine) => {
      await engine.put(unordered("a"));
      await engine.operator.hold(address, HOLD, NOW_MS);
      const aside = asideOf((await engine.operator.readItem(key)) ?? {});
      await engine.operator.setAside(address, { kind: "hold", ...HOLD }, aside);
      await engine.put(unordered("a"));
      expect(await engine.operator.putBack(aside, aside.item)).toBe("occupied");
      await engine.table.deleteRows([address]);
      expect(await engine.operator.putBack(aside, unordered("a"))).toBe("put-back");
      expect(await engine.item(key)).toEqual(unordered("a"));
      await engine.table.deleteRows([address]);
      expect(await engine.operator.putBack(aside, aside.item)).toBe("not-there");
    });

    test("turns a quarantined event into a discarded one, whole and once", async (engine) => {
      await engine.put(unordered("a"));
      await engine.operator.hold(address, HOLD, NOW_MS);
      const aside = asideOf((await engine.operator.readItem(key)) ?? {});
      await engine.operator.setAside(address, { kind: "hold", ...HOLD }, aside);
      const discarded: AsideEvent = { ...aside, place: "discarded", entryId: `${aside.entryId}!`, why: "given up" };
      expect(await engine.operator.discardAside(aside, discarded)).toBe("discarded");
      expect(await engine.operator.discardAside(aside, discarded)).toBe("not-there");
      expect((await engine.journal.aside("quarantined", undefined, 10)).events).toEqual([]);
      expect((await engine.journal.aside("discarded", undefined, 10)).events).toEqual([discarded]);
    });

    test("notes acts, the latest first, and what came of them", async ({ journal }) => {
      const act = (id: string, atMs: number) =>
        ({ id, name: "retry", atMs, who: "arn:somebody", what: "all", events: 3, why: "a reason" }) as const;
      await journal.begin(act("one", NOW_MS));
      await journal.begin(act("two", NOW_MS + 1));
      const end = { atMs: NOW_MS + 9, how: "done", tally: { "made due": 2, "due already": 1 } } as const;
      await journal.end(act("one", NOW_MS), end);
      expect(await journal.acts(10)).toEqual([act("two", NOW_MS + 1), { ...act("one", NOW_MS), end }]);
      expect(await journal.acts(1)).toHaveLength(1);
    });

    test("finds an act by its id, with all that a later run needs", async ({ journal }) => {
      const act = { name: "replay", atMs: NOW_MS, who: "arn:somebody", what: "all", events: 3, request: "{}" } as const;
      const [id = "", other = ""] = [0.1, 0.9].map((random) => actIdOf(NOW_MS, () => random));
      await journal.begin({ ...act, id });
      await journal.end({ ...act, id }, { atMs: NOW_MS + 9, how: "stopped", tally: {} });
      expect(await journal.act(id)).toMatchObject({ ...act, id });
      for (const none of [other, "", "nonsense", "#", id.toUpperCase()])
        expect(await journal.act(none)).toBeUndefined();
    });

    test("pages through what is set aside", async (engine) => {
      for (const name of ["a", "b", "c"]) {
        await engine.put(unordered(name));
        const row = { pk: name, sk: "1", id: name };
        await engine.operator.hold(row, HOLD, NOW_MS);
        const item = (await engine.operator.readItem(row)) ?? {};
        await engine.operator.setAside(row, { kind: "hold", ...HOLD }, asideOf(item, { entryId: `2026#${name}` }));
      }
      const first = await engine.journal.aside("quarantined", undefined, 2);
      const second = await engine.journal.aside("quarantined", first.next, 2);
      expect([...first.events, ...second.events].map(({ id }) => id)).toEqual(["a", "b", "c"]);
      expect(second.next).toBeUndefined();
    });
  });
}
