import { getEventListeners } from "node:events";
import { describe, expect, it, vi } from "vitest";
import { systemClock } from "../../lib/aws/system.ts";

describe("a sleep of the machine's own clock", () => {
  it("leaves no listener on a signal that outlives it", async () => {
    const { signal } = new AbortController();
    for (let sleeps = 0; sleeps < 3; sleeps += 1) await systemClock.sleep(0, signal);
    expect(getEventListeners(signal, "abort")).toHaveLength(0);
  });

  it.each([
    ["is aborted while it lasts", (over: AbortController) => void over.abort(), 0],
    ["was aborted before it", () => undefined, 1],
  ])("has no timer once its signal %s", (_when, after, aborts) => {
    const over = new AbortController();
    for (let times = 0; times < aborts; times += 1) over.abort();
    vi.useFakeTimers();
    try {
      void systemClock.sleep(1_000, over.signal);
      after(over);
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });
});
