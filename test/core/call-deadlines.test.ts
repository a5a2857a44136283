import { describe, expect, it } from "vitest";
import { callDeadlines } from "../../lib/core/call-deadlines.ts";
import { VirtualClock } from "../world/virtual-clock.ts";

/** Deadlines on a clock that notes how long each timer sleeps. */
function deadlines() {
  const clock = new VirtualClock(0);
  const slept: number[] = [];
  const calls = callDeadlines({
    now: () => clock.now(),
    sleep: (ms) => {
      slept.push(ms);
      return clock.sleep(ms);
    },
  });
  const never = () => new Promise<never>(() => undefined);
  /** When a call ended, and how. */
  const ended = async (call: Promise<unknown>) => {
    const how = await call.then(String, (error: Error) => error.name);
    return [clock.now(), how] as const;
  };
  return { clock, calls, slept, never, ended };
}

describe("the deadlines of calls", () => {
  it("give each call that does not settle up at its own time, which it names", async () => {
    const { clock, calls, never, ended } = deadlines();
    const race = (untilMs: number) => ended(calls.race("the read", never, untilMs));
    expect(await clock.run(() => Promise.all([race(300), race(100), race(2_500), race(100)]))).toEqual(
      [300, 100, 2_500, 100].map((atMs) => [atMs, "DeadlineExceeded"]),
    );
    await expect(clock.run(() => calls.race("the read", never, clock.now() + 1))).rejects.toThrow(
      "the read did not settle by its deadline; whether it landed is unknown",
    );
  });

  it("hand over what a call resolves or rejects with", async () => {
    const { clock, calls, ended } = deadlines();
    const work = async (ms: number, error?: Error) => {
      await clock.sleep(ms);
      if (error !== undefined) throw error;
      return "done";
    };
    const both = await clock.run(() =>
      Promise.all([
        ended(calls.race("one", () => work(50), 100)),
        ended(calls.race("other", () => work(60, new RangeError("bad")), 100)),
      ]),
    );
    expect(both).toEqual([
      [50, "done"],
      [60, "RangeError"],
    ]);
  });

  it("do not begin a call whose time is over", async () => {
    const { clock, calls } = deadlines();
    let begun = 0;
    const work = async () => {
      begun += 1;
    };
    await expect(clock.run(() => calls.race("late", work, 0))).rejects.toThrow("late did not settle");
    expect(begun).toBe(0);
  });

  it("share one timer, which sleeps a second at most, and none where there is no limit", async () => {
    const { clock, calls, slept, never, ended } = deadlines();
    void calls.race("endless", never, Number.POSITIVE_INFINITY);
    expect(slept).toEqual([]);
    await clock.run(() =>
      Promise.all([2_500, 2_500, 2_500].map((untilMs) => ended(calls.race("read", never, untilMs)))),
    );
    expect(slept).toEqual([1_000, 1_000, 500]);
  });

  it("set the timer anew for a call that ends before it wakes, and for the first call after all were over", async () => {
    const { clock, calls, slept, never, ended } = deadlines();
    await clock.run(async () => {
      const long = ended(calls.race("long", never, 900));
      const short = ended(calls.race("short", never, 200));
      expect(await short).toEqual([200, "DeadlineExceeded"]);
      expect(await long).toEqual([900, "DeadlineExceeded"]);
      await clock.sleep(100);
    });
    expect(slept).toEqual([900, 200, 700]);
    expect(await clock.run(() => ended(calls.race("next", never, 2_500)))).toEqual([2_500, "DeadlineExceeded"]);
    expect(slept.slice(3)).toEqual([1_000, 500]);
  });

  it("go on with the timer that was set last, and with one for calls of the same time", async () => {
    const { clock, calls, slept, never, ended } = deadlines();
    const times = [2_500, 200, 200];
    await clock.run(() => Promise.all(times.map((untilMs) => ended(calls.race("read", never, untilMs)))));
    expect(slept).toEqual([1_000, 200, 1_000, 1_000, 300]);
  });

  it("sleep no more once no call is under way", async () => {
    const { clock, calls, slept } = deadlines();
    const refused = () => Promise.reject(new Error("refused"));
    await clock.run(async () => {
      await calls.race("quick", () => clock.sleep(10), 5_000);
      await expect(calls.race("refused", refused, 5_000)).rejects.toThrow("refused");
      await clock.sleep(5_000);
    });
    expect(slept).toEqual([1_000]);
  });

  it("tell until when an invocation's calls may last, and a second more for giving the lease back", () => {
    const { calls } = deadlines();
    expect([calls.endMs, calls.lastMs]).toEqual([Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]);
    calls.begin(60_000);
    expect([calls.endMs, calls.lastMs]).toEqual([60_000, 61_000]);
  });
});
