import { getEventListeners } from "node:events";
import { describe, expect, it, vi } from "vitest";
import { systemClock } from "../../lib/aws/system.ts";

const abort = (over: AbortController): void => over.abort();
const nothing = (): void => {};

describe("a sleep of the machine's own clock", () => {
  it("leaves no listener on a signal that outlives it", async () => {
    const { signal } = new AbortController();
    for (let sleeps = 0; sleeps < 3; sleeps += 1) await systemClock.sleep(0, signal);
    expect(getEventListeners(signal, "abort")).toHaveLength(0);
  });

  it.each([
    ["is aborted while it lasts", nothing, abort],
    ["was aborted before it", abort, nothing],
  ])("has no timer once its signal %s", (_when, before, meanwhile) => {
    const over = new AbortController();
    before(over);
    vi.useFakeTimers();
    try {
      void systemClock.sleep(1_000, over.signal);
      meanwhile(over);
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });
});
