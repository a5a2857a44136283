import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer as createPlain, type RequestListener } from "node:http";
import { createServer as createSecure } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../../lib/local/free-port.ts";
import type { RestartableServer } from "./engine.ts";
import type { Certificate } from "./self-made-ca.ts";

export interface ChildServer extends RestartableServer {
  readonly port: number;
  /** A folder of its own, gone after `end`. */
  readonly folder: string;
  end(): Promise<void>;
}

/** What every server of this folder is told, as its one argument. */
export interface ServerTask {
  readonly port: number;
  readonly folder: string;
  readonly certificate?: Certificate | undefined;
}

/**
 * Runs one of the servers of this folder as a process of its own, so that it can be killed.
 *
 * @param script calls {@link serve} with the task that it is given.
 */
export async function startChildServer(script: string, task: Readonly<Record<string, unknown>>): Promise<ChildServer> {
  const folder = await mkdtemp(join(tmpdir(), "target-"));
  const port = await freePort();
  const argument = JSON.stringify({ ...task, port, folder });
  let child: ChildProcess | undefined;

  async function start(): Promise<void> {
    const args = ["--import", "tsx", join(import.meta.dirname, script), argument];
    // Its standard input ends with this process, and it with that.
    const started = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "inherit"] });
    child = started;
    const ended = once(started, "exit").then(([code, signal]) => {
      throw new Error(`${script} ended before it listened: ${code ?? signal}; what it said stands above`);
    });
    await Promise.race([once(started.stdout, "data"), ended]);
    // Whatever ends it from now on is somebody's business who asked for it.
    ended.catch(() => undefined);
  }

  async function kill(): Promise<void> {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, "exit");
    child.kill("SIGKILL");
    await gone;
  }

  await start();
  return {
    port,
    folder,
    start,
    kill,
    async end() {
      await kill();
      await rm(folder, { recursive: true });
    },
  };
}

/** The child's side: serves until whoever started it is gone. */
export function serve({ port, certificate }: ServerTask, answer: RequestListener): void {
  const server = certificate === undefined ? createPlain(answer) : createSecure(certificate, answer);
  server.listen(port, "127.0.0.1", () => console.log("listening"));
  process.stdin.on("end", () => process.exit()).resume();
}
