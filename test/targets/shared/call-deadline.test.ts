import { describe, expect, it, vi } from "vitest";
import { TARGET_TIMEOUTS } from "../../../lib/aws/aws-clients.ts";
import { callDeadline, callOptions, within } from "../../../lib/targets/shared/run/call-deadline.ts";
import { VirtualClock } from "../../world/virtual-clock.ts";

/** How long a call may go on that must end this many milliseconds from now. */
function msLeft(untilInMs: number): number | undefined {
  const clock = new VirtualClock(1_000_000);
  const timeout = vi.spyOn(AbortSignal, "timeout");
  callDeadline(clock.now() + untilInMs, clock);
  return timeout.mock.calls[0]?.[0];
}

describe("callDeadline", () => {
  it("gives a call the target's own timeout while there is more time", () => {
    expect(msLeft(60_000)).toBe(TARGET_TIMEOUTS.requestMs);
    expect(msLeft(Number.POSITIVE_INFINITY)).toBe(TARGET_TIMEOUTS.requestMs);
  });

  it("gives it what is left where that is less", () => {
    expect(msLeft(1_200)).toBe(1_200);
  });

  it("ends it at once when nothing is left", () => {
    expect(msLeft(0)).toBe(1);
    expect(msLeft(-5_000)).toBe(1);
  });

  it("aborts by a signal", async () => {
    const signal = callDeadline(0, new VirtualClock(1_000_000));
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
    expect(signal.aborted).toBe(true);
  });
});

describe("callOptions", () => {
  const clock = new VirtualClock(1_000_000);
  const { requestMs } = TARGET_TIMEOUTS;

  it("leaves a call to the client's own timeouts while all of them fit before the deadline", () => {
    expect(callOptions(clock.now() + 3 * requestMs, clock)).toBeUndefined();
    expect(callOptions(Number.POSITIVE_INFINITY, clock)).toBeUndefined();
    expect(callOptions(clock.now() + 60_000, clock, 30_000)?.abortSignal).toBeInstanceOf(AbortSignal);
  });

  it("ends it by a signal where they might not", () => {
    const timeout = vi.spyOn(AbortSignal, "timeout");
    expect(callOptions(clock.now() + 3 * requestMs - 1, clock)?.abortSignal).toBeInstanceOf(AbortSignal);
    callOptions(clock.now() + 1_200, clock);
    expect(timeout.mock.calls).toEqual([[requestMs], [1_200]]);
  });
});

describe("within", () => {
  const never = new Promise<never>(() => undefined);

  it("gives what comes in time", async () => {
    const { signal } = new AbortController();
    expect(await within(signal, Promise.resolve(7))).toBe(7);
    await expect(within(signal, Promise.reject(new Error("broken")))).rejects.toThrow("broken");
  });

  it("rejects with the signal's reason when time is up, and before it begins", async () => {
    const controller = new AbortController();
    const waiting = within(controller.signal, never);
    controller.abort(new Error("time is up"));
    await expect(waiting).rejects.toThrow("time is up");
    await expect(within(controller.signal, never)).rejects.toThrow("time is up");
  });
});
