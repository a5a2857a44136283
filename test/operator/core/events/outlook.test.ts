import { describe, expect, it } from "vitest";
import { faultText } from "../../../../lib/operator/cli/texts/fault-texts.ts";
import { outlookText } from "../../../../lib/operator/cli/texts/outlook-texts.ts";
import { FIX_OF_MALFORMED, problemText } from "../../../../lib/operator/cli/texts/problem-texts.ts";
import type { DeploymentFault } from "../../../../lib/operator/core/deployment-fault.ts";
import { type Outlook, outlookOf } from "../../../../lib/operator/core/events/outlook.ts";
import { PLACE_TAKEN, type WaitingEvent } from "../../../../lib/operator/core/events/waiting-event.ts";
import { backlogOf, problemsOf } from "../../../../lib/operator/core/health.ts";

const NOW = 1_800_000_000_000;
const ALL_ON = { relayOn: true, requeuerOn: true, requeueEveryMs: 60_000, minAgeMs: 300_000 };
const event = (change: Partial<WaitingEvent>): WaitingEvent => ({
  key: { pk: "e1", sk: "1" },
  id: "e1",
  type: "order.placed",
  state: "waiting",
  ordered: false,
  attempts: 0,
  sinceMs: NOW - 1_000,
  ...change,
});
const { type: _type, ...malformed } = event({ state: "resting" });
const refused = event({ state: "resting", failure: { class: "permanent", scope: "event", message: "too large" } });
const parkedKey = { pk: "e1", version: 1, attempts: 1, notBeforeMs: NOW + 50_000 };

/** The outlook, as in `show --json`. */
function told(...of: Parameters<typeof outlookOf>) {
  const outlook: Outlook = outlookOf(...of);
  return { what: outlookText(outlook), ...(outlook.fromMs === undefined ? {} : { fromMs: outlook.fromMs }) };
}

describe("what comes next", () => {
  it.each([
    ["a young row", event({}), undefined, /the relay publishes it.*else the requeuer/, NOW + 299_000],
    ["an old row", event({ sinceMs: NOW - 900_000 }), undefined, /the requeuer publishes it/, NOW],
    ["a resting row", event({ state: "resting", notBeforeMs: NOW + 9_000 }), undefined, /tries it again/, NOW + 9_000],
    ["a malformed row", malformed, undefined, /whether its row has been repaired/, NOW],
    [
      "a malformed row without room for a mark",
      { ...malformed, state: "waiting", sinceMs: NOW - 900_000 } as const,
      undefined,
      /^the requeuer looks whether its row has been repaired; repair its writer, discard the row/,
      NOW,
    ],
    ["one that fails for good", refused, undefined, /fails until the event or the target is changed/, NOW],
    ["the first of a parked key", event({ state: "parked" }), parkedKey, /then what waits behind/, NOW + 50_000],
    ["one behind it", event({ state: "behind" }), parkedKey, /when the first event of its key/, NOW + 50_000],
    [
      "one an operator holds",
      event({ state: "held", heldBy: "a1", notBeforeMs: NOW + 5 }),
      undefined,
      /command a1/,
      NOW + 5,
    ],
  ])("of %s", (_what, waiting, its, what, fromMs) => {
    expect(told(waiting, its, ALL_ON, NOW)).toMatchObject({ what: expect.stringMatching(what), fromMs });
  });

  it("says of a malformed row what status says: its writer is repaired, and it is discarded and written again", () => {
    const atNoPlace = { ...malformed, key: { pk: "k", sk: "1.5" } };
    const part = { on: true, settled: true, awsState: "Enabled", isThrottled: false };
    const problems = problemsOf({
      ...{ nowMs: NOW, faults: [], relay: part, requeuer: part, failures: [], heartbeats: 1, windowMs: 60_000 },
      ...{ minAgeMs: 60_000, backlog: { ...backlogOf().backlog(), undelivered: 1, malformed: 1 } },
    });
    expect(problems.map(problemText).map(({ fix }) => fix)).toEqual([expect.stringContaining(FIX_OF_MALFORMED)]);
    for (const event of [malformed, atNoPlace]) {
      expect(told(event, undefined, ALL_ON, NOW).what).toContain(FIX_OF_MALFORMED);
    }
    expect(FIX_OF_MALFORMED).not.toContain("retry");
  });

  it("is nothing for a row at no place in a sequence, and for the events behind one at sort key 0", () => {
    const atNoPlace = { ...malformed, key: { pk: "k", sk: "1.5" } };
    expect(told(atNoPlace, undefined, ALL_ON, NOW).what).toMatch(
      /^nothing: its sort key.*have the event written again at one$/,
    );
    const behind = event({ state: "behind", failure: PLACE_TAKEN });
    expect(told(behind, undefined, ALL_ON, NOW)).toEqual({
      what: "nothing, until the row at sort key 0 of its key is set aside",
    });
  });

  it("of a key that is drained is that it is drained", () => {
    const drained = { ...parkedKey, owner: "run/1", leaseUntilMs: NOW + 60_000 };
    expect(told(event({ state: "parked" }), drained, ALL_ON, NOW).what).toContain("now");
  });

  it("is nothing for a parked event while the requeuer is off, and the command to switch it on", () => {
    const off = { ...ALL_ON, requeuerOn: false };
    expect(told(event({ state: "resting" }), undefined, off, NOW).what).toContain("outbox-relay resume");
    expect(told(event({}), undefined, off, NOW).what).toContain("the relay publishes it");
    expect(told(event({}), undefined, { ...off, relayOn: false }, NOW).what).toContain(
      "relay and requeuer are switched off",
    );
    expect(told(event({}), undefined, { ...ALL_ON, relayOn: false }, NOW).what).toContain("the relay is switched off");
  });

  it("names what is gone and the deploy that brings it back, and no switch for it", () => {
    const schedule: DeploymentFault = { kind: "gone", resource: { kind: "schedule", name: "s" } };
    const remake = { id: "20260131T120000Z", streamLabel: "1" };
    const mapping: DeploymentFault = { kind: "mapping-gone", functionName: "relay", remake };
    const deploy = "have the stack as its template says, by `npx cdk deploy --revert-drift`";
    const gone = faultText(mapping);
    const noSchedule = { ...ALL_ON, requeuerOn: false, requeuerFault: schedule };
    const neither = { ...noSchedule, relayOn: false, relayFault: mapping };
    const parked = event({ state: "resting" });
    expect(told(parked, undefined, noSchedule, NOW).what).toBe(`nothing: the schedule s is gone: ${deploy}`);
    expect(told(event({}), undefined, neither, NOW).what).toBe(
      `nothing: ${gone.what}: ${gone.fix}; the schedule s is gone: ${deploy}`,
    );
    expect(told(event({}), undefined, { ...noSchedule, relayOn: false }, NOW).what).toBe(
      `nothing: the relay is switched off; \`outbox-relay resume relay --yes\` changes it; the schedule s is gone: ${deploy}`,
    );
    expect(told(event({}), undefined, noSchedule, NOW).what).toMatch(/the relay publishes it.*; the schedule s/);
    const noMapping = { ...ALL_ON, relayOn: false, relayFault: mapping };
    expect(told(event({}), undefined, noMapping, NOW).what).toMatch(
      /the requeuer publishes.*\(the event source mapping of relay is gone/,
    );
  });
});
