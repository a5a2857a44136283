import { describe, expect, it } from "vitest";
import { invocations } from "../../lib/aws/invocations.ts";
import type { Tracing } from "../../lib/aws/tracing/tracing-port.ts";
import { callDeadlines } from "../../lib/core/call-deadlines.ts";
import type { LogFields } from "../../lib/core/ports.ts";
import { RecordingTelemetry } from "../world/recording-telemetry.ts";
import { VirtualClock } from "../world/virtual-clock.ts";

const END_MS = new VirtualClock().now() + 59_000;

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
    const calls = callDeadlines(clock);
    const begin = invocations({ role: "relay", clock, calls, telemetry, memoryBytes: () => 64 * 1_048_576 });
    const end = begin(END_MS);
    clock.skip(250);
    expect(telemetry.flushed).toEqual([]);
    await end();
    await begin(END_MS)();
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
      call: (_destination, _isDeployed, _events, publish) => publish(),
      async flush() {
        handedOn.push(telemetry.flushed.length);
        throw new Error("no collector");
      },
    };
    const clock = new VirtualClock();
    const ports = { clock, calls: callDeadlines(clock), telemetry, tracing };
    await invocations({ ...ports, role: "relay", memoryBytes: () => 0 })(END_MS)();
    expect(handedOn).toEqual([0]);
    expect(telemetry.flushed).toHaveLength(1);
    expect(telemetry.logs).toMatchObject([{ level: "warn", fields: { error: "Error" } }]);
  });

  it("does not wait for a collector that never answers", async () => {
    const telemetry = new FlushedTelemetry();
    const clock = new VirtualClock();
    const tracing: Tracing = {
      call: (_destination, _isDeployed, _events, publish) => publish(),
      flush: () => new Promise(() => {}),
    };
    const ports = { clock, calls: callDeadlines(clock), telemetry, tracing };
    const end = invocations({ ...ports, role: "relay", memoryBytes: () => 0 })(END_MS);
    await clock.run(end);
    expect(clock.now()).toBeLessThan(END_MS + 1_000);
    expect(telemetry.flushed).toHaveLength(1);
    expect(telemetry.logs).toMatchObject([{ level: "warn", fields: { error: "DeadlineExceeded" } }]);
  });
});
