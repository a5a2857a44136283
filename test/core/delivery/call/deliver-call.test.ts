import { describe, expect, it } from "vitest";
import type { OutboxEvent } from "../../../../lib/contract/event.ts";
import type { Failure } from "../../../../lib/contract/failure.ts";
import { DEFAULT_BACKOFF } from "../../../../lib/contract/settings/settings.ts";
import { deliverCall, deliverProbe } from "../../../../lib/core/delivery/call/deliver-call.ts";
import { deliver } from "../../../../lib/core/delivery/deliver.ts";
import { limitersWith } from "../../../../lib/core/delivery/limiter/destination-limiters.ts";
import { requeuerLimiter } from "../../../../lib/core/delivery/limiter/limiter-settings.ts";
import type { Outcome } from "../../../../lib/core/delivery/outcome.ts";
import type { DestinationTrials, Trial } from "../../../../lib/core/delivery/trials.ts";
import { backoffFrom } from "../../../../lib/core/resilience/backoff.ts";
import { DOWN, REFUSED, THROTTLED, TIMED_OUT, UNREACHED } from "../../../world/scripted-target.ts";
import { times, type WorldOptions } from "../../../world/world.ts";
import { runOf } from "../run-of.ts";
import { newTurns } from "../turns.ts";

const ONE_ATTEMPT: WorldOptions = { settings: { backoff: { ...DEFAULT_BACKOFF, attempts: 1 } } };

/**
 * A run that delivers events, and the calls that it makes for them.
 *
 * @param checked whether an acknowledgement waits for a check of its destination.
 */
function deliveryOf(options?: WorldOptions, checked = true) {
  const world = runOf(options);
  const { run, clock, target, deadlines } = world;
  target.checked = checked;
  const trials = run.trials.of("default");
  const delivered = (events: readonly OutboxEvent[]) => clock.run(() => deliver(events, run, deadlines()));
  const idsOfCalls = () => target.calls.map(({ ids }) => ids);
  const sizesOfCalls = () => target.calls.map(({ ids }) => ids.length);
  return { ...world, trials, limiter: run.limiters.of("default"), delivered, idsOfCalls, sizesOfCalls };
}

/** What became of each event, by its id. */
const byId = (outcomes: readonly Outcome[]) =>
  Object.fromEntries(outcomes.map((outcome) => [outcome.event.id, outcome.kind]));

async function probeOf(trials: DestinationTrials, { id }: OutboxEvent): Promise<Trial> {
  const admission = await trials.probe(id);
  if (admission.kind !== "probe") throw new Error(admission.kind);
  return admission.trial;
}

describe("a call that failed, nobody knows by whose fault", () => {
  it("is repeated whole once: most failures are a blip", async () => {
    const { delivered, writtenMany, target, sizesOfCalls, telemetry } = deliveryOf();
    target.wholeScript = () => (target.calls.length === 1 ? DOWN : undefined);
    expect(await delivered(writtenMany(4))).toMatchObject(times(4, () => ({ kind: "acknowledged" })));
    expect(sizesOfCalls()).toEqual([4, 4]);
    expect(telemetry.total("PublishRetries")).toBe(4);
  });

  /** A receiver that one event fails, and the others of its calls with it. */
  function poisoned(options?: WorldOptions, checked?: boolean) {
    const world = deliveryOf(options, checked);
    world.target.wholeScript = (events) => (events.some(({ id }) => id === "e2") ? DOWN : undefined);
    return world;
  }

  it("is then tried event by event, and the one to blame gets all attempts, once its neighbours are acknowledged", async () => {
    const { delivered, writtenMany, sizesOfCalls, telemetry } = poisoned({}, false);
    const outcomes = await delivered(writtenMany(4));
    expect(byId(outcomes)).toEqual({ e1: "acknowledged", e2: "failed", e3: "acknowledged", e4: "acknowledged" });
    expect(outcomes.find(({ kind }) => kind === "failed")).toMatchObject({ failure: { scope: "event" }, attempts: 5 });
    expect(sizesOfCalls()).toEqual([4, 4, 1, 1, 1, 1, 1, 1]);
    // All of them once, each of them once alone, and the one to blame twice more.
    expect(telemetry.total("PublishRetries")).toBe(4 + 4 + 2);
  });

  it("gives the event that failed alone two attempts as long as its neighbours' acknowledgements wait for their check", async () => {
    const { delivered, writtenMany, sizesOfCalls } = poisoned();
    const outcomes = await delivered(writtenMany(4));
    expect(outcomes.find(({ kind }) => kind === "failed")).toMatchObject({ failure: { scope: "event" }, attempts: 4 });
    expect(sizesOfCalls()).toEqual([4, 4, 1, 1, 1, 1, 1]);
  });

  it("costs a target that is down two calls of each of three events, and no event is to blame", async () => {
    const { delivered, writtenMany, target, sizesOfCalls, limiter } = deliveryOf();
    target.script = () => DOWN;
    const outcomes = await delivered(writtenMany(6));
    expect(sizesOfCalls()).toEqual([6, 6, ...times(6, () => 1)]);
    expect(new Set(target.calls.slice(2).flatMap(({ ids }) => ids)).size).toBe(3);
    expect(outcomes).toHaveLength(6);
    expect(outcomes.filter(({ kind }) => kind === "failed")).toMatchObject(
      times(6, () => ({ failure: { scope: "target", code: DOWN.code } })),
    );
    expect(outcomes.some((outcome) => "undecided" in outcome)).toBe(false);
    expect(limiter.breaker.kind).toBe("open");
  });

  it("is tried event by event at once where the settings allow one attempt, so that one event fails no other", async () => {
    const { delivered, writtenMany, sizesOfCalls } = poisoned(ONE_ATTEMPT);
    const outcomes = await delivered(writtenMany(3));
    expect(byId(outcomes)).toEqual({ e1: "acknowledged", e2: "failed", e3: "acknowledged" });
    expect(outcomes.find(({ kind }) => kind === "failed")).toMatchObject({ failure: { scope: "event" }, attempts: 2 });
    expect(sizesOfCalls()).toEqual([3, 1, 1, 1]);
  });

  it("keeps together those of its events whose failure names its cause", async () => {
    const { delivered, writtenMany, target, idsOfCalls } = deliveryOf();
    target.script = ({ id }, call) => {
      if (call > 2) return undefined;
      return id === "e1" || id === "e2" ? UNREACHED : DOWN;
    };
    const outcomes = await delivered(writtenMany(4));
    expect(byId(outcomes)).toEqual(Object.fromEntries(times(4, (index) => [`e${index + 1}`, "acknowledged"])));
    expect(idsOfCalls().slice(2).toSorted()).toEqual([["e1", "e2"], ["e3"], ["e4"]]);
  });
});

describe("an event that failed", () => {
  it("is told of with the time of its first failure, and with its last failure", async () => {
    const { delivered, written, target } = deliveryOf();
    target.script = (_event, call) => (call === 1 ? UNREACHED : THROTTLED);
    const outcomes = await delivered([written()]);
    expect(outcomes).toEqual([
      {
        kind: "failed",
        event: expect.objectContaining({ id: "e1" }),
        failure: THROTTLED,
        attempts: 5,
        firstFailureMs: (target.calls[0]?.atMs ?? 0) + target.latencyMs,
      },
    ]);
  });

  it("counts the calls that were made for it where time runs out before the next", async () => {
    const { run, written, target, clock, deadlines } = deliveryOf();
    target.latencyMs = 1_000;
    target.script = () => UNREACHED;
    const event = written();
    expect(await clock.run(() => deliver([event], run, deadlines(1_001)))).toMatchObject([
      { kind: "failed", failure: UNREACHED, attempts: 1 },
    ]);
    expect(target.calls).toHaveLength(1);
  });

  it("is no failure where no call was made for it in time", async () => {
    const { run, written, target, clock, deadlines } = deliveryOf();
    const event = written();
    expect(await clock.run(() => deliver([event], run, deadlines(0)))).toEqual([{ kind: "deadline-exceeded", event }]);
    expect(target.calls).toEqual([]);
  });

  it("begins anew, with all its attempts, where it was refused together with others", async () => {
    const { delivered, writtenMany, target, sizesOfCalls } = deliveryOf();
    const publish = target.publish.bind(target);
    target.publish = async (destination, events) => {
      const results = await publish(destination, events);
      return events.length > 1 ? events.map(() => ({ kind: "refused-together", failure: REFUSED })) : results;
    };
    target.script = ({ id }) => (id === "e1" ? UNREACHED : undefined);
    expect((await delivered(writtenMany(2))).filter(({ kind }) => kind === "failed")).toMatchObject([
      { event: { id: "e1" }, failure: UNREACHED, attempts: 5 },
    ]);
    expect(sizesOfCalls()).toEqual([2, ...times(6, () => 1)]);
  });
});

describe("a call that finds its breaker half open", () => {
  function halfOpen(options?: WorldOptions) {
    const world = deliveryOf(options);
    world.limiter.coolDown(world.clock.now() + 1_000);
    world.clock.skip(1_000);
    return world;
  }

  it("sends one of its events, and the others once that was acknowledged", async () => {
    const { delivered, writtenMany, idsOfCalls, telemetry } = halfOpen();
    expect(byId(await delivered(writtenMany(3)))).toEqual({
      e1: "acknowledged",
      e2: "acknowledged",
      e3: "acknowledged",
    });
    expect(idsOfCalls()).toEqual([["e1"], ["e2", "e3"]]);
    expect(telemetry.total("PublishRetries")).toBe(0);
  });

  it("turns the others away when that one failed, and only that one is tried again", async () => {
    const { delivered, writtenMany, idsOfCalls, target, telemetry } = halfOpen();
    target.script = () => DOWN;
    expect(await delivered(writtenMany(3))).toMatchObject([
      { kind: "failed", event: { id: "e1" }, attempts: 1 },
      { kind: "breaker-open", event: { id: "e2" } },
      { kind: "breaker-open", event: { id: "e3" } },
    ]);
    expect(idsOfCalls()).toEqual([["e1"]]);
    expect(telemetry.total("PublishRetries")).toBe(1);
  });

  it("judges the event that failed alone, where it has no other attempt", async () => {
    const { delivered, writtenMany, target } = halfOpen(ONE_ATTEMPT);
    target.script = () => DOWN;
    const outcomes = await delivered(writtenMany(2));
    expect(byId(outcomes)).toEqual({ e1: "failed", e2: "breaker-open" });
    expect(outcomes.find(({ kind }) => kind === "failed")).toMatchObject({ undecided: true, attempts: 1 });
  });
});

describe("acknowledged events", () => {
  it("have failed where no check confirms that their destination still exists", async () => {
    const { delivered, written, target } = deliveryOf();
    target.answer = () => (target.checks.length === 1 ? "exists" : "missing");
    const event = written();
    expect(await delivered([event])).toMatchObject([
      { kind: "failed", event, failure: { code: "DestinationMissing" }, attempts: 1 },
    ]);
  });

  /** Calls that end one after the other, and how many checks confirm them. */
  async function checksOf(change: (run: ReturnType<typeof deliveryOf>["run"]) => ReturnType<typeof deliveryOf>["run"]) {
    const { run, writtenMany, target, clock, deadlines } = deliveryOf();
    target.latencyOf = () => 20 * (target.calls.length + 1);
    Object.assign(target.limits, { maxEntries: 2 });
    const changed = change(run);
    const outcomes = await clock.run(() => deliver(writtenMany(6), changed, deadlines()));
    expect(outcomes.map(({ kind }) => kind)).toEqual(times(6, () => "acknowledged"));
    expect(target.calls).toHaveLength(3);
    return target.checks.length;
  }

  it("of several calls of the relay are confirmed by one check, which follows the one before the first call", async () => {
    expect(await checksOf((run) => run)).toBe(2);
  });

  it("of each call of the requeuer are confirmed at once, by a check of their own", async () => {
    expect(
      await checksOf((run) => ({
        ...run,
        limiters: limitersWith(requeuerLimiter(4), run.clock, run.existences),
      })),
    ).toBe(4);
  });
});

describe("a call that is due later", () => {
  function dueCall() {
    const { run, trials, written, target, clock, deadlines } = deliveryOf();
    const startMs = clock.now();
    const call = () =>
      clock.run(() =>
        deliverCall(
          {
            destination: "default",
            pending: [{ event: written() }],
            trial: trials.begin(),
            backoff: backoffFrom(run.backoff),
            startedMs: startMs,
            dueMs: startMs + 10_000,
          },
          run,
          deadlines(),
        ),
      );
    return { call, trials, target, startMs, clock };
  }

  it("is made then", async () => {
    const { call, target, startMs } = dueCall();
    expect(await call()).toMatchObject([{ kind: "acknowledged" }]);
    expect(target.calls).toMatchObject([{ atMs: startMs + 10_000 }]);
  });

  it("is not made, nor waited for, when the target is known to be to blame", async () => {
    const { call, trials, target, startMs, clock } = dueCall();
    await Promise.all(times(3, (index) => trials.begin().failedAlone(`other-${index}`)));
    expect(await call()).toMatchObject([{ kind: "breaker-open" }]);
    expect(target.calls).toEqual([]);
    expect(clock.now()).toBe(startMs);
  });
});

describe("a probe", () => {
  function probing() {
    const { run, trials, written, deadlines, clock, ...world } = deliveryOf();
    const probe = (event = written()) =>
      clock.run(async () => deliverProbe("default", event, await probeOf(trials, event), run, deadlines()));
    return { ...world, run, trials, written, clock, probe };
  }

  it("of an event that no call can hold makes no call, and leaves its destination as it was", async () => {
    const { probe, written, trials, target, telemetry } = probing();
    const event = written({ data: "x".repeat(200_000) });
    expect(await probe(event)).toMatchObject([
      { kind: "failed", event, failure: { code: "EventTooLarge", scope: "event" }, attempts: 0 },
    ]);
    expect(target.calls).toEqual([]);
    expect(telemetry.total("PublishFailures", "permanent", "event")).toBe(1);
    expect(trials.standing).toBe("unknown");
    // Nobody is left whose call could tell, so no verdict waits for the probe.
    expect(await trials.begin().failedAlone("other")).toBe("undecided");
  });

  it("has one attempt", async () => {
    const { probe, target } = probing();
    target.script = () => TIMED_OUT;
    expect(await probe()).toMatchObject([{ kind: "failed", attempts: 1, undecided: true }]);
    expect(target.calls).toHaveLength(1);
  });

  const ENDS = [
    ["was throttled in all its attempts", THROTTLED, "unavailable"],
    ["did not reach its target", UNREACHED, "unavailable"],
    ["was asked for a rest", { ...DOWN, retryAfterMs: 1_000 }, "unavailable"],
    ["was refused for its event", REFUSED, "unknown"],
    ["failed, nobody knows by whose fault", DOWN, "unknown"],
    ["met a full route", { ...THROTTLED, route: "full" } satisfies Failure, "unknown"],
  ] as const;
  for (const [what, failure, standing] of ENDS) {
    it(`that ${what} leaves its destination ${standing} for the rest of the run`, async () => {
      const { probe, trials, target } = probing();
      target.script = () => failure;
      expect(await probe()).toMatchObject([{ kind: "failed" }]);
      expect(trials.standing).toBe(standing);
    });
  }

  it("that finds its breaker open leaves its destination alone for the rest of the run", async () => {
    const { probe, trials, limiter, clock } = probing();
    limiter.coolDown(clock.now() + 60_000);
    expect(await probe()).toMatchObject([{ kind: "breaker-open" }]);
    expect(trials.standing).toBe("unavailable");
  });

  it("that did not reach its target casts no doubt on any event", async () => {
    const { probe, trials, target } = probing();
    target.script = () => UNREACHED;
    await probe();
    expect(await newTurns(trials)).toEqual(times(5, () => "go"));
  });

  it("that was acknowledged makes its destination available", async () => {
    const { probe, trials } = probing();
    expect(await probe()).toMatchObject([{ kind: "acknowledged" }]);
    expect(trials.standing).toBe("available");
  });
});
