import { describe, expect, it } from "vitest";
import { GATHER_MS } from "../../../lib/core/delivery/existence/existence-check.ts";
import { type Asked, sharedCalls } from "../../../lib/core/ordered/shared-calls.ts";
import { eventOf } from "../../engine/event-of.ts";
import { REFUSED } from "../../world/scripted-target.ts";
import { times } from "../../world/world.ts";
import { runIn } from "../delivery/run-of.ts";
import { orderedWorld } from "./ordered-world.ts";

/** The line of one destination whose calls go one after the other, each of at most a hundred bytes. */
function lineOf(maxEntries = 4) {
  const world = orderedWorld("per-key", { concurrency: 1 });
  const { clock, target, writeEvents } = world;
  target.limits = { maxEntries, maxBytes: 100 };
  target.bytesOf = () => 10;
  const run = runIn(world);
  const publishUntilMs = clock.now() + 60_000;
  const calls = sharedCalls(run, { publishUntilMs, endMs: publishUntilMs });
  /** Asks for the next events of a key. */
  const attempt = (key: string, events: number, change: Partial<Asked> = {}) => {
    return calls.attempt({
      events: writeEvents(key, events).map(({ row }) => eventOf(row)),
      remaining: events,
      alone: false,
      trial: run.trials.of("default").begin(),
      attempts: 1,
      ...change,
    });
  };
  const idsOfCalls = () => target.calls.map(({ ids }) => ids);
  const { telemetry, limiters } = run;
  return { clock, target, attempt, idsOfCalls, telemetry, limiters };
}

describe("calls that keys share", () => {
  it("hold as many entries as fit, and no batch is taken apart", async () => {
    const { clock, attempt, idsOfCalls } = lineOf();
    await clock.run(() => Promise.all([attempt("a", 3), attempt("b", 2), attempt("c", 1)]));
    // The first call takes whoever has come by then.
    expect(idsOfCalls()).toEqual([
      ["a/1", "a/2", "a/3", "c/1"],
      ["b/1", "b/2"],
    ]);
  });

  it("hold as many bytes as fit, to the last one", async () => {
    const { clock, attempt, idsOfCalls, target } = lineOf();
    target.bytesOf = () => 50;
    await clock.run(() => Promise.all([attempt("a", 1), attempt("b", 1), attempt("c", 1)]));
    expect(idsOfCalls()).toEqual([["a/1", "b/1"], ["c/1"]]);
    target.bytesOf = () => 51;
    await clock.run(() => Promise.all([attempt("d", 1), attempt("e", 1)]));
    expect(idsOfCalls().slice(2)).toEqual([["d/1"], ["e/1"]]);
  });

  it("take a smaller batch from behind one that does not fit", async () => {
    const { clock, attempt, idsOfCalls, target } = lineOf();
    target.bytesOf = ({ pk }) => (pk === "large" ? 60 : 40);
    await clock.run(() =>
      Promise.all([attempt("a", 1, { remaining: 9 }), attempt("b", 1, { remaining: 8 }), attempt("large", 1)]),
    );
    expect(idsOfCalls()).toEqual([["a/1", "b/1"], ["large/1"]]);
  });

  it("take first whoever has most events left", async () => {
    const { clock, attempt, idsOfCalls } = lineOf(1);
    const left = [2, 9, 4, 7];
    await clock.run(() => Promise.all(left.map((remaining) => attempt(`k${remaining}`, 1, { remaining }))));
    expect(idsOfCalls()).toEqual([["k9/1"], ["k7/1"], ["k4/1"], ["k2/1"]]);
  });

  it("leave a batch alone that asks for it, in front or behind", async () => {
    const { clock, attempt, idsOfCalls } = lineOf();
    await clock.run(() =>
      Promise.all([attempt("first", 1, { alone: true, remaining: 9 }), attempt("a", 1), attempt("b", 1)]),
    );
    expect(idsOfCalls()).toEqual([["first/1"], ["a/1", "b/1"]]);
    await clock.run(() =>
      Promise.all([
        attempt("c", 1, { remaining: 9 }),
        attempt("last", 1, { alone: true }),
        attempt("d", 1, { remaining: 8 }),
      ]),
    );
    expect(idsOfCalls().slice(2)).toEqual([["c/1", "d/1"], ["last/1"]]);
  });

  it("tell each key what became of its own events, and whether others were in the call", async () => {
    const { clock, attempt, target } = lineOf();
    Object.assign(target, { atomicBatches: true });
    target.script = ({ id }) => (id === "a/3" ? REFUSED : undefined);
    const made = { kind: "made" } as const;
    expect(await clock.run(() => Promise.all([attempt("a", 3), attempt("b", 1)]))).toEqual([
      { ...made, delivered: 2, failure: REFUSED, inCompany: true },
      { ...made, delivered: 1, inCompany: true },
    ]);
    expect(await clock.run(() => attempt("c", 1))).toEqual({ ...made, delivered: 1, inCompany: false });
  });

  it("make no call for no events", async () => {
    const { clock, attempt, idsOfCalls } = lineOf();
    expect(await clock.run(() => attempt("a", 0))).toEqual({ kind: "made", delivered: 0, inCompany: false });
    expect(idsOfCalls()).toEqual([]);
  });

  it("send one event of a batch where the call is a breaker's probe", async () => {
    const { clock, attempt, idsOfCalls, limiters } = lineOf();
    limiters.of("default").coolDown(clock.now() + 1_000);
    clock.skip(1_000);
    const [probed] = await clock.run(() => Promise.all([attempt("a", 2, { remaining: 9 }), attempt("b", 1)]));
    expect(idsOfCalls()[0]).toEqual(["a/1"]);
    expect(probed).toEqual({ kind: "made", delivered: 1, inCompany: false });
  });

  it("are confirmed at once, for the next event of each key waits: not for other calls that are under way", async () => {
    const { clock, attempt, target, limiters } = lineOf();
    target.checked = true;
    limiters.of("default").existence.work();
    const beganMs = clock.now();
    expect(await clock.run(() => attempt("a", 1))).toMatchObject({ kind: "made", delivered: 1 });
    expect(clock.now() - beganMs).toBeLessThan(GATHER_MS / 2);
  });

  it("count every event that a destination turns away which is not known to exist", async () => {
    const { clock, attempt, target, telemetry } = lineOf();
    target.checked = true;
    target.answer = () => "missing";
    const attempts = await clock.run(() => Promise.all(times(3, (key) => attempt(`k${key}`, 2))));
    expect(attempts.map(({ kind }) => kind)).toEqual(times(3, () => "breaker-open"));
    expect(telemetry.total("FailuresByCode", "DestinationMissing")).toBe(6);
  });
});
