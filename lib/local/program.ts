import { constants } from "node:os";
import { onClosedOutput } from "./closed-output.ts";
import { Interrupted } from "./lifetime.ts";
import { LocalRunError } from "./local-run-error.ts";
import { onStopSignals } from "./stop-signals.ts";

const STOP_SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
const FAILED = 1;
const PARENT_EVERY_MS = 500;

/** What a program that starts other programs is given. */
export interface ProgramContext {
  readonly output: NodeJS.WriteStream;
  readonly environment: NodeJS.ProcessEnv;
  /** Aborted with an {@link Interrupted} when the program must stop. */
  readonly signal: AbortSignal;
}

/** Runs work that starts other programs, and lets it tidy up when a signal stops it. Resolves with the exit code. */
export async function runProgram(run: (context: ProgramContext) => Promise<number>): Promise<number> {
  if (process.platform === "win32") {
    process.stderr.write("The local run needs Linux or macOS; on Windows use it inside WSL.\n");
    return FAILED;
  }
  const stopping = new AbortController();
  onStopSignals(STOP_SIGNALS, {
    first: (name) => stopping.abort(new Interrupted(name)),
    // Without tidying up. All children are killed on exit.
    again: (name) => process.exit(exitCodeFor(name)),
  });
  onClosedOutput([process.stdout, process.stderr], () => stopping.abort(new Interrupted("SIGPIPE")));
  stopWithNpm(stopping);
  try {
    return await run({ output: process.stdout, environment: process.env, signal: stopping.signal });
  } catch (error) {
    return told(error);
  }
}

/** Resolves when the signal is aborted, and keeps the process alive until then. */
export const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    // An immediate timer keeps the process alive: a pending promise alone does not.
    const alive = setInterval(() => {}, 60_000);
    const stop = () => {
      clearInterval(alive);
      resolve();
    };
    signal.addEventListener("abort", stop, { once: true });
    if (signal.aborted) {
      stop();
    }
  });

/**
 * Stops the run when the npm that started it is gone: npm forwards SIGINT and SIGTERM, but other signals end it without
 * notice to its script. Without npm, the run may outlive its parent.
 */
function stopWithNpm(stopping: AbortController): void {
  if (process.env["npm_lifecycle_event"] === undefined) {
    return;
  }
  const { ppid } = process;
  const watch = setInterval(() => {
    if (process.ppid !== ppid) {
      clearInterval(watch);
      stopping.abort(new Interrupted("SIGHUP"));
    }
  }, PARENT_EVERY_MS);
  watch.unref();
}

const exitCodeFor = (signal: NodeJS.Signals): number => 128 + constants.signals[signal];

function told(error: unknown): number {
  if (error instanceof Interrupted) {
    process.stderr.write(`${error.message}\n`);
    return exitCodeFor(error.signal);
  }
  if (error instanceof LocalRunError) {
    process.stderr.write(`${error.message}\n`);
    return FAILED;
  }
  throw error;
}
