import fc from "fast-check";
import { expect, it } from "vitest";
import { compareSortKeys } from "../../../../lib/contract/sort-key.ts";
import { keyOf } from "../../../engine/item-store.ts";
import { Death, NOON_MS, ReplayWorld } from "./replay-world.ts";

const SEED = 20_261_129;

/** One run of the command, and what ends it early: nothing, Ctrl-C, or the death of its process around a put. */
interface RunEnd {
  readonly how: "stopped" | "dies-before" | "dies-after";
  readonly puts: number;
}

const history = fc.record({
  events: fc.uniqueArray(
    fc.record({
      key: fc.integer({ min: 0, max: 9 }),
      sequence: fc.integer({ min: 1, max: 40 }),
      ordered: fc.boolean(),
    }),
    { maxLength: 60, selector: ({ key, sequence, ordered }) => `${ordered} ${key} ${sequence}` },
  ),
  acknowledgedTwice: fc.boolean(),
  ids: fc.constantFrom("same", "new"),
  skipBusyKeys: fc.boolean(),
  ends: fc.array(
    fc.record({ how: fc.constantFrom("stopped", "dies-before", "dies-after"), puts: fc.integer({ min: 0, max: 12 }) }),
    { maxLength: 8 },
  ),
  /** Rows that were put are delivered between two runs, and gone. */
  delivers: fc.boolean(),
});

function endAfter(world: ReplayWorld, { how, puts }: RunEnd): void {
  const atPuts = world.puts.length + puts;
  world.stopped = false;
  world.atPut = (when, count) => {
    if (count < atPuts) return;
    if (how === "stopped") world.stopped = true;
    else if (how === `dies-${when}`) throw new Death();
  };
}

it("puts each event once, in the order of its key, however often a replay is stopped or dies", async () => {
  await fc.assert(
    fc.asyncProperty(history, async ({ events, acknowledgedTwice, ids, skipBusyKeys, ends, delivers }) => {
      const world = new ReplayWorld();
      for (const { key, sequence, ordered } of events) {
        const acknowledge = (atMs: number) =>
          ordered
            ? world.ordered(`key-${key}`, sequence, {}, { atMs })
            : world.acknowledged({ id: `alone-${key}-${sequence}` }, { atMs });
        acknowledge(NOON_MS + 1_000);
        if (acknowledgedTwice) acknowledge(NOON_MS + 2_000);
      }
      const request = { ids, skipBusyKeys } as const;
      for (const [index, end] of ends.entries()) {
        endAfter(world, end as RunEnd);
        await world.run(request, { goesOn: index > 0 }).catch((error: unknown) => {
          if (!(error instanceof Death)) throw error;
        });
        if (delivers) for (const item of world.store.items.values()) world.store.remove(keyOf(item));
      }
      world.stopped = false;
      world.atPut = () => undefined;
      const { survey, outcomes } = await world.run(request, { goesOn: ends.length > 0 });
      expect(survey.before + survey.events).toBe(events.length);
      expect(outcomes).toEqual(survey.put === 0 ? {} : { put: survey.put });

      const first = world.puts.map((item) => item["replayof"]?.S ?? item["id"]?.S);
      const expected = events.map(
        ({ key, sequence, ordered }) => `${ordered ? `key-${key}/` : `alone-${key}-`}${sequence}`,
      );
      expect(first.toSorted()).toEqual(expected.toSorted());
      const last = new Map<string, string>();
      for (const item of world.puts) {
        const { pk, sk } = keyOf(item);
        expect(compareSortKeys(last.get(pk) ?? "0", sk)).toBeLessThan(0);
        last.set(pk, sk);
      }
    }),
    { seed: SEED, numRuns: 150 },
  );
});
