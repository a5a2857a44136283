import { describe, expect, it } from "vitest";
import {
  type Admission,
  type DestinationTrials,
  destinationTrials,
  type Trial,
  trials as trialsOfRun,
} from "../../../lib/core/delivery/trials.ts";
import { THROTTLED } from "../../world/scripted-target.ts";
import { times } from "../../world/world.ts";
import { cameOf, newTurns } from "./turns.ts";

const doubtedTrial = (trials: DestinationTrials): Trial => {
  const trial = trials.begin();
  trial.doubted();
  return trial;
};

async function admitted(admission: Promise<Admission>): Promise<Trial> {
  const came = await cameOf(admission);
  if (came === "waits" || came.kind !== "probe") throw new Error("This event is not the probe");
  return came.trial;
}

describe("trials of a destination", () => {
  it("let everything go while nothing has failed", async () => {
    const trials = destinationTrials();
    const turns = Array.from({ length: 50 }, () => trials.begin().turn());
    expect(await Promise.all(turns)).toEqual(turns.map(() => "go"));
  });

  it("let three go at once when a call has failed, and all once one was acknowledged", async () => {
    const trials = destinationTrials();
    const turns = Array.from({ length: 5 }, () => doubtedTrial(trials).turn());
    expect(await Promise.all(turns.map(cameOf))).toEqual(["go", "go", "go", "waits", "waits"]);
    trials.passed();
    expect(await Promise.all(turns)).toEqual(turns.map(() => "go"));
  });

  it("let an event that goes alone go before calls that wait", async () => {
    const trials = destinationTrials();
    const [first, ...others] = Array.from({ length: 4 }, () => doubtedTrial(trials));
    const turns = [first, ...others].map((trial) => trial?.turn() ?? Promise.resolve("none"));
    const alone = first?.alone().turn() ?? Promise.resolve("none");
    first?.end();
    expect(await cameOf(alone)).toBe("go");
    expect(await cameOf(turns[3] as Promise<string>)).toBe("waits");
  });

  it("end what waits, and what comes, once a third different event has failed alone", async () => {
    const trials = destinationTrials();
    const failing = Array.from({ length: 3 }, () => doubtedTrial(trials));
    await Promise.all(failing.map((trial) => trial.turn()));
    const waiting = doubtedTrial(trials).turn();
    const blames = failing.map((trial, index) => trial.failedAlone(`e${index}`));
    expect(await Promise.all(blames)).toEqual(["target", "target", "target"]);
    expect(await waiting).toBe("target");
    expect(await trials.begin().turn()).toBe("target");
    expect(trials.standing).toBe("unavailable");
  });

  it("judge nobody while another trial is open, and then decide nothing", async () => {
    const trials = destinationTrials();
    const open = trials.begin();
    const blame = doubtedTrial(trials).failedAlone("e1");
    expect(await cameOf(blame)).toBe("waits");
    open.end();
    expect(await blame).toBe("undecided");
  });

  it("blame an event when a neighbour is acknowledged while it waits for the verdict", async () => {
    const trials = destinationTrials();
    const open = trials.begin();
    const blame = doubtedTrial(trials).failedAlone("e1");
    trials.passed();
    open.end();
    expect(await blame).toBe("event");
  });

  it("keep the limit of three from an event whose neighbour was acknowledged since it failed", async () => {
    const trials = destinationTrials();
    const spared = doubtedTrial(trials);
    trials.passed();
    await Promise.all(Array.from({ length: 3 }, () => doubtedTrial(trials).turn()));
    expect(spared.isSpared).toBe(true);
    expect(await cameOf(spared.turn())).toBe("go");
  });

  it("probe with one event, and after its failure with two others", async () => {
    const trials = destinationTrials();
    const first = await trials.probe("a");
    const [second, third, fourth] = ["b", "c", "d"].map((id) => trials.probe(id)) as [
      ReturnType<typeof trials.probe>,
      ReturnType<typeof trials.probe>,
      ReturnType<typeof trials.probe>,
    ];
    expect(await cameOf(second)).toBe("waits");
    if (first.kind !== "probe") throw new Error(first.kind);
    first.trial.doubted();
    const blame = first.trial.failedAlone("a");
    expect(await cameOf(second)).toMatchObject({ kind: "probe" });
    expect(await cameOf(third)).toMatchObject({ kind: "probe" });
    expect(await cameOf(fourth)).toBe("waits");
    trials.passed();
    expect(await blame).toBe("event");
    expect(await fourth).toEqual({ kind: "available" });
  });

  it("have no second probe with an event that nobody could judge", async () => {
    const trials = destinationTrials();
    const probe = await trials.probe("a");
    if (probe.kind !== "probe") throw new Error(probe.kind);
    expect(await probe.trial.failedAlone("a")).toBe("undecided");
    expect(await trials.probe("a")).toEqual({ kind: "tried" });
    expect(await trials.probe("b")).toMatchObject({ kind: "probe" });
  });

  it("tell who waits to probe that the target takes none", async () => {
    const trials = destinationTrials();
    await trials.probe("a");
    const waiting = trials.probe("b");
    trials.fail();
    expect(await waiting).toEqual({ kind: "unavailable" });
    expect(trials.standing).toBe("unavailable");
  });

  it("let calls that failed go before new ones, and those in the order in which they came", async () => {
    const trials = destinationTrials();
    const holding = times(3, () => doubtedTrial(trials));
    await Promise.all(holding.map((trial) => trial.turn()));
    const went: string[] = [];
    const waiting = (name: string, trial: Trial) => trial.turn().then(() => went.push(name));
    const [first] = holding;
    void waiting("new", trials.begin());
    void waiting("newer", trials.begin());
    void waiting("failed", doubtedTrial(trials));
    if (first !== undefined) void waiting("alone", first.alone());
    for (const trial of holding) {
      await cameOf(Promise.resolve());
      trial.end();
    }
    await cameOf(Promise.resolve());
    expect(went).toEqual(["alone", "failed", "new"]);
  });

  it("let new calls go, too, that wait while one is acknowledged, and any number after it", async () => {
    const trials = destinationTrials();
    await Promise.all(times(3, () => doubtedTrial(trials).turn()));
    const waiting = times(5, () => trials.begin().turn());
    expect(await Promise.all(waiting.map(cameOf))).toEqual(times(5, () => "waits"));
    trials.passed();
    expect(await Promise.all(waiting)).toEqual(times(5, () => "go"));
    expect(await newTurns(trials)).toEqual(times(5, () => "go"));
  });

  it("count no turn from before an acknowledgement against those who go when a call has failed again", async () => {
    const trials = destinationTrials();
    const before = times(3, () => doubtedTrial(trials));
    await Promise.all(before.map((trial) => trial.turn()));
    const waited = times(2, () => trials.begin());
    const turns = waited.map((trial) => trial.turn());
    trials.passed();
    await Promise.all(turns);
    for (const trial of [...before, ...waited]) trial.end();
    doubtedTrial(trials);
    expect(await newTurns(trials)).toEqual(["go", "go", "go", "waits", "waits"]);
  });

  it("turn away whoever may go otherwise, once the target is to blame: one with a turn, one that is spared, a probe", async () => {
    const trials = destinationTrials();
    const probe = await admitted(trials.probe("a"));
    const spared = doubtedTrial(trials);
    trials.passed();
    const holding = doubtedTrial(trials);
    expect(await holding.turn()).toBe("go");
    await Promise.all(times(3, (index) => doubtedTrial(trials).failedAlone(`e${index}`)));
    const turns = [holding, spared, probe].map((trial) => cameOf(trial.turn()));
    expect(await Promise.all(turns)).toEqual(["target", "target", "target"]);
  });

  it("give a call that was turned away no turn to give back", async () => {
    const trials = destinationTrials();
    const failing = times(3, () => doubtedTrial(trials));
    await Promise.all(failing.map((trial) => trial.turn()));
    const waiting = trials.begin();
    const turn = waiting.turn();
    await Promise.all(failing.map((trial, index) => trial.failedAlone(`e${index}`)));
    expect(await turn).toBe("target");
    waiting.end();
    // A call that was out already is acknowledged after all, and another one fails.
    trials.passed();
    doubtedTrial(trials);
    expect(await newTurns(trials)).toEqual(["go", "go", "go", "waits", "waits"]);
  });

  it("count none of those who went, or were turned away, without a turn of the few, while they are still out", async () => {
    const gone = destinationTrials();
    const before = times(3, () => doubtedTrial(gone));
    await Promise.all(before.map((trial) => trial.turn()));
    const waited = times(3, () => gone.begin().turn());
    gone.passed();
    expect(await Promise.all(waited)).toEqual(["go", "go", "go"]);
    for (const trial of before) trial.end();
    doubtedTrial(gone);
    expect(await newTurns(gone)).toEqual(["go", "go", "go", "waits", "waits"]);

    const turnedAway = destinationTrials();
    const failing = times(3, () => doubtedTrial(turnedAway));
    await Promise.all(failing.map((trial) => trial.turn()));
    const waiting = times(3, () => turnedAway.begin().turn());
    await Promise.all(failing.map((trial, index) => trial.failedAlone(`e${index}`)));
    expect(await Promise.all(waiting)).toEqual(["target", "target", "target"]);
    turnedAway.passed();
    doubtedTrial(turnedAway);
    expect(await newTurns(turnedAway)).toEqual(["go", "go", "go", "waits", "waits"]);
  });

  it("let a call that has its turn go on with its attempts", async () => {
    const trials = destinationTrials();
    const three = times(3, () => doubtedTrial(trials));
    await Promise.all(three.map((trial) => trial.turn()));
    expect(await Promise.all(three.map((trial) => cameOf(trial.turn())))).toEqual(["go", "go", "go"]);
    three[0]?.end();
    expect(await newTurns(trials, 2)).toEqual(["go", "waits"]);
  });

  it("let fewer go at once the more events have failed alone", async () => {
    const trials = destinationTrials();
    void doubtedTrial(trials).failedAlone("e1");
    expect(await newTurns(trials)).toEqual(["go", "go", "waits", "waits", "waits"]);
  });

  it("let a probe go at once, however many calls are out", async () => {
    const trials = destinationTrials();
    const probe = await admitted(trials.probe("a"));
    await Promise.all(times(3, () => doubtedTrial(trials).turn()));
    expect(await cameOf(probe.turn())).toBe("go");
  });

  it("spare an event by an acknowledgement since its first failure, however often it has failed since", async () => {
    const trials = destinationTrials();
    const call = doubtedTrial(trials);
    expect(call.isSpared).toBe(false);
    trials.passed();
    call.doubted();
    expect(call.isSpared).toBe(true);
    expect(call.alone().isSpared).toBe(true);
    expect(doubtedTrial(trials).isSpared).toBe(false);
  });

  it("doubt nobody because of an event whose neighbours were acknowledged since it failed", async () => {
    const trials = destinationTrials();
    trials.passed();
    const spared = times(3, () => doubtedTrial(trials));
    trials.passed();
    const blames = spared.map((trial, index) => trial.failedAlone(`e${index}`));
    expect(await Promise.all(blames)).toEqual(["event", "event", "event"]);
    expect(await newTurns(trials)).toEqual(times(5, () => "go"));
    expect(trials.standing).toBe("available");
  });

  it("count a trial that ends twice as one, so that a verdict still waits for those that are open", async () => {
    const trials = destinationTrials();
    const open = trials.begin();
    const failing = doubtedTrial(trials);
    const blame = failing.failedAlone("e1");
    failing.end();
    expect(await cameOf(blame)).toBe("waits");
    open.end();
    expect(await blame).toBe("undecided");
  });

  it("tell each event its verdict once it is known, and keep the others waiting for theirs", async () => {
    const trials = destinationTrials();
    const open = trials.begin();
    const before = doubtedTrial(trials).failedAlone("e1");
    trials.passed();
    const after = doubtedTrial(trials).failedAlone("e2");
    expect(await cameOf(before)).toBe("event");
    expect(await cameOf(after)).toBe("waits");
    open.end();
    expect(await after).toBe("event");
  });

  it("know nothing of a destination at first, and then that it is available", () => {
    const trials = destinationTrials();
    expect(trials.standing).toBe("unknown");
    trials.passed();
    expect(trials.standing).toBe("available");
    trials.fail();
    expect(trials.standing).toBe("unavailable");
  });

  it("tell who comes to probe later what is known by then", async () => {
    const failed = destinationTrials();
    failed.fail();
    expect(await failed.probe("a")).toEqual({ kind: "unavailable" });
    const available = destinationTrials();
    available.passed();
    expect(await available.probe("a")).toEqual({ kind: "available" });
    const blamed = destinationTrials();
    await Promise.all(times(3, (index) => blamed.begin().failedAlone(`e${index}`)));
    expect(await blamed.probe("a")).toEqual({ kind: "unavailable" });
  });

  it("judge nobody while an event waits for its turn to probe, for it may still tell", async () => {
    const trials = destinationTrials();
    const probe = await admitted(trials.probe("a"));
    const waiting = trials.probe("b");
    probe.doubted();
    const blame = probe.failedAlone("a");
    const second = await admitted(waiting);
    expect(await cameOf(blame)).toBe("waits");
    second.end();
    expect(await blame).toBe("undecided");
  });

  it("let the next event probe when a probe ended without any evidence", async () => {
    const trials = destinationTrials();
    const probe = await admitted(trials.probe("a"));
    const waiting = trials.probe("b");
    expect(await cameOf(waiting)).toBe("waits");
    probe.end();
    expect((await admitted(waiting)).isProbe).toBe(true);
  });

  it("close a route to the events that go by it, and to no others", () => {
    const trials = destinationTrials();
    const failure = { ...THROTTLED, route: "full" };
    trials.closeRoute("full", failure);
    expect(trials.closedRoute(() => "full")).toBe(failure);
    expect(trials.closedRoute(() => "open")).toBeUndefined();
    expect(trials.closedRoute(() => undefined)).toBeUndefined();
  });

  it("ask no event for its route while all are open", () => {
    const closed = destinationTrials().closedRoute(() => {
      throw new Error("This event is asked for its route");
    });
    expect(closed).toBeUndefined();
  });
});

describe("the trials of a run", () => {
  it("are each destination's own, for as long as the run lasts", () => {
    const run = trialsOfRun();
    run.of("down").fail();
    expect(run.of("down").standing).toBe("unavailable");
    expect(run.of("other").standing).toBe("unknown");
  });
});
