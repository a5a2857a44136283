import { describe, expect } from "vitest";
import type { Position } from "../../lib/operator/core/replay/position.ts";
import { contractTest } from "./contract-test.ts";
import type { OperatorEngine } from "./operator-table-contract.ts";
import { ordered as orderedRow, unordered } from "./rows.ts";

const at = (pk: string, sk: string, id = `${pk}/${sk}`): Position => ({ partition: 3, key: { pk, sk }, atMs: 7, id });
const ordered = (key: string, sequence: number) => orderedRow(key, sequence, `${key}/${sequence}`);
const MOVE = { replayId: "r1", writer: 3 };

/** What a replay asks of the tables: a row and the position of its writer, both or neither. */
export function describeReplayRows(where: string, make: () => Promise<OperatorEngine>): void {
  const test = contractTest(make);

  describe(`the rows of a replay: ${where}`, () => {
    test("are put with the position of their writer", async ({ replayRows, item }) => {
      expect(await replayRows.positions("r1")).toEqual(new Map());
      expect(await replayRows.put(ordered("k", 1), { ...MOVE, from: undefined, to: at("k", "1") })).toBe("put");
      expect(await replayRows.positions("r1")).toEqual(new Map([[3, at("k", "1")]]));
      expect(await replayRows.put(ordered("k", 2), { ...MOVE, from: at("k", "1"), to: at("k", "2") })).toBe("put");
      expect(await replayRows.positions("r1")).toEqual(new Map([[3, at("k", "2")]]));
      expect(await item({ pk: "k", sk: "2" })).toEqual(ordered("k", 2));
    });

    test("are never put over an item, and then the position stays", async ({ replayRows, item, put }) => {
      await put(unordered("a"));
      const to = at("a", "1");
      expect(await replayRows.put({ ...unordered("a"), type: { S: "other" } }, { ...MOVE, from: undefined, to })).toBe(
        "occupied",
      );
      expect(await item({ pk: "a", sk: "1" })).toEqual(unordered("a"));
      expect(await replayRows.positions("r1")).toEqual(new Map());
    });

    test("are not put where the writer is elsewhere, and whoever came late is told", async ({ replayRows, item }) => {
      await replayRows.put(ordered("k", 1), { ...MOVE, from: undefined, to: at("k", "1") });
      for (const from of [undefined, at("j", "1")]) {
        const late = replayRows.put(ordered("k", 2), { ...MOVE, from, to: at("k", "2") });
        await expect(late).rejects.toMatchObject({ name: "ReplayElsewhere" });
      }
      // The row is there, and so the other command has put it.
      const again = replayRows.put(ordered("k", 1), { ...MOVE, from: undefined, to: at("k", "1") });
      await expect(again).rejects.toMatchObject({ name: "ReplayElsewhere" });
      expect(await item({ pk: "k", sk: "2" })).toBeUndefined();
      expect(await replayRows.positions("r1")).toEqual(new Map([[3, at("k", "1")]]));
    });

    test("have a position for each writer of each replay, whatever characters key and id have", async ({
      replayRows,
    }) => {
      const strange = at('"\u0000\n#😀', "9007199254740991", "\\'%_");
      await replayRows.put(unordered("a"), { replayId: "r1", writer: 0, from: undefined, to: strange });
      await replayRows.put(unordered("b"), { replayId: "r1", writer: 15, from: undefined, to: at("b", "1") });
      await replayRows.put(unordered("c"), { replayId: "r2", writer: 0, from: undefined, to: at("c", "1") });
      expect(await replayRows.positions("r1")).toEqual(
        new Map([
          [0, strange],
          [15, at("b", "1")],
        ]),
      );
      await replayRows.put(unordered("d"), { replayId: "r1", writer: 0, from: strange, to: at("d", "1") });
      expect((await replayRows.positions("r1")).get(0)).toEqual(at("d", "1"));
    });
  });
}
