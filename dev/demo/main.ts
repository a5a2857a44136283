import { constants } from "node:os";
import { onClosedOutput } from "../../lib/local/closed-output.ts";
import { Interrupted } from "../../lib/local/lifetime.ts";
import { LocalRunError } from "../../lib/local/local-run-error.ts";
import { HELP, readCommandLine } from "./options.ts";
import { type RunContext, runLocal } from "./run.ts";

const STOP_SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
const FAILED = 1;
const MISUSED = 2;
const PARENT_EVERY_MS = 500;

/** The command behind `npm start`. Resolves with its exit code; whatever it started has ended by then. */
export async function main(args: readonly string[]): Promise<number> {
  const line = readCommandLine(args);
  switch (line.kind) {
    case "help":
      printHelp(HELP);
      return 0;
    case "refused":
      process.stderr.write(`${line.message}\n`);
      return MISUSED;
    case "run":
      return runProgram((context) => runLocal(line.options, context));
  }
}

/** Prints a text whose reader may close the pipe early. */
export function printHelp(help: string): void {
  onClosedOutput([process.stdout], () => {});
  process.stdout.write(help);
}

/** Runs work that starts other programs, and lets it tidy up when a signal stops it. Resolves with the exit code. */
export async function runProgram(run: (context: RunContext) => Promise<number>): Promise<number> {
  if (process.platform === "win32") {
    process.stderr.write("The local run needs Linux or macOS; on Windows use it inside WSL.\n");
    return FAILED;
  }
  const stopping = new AbortController();
  for (const name of STOP_SIGNALS) {
    process.on(name, () => {
      if (stopping.signal.aborted) {
        // A second signal ends the run at once, without tidying up. All children are killed on exit.
        process.exit(exitCodeFor(name));
      }
      stopping.abort(new Interrupted(name));
    });
  }
  onClosedOutput([process.stdout, process.stderr], () => stopping.abort(new Interrupted("SIGPIPE")));
  stopWithNpm(stopping);
  try {
    return await run({ output: process.stdout, environment: process.env, signal: stopping.signal });
  } catch (error) {
    return told(error);
  }
}

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
