import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { Variables } from "./environment.ts";
import { lastLines } from "./log-file.ts";

export interface ChildOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly environment: Variables;
  readonly folder: string;
  /** Standard output and error are appended here. */
  readonly logFile: string;
  /** Keeps a pipe to the child's standard input open. It closes when this process ends, however it ends. */
  readonly holdStdin?: boolean;
}

export type Exit =
  | { readonly kind: "exited"; readonly code: number }
  | { readonly kind: "killed"; readonly signal: NodeJS.Signals }
  | { readonly kind: "not-started"; readonly cause: Error };

export interface Child {
  readonly exit: Promise<Exit>;
  /** How it ended; undefined while it runs. */
  readonly ended: Exit | undefined;
  /** Ends the child and everything it started: SIGTERM first, SIGKILL after `graceMs`. Resolves when the child is gone. */
  end(graceMs?: number): Promise<void>;
  /** Ends the child and everything it started with SIGKILL at once. Resolves when the child is gone. */
  kill(): Promise<void>;
}

const GRACE_MS = 3_000;

/**
 * Starts a child in a process group of its own, so that it and everything it starts can be ended by one id. Ctrl-C on
 * the terminal does not reach that group, so the caller has to end the child.
 */
export function startChild(options: ChildOptions): Child {
  const log = openSync(options.logFile, "a");
  const child = spawn(options.command, options.args, {
    cwd: options.folder,
    env: options.environment,
    detached: true,
    stdio: [options.holdStdin === true ? "pipe" : "ignore", log, log],
  });
  closeSync(log);
  // Nothing is written to it, but a child that ends first must not cause an unhandled error of the pipe.
  child.stdin?.on("error", () => {});

  const killNow = () => signalGroup(child, "SIGKILL");
  process.once("exit", killNow);
  let ended: Exit | undefined;
  const exit = new Promise<Exit>((resolve) => {
    child.once("error", (cause) => resolve({ kind: "not-started", cause }));
    child.once("exit", (code, signal) =>
      resolve(signal === null ? { kind: "exited", code: code ?? 1 } : { kind: "killed", signal }),
    );
  }).then((outcome) => {
    ended = outcome;
    process.removeListener("exit", killNow);
    return outcome;
  });

  return {
    exit,
    get ended() {
      return ended;
    },
    async end(graceMs = GRACE_MS) {
      if (ended === undefined) {
        signalGroup(child, "SIGTERM");
        await Promise.race([exit, sleep(graceMs, undefined, { ref: false })]);
      }
      // Also when the child itself is gone: a grandchild may still run.
      killNow();
      await exit;
    },
    async kill() {
      killNow();
      await exit;
    },
  };
}

/**
 * Runs a command and ends its whole process group as soon as standard input closes, which happens when the process that
 * started it ends, even by SIGKILL. Like other children it gets no Ctrl-C from the terminal.
 */
const WITH_PARENT = 'exec 3<&0; (cat <&3 >/dev/null; kill -KILL 0) & exec "$@" </dev/null';

/** Starts a child that does not outlive this process, however this process ends. */
export const startServer = ({ command, args, ...options }: Omit<ChildOptions, "holdStdin">): Child =>
  startChild({ ...options, command: "sh", args: ["-c", WITH_PARENT, command, command, ...args], holdStdin: true });

export interface CommandOptions extends Omit<ChildOptions, "holdStdin"> {
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
}

export type CommandResult =
  | { readonly kind: "done" }
  /** `reason` says how it ended, `output` holds the last lines of the log. */
  | { readonly kind: "failed"; readonly reason: string; readonly output: string };

/**
 * Runs a command to its end. It does not outlive this process: a surviving deployment would hold the emulator's port
 * and write into a folder that the next run deletes.
 *
 * @throws the signal's reason when it is aborted, after the command and everything it started have ended.
 */
export async function runCommand(options: CommandOptions): Promise<CommandResult> {
  const { signal, timeoutMs } = options;
  signal.throwIfAborted();
  const child = startServer(options);
  const stopWaiting = new AbortController();
  const aborted = new Promise<"aborted">((resolve) => {
    signal.addEventListener("abort", () => resolve("aborted"), { once: true, signal: stopWaiting.signal });
  });
  const late = sleep(timeoutMs, "late" as const, { signal: stopWaiting.signal }).catch(() => "late" as const);
  const outcome = await Promise.race([child.exit, aborted, late]);
  stopWaiting.abort();
  if (outcome === "aborted" || outcome === "late") {
    await child.end();
    signal.throwIfAborted();
    return {
      kind: "failed",
      reason: `it did not end within ${timeoutMs / 1000} s`,
      output: lastLines(options.logFile),
    };
  }
  if (outcome.kind === "exited" && outcome.code === 0) {
    return { kind: "done" };
  }
  return { kind: "failed", reason: describeExit(outcome), output: lastLines(options.logFile) };
}

export function describeExit(exit: Exit): string {
  switch (exit.kind) {
    case "exited":
      return `it ended with code ${exit.code}`;
    case "killed":
      return `it was ended by ${exit.signal}`;
    case "not-started":
      return `it could not be started (${exit.cause.message})`;
  }
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) {
    return;
  }
  try {
    process.kill(-child.pid, signal);
  } catch (error) {
    // ESRCH: the whole group is already gone. EPERM: macOS's answer for a group of zombies.
    if (!(error instanceof Error && "code" in error && (error.code === "ESRCH" || error.code === "EPERM"))) {
      throw error;
    }
  }
}
