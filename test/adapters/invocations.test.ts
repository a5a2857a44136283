import { describe, expect, it } from "vitest";
import { invocations } from "../../lib/adapters/invocations.ts";
import type { Tracing } from "../../lib/adapters/tracing/tracing.ts";
import type { LogFields } from "../../lib/core/ports.ts";
import { RecordingTelemetry } from "../world/recording-telemetry.ts";
import { VirtualClock } from "../world/virtual-clock.ts";

class FlushedTelemetry extends RecordingTelemetry {
  readonly flushed: LogFields[] = [];

  flush(fields: LogFields = {}): void {
    this.flushed.push(fields);
  }
}

describe("an invocation", () => {
  it("tells that it was cold, how long it took and what memory the process holds, and flushes once", async () => {
    const telemetry = new FlushedTelemetry();
    const clock = new VirtualClock();
    const begin = invocations({ role: "relay", clock, telemetry, memoryBytes: () => 64 * 1_048_576 });
    const end = begin();
    clock.skip(250);
    expect(telemetry.flushed).toEqual([]);
    await end();
    await begin()();
    expect(telemetry.flushed).toEqual([
      { function: "relay", durationMs: 250, coldStart: true },
      { function: "relay", durationMs: 0, coldStart: false },
    ]);
    expect(telemetry.total("ColdStarts", "relay")).toBe(1);
    expect(telemetry.measured("MemoryUsed")).toEqual([64, 64]);
  });

  it("hands its traces on before it ends, and does not fail where nobody takes them", async () => {
    const telemetry = new FlushedTelemetry();
    const handedOn: number[] = [];
    const tracing: Tracing = {
      call: (_destination, _events, publish) => publish(),
      async flush() {
        handedOn.push(telemetry.flushed.length);
        throw new Error("no collector");
      },
    };
    const options = { role: "relay", clock: new VirtualClock(), telemetry, tracing, memoryBytes: () => 0 } as const;
    await invocations(options)()();
    expect(handedOn).toEqual([0]);
    expect(telemetry.flushed).toHaveLength(1);
    expect(telemetry.logs).toMatchObject([{ level: "warn", fields: { error: "Error" } }]);
  });
});
