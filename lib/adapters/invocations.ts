import type { FunctionRole } from "../core/metrics.ts";
import type { Clock } from "../core/ports.ts";
import type { InvocationTelemetry } from "./telemetry.ts";
import type { Tracing } from "./tracing/tracing.ts";

export interface InvocationsOptions {
  readonly role: FunctionRole;
  readonly clock: Clock;
  readonly telemetry: InvocationTelemetry;
  /** Absent: nothing is traced. */
  readonly tracing?: Tracing | undefined;
  /** Resident memory of the process, in bytes. */
  readonly memoryBytes: () => number;
}

const BYTES_A_MEGABYTE = 1_048_576;

/**
 * Tells what every invocation has in common. Call it when one begins, and what it returns when that one ends, however it
 * does: only then are its metrics and its line written.
 */
export function invocations(options: InvocationsOptions): () => () => Promise<void> {
  const { role, clock, telemetry, tracing, memoryBytes } = options;
  let coldStart = true;
  return () => {
    const startedMs = clock.now();
    const isCold = coldStart;
    coldStart = false;
    telemetry.count("ColdStarts", isCold ? 1 : 0, { function: role });
    return async () => {
      try {
        await tracing?.flush();
      } catch (error) {
        // A collector that is away must not fail an invocation whose events are delivered.
        telemetry.log("warn", "The traces of this invocation were not taken", {
          error: error instanceof Error ? error.name : String(error),
        });
      }
      telemetry.measure("MemoryUsed", memoryBytes() / BYTES_A_MEGABYTE, { function: role });
      telemetry.flush({ function: role, durationMs: clock.now() - startedMs, coldStart: isCold });
    };
  };
}
