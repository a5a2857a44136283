import { describe, expect, it } from "vitest";
import { pausesOn } from "../../../lib/core/archive/pauses.ts";
import { countedClock } from "../../world/counted-clock.ts";
import { VirtualClock } from "../../world/virtual-clock.ts";

function pauseWorld() {
  const clock = new VirtualClock(0);
  const counted = countedClock(clock);
  return { clock, counted, pauses: pausesOn(counted) };
}

describe("a pause", () => {
  it("ends at its time, and leaves no timer", async () => {
    const { clock, counted, pauses } = pauseWorld();
    await clock.run(() => pauses.until(300));
    expect([clock.now(), counted.timers]).toEqual([300, 0]);
  });

  it("ends with all others when they are ended, and leaves no timer", async () => {
    const { clock, counted, pauses } = pauseWorld();
    await clock.run(async () => {
      const all = [pauses.until(300), pauses.until(500)];
      expect(counted.timers).toBe(2);
      await clock.sleep(100);
      pauses.end();
      await Promise.all(all);
    });
    expect([clock.now(), counted.timers]).toEqual([100, 0]);
  });

  it("whose time is past ends at once", async () => {
    const { clock, pauses } = pauseWorld();
    clock.skip(1_000);
    await clock.run(() => pauses.until(300));
    expect(clock.now()).toBe(1_000);
  });

  it("without an end has no timer: no clock can sleep for so long", async () => {
    const { clock, counted, pauses } = pauseWorld();
    await clock.run(async () => {
      const endless = pauses.until(Number.POSITIVE_INFINITY);
      expect(counted.timers).toBe(0);
      pauses.end();
      await endless;
    });
  });
});
