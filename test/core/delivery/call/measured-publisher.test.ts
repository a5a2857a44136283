import { describe, expect, it } from "vitest";
import { measuredPublisher } from "../../../../lib/core/delivery/call/measured-publisher.ts";
import { ACKNOWLEDGED, ACKNOWLEDGED_BEFORE } from "../../../../lib/core/ports.ts";
import { RecordingTelemetry } from "../../../world/recording-telemetry.ts";
import { DOWN, failedWith, ScriptedTarget } from "../../../world/scripted-target.ts";
import { VirtualClock } from "../../../world/virtual-clock.ts";

describe("a publisher that is measured", () => {
  it("tells of each call how long it took, and how many events the target already had", async () => {
    const clock = new VirtualClock();
    const telemetry = new RecordingTelemetry();
    const target = new ScriptedTarget(clock);
    const results = [ACKNOWLEDGED_BEFORE, ACKNOWLEDGED, failedWith(DOWN), ACKNOWLEDGED_BEFORE];
    target.publish = async () => {
      await clock.sleep(30);
      return results;
    };
    const measured = measuredPublisher(target, clock, telemetry);
    expect(await clock.run(() => measured.publish("default", [], clock.now() + 1_000))).toBe(results);
    expect(telemetry.measured("TargetCallTime")).toEqual([30]);
    expect(telemetry.total("DuplicatesDropped")).toBe(2);
  });
});
