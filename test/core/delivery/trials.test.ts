import { describe, expect, it } from "vitest";
import { destinationTrials, type Trial } from "../../../lib/core/delivery/trials.ts";

/** Whether a promise has settled once all jobs have run. */
async function cameOf<Value>(promise: Promise<Value>): Promise<Value | "waits"> {
  await new Promise(setImmediate);
  return Promise.race([promise, Promise.resolve("waits" as const)]);
}

const doubtedTrial = (trials: ReturnType<typeof destinationTrials>): Trial => {
  const trial = trials.begin();
  trial.doubted();
  return trial;
};

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
});
