import { describe, expect, it } from "vitest";
import { MAX_PENDING_DELETES } from "../../../../lib/core/delivery/deletes/places.ts";
import { enterLimiter } from "../../../../lib/core/delivery/limiter/enter-limiter.ts";
import { relayLimiter } from "../../../../lib/core/delivery/limiter/limiter-settings.ts";
import { hasAllPlaces } from "../../../world/places.ts";
import { type WorldOptions, worldOf } from "../../../world/world.ts";

const FAR_MS = 600_000;
const DESTINATION = "default";
const { openMs } = relayLimiter(1).breaker;

/** The way in to the destination of a process, whose checks take this long. */
function entranceOf(checkMs = 1, options: WorldOptions = {}) {
  const world = worldOf(options);
  const { clock, target } = world;
  target.checkMs = checkMs;
  const process = world.relayProcess();
  const { pendingDeletes } = process;
  const limiter = process.limiters.of(DESTINATION);
  /** Asks for a call of this many events, with this much time. */
  const enter = (places = 1, withinMs = FAR_MS, destination = DESTINATION) =>
    enterLimiter(destination, places, process, clock.now() + withinMs);
  const giveBack = (places: number) => pendingDeletes.release(DESTINATION, places);
  const areAllFree = () => hasAllPlaces(pendingDeletes, clock);
  /** After the destination was found. */
  const run = <Result>(work: () => Promise<Result>): Promise<Result> =>
    clock.run(async () => {
      await limiter.existence.untilPublishable(clock.now() + FAR_MS);
      return work();
    });
  return { clock, target, limiter, enter, giveBack, areAllFree, run };
}

describe("a call that may be made", () => {
  it("has its places from then on", async () => {
    const { run, enter, giveBack, areAllFree } = entranceOf();
    await run(async () => {
      expect(await enter(10)).toEqual({ kind: "admitted", isProbe: false });
      giveBack(9);
      expect(await areAllFree()).toBe(false);
      giveBack(1);
      expect(await areAllFree()).toBe(true);
    });
  });

  it("is told that it is the probe of a breaker whose time is over", async () => {
    const { run, enter, limiter, clock } = entranceOf();
    await run(async () => {
      limiter.trip();
      await clock.sleep(openMs);
      expect(await enter()).toEqual({ kind: "admitted", isProbe: true });
    });
  });

  it("waits for the check that finds its destination, and takes no place meanwhile", async () => {
    const { enter, areAllFree, clock } = entranceOf(1_000);
    await clock.run(async () => {
      const entry = enter();
      await clock.sleep(500);
      expect(await areAllFree()).toBe(true);
      expect(await entry).toEqual({ kind: "admitted", isProbe: false });
    });
  });

  it("waits for a place among the pending deletes", async () => {
    const { run, enter, clock, giveBack } = entranceOf();
    await run(async () => {
      await enter(MAX_PENDING_DELETES);
      const entry = enter();
      await clock.sleep(500);
      giveBack(1);
      expect(await entry).toEqual({ kind: "admitted", isProbe: false });
    });
  });
});

describe("a call that may not be made", () => {
  it("leaves no place taken when the breaker is open", async () => {
    const { run, enter, areAllFree, limiter } = entranceOf();
    await run(async () => {
      limiter.trip();
      expect(await enter(10)).toEqual({ kind: "breaker-open" });
      expect(await areAllFree()).toBe(true);
    });
  });

  it("is told why where its destination is missing, and takes no place", async () => {
    const { clock, target, enter, areAllFree } = entranceOf();
    target.answer = () => "missing";
    await clock.run(async () => {
      expect(await enter(10)).toMatchObject({ kind: "breaker-open", failure: { code: "DestinationMissing" } });
      expect(await areAllFree()).toBe(true);
    });
  });

  it("is told the permission that its destination's checks lack", async () => {
    const { clock, target, enter } = entranceOf();
    target.answer = () => "denied";
    await clock.run(async () => {
      expect(await enter()).toMatchObject({ kind: "breaker-open", failure: { code: "DestinationUnverified" } });
      await clock.sleep(60_000);
      expect(await enter()).toMatchObject({ failure: { message: expect.stringContaining("test:Describe") } });
    });
  });

  it("has exceeded its deadline, and blames nobody, where no check told in time", async () => {
    const { clock, enter } = entranceOf(FAR_MS);
    const startMs = clock.now();
    expect(await clock.run(() => enter(1, 500, "other"))).toEqual({ kind: "deadline-exceeded" });
    expect(clock.now() - startMs).toBe(500);
  });

  it("has exceeded its deadline where all places were taken until then", async () => {
    const { run, enter, areAllFree, clock, giveBack } = entranceOf();
    await run(async () => {
      await enter(MAX_PENDING_DELETES);
      const late = enter(1, 500);
      await clock.sleep(500);
      giveBack(MAX_PENDING_DELETES);
      expect(await late).toEqual({ kind: "deadline-exceeded" });
      expect(await areAllFree()).toBe(true);
    });
  });

  it("has exceeded its deadline, and no place, where as many calls were out until then as may be", async () => {
    const { run, enter, areAllFree, clock, giveBack, limiter } = entranceOf(1, { concurrency: 1 });
    await run(async () => {
      await enter();
      const late = enter(10, 500);
      await clock.sleep(500);
      limiter.leave("answered", clock.now());
      expect(await late).toEqual({ kind: "deadline-exceeded" });
      giveBack(1);
      expect(await areAllFree()).toBe(true);
    });
  });

  it("is turned away, and gives its places back, where its destination goes missing while it waits for others", async () => {
    const { run, enter, areAllFree, clock, giveBack, limiter, target } = entranceOf(1, { concurrency: 1 });
    await run(async () => {
      await enter();
      const waiting = enter(10);
      target.answer = () => "missing";
      expect(await limiter.existence.confirm(1, clock.now() + FAR_MS, 1)).toBe("missing");
      limiter.leave("answered", clock.now());
      expect(await waiting).toMatchObject({ kind: "breaker-open", failure: { code: "DestinationMissing" } });
      giveBack(1);
      expect(await areAllFree()).toBe(true);
    });
  });
});
