import { describe, expect, it } from "vitest";
import type { Failure } from "../../../../lib/contract/failure.ts";
import { type CallPart, partResults, verdictOf } from "../../../../lib/core/delivery/call/call-results.ts";
import { destinationTrials } from "../../../../lib/core/delivery/trials.ts";
import { ACKNOWLEDGED, type PublishResult, UNANSWERED } from "../../../../lib/core/ports.ts";
import { eventsOf } from "../../../aws/fixtures.ts";
import { RecordingTelemetry } from "../../../world/recording-telemetry.ts";
import { DOWN, failedWith, REFUSED, THROTTLED, TIMED_OUT } from "../../../world/scripted-target.ts";

const refusedTogether = (failure: Failure): PublishResult => ({ kind: "refused-together", failure });

/** The results of a call whose parts hold this many events each. */
function resultsOf(sizes: readonly number[], answers: readonly PublishResult[]) {
  const telemetry = new RecordingTelemetry();
  const trial = destinationTrials().begin();
  const parts = sizes.map((size): CallPart => ({ events: eventsOf(size), trial, attempts: 1 }));
  return { telemetry, parts, results: partResults(parts, answers, telemetry) };
}

describe("the results of a call", () => {
  it("are each part's own, and one that was acknowledged whole has no failure and no doubt about it", () => {
    const [first, second] = [{ ...ACKNOWLEDGED }, { ...ACKNOWLEDGED }];
    const { parts, results } = resultsOf([1, 2], [first, second, failedWith(DOWN)]);
    expect(results).toStrictEqual([
      { part: parts[0], accepted: parts[0]?.events, answers: [first], isDoubted: false, isSuspect: false },
      {
        part: parts[1],
        accepted: parts[1]?.events.slice(0, 1),
        answers: [second, failedWith(DOWN)],
        failure: DOWN,
        isDoubted: true,
        isSuspect: false,
      },
    ]);
    expect(results[0]?.answers[0]).toBe(first);
    expect(results[1]?.answers[0]).toBe(second);
  });

  it("count what stands behind a refused event of its part as refused with it", () => {
    const { results, telemetry } = resultsOf([3, 1], [ACKNOWLEDGED, failedWith(TIMED_OUT), ACKNOWLEDGED, ACKNOWLEDGED]);
    expect(results.map(({ accepted }) => accepted.length)).toEqual([1, 1]);
    expect(telemetry.total("PublishFailures")).toBe(2);
    expect(telemetry.total("DuplicatesPossible")).toBe(2);
  });

  it("count failures by class, scope and code, and possible duplicates only where the call may have landed", () => {
    const { telemetry } = resultsOf([1, 1], [failedWith(REFUSED), failedWith(TIMED_OUT)]);
    expect(telemetry.total("PublishFailures", "permanent", "event")).toBe(1);
    expect(telemetry.total("FailuresByCode", REFUSED.code)).toBe(1);
    expect(telemetry.total("PublishFailures", "ambiguous", "target")).toBe(1);
    expect(telemetry.total("FailuresByCode", TIMED_OUT.code)).toBe(1);
    expect(telemetry.total("DuplicatesPossible", "ambiguous-publish")).toBe(1);
  });

  it("take an event that got no answer for one that may have arrived", () => {
    const { results, telemetry } = resultsOf([1, 1], [ACKNOWLEDGED]);
    expect(results.map(({ answers }) => answers)).toEqual([[ACKNOWLEDGED], [UNANSWERED]]);
    expect(results.map(({ accepted }) => accepted.length)).toEqual([1, 0]);
    expect(telemetry.total("DuplicatesPossible")).toBe(1);
  });

  it("suspect each of the parts that were refused together, and count none of them yet: each will be tried alone", () => {
    const { results, telemetry } = resultsOf([1, 2], Array(3).fill(refusedTogether(DOWN)));
    expect(results).toMatchObject(Array(2).fill({ accepted: [], failure: DOWN, isSuspect: true, isDoubted: false }));
    expect(telemetry.total("PublishFailures")).toBe(0);
  });

  it("suspect nobody where a part had the call to itself", () => {
    const { results, telemetry } = resultsOf([2], Array(2).fill(refusedTogether(REFUSED)));
    expect(results).toMatchObject([{ failure: REFUSED, isSuspect: false }]);
    expect(telemetry.total("PublishFailures")).toBe(2);
  });

  it("do not suspect a part whose first event was acknowledged: the call was taken", () => {
    const { results, telemetry } = resultsOf([2, 1], [ACKNOWLEDGED, refusedTogether(REFUSED), ACKNOWLEDGED]);
    expect(results.map(({ isSuspect }) => isSuspect)).toEqual([false, false]);
    expect(telemetry.total("PublishFailures")).toBe(1);
  });
});

const FULL_ROUTE: Failure = { ...THROTTLED, route: "full" };
/** Shows by itself that no event is to blame. */
const RESTING: Failure = { ...DOWN, retryAfterMs: 1_000 };

describe("what a call says about its destination", () => {
  const VERDICTS = [
    ["that acknowledges is alive", [ACKNOWLEDGED], "answered"],
    ["that acknowledges some is alive, whatever became of the others", [ACKNOWLEDGED, failedWith(DOWN)], "answered"],
    ["that refuses an event for its own fault is alive", [failedWith(REFUSED)], "answered"],
    ["that refuses one of its events is alive", [failedWith(REFUSED), failedWith(DOWN)], "answered"],
    ["one of whose routes is full is alive", [failedWith(FULL_ROUTE)], "answered"],
    [
      "that throttles any of its events throttles",
      [ACKNOWLEDGED, failedWith(THROTTLED), failedWith(DOWN)],
      "throttled",
    ],
    ["that failed one event has failed", [failedWith(DOWN)], "failed"],
    ["that failed several together may not be to blame", [failedWith(DOWN), failedWith(TIMED_OUT)], "unclear"],
    ["that fails several and asks for a rest has failed", [failedWith(DOWN), failedWith(RESTING)], "failed"],
  ] as const;
  for (const [what, results, verdict] of VERDICTS) {
    it(`one ${what}`, () => {
      expect(verdictOf(results, false)).toBe(verdict);
    });
  }

  it("nothing, where it failed one event whose neighbours were acknowledged since it failed first", () => {
    expect(verdictOf([failedWith(DOWN)], true)).toBe("unclear");
  });

  it("that it failed, where it asks for a rest, whoever was acknowledged", () => {
    expect(verdictOf([failedWith(RESTING)], true)).toBe("failed");
  });
});
