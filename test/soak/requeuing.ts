import { setTimeout as sleep } from "node:timers/promises";
import { invoke } from "../../lib/local/functions.ts";
import type { FunctionLog } from "./function-log.ts";
import type { Kill } from "./journal.ts";
import type { SoakStack } from "./stack.ts";

const PAUSE_MS = 2_000;

/**
 * Counts runs that told no heartbeat. The emulator answers an invocation before it has read all that the function told, and writes
 * the rest down with the next answer of the same process. So one heartbeat may be awaited from run to run, and none of a
 * process that was killed.
 */
export class Heartbeats {
  silent = 0;
  #awaited = 0;

  /**
   * @param isWhole whether the run came to its end.
   * @param told heartbeats that the log got meanwhile, whichever run told them.
   * @param killed whether a process of the requeuer was killed meanwhile.
   */
  ended({
    isWhole,
    told,
    killed,
  }: {
    readonly isWhole: boolean;
    readonly told: number;
    readonly killed: boolean;
  }): void {
    this.#awaited = killed ? 0 : Math.max(0, this.#awaited + Number(isWhole) - told);
    this.silent += Math.max(0, this.#awaited - 1);
    this.#awaited = Math.min(this.#awaited, 1);
  }
}

/** Runs the requeuer every few seconds, as its schedule does each minute. */
export class Requeuing {
  /** How the runs ended: a run's result, or `failed`. */
  readonly ends = new Map<string, number>();
  readonly #heartbeats = new Heartbeats();
  readonly #stack: SoakStack;
  readonly #log: FunctionLog;
  readonly #kills: readonly Kill[];
  readonly #running: Promise<void>;
  #stopped = false;

  constructor(stack: SoakStack, log: FunctionLog, kills: readonly Kill[]) {
    this.#stack = stack;
    this.#log = log;
    this.#kills = kills;
    this.#running = this.#run();
    // `stop` throws the error.
    this.#running.catch(() => {});
  }

  /** Runs that came to their end without a heartbeat. */
  get silent(): number {
    return this.#heartbeats.silent;
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
    await this.#log.read();
    let [heartbeats, killed] = [this.#log.heartbeats, this.#killed()];
    while (!this.#stopped) {
      const invoked = await invoke(this.#stack.clients.lambda, this.#stack.functionNames.requeuer);
      await this.#log.read();
      const end = invoked.kind === "failed" ? "failed" : (invoked.result as { readonly result: string }).result;
      this.ends.set(end, (this.ends.get(end) ?? 0) + 1);
      const isWhole = end === "completed" || end === "incomplete";
      const [told, died] = [this.#log.heartbeats - heartbeats, this.#killed() - killed];
      this.#heartbeats.ended({ isWhole, told, killed: died > 0 });
      [heartbeats, killed] = [heartbeats + told, killed + died];
      await sleep(PAUSE_MS);
    }
  }

  /** Processes of the requeuer that were killed so far. */
  #killed(): number {
    return [...this.#kills, ...this.#log.timeouts].filter(({ of }) => of === "requeuer").length;
  }
}
