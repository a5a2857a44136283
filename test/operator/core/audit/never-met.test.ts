import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { HOUR_MS } from "../../../../lib/contract/archive/archive-gap.ts";
import { neverMetIn, sequenceText } from "../../../../lib/operator/core/audit/never-met.ts";
import { AuditWorld, MINUTE_MS, NOON_MS } from "./audit-world.ts";

const SEED = 1;
const MET_MS = NOON_MS + 10 * MINUTE_MS;
const ordered = (sequence: number, pk = "k") => ({ pk, sk: String(sequence), id: `${pk}/${sequence}` });
const GAPLESS = [undefined, { gapless: true, keepsOrder: true }] as const;

describe("sequences of gapless keys that were never met", () => {
  it("are those between the lowest and the highest of the window that nothing tells of", async () => {
    const world = new AuditWorld();
    for (const sequence of [5, 6, 9, 12]) {
      world.write(world.met(ordered(sequence), MET_MS), world.receipt(ordered(sequence), MET_MS));
    }
    world.write(world.met(ordered(3, "other"), MET_MS), world.receipt(ordered(3, "other"), MET_MS));
    expect(await world.audit(...GAPLESS)).toMatchObject({
      neverMet: [
        { pk: "k", from: 7, to: 8 },
        { pk: "k", from: 10, to: 11 },
      ],
      counts: { neverMet: 4 },
      report: { isAccountedFor: false },
    });
    expect((await world.audit()).report).toMatchObject({ counts: { neverMet: 0 }, isAccountedFor: true });
  });

  it("are not those that the table, the journal, a receipt or a line at another time has", async () => {
    const world = new AuditWorld();
    for (const sequence of [1, 6]) {
      world.write(world.met(ordered(sequence), MET_MS), world.receipt(ordered(sequence), MET_MS));
    }
    world.put(ordered(2));
    world.setAside(ordered(3));
    world.write(world.receipt(ordered(4), MET_MS, { role: "requeuer" }));
    world.write(world.met(ordered(5), NOON_MS + 3 * HOUR_MS));
    expect((await world.audit(...GAPLESS)).neverMet).toEqual([]);
  });

  it("are of ordering keys alone: an event that stands by itself has no sequence", async () => {
    expect(sequenceText({ pk: "e1", sk: "1", id: "e1" }, true)).toBeUndefined();
    expect(sequenceText({ pk: "k", sk: "1.5", id: "e1" }, true)).toBeUndefined();
    expect(sequenceText({ pk: "k", sk: "-1", id: "e1" }, true)).toBeUndefined();
    expect(sequenceText({ pk: "k", sk: "2", id: undefined }, false)).toBe('["k",2,false]');
  });

  it("are exactly the missing ones, for any keys, in any order of the lines, with any repeats", () => {
    const line = fc.record({
      pk: fc.constantFrom("a", "b", "ключ", 'q"\n'),
      sequence: fc.integer({ min: 1, max: 12 }),
      isInWindow: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(line, { maxLength: 30 }), (lines) => {
        const texts = lines.flatMap(
          ({ pk, sequence, isInWindow }) =>
            sequenceText({ pk, sk: String(sequence), id: `${pk}/${sequence}` }, isInWindow) ?? [],
        );
        const found = [...neverMetIn(texts)].flatMap(({ pk, from, to }) =>
          Array.from({ length: to - from + 1 }, (_unused, index) => `${pk} ${from + index}`),
        );
        const missing = [...new Set(lines.map(({ pk }) => pk))].flatMap((pk) => {
          const own = lines.filter((each) => each.pk === pk);
          const inWindow = own.filter((each) => each.isInWindow).map(({ sequence }) => sequence);
          const known = new Set(own.map(({ sequence }) => sequence));
          return Array.from({ length: 12 }, (_unused, index) => index + 1)
            .filter((each) => each > Math.min(...inWindow) && each < Math.max(...inWindow) && !known.has(each))
            .map((each) => `${pk} ${each}`);
        });
        expect(found.sort()).toEqual(missing.sort());
      }),
      { seed: SEED, numRuns: 500 },
    );
  });
});
