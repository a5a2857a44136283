import { describe, expect, it } from "vitest";
import { callDeadlines } from "../../../lib/core/call-deadlines.ts";
import { TELL_MS, tellUnprotected } from "../../../lib/core/requeue/tell-unprotected.ts";
import { RecordingTelemetry } from "../../world/recording-telemetry.ts";
import { ScriptedTarget } from "../../world/scripted-target.ts";
import { VirtualClock } from "../../world/virtual-clock.ts";

async function told(unprotected?: () => Promise<number | undefined>) {
  const clock = new VirtualClock();
  const telemetry = new RecordingTelemetry();
  const target = new ScriptedTarget(clock);
  const existence = { ...target.existence, ...(unprotected && { unprotected }) };
  const publisher = { limits: target.limits, destinationOf: target.destinationOf, bytesOf: target.bytesOf, existence };
  const parts = { publisher: { ...publisher, publish: async () => [] }, calls: callDeadlines(clock), clock, telemetry };
  const startMs = clock.now();
  await clock.run(() => tellUnprotected(parts));
  return { telemetry, tookMs: clock.now() - startMs };
}

describe("what is told of destinations that lose what they acknowledge", () => {
  it("is their number, also when there is none", async () => {
    expect((await told(async () => 2)).telemetry.measured("UnprotectedBuses")).toEqual([2]);
    expect((await told(async () => 0)).telemetry.measured("UnprotectedBuses")).toEqual([0]);
  });

  it("is nothing for a target that has none, and where nobody could tell", async () => {
    expect((await told()).telemetry.measured("UnprotectedBuses")).toEqual([]);
    expect((await told(async () => undefined)).telemetry.measured("UnprotectedBuses")).toEqual([]);
  });

  it("costs a run that found it out too late or not at all two seconds at most, and a line in the log", async () => {
    const hanging = await told(() => new Promise(() => undefined));
    expect(hanging.tookMs).toBeLessThanOrEqual(TELL_MS);
    const failed = await told(() => Promise.reject(new Error("no")));
    for (const { telemetry } of [hanging, failed]) {
      expect(telemetry.measured("UnprotectedBuses")).toEqual([]);
      expect(telemetry.logs).toMatchObject([{ level: "warn" }]);
    }
  });
});
