import { describe, expect, it } from "vitest";
import { backlogOf, type HealthFacts, problemsOf } from "../../../lib/core/operate/health.ts";

const NOW = 1_800_000_000_000;
const FACTS: HealthFacts = {
  nowMs: NOW,
  relay: { on: true, words: "Enabled" },
  requeuer: { on: true, words: "ENABLED" },
  backlog: backlogOf().backlog(),
  letters: { visible: 0, hidden: 0 },
  quarantined: { events: 0, more: false },
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

const told = (change: Partial<HealthFacts>) => problemsOf({ ...FACTS, ...change }).map(({ what }) => what);

describe("health", () => {
  it("is good when nothing waits, whatever CloudWatch does not know", () => expect(told({})).toEqual([]));

  it.each([
    [{ relay: { on: false, words: "Disabled" } }, "The relay is switched off (Disabled)"],
    [{ requeuer: { on: false, words: "DISABLED" } }, "The requeuer is switched off (DISABLED)"],
    [{ heartbeats: 0 }, "The requeuer has not completed a run of late"],
    [
      { relayErrors: 2, backlog: { ...FACTS.backlog, undelivered: 1, oldestMs: NOW - 60_000 } },
      "The relay crashed or timed out 2 times of late",
    ],
    [{ backlog: { ...FACTS.backlog, undelivered: 4, malformed: 4, resting: 4 } }, "4 rows break the item contract"],
    [{ backlog: { ...FACTS.backlog, undelivered: 4, resting: 4 } }, "4 events fail by their own fault"],
    [
      { backlog: { ...FACTS.backlog, undelivered: 1, oldestMs: NOW - 900_000 } },
      "Events wait for longer than they should",
    ],
  ])("%#: tells what is wrong and what to do", (change, what) => {
    expect(told(change)).toEqual([what]);
    expect(problemsOf({ ...FACTS, ...change })[0]?.fix).not.toBe("");
  });

  it("names the target's failure while events are late because of it, and not after it is over", () => {
    const failures = [{ ...DOWN, lastMs: NOW }];
    const late = { ...FACTS.backlog, undelivered: 1, oldestMs: NOW - 900_000 };
    expect(told({ failures, backlog: late })).toEqual(["The target fails: DestinationMissing: b does not exist"]);
    expect(told({ failures })).toEqual([]);
    const soon = { ...FACTS.backlog, undelivered: 1, oldestMs: NOW - 60_000 };
    expect(told({ failures, backlog: soon })).toHaveLength(1);
    expect(told({ failures: [{ ...DOWN, lastMs: NOW - 600_000 }], backlog: soon })).toEqual([]);
  });

  it("says nothing of deaths of the relay whose events arrived since", () => {
    expect(told({ relayErrors: 2 })).toEqual([]);
    const fresh = { ...FACTS.backlog, undelivered: 1, oldestMs: NOW - 1_000 };
    expect(told({ relayErrors: 2, backlog: fresh })).toEqual([]);
  });
});
