import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";

/** Has a shell say at its end what it and its commands took of a processor. */
const TELL_TIMES = "trap 'times >&3' EXIT";

/** A shell in a terminal of its own, with what it printed. */
export class Shell {
  readonly #process: ChildProcess;
  readonly #closed: Promise<unknown>;
  #printed = "";
  #errors = "";
  #times = "";

  /** @param script ends at the first command that fails. */
  constructor(script: string, folder: string, environment: NodeJS.ProcessEnv) {
    this.#process = spawn("bash", ["-e", "-c", `${TELL_TIMES}\n${script}`], {
      cwd: folder,
      env: environment,
      // A process group of its own, as a terminal has one for what runs in the foreground.
      detached: true,
      stdio: ["ignore", "pipe", "pipe", "pipe"],
    });
    this.#process.stdout?.on("data", (data) => {
      this.#printed += data;
    });
    this.#process.stderr?.on("data", (data) => {
      this.#errors += data;
    });
    this.#process.stdio[3]?.on("data", (data) => {
      this.#times += data;
    });
    this.#closed = once(this.#process, "close");
  }

  /** On standard output. */
  get printed(): string {
    return this.#printed;
  }

  /** On standard error. */
  get errors(): string {
    return this.#errors;
  }

  /** Undefined while it runs, and where a signal ended it. */
  get exitCode(): number | undefined {
    return this.#process.exitCode ?? undefined;
  }

  /**
   * What it and its commands took of a processor, once it has ended: `times` says two lines of two, user and system, such as
   * 0m1.250s.
   */
  get processorSeconds(): number {
    return [...this.#times.matchAll(/(\d+)m([\d.]+)s/g)].reduce(
      (sum, [, minutes, seconds]) => sum + 60 * Number(minutes) + Number(seconds),
      0,
    );
  }

  /** Resolves when it has ended, and nobody can write to its terminal any more. */
  async ended(): Promise<this> {
    await this.#closed;
    return this;
  }

  /** Signals everything in the foreground. Resolves with whether there was anything. */
  signal(name: NodeJS.Signals): boolean {
    if (this.#process.pid === undefined) return false;
    try {
      process.kill(-this.#process.pid, name);
      return true;
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "ESRCH") return false;
      throw error;
    }
  }
}
