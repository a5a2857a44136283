import { describe, expect, it } from "vitest";
import { groupedBy } from "../../lib/core/grouped.ts";
import { inTime } from "../../lib/core/in-time.ts";
import { resultOf } from "../../lib/core/result.ts";
import { VirtualClock } from "../world/virtual-clock.ts";

describe("a promise in time", () => {
  it("is itself where it settles first, and the timer is told to stop", async () => {
    const clock = new VirtualClock(0);
    const stops: AbortSignal[] = [];
    const watched = {
      now: () => clock.now(),
      sleep: (ms: number, over?: AbortSignal) => {
        if (over !== undefined) stops.push(over);
        return clock.sleep(ms, over);
      },
    };
    const quick = clock.sleep(10).then(() => "quick");
    expect(await clock.run(() => inTime(quick, 100, "late", watched))).toBe("quick");
    expect(stops.map(({ aborted }) => aborted)).toEqual([true]);
  });

  it("is late where it takes longer", async () => {
    const clock = new VirtualClock(0);
    const never = new Promise<string>(() => undefined);
    expect(await clock.run(() => inTime(never, 100, "late", clock))).toBe("late");
    expect(clock.now()).toBe(100);
  });
});

describe("values in groups", () => {
  it("keep their order within their key, and keys that of their first value", () => {
    expect([...groupedBy([3, 10, 5, 12, 7], (value) => value % 2)]).toEqual([
      [1, [3, 5, 7]],
      [0, [10, 12]],
    ]);
  });
});

describe("a result", () => {
  it("is the value or the error of a promise", async () => {
    expect(await resultOf(Promise.resolve(7))).toEqual({ ok: true, value: 7 });
    expect(await resultOf(Promise.reject("bad"))).toEqual({ ok: false, error: "bad" });
  });
});
