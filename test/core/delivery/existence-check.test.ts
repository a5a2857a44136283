import { describe, expect, it } from "vitest";
import { existenceCheck, LOOK_INTERVAL_MS, SAVED_LOOKS } from "../../../lib/core/delivery/existence-check.ts";
import type { Existence } from "../../../lib/core/ports.ts";
import { VirtualClock } from "../../world/virtual-clock.ts";

const LOOK_MS = 20;

/** A check whose looks take 20 ms and answer in turn as given. */
function checkAnswering(...answers: readonly Existence[]) {
  const clock = new VirtualClock(0);
  const looksBeganAtMs: number[] = [];
  let unknowns = 0;
  const check = existenceCheck(
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
    expect(await clock.run(check)).toBe("exists");
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
    expect(second).toEqual({ answer: "missing", atMs: 2 * LOOK_MS });
    expect(looksBeganAtMs).toEqual([0, LOOK_MS]);
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
      return check();
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
    for (let turn = 0; turn < 4; turn += 1) answers.push(await clock.run(check));
    expect(answers).toEqual(["exists", "exists", "missing", "missing"]);
    expect(unknowns()).toBe(2);
  });

  it("answers unknown before the first proof", async () => {
    const { clock, check, unknowns } = checkAnswering("unknown");
    expect(await clock.run(check)).toBe("unknown");
    expect(unknowns()).toBe(1);
  });

  it("sees a destination that was made again", async () => {
    const { clock, check } = checkAnswering("missing", "exists");
    expect(await clock.run(check)).toBe("missing");
    expect(await clock.run(check)).toBe("exists");
  });
});
