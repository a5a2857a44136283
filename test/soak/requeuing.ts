import { setTimeout as sleep } from "node:timers/promises";
import { invoke } from "../../lib/local/functions.ts";
import type { FunctionLog } from "./function-log.ts";
import type { SoakStack } from "./stack.ts";

const PAUSE_MS = 2_000;

/** Runs the requeuer every few seconds, as its schedule does each minute. */
export class Requeuing {
  /** How the runs ended: a run's result, or `failed`. */
  readonly ends = new Map<string, number>();
  /** Runs that came to their end without a heartbeat. */
  silent = 0;
  readonly #stack: SoakStack;
  readonly #log: FunctionLog;
  readonly #running: Promise<void>;
  #stopped = false;

  constructor(stack: SoakStack, log: FunctionLog) {
    this.#stack = stack;
    this.#log = log;
    this.#running = this.#run();
    // `stop` throws the error.
    this.#running.catch(() => {});
  }

  /** Begins no further run. The current run is not waited for, and its end does not count. */
  abandon(): void {
    this.#stopped = true;
  }

  /** @throws the error of an invocation that no function answered. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      await this.#log.read();
      const before = this.#log.heartbeats;
      const invoked = await invoke(this.#stack.clients.lambda, this.#stack.functionNames.requeuer);
      await this.#log.read();
      const end = invoked.kind === "failed" ? "failed" : (invoked.result as { readonly result: string }).result;
      this.ends.set(end, (this.ends.get(end) ?? 0) + 1);
      const isWhole = end === "completed" || end === "incomplete";
      if (isWhole && this.#log.heartbeats === before) this.silent += 1;
      await sleep(PAUSE_MS);
    }
  }
}
