import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Fault } from "../../lib/local/faults/faults.ts";
import { eventually } from "../setup/eventually.ts";
import { Harness } from "./harness/harness.ts";

const NO_DUPLICATES = { answerDropped: 0, answerLate: 0, busUnconfirmed: 0, publishedAgain: 0, unexplained: 0 };
/** How often a fault strikes before it ends. */
const STRIKES = 40;

let harness: Harness;

beforeAll(async () => {
  harness = await Harness.open("FaultsTest");
});

afterAll(() => harness.close());
beforeEach(() => harness.reset());

/** Writes events before, during and after a fault; resolves with their ids once the fault has struck often enough. */
function writtenThrough(fault: Fault, strikes: (written: readonly string[]) => number | Promise<number>) {
  const untilWritten = (written: readonly string[], count: number) =>
    eventually(
      `${count} events are written`,
      () => written.length >= count,
      () => `${written.length} are.`,
    );
  return harness.whileWriting(async (written) => {
    await untilWritten(written, 50);
    await harness.untilDelivered([...written]);
    await harness.proxy.setFault(fault);
    await eventually(
      `${fault.kind} strikes ${STRIKES} times`,
      async () => (await strikes(written)) >= STRIKES,
      async () => `It struck ${await strikes(written)} times.`,
    );
    await harness.proxy.setFault({ kind: "pass" });
    await untilWritten(written, written.length + 50);
  });
}

describe("the deployed relay delivers every event and leaves nothing behind", () => {
  it.each([
    ["answers 503", { kind: "unavailable" }],
    ["never answers", { kind: "hang" }],
    ["cuts connections", { kind: "reset" }],
    ["refuses connections", { kind: "refuse" }],
  ] as const)("through a target that %s, and nothing twice", async (_what, fault) => {
    const parked = async () => (await harness.parkedIds()).length;
    const ids = await writtenThrough(fault, parked);
    await harness.untilRecovered(ids);
    expect(harness.duplicates(ids)).toEqual(NO_DUPLICATES);
  });

  it("through a target that throttles single entries, and nothing twice", async () => {
    const { entriesThrottled: before } = harness.proxy.counts;
    const throttled = () => harness.proxy.counts.entriesThrottled - before;
    const ids = await writtenThrough({ kind: "throttle-entries", probability: 0.3 }, throttled);
    await harness.untilRecovered(ids);
    expect(harness.duplicates(ids)).toEqual(NO_DUPLICATES);
  });

  it("through a target whose answers get lost, and only what those acknowledged comes twice", async () => {
    const dropped = (written: readonly string[]) =>
      written.filter((id) => harness.proxy.counts.answersDropped.has(id)).length;
    const ids = await writtenThrough({ kind: "drop-answer", probability: 0.3 }, dropped);
    await harness.untilRecovered(ids);
    const { answerDropped, ...others } = harness.duplicates(ids);
    // The relay published each event again whose answer was lost, so each lost answer makes one further copy.
    expect(answerDropped).toBeGreaterThan(0);
    const { answerDropped: _none, ...none } = NO_DUPLICATES;
    expect(others).toEqual(none);
  });
});
