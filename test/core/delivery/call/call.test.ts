import { describe, expect, it } from "vitest";
import type { OutboxEvent } from "../../../../lib/contract/event.ts";
import { admitCall } from "../../../../lib/core/delivery/call/call.ts";
import { MAX_PENDING_DELETES } from "../../../../lib/core/delivery/deletes/places.ts";
import type { Trial } from "../../../../lib/core/delivery/trials.ts";
import { DOWN, REFUSED, UNREACHED } from "../../../world/scripted-target.ts";
import { times } from "../../../world/world.ts";
import { runOf } from "../run-of.ts";

/** A destination to which calls are made one by one. */
function callsOf() {
  const world = runOf();
  const { run, deadlines, clock } = world;
  const trials = run.trials.of("default");
  /** Makes a call once `places` events are admitted, and waits until it is over and what was acknowledged is deleted. */
  const call = (events: readonly OutboxEvent[], places = events.length, trial: Trial = trials.begin()) =>
    clock.run(async () => {
      const admitted = await admitCall("default", places, run, deadlines());
      if (admitted.kind !== "admitted") throw new Error(`The call is not admitted: ${admitted.kind}`);
      const { results, confirmed } = await admitted.make([{ events, trial, attempts: 1 }], false);
      await confirmed;
      await run.pendingDeletes.flush(deadlines().endMs);
      return { isProbe: admitted.isProbe, results };
    });
  /** Whether so many events more may be published at once. */
  const hasPlaces = (count: number): Promise<boolean> =>
    clock.run(() =>
      Promise.race([
        run.pendingDeletes.reserve("default", count, deadlines().publishUntilMs),
        clock.sleep(1).then(() => false),
      ]),
    );
  return { ...world, trials, limiter: run.limiters.of("default"), call, hasPlaces };
}

describe("a call", () => {
  it("gives back the places that its events do not need, and no others", async () => {
    const { call, written, hasPlaces } = callsOf();
    await call([written()], 10);
    expect(await hasPlaces(MAX_PENDING_DELETES)).toBe(true);
    expect(await hasPlaces(1)).toBe(false);
  });

  it("gives back the places of what was refused, and no others", async () => {
    const { call, writtenMany, hasPlaces, target } = callsOf();
    target.script = ({ id }) => (id === "e2" ? REFUSED : undefined);
    await call(writtenMany(3));
    expect(await hasPlaces(MAX_PENDING_DELETES)).toBe(true);
    expect(await hasPlaces(1)).toBe(false);
  });

  it.each([
    ["refused its event", REFUSED],
    ["did not reach its target", UNREACHED],
  ])("that %s casts no doubt that would hold up other calls", async (_what, failure) => {
    const { call, written, trials, target } = callsOf();
    target.script = () => failure;
    await call([written()]);
    expect(await Promise.all(times(9, () => trials.begin().turn()))).toEqual(times(9, () => "go"));
  });

  it("opens a half-open breaker again by its failure, even if an event's neighbours were acknowledged meanwhile", async () => {
    const { call, written, trials, limiter, target, clock } = callsOf();
    const spared = trials.begin();
    spared.doubted();
    trials.passed();
    limiter.coolDown(clock.now() + 1_000);
    clock.skip(1_000);
    target.script = () => DOWN;
    expect(await call([written()], 1, spared)).toMatchObject({ isProbe: true });
    expect(limiter.breaker.kind).toBe("open");
  });

  it("leaves the breaker alone where it failed one event whose neighbours were acknowledged meanwhile", async () => {
    const { call, written, trials, limiter, target } = callsOf();
    const spared = trials.begin();
    spared.doubted();
    trials.passed();
    target.script = () => DOWN;
    await call([written()], 1, spared);
    expect(limiter.breaker).toMatchObject({ kind: "closed", failures: 0 });
    await call([written()]);
    expect(limiter.breaker).toMatchObject({ kind: "closed", failures: 1 });
  });
});
