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
  /** Keeps a pipe to the child's standard input open; it ends when this process ends, in whatever way. */
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
  /** Ends the child and everything it started: asks first, insists after `graceMs`. Resolves when the child is gone. */
  end(graceMs?: number): Promise<void>;
  /** Ends the child and everything it started with SIGKILL, in whatever it is doing. Resolves when the child is gone. */
  kill(): Promise<void>;
}

const GRACE_MS = 3_000;

/**
 * Starts a child in a process group of its own, so that it and everything it starts can be ended by one id. Ctrl-C on
 * the terminal does not reach that group: whoever starts a child ends it.
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
  // Nothing is ever written; a child that ends first must not become an unhandled error of the pipe.
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
      // Also when the child itself is gone: a grandchild may have stayed behind.
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
 * Runs a command and ends its whole process group as soon as standard input closes: that is when whoever started it is
 * gone, killed outright included. The process is told by Ctrl-C's way through the terminal as little as any other child.
 */
const WITH_PARENT = 'exec 3<&0; (cat <&3 >/dev/null; kill -KILL 0) & exec "$@" </dev/null';

/** A child that does not outlive this process, however this one ends. */
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
 * Runs a command to its end. It does not outlive this process: a deployment that went on would hold the emulator's port and
 * write into a folder that the next run deletes.
 *
 * @throws the signal's reason when it is aborted; the command and everything it started are gone by then.
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
    // ESRCH: the whole group is gone already, which is what is wanted. EPERM is macOS's answer for a group of zombies.
    if (!(error instanceof Error && "code" in error && (error.code === "ESRCH" || error.code === "EPERM"))) {
      throw error;
    }
  }
}
