import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { it } from "vitest";
import { type Child, describeExit, startServer } from "../../lib/local/child-process.ts";
import type { Variables } from "../../lib/local/environment.ts";
import { lastLines } from "../../lib/local/log-file.ts";
import { WAIT_HANGS_AFTER_MS } from "../setup/hanging.ts";
import type { RestartableServer } from "./engine.ts";

const run = promisify(execFile);
const POLL_MS = 100;

/** Whether a command can be run. */
export async function runs(command: string, args: readonly string[]): Promise<boolean> {
  try {
    await run(command, args, { timeout: WAIT_HANGS_AFTER_MS });
    return true;
  } catch {
    // The command is absent or broken, so it cannot start a server.
    return false;
  }
}

/** A failing test in place of the tests whose server cannot run here. It must not go unnoticed that a target was not tested. */
export function describeMissing(name: string, howToGetIt: string): void {
  it(`publishing to ${name} has a server to run against`, () => {
    throw new Error(`There is no server for the tests of ${name}: ${howToGetIt}`);
  });
}

export interface ServerProcess extends RestartableServer {
  /** Ends the server, and removes its folder. */
  end(): Promise<void>;
}

export interface ServerOptions {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** The server's own folder, made by {@link serverFolder}. */
  readonly folder: string;
  /** Resolves with whether it answers. */
  readonly isReady: () => Promise<boolean>;
}

/** The part of this process's environment that a child may have. */
export const ownEnvironment = (): Variables =>
  Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );

/** A folder for a server's data and logs. */
export const serverFolder = (): Promise<string> => mkdtemp(join(tmpdir(), "outbox-relay-server-"));

/** Starts a server that can be killed and started again with the data in its folder. */
export async function startServerProcess(options: ServerOptions): Promise<ServerProcess> {
  const { name, command, args, folder, isReady } = options;
  const logFile = join(folder, "output.log");
  const environment = { ...ownEnvironment(), ...options.environment };
  let child: Child | undefined;

  async function start(): Promise<void> {
    const started = startServer({ command, args, environment, folder, logFile });
    child = started;
    const until = Date.now() + WAIT_HANGS_AFTER_MS;
    while (!(await isReady())) {
      if (started.ended !== undefined || Date.now() > until) {
        await started.end();
        const why = started.ended === undefined ? "it does not answer" : describeExit(started.ended);
        throw new Error(`${name} did not start: ${why}\n${lastLines(logFile)}`);
      }
      await sleep(POLL_MS);
    }
  }

  await start();
  return {
    start,
    kill: async () => child?.kill(),
    async end() {
      await child?.end();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
