import { describe, expect, it } from "vitest";
import {
  afterDoubt,
  afterFailedAlone,
  afterPass,
  atOnce,
  blameOf,
  type Evidence,
  isSpared,
  isSpentProbe,
  isTargetsFault,
  NO_EVIDENCE,
  probesAtOnce,
  triesAlone,
} from "../../../lib/core/resilience/fault-attribution.ts";

const failed = (...ids: readonly string[]): Evidence => ids.reduce(afterFailedAlone, NO_EVIDENCE);

describe("fault attribution", () => {
  it("blames an event once a neighbour was acknowledged since it failed", () => {
    expect(blameOf(afterPass(failed("a")), 0, false)).toBe("event");
  });

  it("says nothing yet while somebody is left whose call could tell", () => {
    expect(blameOf(failed("a", "b"), 0, false)).toBe("not-known-yet");
  });

  it("decides nothing where fewer than three events failed, none was acknowledged, and nobody is left", () => {
    expect(blameOf(failed("a", "b"), 0, true)).toBe("undecided");
  });

  it("counts what was acknowledged before the failure against the event only when nobody is left", () => {
    const before = afterPass(NO_EVIDENCE);
    const after = afterFailedAlone(before, "a");
    expect(blameOf(after, before.passes, false)).toBe("not-known-yet");
    expect(blameOf(after, before.passes, true)).toBe("event");
  });

  it("blames the target once a third different event has failed alone", () => {
    expect(isTargetsFault(failed("a", "b", "a", "b"))).toBe(false);
    expect(blameOf(failed("a", "b", "c"), 0, false)).toBe("target");
  });

  it("blames the target also where events were acknowledged before the three, and none in between", () => {
    const before = afterPass(NO_EVIDENCE);
    const after = ["a", "b", "c"].reduce(afterFailedAlone, before);
    expect(blameOf(after, before.passes, true)).toBe("target");
  });

  it("forgets all suspicion with an acknowledgement", () => {
    expect(afterPass(failed("a", "b", "c"))).toEqual({ passes: 1, doubted: false, failedAlone: new Set() });
    expect(afterDoubt(NO_EVIDENCE).doubted).toBe(true);
  });

  it("doubts a destination at which an event failed alone", () => {
    expect(failed("a")).toEqual({ passes: 0, doubted: true, failedAlone: new Set(["a"]) });
  });

  it("keeps no more events than the verdict needs", () => {
    const decided = failed("a", "b", "c");
    expect(afterFailedAlone(decided, "d")).toBe(decided);
  });

  it("spares an event only by what was acknowledged since its failure, and one that has not failed by nothing", () => {
    const passed = afterPass(NO_EVIDENCE);
    expect([isSpared(passed, 0), isSpared(passed, 1), isSpared(passed, undefined)]).toEqual([true, false, false]);
  });

  it("spends a probe by any failure of its target or route, but not by a throttle or by the event's own failure", () => {
    const failure = { class: "transient", scope: "target", code: "x", message: "x" } as const;
    expect(isSpentProbe(failure)).toBe(true);
    expect(isSpentProbe({ ...failure, class: "throttled", route: "full" })).toBe(true);
    expect(isSpentProbe({ ...failure, class: "throttled" })).toBe(false);
    expect(isSpentProbe({ ...failure, scope: "event" })).toBe(false);
    expect(isSpentProbe({ ...failure, scope: "event", route: "full" })).toBe(false);
  });

  it("lets three be tried at once, those among them that have failed", () => {
    expect([failed(), failed("a"), failed("a", "b")].map(atOnce)).toEqual([3, 2, 1]);
  });

  it("probes with one, and then with two others together", () => {
    expect([failed(), failed("a"), failed("a", "b")].map(probesAtOnce)).toEqual([1, 2, 1]);
  });

  it("tries three events alone so often that an outage costs four calls more at most than one event's attempts", () => {
    for (let attempts = 1; attempts <= 100; attempts += 1) {
      expect(triesAlone(attempts)).toBeGreaterThanOrEqual(1);
      expect(Math.min(2, attempts) + 3 * triesAlone(attempts)).toBeGreaterThanOrEqual(attempts);
      expect(Math.min(2, attempts) + 3 * triesAlone(attempts)).toBeLessThanOrEqual(attempts + 4);
    }
  });
});
