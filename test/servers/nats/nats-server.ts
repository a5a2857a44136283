import { randomUUID } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { freePort } from "../../../lib/local/free-port.ts";
import { runs, type ServerProcess, serverFolder, startServerProcess } from "../real-server.ts";

export const hasNats = (): Promise<boolean> => runs("nats-server", ["--version"]);

export interface NatsServer extends ServerProcess {
  readonly port: number;
}

/**
 * Starts a nats-server with JetStream on the loopback interface, its data in a file store.
 *
 * @param settings further lines of its configuration.
 */
export async function startNatsServer(settings: readonly string[]): Promise<NatsServer> {
  const port = await freePort();
  const folder = await serverFolder();
  const file = join(folder, "server.conf");
  const lines = [
    `listen: "127.0.0.1:${port}"`,
    `jetstream { store_dir: ${JSON.stringify(join(folder, "data"))} }`,
    ...settings,
  ];
  await writeFile(file, `${lines.join("\n")}\n`);
  const server = await startServerProcess({
    name: "nats-server",
    command: "nats-server",
    args: ["--config", file],
    folder,
    isReady: () => greets(port),
  });
  return { ...server, port };
}

/** A user who may do everything, and one who may not publish to any stream. */
export function natsUsers() {
  const [password, readerPassword] = [randomUUID(), randomUUID()];
  const readerMay = 'permissions: { publish: ["$JS.API.>"], subscribe: [">"] }';
  return {
    password,
    readerPassword,
    setting: `authorization { users = [
      { user: relay, password: "${password}" }
      { user: reader, password: "${readerPassword}", ${readerMay} }
    ] }`,
  };
}

/** A server sends INFO as soon as it takes a connection, and takes connections once JetStream has recovered its streams. */
function greets(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("data", (bytes) => {
      resolve(bytes.toString().startsWith("INFO"));
      socket.destroy();
    });
    socket.once("error", () => resolve(false));
  });
}
