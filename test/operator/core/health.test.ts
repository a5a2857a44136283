import { describe, expect, it } from "vitest";
import { problemText } from "../../../lib/operator/cli/texts/problem-texts.ts";
import type { WaitingEvent } from "../../../lib/operator/core/events/waiting-event.ts";
import { backlogOf, type HealthFacts, problemsOf } from "../../../lib/operator/core/health.ts";
import type { SwitchState } from "../../../lib/operator/core/switches.ts";

const NOW = 1_800_000_000_000;
const EMPTY = backlogOf().backlog();
const state = (awsState: string): SwitchState => ({
  ...{ on: awsState.toLowerCase() === "enabled", settled: true, awsState, isThrottled: false },
});
const FACTS: HealthFacts = {
  nowMs: NOW,
  relay: state("Enabled"),
  requeuer: state("ENABLED"),
  backlog: EMPTY,
  letters: { visible: 0, hidden: 0 },
  quarantined: { events: 0, more: false },
  heartbeats: 15,
  faults: [],
  failures: [],
  windowMs: 900_000,
  minAgeMs: 300_000,
};
const DOWN = {
  class: "transient",
  scope: "target",
  code: "DestinationMissing",
  message: "b does not exist",
  count: 3,
} as const;

/** What one read of the table makes of these events. */
function seen(...events: readonly Partial<WaitingEvent>[]) {
  const { see, backlog } = backlogOf();
  for (const event of events) {
    see({ key: { pk: "e1", sk: "1" }, type: "t", state: "waiting", ordered: false, attempts: 0, ...event });
  }
  return backlog();
}

const MALFORMED = { type: undefined, state: "resting", sinceMs: NOW - 3_600_000 } as unknown as WaitingEvent;
const REFUSED = {
  state: "resting",
  sinceMs: NOW - 3_600_000,
  failure: { scope: "event", class: "permanent", message: "too large" },
} as const;

const advice = (facts: HealthFacts) => problemsOf(facts).map(problemText);
const told = (change: Partial<HealthFacts>) => advice({ ...FACTS, ...change }).map(({ what }) => what);

describe("health", () => {
  it("is good when nothing waits and the requeuer runs", () => expect(told({})).toEqual([]));

  it("is good beside rows of other types that their relay may still be at, and those of unknown age", () => {
    expect(told({ foreign: { undelivered: 9, ageless: 0, oldestMs: NOW - 899_999 } })).toEqual([]);
    expect(told({ foreign: { undelivered: 9, ageless: 9 } })).toEqual([]);
  });

  it("is never good where CloudWatch has heard of no run", () => {
    const { heartbeats: _none, ...unheard } = FACTS;
    expect(advice(unheard)).toMatchObject([{ what: "The requeuer has not completed a run in 15 minutes" }]);
  });

  it("is never good beside a fault of the deployment, which comes first and hides nothing", () => {
    const fault = { kind: "gone", resource: { kind: "schedule", name: "s" } } as const;
    const requeuer = { on: false, settled: true, fault } as const;
    expect(told({ faults: [fault], requeuer, relay: state("Disabled") })).toEqual([
      "The schedule s is gone",
      "The relay is switched off (event source mapping Disabled)",
    ]);
  });

  it("judges the rest where the table is gone", () => {
    const { backlog: _gone, ...others } = FACTS;
    expect(problemsOf({ ...others, relay: state("Disabled") })).toHaveLength(1);
  });

  it.each([
    [{ relay: state("Disabled") }, "The relay is switched off (event source mapping Disabled)"],
    [{ requeuer: state("DISABLED") }, "The requeuer is switched off (schedule DISABLED)"],
    [{ heartbeats: 0 }, "The requeuer has not completed a run in 15 minutes"],
    [{ relayErrors: 2, backlog: seen({ sinceMs: NOW - 60_000 }) }, "The relay crashed or timed out 2 times of late"],
    [
      { foreign: { undelivered: 1, ageless: 0, oldestMs: NOW - 900_000 } },
      "Rows of other types than this relay's wait in its table for longer than they should: their relay does not deliver, or they have none",
    ],
    [{ backlog: seen(...Array(4).fill(MALFORMED)) }, "4 rows break the item contract"],
    [{ backlog: seen(...Array(4).fill(REFUSED)) }, "4 events fail by their own fault"],
    [{ backlog: seen({ sinceMs: NOW - 900_000 }) }, "Events wait for longer than they should"],
  ])("%#: tells what is wrong and what to do", (change, what) => {
    expect(told(change)).toEqual([what]);
    expect(advice({ ...FACTS, ...change })[0]?.fix).not.toBe("");
  });

  it("names an event that failed alone where nobody can tell whether it or the target is to blame", () => {
    const failures = [{ ...DOWN, code: "HTTP500", message: "the server answered 500", lastMs: NOW, undecidedId: "e1" }];
    const [what = ""] = told({ failures });
    expect(what).toMatch(/^Event e1 fails alone.*HTTP500: the server answered 500$/);
  });

  it("names the target's failure while events are late because of it, and not after it is over", () => {
    const failures = [{ ...DOWN, lastMs: NOW }];
    const late = seen({ sinceMs: NOW - 900_000 });
    expect(told({ failures, backlog: late })).toEqual(["The target fails: DestinationMissing: b does not exist"]);
    expect(told({ failures: [{ ...DOWN, lastMs: NOW - 120_000 }] })).toEqual([]);
    const soon = seen({ sinceMs: NOW - 60_000 });
    expect(told({ failures, backlog: soon })).toHaveLength(1);
    expect(told({ failures: [{ ...DOWN, lastMs: NOW - 600_000 }], backlog: soon })).toEqual([]);
  });

  it.each([
    ["a malformed row", MALFORMED, "1 row breaks the item contract"],
    ["an event that the target refused", REFUSED, "1 event fails by its own fault"],
    ["the refused head of a parked key", { ...REFUSED, state: "parked" }, "1 event fails by its own fault"],
  ] as [string, Partial<WaitingEvent>, string][])(
    "tells %s by itself: its age says neither that the target fails nor that the relay dies",
    (_what, row, its) => {
      const failures = [{ ...DOWN, lastMs: NOW - 600_000 }];
      const behind = { state: "behind", sinceMs: NOW - 3_600_000 } as const;
      expect(told({ failures, relayErrors: 2, backlog: seen(row, behind, { sinceMs: NOW - 5_000 }) })).toEqual([its]);
      const late = { sinceMs: NOW - 900_000 };
      expect(told({ backlog: seen(row, late) })).toEqual([its, "Events wait for longer than they should"]);
      expect(told({ failures, backlog: seen(row, late) })).toEqual([
        "The target fails: DestinationMissing: b does not exist",
        its,
      ]);
    },
  );

  it("counts an event that its target keeps as waiting for it, and a malformed row that waits as nobody's refusal", () => {
    const forTarget = { state: "parked", failure: DOWN, sinceMs: NOW - 7_000 } as const;
    expect(seen(forTarget, { ...MALFORMED, state: "waiting" }, REFUSED)).toMatchObject({
      ...{ oldestForTargetMs: NOW - 7_000, oldestMs: NOW - 3_600_000, malformed: 1, refused: 1 },
    });
  });

  it("says of no target that it fails which has taken events since, whatever still waits of the outage", () => {
    const backlog = seen({ sinceMs: NOW - 1_200_000 });
    for (const agoMs of [30_000, 120_000, 600_000]) {
      const failures = [{ ...DOWN, lastMs: NOW - agoMs }];
      expect(told({ failures, backlog, deliveredMs: NOW - agoMs + 1 })).toEqual([
        "Events wait for longer than they should",
      ]);
      expect(told({ failures, backlog, deliveredMs: NOW - agoMs - 1 })).toEqual([
        "The target fails: DestinationMissing: b does not exist",
      ]);
    }
  });

  it("is never good beside a target that failed seconds ago, though nothing waits for long yet", () => {
    const failures = [{ ...DOWN, lastMs: NOW - 5_000 }];
    expect(told({ failures })).toEqual(["The target fails: DestinationMissing: b does not exist"]);
  });

  it("tells rows of unknown age from none", () => {
    const { see, backlog } = backlogOf();
    see({ key: { pk: "e1", sk: "1" }, type: "t", state: "waiting", ordered: false, attempts: 0 });
    expect(backlog()).toMatchObject({ undelivered: 1, ageless: 1 });
    expect(backlog()).not.toHaveProperty("oldestMs");
  });

  it("says nothing of deaths of the relay whose events arrived since", () => {
    expect(told({ relayErrors: 2 })).toEqual([]);
    const fresh = seen({ sinceMs: NOW - 1_000 });
    expect(told({ relayErrors: 2, backlog: fresh })).toEqual([]);
  });
});
