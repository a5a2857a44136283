import { createServer as createPlain, type RequestListener } from "node:http";
import { createServer as createSecure } from "node:https";
import { connect } from "node:net";
import { join } from "node:path";
import { freePort } from "../../lib/local/free-port.ts";
import type { Certificate } from "./certificate.ts";
import { type ServerProcess, serverFolder, startServerProcess } from "./real-server.ts";

export interface ChildServer extends ServerProcess {
  readonly port: number;
  readonly folder: string;
}

/** The settings that each server of ours gets as its one argument. */
export interface ServerTask {
  readonly port: number;
  readonly folder: string;
  readonly certificate?: Certificate | undefined;
}

/**
 * Runs one of the servers of this room as a process of its own, so that it can be killed.
 *
 * @param script its path from here. It calls {@link serve} with the task that it is given.
 */
export async function startChildServer(script: string, task: Readonly<Record<string, unknown>>): Promise<ChildServer> {
  const folder = await serverFolder();
  const port = await freePort();
  const server = await startServerProcess({
    name: script,
    command: process.execPath,
    args: ["--import", TSX, join(import.meta.dirname, script), JSON.stringify({ ...task, port, folder })],
    folder,
    isReady: () => isListening(port),
  });
  return { ...server, port, folder };
}

/** The absolute path, for the server runs in a folder of its own. */
const TSX = import.meta.resolve("tsx");

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("error", () => resolve(false));
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
  });
}

/** The child's side: serves until it is ended. */
export function serve({ port, certificate }: ServerTask, answer: RequestListener): void {
  const server = certificate === undefined ? createPlain(answer) : createSecure(certificate, answer);
  server.listen(port, "127.0.0.1");
}
