import type { InvocationTelemetry } from "../../../../lib/aws/telemetry.ts";
import type { Clock } from "../../../../lib/core/ports.ts";

/**
 * Telemetry whose lines are read instead of printed. Metrics go out as lines of JSON on the process's output, from which
 * CloudWatch makes them, and so does a test.
 */
export function writtenLines(read: (line: string, atMs: number) => void) {
  function reading<Result>(clock: Clock, write: () => Result): Result {
    const { stdout, stderr } = process;
    const [out, error] = [stdout.write, stderr.write];
    let text = "";
    const take = (chunk: unknown) => {
      text += String(chunk);
      return true;
    };
    [stdout.write, stderr.write] = [take, take];
    try {
      return write();
    } finally {
      [stdout.write, stderr.write] = [out, error];
      for (const line of text.split("\n")) read(line, clock.now());
    }
  }

  return {
    of: (telemetry: InvocationTelemetry, clock: Clock): InvocationTelemetry => ({
      ...telemetry,
      log: (level, message, fields) => reading(clock, () => telemetry.log(level, message, fields)),
      flush: (fields) => reading(clock, () => telemetry.flush(fields)),
    }),
  };
}
