import { describe, expect, it } from "vitest";
import type { Drain, RoundResult } from "../../../../lib/core/requeue/drain/drain.ts";
import { drainAll, probeByDeadLetter } from "../../../../lib/core/requeue/drain/drain-walks.ts";
import { ROUNDS_AT_ONCE, widthAfter } from "../../../../lib/core/requeue/drain/width.ts";
import type { ProbingDelivery } from "../../../../lib/core/requeue/probing-delivery.ts";
import { VirtualClock } from "../../../world/virtual-clock.ts";
import { times } from "../../../world/world.ts";

const ROUND_MS = 100;
/** More than any of these drains makes. */
const MOST_ROUNDS = 10_000;
const EMPTY: RoundResult = { received: 0, met: 0, characters: 0 };
const LIVE: RoundResult = { received: 10, met: 10, characters: 1_000 };
/** Dead letters whose rows are gone. */
const POINTLESS: RoundResult = { received: 10, met: 0, characters: 0 };

/** A drain of which each round takes a while, and ends as `roundOf` says, by its number from 1 up. */
function drainWhere(roundOf: (round: number) => RoundResult, allFailed = () => false) {
  const clock = new VirtualClock(0);
  const begunAtMs: number[] = [];
  const widths: number[] = [];
  let atOnce = 0;
  let mostAtOnce = 0;
  const drain: Drain = {
    async round(width) {
      const round = begunAtMs.push(clock.now());
      if (round > MOST_ROUNDS) throw new Error("The drain does not end");
      widths.push(width);
      atOnce += 1;
      mostAtOnce = Math.max(mostAtOnce, atOnce);
      await clock.sleep(ROUND_MS);
      atOnce -= 1;
      return roundOf(round);
    },
    end: async () => undefined,
  };
  const delivery = { allFailed } as ProbingDelivery;
  return {
    begunAtMs,
    widths,
    mostAtOnce: () => mostAtOnce,
    probe: (untilMs: number) => clock.run(() => probeByDeadLetter(drain, delivery, clock, untilMs, false)),
    drainAll: (untilMs: number) => clock.run(() => drainAll(drain, delivery, clock, untilMs)),
  };
}

describe("the probe by a dead letter", () => {
  it("goes on past dead letters that point to nothing, until one is met whose event may be delivered", async () => {
    const { probe, begunAtMs } = drainWhere((round) => (round < 3 ? POINTLESS : LIVE));
    expect(await probe(60_000)).toBe(false);
    expect(begunAtMs).toHaveLength(3);
  });

  it("says so where the queue came up empty", async () => {
    const { probe, begunAtMs } = drainWhere((round) => (round < 3 ? POINTLESS : EMPTY));
    expect(await probe(60_000)).toBe(true);
    expect(begunAtMs).toHaveLength(3);
  });

  it("takes no queue for empty that it had no time to look through", async () => {
    const { probe, begunAtMs } = drainWhere(() => POINTLESS);
    expect(await probe(2 * ROUND_MS)).toBe(false);
    expect(begunAtMs).toEqual([0, ROUND_MS]);
  });

  it("ends when every known destination has failed", async () => {
    const { probe, begunAtMs } = drainWhere(
      () => POINTLESS,
      () => true,
    );
    expect(await probe(60_000)).toBe(false);
    expect(begunAtMs).toHaveLength(1);
  });
});

describe("the drain of all dead letters", () => {
  it("has one round more at once after each that brought any, up to a limit, and each of them wider", async () => {
    const { drainAll, mostAtOnce, begunAtMs, widths } = drainWhere((round) => (round > 200 ? EMPTY : LIVE));
    await drainAll(60_000);
    expect(begunAtMs.slice(0, 4)).toEqual([0, ROUND_MS, ROUND_MS, 2 * ROUND_MS]);
    expect(mostAtOnce()).toBe(ROUNDS_AT_ONCE);
    expect(widths.slice(0, 3)).toEqual([1, 1, 2]);
  });

  it("begins no round any more once one came back empty", async () => {
    const { drainAll, begunAtMs } = drainWhere((round) => (round === 5 ? EMPTY : LIVE));
    await drainAll(60_000);
    // Rounds 4 to 7 run beside each other, and round 4 ended before.
    expect(begunAtMs.filter((atMs) => atMs > 2 * ROUND_MS)).toHaveLength(2);
  });

  it("begins no round once its time is over", async () => {
    const { drainAll, begunAtMs } = drainWhere(() => LIVE);
    await drainAll(3 * ROUND_MS);
    expect(new Set(begunAtMs)).toEqual(new Set([0, ROUND_MS, 2 * ROUND_MS]));
  });

  it("begins no round once every known destination has failed", async () => {
    let failed = false;
    const { drainAll, begunAtMs } = drainWhere(
      (round) => {
        failed = round >= 2;
        return LIVE;
      },
      () => failed,
    );
    await drainAll(60_000);
    expect(Math.max(...begunAtMs)).toBe(ROUND_MS);
  });

  it("fails as one of its rounds does, once those beside it are over, and begins none meanwhile", async () => {
    let over = 0;
    const { drainAll, begunAtMs } = drainWhere((round) => {
      over += 1;
      if (round === 2) throw new Error("The table refuses");
      return LIVE;
    });
    await expect(drainAll(60_000)).rejects.toThrow("The table refuses");
    expect(over).toBe(begunAtMs.length);
    expect(begunAtMs).toEqual(times(3, (round) => (round === 0 ? 0 : ROUND_MS)));
  });
});

describe("the receives of a round", () => {
  it("are twice as many as those before, up to ten, as long as all rows together had four million characters at most", () => {
    expect([1, 2, 5, 8, 10].map((width) => widthAfter(width, 4_000_000))).toEqual([2, 4, 10, 10, 10]);
  });

  it("are half as many after a round of larger rows, and never none", () => {
    expect([10, 5, 2, 1].map((width) => widthAfter(width, 4_000_001))).toEqual([5, 2, 1, 1]);
  });
});
