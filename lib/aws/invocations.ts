import type { FunctionRole } from "../contract/deployment/function-role.ts";
import { errorName } from "../contract/telemetry/error-name.ts";
import type { CallDeadlines } from "../core/call-deadlines.ts";
import type { Clock } from "../core/ports.ts";
import type { InvocationTelemetry } from "./telemetry.ts";
import type { Tracing } from "./tracing/tracing-port.ts";

export interface InvocationsOptions {
  readonly role: FunctionRole;
  readonly clock: Clock;
  readonly calls: CallDeadlines;
  readonly telemetry: InvocationTelemetry;
  /** Absent: nothing is traced. */
  readonly tracing?: Tracing | undefined;
  /** Resident memory of the process, in bytes. */
  readonly memoryBytes: () => number;
}

const BYTES_A_MEGABYTE = 1_048_576;

/** Traces are handed on within this time after the end of the work: the answer must leave before Lambda's end. */
const FLUSH_MS = 500;

/**
 * What every invocation has in common. Call it when an invocation begins, with the end of its work in epoch
 * milliseconds. Call the returned function when the invocation ends, however it ends: only then are its metrics and its
 * line written.
 */
export function invocations(options: InvocationsOptions): (endMs: number) => () => Promise<void> {
  const { role, clock, calls, telemetry, tracing, memoryBytes } = options;
  let coldStart = true;
  return (endMs) => {
    const startedMs = clock.now();
    const isCold = coldStart;
    coldStart = false;
    telemetry.count("ColdStarts", isCold ? 1 : 0, { function: role });
    return async () => {
      try {
        if (tracing !== undefined) await calls.race("The flush of traces", () => tracing.flush(), endMs + FLUSH_MS);
      } catch (error) {
        // A collector that is missing or silent must not fail an invocation whose events are delivered.
        telemetry.log("warn", "The traces of this invocation were not taken", {
          error: errorName(error),
        });
      }
      telemetry.measure("MemoryUsed", memoryBytes() / BYTES_A_MEGABYTE, { function: role });
      telemetry.flush({ function: role, durationMs: clock.now() - startedMs, coldStart: isCold });
    };
  };
}
