import { type FileHandle, open } from "node:fs/promises";
import { emfSamples } from "../../lib/cloudwatch/emf.ts";
import type { MetricName } from "../../lib/contract/telemetry/metrics.ts";
import { METRICS_NAMESPACE } from "../../lib/contract/telemetry/namespace.ts";
import type { Actor, Kill } from "./journal.ts";

const HEARTBEAT: MetricName = "RequeuerHeartbeat";
const CHUNK_BYTES = 1_048_576;

/** Follows the emulator's log: what functions tell, and which processes the emulator killed at their timeout. */
export class FunctionLog {
  /** How many runs of the requeuer told that they came to their end. */
  heartbeats = 0;
  /** Processes that were killed at their timeout. There are none if every function ends its runs in time. */
  readonly timeouts: Kill[] = [];
  readonly #file: FileHandle;
  readonly #functionNames: Readonly<Record<Actor, string>>;
  #rest = "";
  #readMs = Date.now();
  #reading: Promise<void> = Promise.resolve();

  private constructor(file: FileHandle, functionNames: Readonly<Record<Actor, string>>) {
    this.#file = file;
    this.#functionNames = functionNames;
  }

  static async open(logFile: string, functionNames: Readonly<Record<Actor, string>>): Promise<FunctionLog> {
    return new FunctionLog(await open(logFile), functionNames);
  }

  /** Reads what is new. */
  read(): Promise<void> {
    this.#reading = this.#reading.then(() => this.#readOn());
    return this.#reading;
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  async #readOn(): Promise<void> {
    const fromMs = this.#readMs;
    this.#readMs = Date.now();
    const buffer = Buffer.alloc(CHUNK_BYTES);
    for (;;) {
      const { bytesRead } = await this.#file.read(buffer, 0, CHUNK_BYTES);
      if (bytesRead === 0) return;
      const lines = (this.#rest + buffer.toString("latin1", 0, bytesRead)).split("\n");
      this.#rest = lines.pop() ?? "";
      for (const line of lines) this.#note(line, fromMs);
    }
  }

  #note(line: string, fromMs: number): void {
    if (line.includes(HEARTBEAT)) {
      const told = emfSamples(line, 0).filter(
        ({ metric }) => metric.namespace === METRICS_NAMESPACE && metric.name === HEARTBEAT,
      );
      this.heartbeats += told.flatMap(({ values }) => values).reduce((sum, value) => sum + value, 0);
    }
    const [, name] = /Lambda (\S+) timed out after/.exec(line) ?? [];
    for (const actor of ["relay", "requeuer"] as const) {
      if (name === this.#functionNames[actor]) this.timeouts.push({ of: actor, fromMs, toMs: Date.now() });
    }
  }
}
