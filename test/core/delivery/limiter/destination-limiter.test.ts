import { describe, expect, it } from "vitest";
import { NOTHING_TO_CHECK } from "../../../../lib/core/delivery/existence/existences.ts";
import type { CallVerdict } from "../../../../lib/core/delivery/limiter/call-verdict.ts";
import {
  type DestinationLimiter,
  destinationLimiter,
  type LimiterMemory,
  type LimiterSettings,
} from "../../../../lib/core/delivery/limiter/destination-limiter.ts";
import { startingAt } from "../../../../lib/core/resilience/concurrency.ts";
import { STARTING_RATE } from "../../../../lib/core/resilience/rate.ts";
import { VirtualClock } from "../../../world/virtual-clock.ts";

const WIDTH = 4;
const FAR_MS = 600_000;
const SETTINGS: LimiterSettings = {
  start: startingAt(WIDTH, WIDTH),
  maxConcurrency: WIDTH,
  breaker: { failures: 3, failingForMs: 1_000, openMs: 5_000, maxOpenMs: 15_000 },
  anew: false,
};

type Entry = Awaited<ReturnType<DestinationLimiter["enter"]>>;

/** What happens to a limiter, in turn. Times are milliseconds since it was made. */
type Step =
  /** A call asks for its place at a time, and gets this answer at once. */
  | readonly [atMs: number, "enters", Entry]
  /** A call that is inside ends. `calledAtMs`: when it began, if not now. */
  | readonly [atMs: number, "ends", CallVerdict, calledAtMs?: number]
  | readonly [atMs: number, "cools down", untilMs: number]
  | readonly [atMs: number, "trips"]
  | readonly [atMs: number, "is as wide as", calls: number];

/** A call that comes and ends at once. */
const call = (atMs: number, verdict: CallVerdict): readonly Step[] => [
  [atMs, "enters", "admitted"],
  [atMs, "ends", verdict],
];
const failed = (...times: readonly number[]): readonly Step[] => times.flatMap((atMs) => call(atMs, "failed"));

function limiterOf(change: Partial<LimiterSettings> = {}, memory?: LimiterMemory, existence = NOTHING_TO_CHECK) {
  const clock = new VirtualClock(0);
  return { clock, limiter: destinationLimiter({ ...SETTINGS, ...change }, clock, memory, existence) };
}

async function play({ clock, limiter }: ReturnType<typeof limiterOf>, steps: readonly Step[]): Promise<void> {
  for (const [index, step] of steps.entries()) {
    const [atMs, what] = step;
    const place = `step ${index + 1}: ${step.join(" ")}`;
    await clock.sleep(atMs - clock.now());
    if (what === "enters") {
      expect(await limiter.enter(FAR_MS), place).toBe(step[2]);
      expect(clock.now(), place).toBe(atMs);
    } else if (what === "ends") limiter.leave(step[2], step[3] ?? atMs);
    else if (what === "cools down") limiter.coolDown(step[2]);
    else if (what === "trips") limiter.trip();
    else expect(limiter.widthNow, place).toBe(step[2]);
  }
}

const HALF_OPEN: readonly Step[] = [...failed(0, 500, 1_000), [6_000, "enters", "probe"]];

const STORIES: Readonly<Record<string, readonly Step[]>> = {
  "keeps calls back after enough of them failed for long enough": [
    ...failed(0, 500, 1_000),
    [1_001, "enters", "breaker-open"],
    [5_999, "enters", "breaker-open"],
  ],
  "lets a burst of failures by": [...failed(0, 1, 2, 3, 999), [999, "enters", "admitted"]],
  "lets one call ask once its time is over, and nobody beside it": [
    ...HALF_OPEN,
    [6_001, "enters", "breaker-open"],
    [7_000, "ends", "answered"],
    [7_000, "enters", "admitted"],
  ],
  "keeps calls back for twice as long after a probe that failed": [
    ...HALF_OPEN,
    [6_000, "ends", "failed"],
    [15_999, "enters", "breaker-open"],
    [16_000, "enters", "probe"],
  ],
  "opens for a throttled call never": [
    ...[0, 500, 1_000, 1_500].flatMap((atMs) => call(atMs, "throttled")),
    [1_500, "enters", "admitted"],
  ],
  "counts anew after a call that was throttled: the target is alive": [
    ...failed(0, 500),
    ...call(900, "throttled"),
    ...failed(1_000, 1_500),
    [1_600, "enters", "admitted"],
  ],
  "learns nothing from a call that one of its events may have failed": [
    ...failed(0, 500),
    ...call(900, "unclear"),
    ...failed(1_000),
    [1_001, "enters", "breaker-open"],
  ],
  "stays half-open when nobody knows whose fault the probe's failure was": [
    ...HALF_OPEN,
    [6_000, "ends", "unclear"],
    [6_001, "enters", "breaker-open"],
  ],
  "keeps calls back for as long as the target asked, whatever calls still out answer": [
    [0, "enters", "admitted"],
    [0, "enters", "admitted"],
    [0, "enters", "admitted"],
    [10, "cools down", 30_000],
    [20, "ends", "answered"],
    [30, "ends", "failed"],
    [40, "ends", "throttled"],
    [29_999, "enters", "breaker-open"],
    [30_000, "enters", "probe"],
  ],
  "goes by the longest time that the target asked for": [
    [0, "cools down", 30_000],
    [1, "cools down", 2_000],
    [29_999, "enters", "breaker-open"],
    [30_000, "enters", "probe"],
  ],
  "keeps calls back at once when the target is known to be to blame": [
    [0, "trips"],
    [4_999, "enters", "breaker-open"],
    [5_000, "enters", "probe"],
  ],
  "is not opened again by a verdict that comes after it opened": [
    ...failed(0, 500, 1_000),
    [3_000, "trips"],
    [6_000, "enters", "probe"],
  ],
  "halves its width when it is throttled, once for all calls that set out before": [
    ...Array.from({ length: WIDTH }, (): Step => [0, "enters", "admitted"]),
    [10, "ends", "throttled", 0],
    [10, "is as wide as", 2],
    [11, "ends", "throttled", 0],
    [12, "ends", "throttled", 10],
    [12, "is as wide as", 2],
    [13, "ends", "throttled", 11],
    [13, "is as wide as", 1],
  ],
  "is never narrower than one call": [
    ...[0, 1, 2, 3].flatMap((atMs) => call(atMs, "throttled")),
    [4, "is as wide as", 1],
  ],
  "grows back by answers, to its widest and not beyond": [
    ...call(0, "throttled"),
    [0, "is as wide as", 2],
    ...[1, 2, 3, 4, 5, 6, 7, 8, 9].flatMap((atMs) => call(atMs, "answered")),
    [9, "is as wide as", WIDTH],
    ...[10, 11, 12, 13, 14].flatMap((atMs) => call(atMs, "answered")),
    [14, "is as wide as", WIDTH],
  ],
  "is not widened by calls that fail, or that teach nothing": [
    [0, "enters", "admitted"],
    [10, "ends", "throttled", 0],
    ...failed(20, 30),
    ...call(40, "unclear"),
    ...call(41, "unclear"),
    [50, "is as wide as", 2],
  ],
  "keeps its width through failures: they are the breaker's matter": [
    ...failed(0, 500),
    ...call(600, "unclear"),
    [600, "is as wide as", WIDTH],
  ],
};

describe("the limiter of a destination", () => {
  it.each(Object.entries(STORIES))("%s", async (_what, steps) => {
    const made = limiterOf();
    await made.clock.run(() => play(made, steps));
  });

  it("may be told never to open, and is opened by the target's own word alone", async () => {
    const made = limiterOf({ breaker: { ...SETTINGS.breaker, failures: Number.POSITIVE_INFINITY } });
    await made.clock.run(() =>
      play(made, [
        ...failed(0, 500, 1_000, 1_500),
        [1_500, "trips"],
        ...call(1_600, "failed"),
        [1_700, "cools down", 3_000],
        [2_999, "enters", "breaker-open"],
      ]),
    );
  });

  it("begins closed to calls where the target asked the limiter before it to be left alone", async () => {
    const memory: LimiterMemory = { cooldownUntilMs: 2_000 };
    const made = limiterOf({}, memory);
    expect(made.limiter.breaker.kind).toBe("open");
    await made.clock.run(() =>
      play(made, [
        [1_999, "enters", "breaker-open"],
        [2_000, "enters", "probe"],
        [2_000, "cools down", 9_000],
      ]),
    );
    expect(memory.cooldownUntilMs).toBe(9_000);
  });

  it("is closed to whoever looks before the first call", () => {
    expect(limiterOf().limiter.breaker.kind).toBe("closed");
  });

  it("is open to whoever looks while its destination's existence is in doubt", () => {
    const { limiter } = limiterOf({}, undefined, { ...NOTHING_TO_CHECK, shutUntilMs: () => 700 });
    expect(limiter.breaker).toMatchObject({ kind: "open", untilMs: 700 });
  });
});

describe("places in a limiter", () => {
  it("are given in the order in which calls came, as soon as others end", async () => {
    const { clock, limiter } = limiterOf({ start: startingAt(2, 2), maxConcurrency: 2 });
    const inside: number[] = [];
    await clock.run(async () => {
      const calls = [1, 2, 3, 4, 5].map(async (number) => {
        await limiter.enter(FAR_MS);
        inside.push(number);
        await clock.sleep(number === 2 ? 50 : 100);
        limiter.leave("failed", clock.now());
      });
      await clock.sleep(60);
      expect(inside).toEqual([1, 2, 3]);
      await Promise.all(calls);
    });
    expect(inside).toEqual([1, 2, 3, 4, 5]);
  });

  it("are as many as the width, however many calls come and go", async () => {
    const { clock, limiter } = limiterOf();
    let inside = 0;
    let mostInside = 0;
    await clock.run(() =>
      Promise.all(
        Array.from({ length: 10 * WIDTH }, async () => {
          await limiter.enter(FAR_MS);
          inside += 1;
          mostInside = Math.max(mostInside, inside);
          await clock.sleep(100);
          inside -= 1;
          limiter.leave("unclear", 0);
        }),
      ),
    );
    expect([mostInside, clock.now()]).toEqual([WIDTH, 1_000]);
  });

  it("are given to nobody while more calls are inside than a halved width takes", async () => {
    const { clock, limiter } = limiterOf();
    await clock.run(async () => {
      for (let calls = 0; calls < WIDTH; calls += 1) await limiter.enter(FAR_MS);
      let isIn = false;
      void limiter.enter(FAR_MS).then(() => {
        isIn = true;
      });
      const seen: boolean[] = [];
      for (const verdict of ["throttled", "failed", "failed"] as const) {
        limiter.leave(verdict, 0);
        await clock.sleep(1);
        seen.push(isIn);
      }
      // After the second there are two inside, as many as the width.
      expect(seen).toEqual([false, false, true]);
    });
  });

  it.each<readonly [Entry, untilMs: number, cooldownUntilMs: number]>([
    ["deadline-exceeded", 0, 0],
    ["breaker-open", FAR_MS, 1_000],
  ])("are given back by a call that is turned away: %s", async (entry, untilMs, cooldownUntilMs) => {
    const { clock, limiter } = limiterOf({ start: startingAt(1, 1), maxConcurrency: 1 }, { cooldownUntilMs });
    await clock.run(async () => {
      for (let calls = 0; calls < 3; calls += 1) expect(await limiter.enter(untilMs)).toBe(entry);
      await clock.sleep(1_000);
      expect(["admitted", "probe"]).toContain(await limiter.enter(FAR_MS));
    });
  });

  it("are given back by a call whose destination may not exist", async () => {
    let isKnown = false;
    const existence = { ...NOTHING_TO_CHECK, mayPublish: () => isKnown };
    const { clock, limiter } = limiterOf({ start: startingAt(1, 1), maxConcurrency: 1 }, undefined, existence);
    await clock.run(async () => {
      for (let calls = 0; calls < 3; calls += 1) expect(await limiter.enter(FAR_MS)).toBe("existence-unknown");
      isKnown = true;
      expect(await limiter.enter(FAR_MS)).toBe("admitted");
    });
  });

  it("turn a call away that waited for one until its time was up", async () => {
    const { clock, limiter } = limiterOf({ start: startingAt(1, 1), maxConcurrency: 1 });
    await clock.run(async () => {
      await limiter.enter(FAR_MS);
      const late = limiter.enter(50);
      const patient = limiter.enter(FAR_MS);
      await clock.sleep(100);
      limiter.leave("answered", 0);
      expect([await late, await patient]).toEqual(["deadline-exceeded", "admitted"]);
    });
  });
});

describe("a limiter with a rate", () => {
  it("lets calls in one after the other, and remembers in its memory what a throttle taught", async () => {
    const memory: LimiterMemory = { cooldownUntilMs: 0 };
    const { clock, limiter } = limiterOf({ rate: { ...STARTING_RATE, callsPerSecond: 10 } }, memory);
    const times: number[] = [];
    await clock.run(async () => {
      for (let calls = 0; calls < 3; calls += 1) {
        expect(await limiter.enter(FAR_MS)).toBe("admitted");
        times.push(clock.now());
      }
      limiter.leave("throttled", clock.now());
    });
    expect(times).toEqual([0, 100, 200]);
    expect(memory.rate?.callsPerSecond).toBe(5);
  });
});
