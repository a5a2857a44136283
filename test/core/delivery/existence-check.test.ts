import { describe, expect, it } from "vitest";
import {
  existenceCheck,
  FIRST_LOOKS,
  GATHER_MS,
  LOOK_INTERVAL_MS,
  REST_MS,
  SAVED_LOOKS,
} from "../../../lib/core/delivery/existence-check.ts";
import type { Existence } from "../../../lib/core/ports.ts";
import { VirtualClock } from "../../world/virtual-clock.ts";

const LOOK_MS = 20;

/** A check whose looks take 20 ms and answer in turn as given. */
function checkAnswering(...answers: readonly Existence[]) {
  const clock = new VirtualClock(0);
  const looksBeganAtMs: number[] = [];
  let unknowns = 0;
  const within = existenceCheck(
    async () => {
      const answer = answers[looksBeganAtMs.push(clock.now()) - 1];
      await clock.sleep(LOOK_MS);
      return answer ?? "exists";
    },
    clock,
    () => {
      unknowns += 1;
    },
  );
  const check = (untilMs = 60_000) => within(untilMs);
  /** Calls at a time, and tells the answer with the time at which it came. */
  const checkAt = async (atMs: number) => {
    await clock.sleep(atMs - clock.now());
    return { answer: await check(), atMs: clock.now() };
  };
  return { clock, check, checkAt, looksBeganAtMs, unknowns: () => unknowns };
}

describe("existenceCheck", () => {
  it("answers by a look that began after the call", async () => {
    const { clock, check, looksBeganAtMs } = checkAnswering("exists");
    expect(await clock.run(() => check())).toBe("exists");
    expect(looksBeganAtMs).toEqual([0]);
  });

  it("lets all who come before the look share it", async () => {
    const { clock, check, looksBeganAtMs } = checkAnswering("exists");
    expect(await clock.run(() => Promise.all([check(), check(), check()]))).toEqual(["exists", "exists", "exists"]);
    expect(looksBeganAtMs).toHaveLength(1);
  });

  it("lets a call made during a look wait for the next one", async () => {
    const { clock, checkAt, looksBeganAtMs } = checkAnswering("exists", "missing");
    const [first, second] = await clock.run(() => Promise.all([checkAt(0), checkAt(10)]));
    expect(first).toEqual({ answer: "exists", atMs: LOOK_MS });
    expect(second).toEqual({ answer: "missing", atMs: 2 * LOOK_MS + GATHER_MS });
    expect(looksBeganAtMs).toEqual([0, LOOK_MS + GATHER_MS]);
  });

  it("waits a moment before a look that follows another one, so that the rest of a swarm shares it", async () => {
    const { clock, checkAt, looksBeganAtMs } = checkAnswering();
    await clock.run(() => Promise.all([checkAt(0), checkAt(10), checkAt(LOOK_MS + GATHER_MS - 1)]));
    expect(looksBeganAtMs).toHaveLength(2);
  });

  it("lets all who come during a look, and before the next one begins, share the next one", async () => {
    const { clock, checkAt, looksBeganAtMs } = checkAnswering("exists", "missing");
    const answers = await clock.run(() => Promise.all([checkAt(0), checkAt(5), checkAt(12), checkAt(19)]));
    expect(answers.map(({ answer }) => answer)).toEqual(["exists", "missing", "missing", "missing"]);
    expect(looksBeganAtMs).toHaveLength(2);
  });

  it("never has two looks in flight, however long one takes", async () => {
    const clock = new VirtualClock(0);
    let inFlight = 0;
    let most = 0;
    const check = existenceCheck(
      async () => {
        most = Math.max(most, ++inFlight);
        await clock.sleep(1_000);
        inFlight -= 1;
        return "exists";
      },
      clock,
      () => undefined,
    );
    const callAt = async (atMs: number) => {
      await clock.sleep(atMs);
      return check(60_000);
    };
    await clock.run(() => Promise.all([0, 100, 900, 1_100, 1_900].map(callAt)));
    expect(most).toBe(1);
  });

  it("keeps to its rate once the looks it had saved are used up", async () => {
    const { clock, checkAt, looksBeganAtMs } = checkAnswering();
    const everyTenMs = Array.from({ length: 100 }, (_unused, index) => index * 10);
    await clock.run(() => Promise.all(everyTenMs.map(checkAt)));
    expect(looksBeganAtMs.length).toBeLessThanOrEqual(1_000 / LOOK_INTERVAL_MS + SAVED_LOOKS + 2);
  });

  it("looks at once when the last look is long ago", async () => {
    const { clock, checkAt } = checkAnswering();
    const [, later] = await clock.run(() => Promise.all([checkAt(0), checkAt(1_000)]));
    expect(later).toEqual({ answer: "exists", atMs: 1_000 + LOOK_MS });
  });

  it("keeps the last answer when a look proves nothing, and tells of it", async () => {
    const { clock, check, unknowns } = checkAnswering("exists", "unknown", "missing", "unknown");
    const answers: Existence[] = [];
    for (let turn = 0; turn < 4; turn += 1) {
      answers.push(await clock.run(() => check()));
      clock.skip(REST_MS);
    }
    expect(answers).toEqual(["exists", "exists", "missing", "missing"]);
    expect(unknowns()).toBe(2);
  });

  it("looks less and less often while looks prove nothing, and the last answer stands meanwhile", async () => {
    const { clock, checkAt, looksBeganAtMs } = checkAnswering("exists", ...Array<Existence>(100).fill("unknown"));
    const everyTenMs = Array.from({ length: 1_000 }, (_unused, index) => index * 10);
    const answers = await clock.run(() => Promise.all(everyTenMs.map(checkAt)));
    expect(new Set(answers.map(({ answer }) => answer))).toEqual(new Set(["exists"]));
    expect(looksBeganAtMs.length).toBeLessThan(12);
  });

  it("looks as often as ever once a look proves something again", async () => {
    const { clock, check, looksBeganAtMs } = checkAnswering("exists", "unknown", "exists", "missing");
    for (let turn = 0; turn < 3; turn += 1) {
      await clock.run(() => check());
      clock.skip(REST_MS);
    }
    expect(await clock.run(() => check())).toBe("missing");
    expect(looksBeganAtMs).toHaveLength(4);
  });

  it("repeats a look that proves nothing before there is any proof", async () => {
    const { clock, check, unknowns } = checkAnswering("unknown", "unknown", "exists");
    expect(await clock.run(() => check())).toBe("exists");
    expect(unknowns()).toBe(2);
  });

  it("answers unknown when no look before the first proof says anything", async () => {
    const { clock, check, unknowns } = checkAnswering(...Array<Existence>(100).fill("unknown"));
    expect(await clock.run(() => check())).toBe("unknown");
    expect(unknowns()).toBe(FIRST_LOOKS);
  });

  it("repeats no look past the time of whoever waits", async () => {
    const { clock, check } = checkAnswering(...Array<Existence>(100).fill("unknown"));
    expect(await clock.run(() => check(150))).toBe("unknown");
    expect(clock.now()).toBeLessThanOrEqual(150);
  });

  it("looks for a missing destination again, also right after a look that proved nothing", async () => {
    const { clock, checkAt, looksBeganAtMs } = checkAnswering("missing", "unknown", "exists");
    const answers = await clock.run(() => Promise.all([0, 1_000, 1_090].map(checkAt)));
    expect(answers.map(({ answer }) => answer)).toEqual(["missing", "missing", "exists"]);
    expect(looksBeganAtMs).toHaveLength(3);
  });

  it("sees a destination that was made again", async () => {
    const { clock, check } = checkAnswering("missing", "exists");
    expect(await clock.run(() => check())).toBe("missing");
    expect(await clock.run(() => check())).toBe("exists");
  });
});
