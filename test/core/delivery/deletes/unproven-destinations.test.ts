import { describe, expect, it } from "vitest";
import { DENIED_FOR_GOOD_MS } from "../../../../lib/core/delivery/existence/check-answers.ts";
import type { CheckAnswer } from "../../../../lib/core/ports.ts";
import { DOWN, REFUSED } from "../../../world/scripted-target.ts";
import { times, worldOf } from "../../../world/world.ts";
import { MINUTE_MS } from "../../after-outage.ts";

/** A bus that exists until its first call is over; from then on its checks say this. */
function thenIs(answer: CheckAnswer) {
  const world = worldOf();
  world.target.answer = () => (world.target.delivered.length === 0 ? "exists" : answer);
  return world;
}

describe("a destination that is not proven to exist", () => {
  it("gets no event where it is missing", async () => {
    const { write, relayProcess, target, table, deadLetters } = worldOf();
    target.answer = () => "missing";
    await relayProcess().invoke([write()]);
    expect([target.calls, table.items.size]).toEqual([[], 1]);
    expect(deadLetters.bodies).toMatchObject([
      { id: "e1", code: "DestinationMissing", class: "permanent", attempts: 0 },
    ]);
  });

  it("gets no event while its checks are denied, and after a minute the missing permission is named", async () => {
    const { write, relayProcess, target, table, deadLetters, clock } = worldOf();
    target.answer = () => "denied";
    const { invoke, telemetry } = relayProcess();
    await invoke([write()]);
    clock.skip(DENIED_FOR_GOOD_MS);
    await invoke([write()]);
    expect(target.calls).toEqual([]);
    expect(table.items.size).toBe(2);
    expect(deadLetters.bodies).toMatchObject([
      { id: "e1", code: "DestinationUnverified", class: "transient", scope: "target", attempts: 0 },
      { id: "e2", code: "DestinationCheckDenied", class: "permanent", scope: "target", attempts: 0 },
    ]);
    expect(deadLetters.bodies[0]?.["error"]).toContain("not known whether default exists");
    expect(deadLetters.bodies[1]?.["error"]).toContain("allow the function test:Describe");
    expect(telemetry.total("FailuresByCode", "DestinationUnverified")).toBe(1);
    expect(telemetry.total("PublishFailures", "permanent", "target")).toBe(1);
  });
});

describe("an event that is acknowledged by a destination not proven to exist since", () => {
  it.each<readonly [CheckAnswer, code: string, failureClass: string, error: string]>([
    ["missing", "DestinationMissing", "permanent", "default does not exist"],
    ["denied", "DestinationUnconfirmed", "transient", "no check proved in time that default exists"],
  ])("keeps its row, and may come twice: %s", async (answer, code, failureClass, error) => {
    const { write, relayProcess, target, table, deadLetters } = thenIs(answer);
    const { invoke, telemetry } = relayProcess();
    await invoke(times(3, () => write()));
    expect(target.delivered).toEqual(["e1", "e2", "e3"]);
    expect(table.items.size).toBe(3);
    expect(deadLetters.bodies).toMatchObject(
      times(3, () => ({ code, class: failureClass, scope: "target", error: expect.stringContaining(error) })),
    );
    expect(telemetry.total("DuplicatesPossible", "unconfirmed")).toBe(3);
    expect(telemetry.total("PublishFailures", failureClass, "target")).toBe(3);
    expect([telemetry.total("EventsPublished"), telemetry.measured("EndToEndLatency")]).toEqual([0, []]);
  });

  it("bears no mark for it, unlike an event of the same call that is refused", async () => {
    const { write, relayProcess, table, target } = thenIs("missing");
    target.script = ({ id }) => (id === "e2" ? REFUSED : undefined);
    await relayProcess().invoke(times(3, () => write()));
    const marked = [...table.items.values()].filter((item) => item["_attempts"] !== undefined);
    expect(marked.map((item) => item["id"]?.S)).toEqual(["e2"]);
  });
});

describe("an event that fails alone with the failure of a target that is down", () => {
  it.each<readonly [what: string, CheckAnswer, marked: readonly string[]]>([
    ["is to blame where others are acknowledged by a destination that exists", "exists", ["e5"]],
    ["is not to blame where nobody knows whether it exists", "denied", []],
  ])("%s", async (_what, answer, marked) => {
    const { write, relayProcess, table, target } = thenIs(answer);
    target.script = ({ id }) => (id === "e5" ? DOWN : undefined);
    await relayProcess().invoke(times(20, () => write()));
    const idsMarked = [...table.items.values()].flatMap((item) => (item["_attempts"] ? [item["id"]?.S] : []));
    expect(idsMarked).toEqual(marked);
  });
});

describe("an event that is acknowledged by a destination that exists", () => {
  it("was delivered when it was acknowledged, however long the proof takes", async () => {
    const { write, relayProcess, target, clock } = worldOf();
    target.checkMs = 1_000;
    const { invoke, telemetry } = relayProcess();
    await clock.run(() => clock.sleep(target.checkMs));
    await invoke([write()]);
    expect(telemetry.measured("EndToEndLatency")).toEqual([target.latencyMs]);
  });

  it("is no younger than nothing, though its writer's clock is ahead", async () => {
    const { write, relayProcess, clock } = worldOf();
    const { invoke, telemetry } = relayProcess();
    await invoke([write({ recordedtime: new Date(clock.now() + 60_000).toISOString() })]);
    expect(telemetry.measured("EndToEndLatency")).toEqual([0]);
  });

  it("has no latency where its writer did not say when it was written, and no stream record tells", async () => {
    const { write, requeuerProcess, clock, table } = worldOf();
    write({}, ({ recordedtime: _time, ...item }) => item);
    const { invoke, telemetry } = requeuerProcess();
    // The first run notes the age of the row.
    for (const _run of times(2, () => undefined)) {
      clock.skip(6 * MINUTE_MS);
      await invoke();
    }
    expect(table.items.size).toBe(0);
    expect([telemetry.total("EventsPublished"), telemetry.measured("EndToEndLatency")]).toEqual([1, []]);
  });
});
