import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { connect } from "amqplib";
import { type Child, startServer } from "../../../lib/local/child-process.ts";
import { freePort } from "../../../lib/local/free-port.ts";
import { WAIT_HANGS_AFTER_MS } from "../../setup/hanging.ts";
import { ownEnvironment, runs, type ServerProcess, serverFolder, startServerProcess } from "../real-server.ts";

const run = promisify(execFile);

export interface RabbitServer extends ServerProcess {
  readonly port: number;
  /** All ports on which it and its port mapper listen: for clients, for other nodes, and the mapper's. */
  readonly ports: readonly number[];
  /** A user who may do everything. */
  readonly username: string;
  readonly password: string;
  /** Runs `rabbitmqctl` on it. */
  control(...args: readonly string[]): Promise<void>;
}

/** The package's own folder: Debian's commands on the PATH change the user, and so the folders. */
const COMMANDS = "/usr/lib/rabbitmq/bin";
const command = (name: string): string => join(COMMANDS, name);

export const hasRabbit = (): Promise<boolean> => runs("test", ["-x", command("rabbitmq-server")]);

/**
 * Starts a RabbitMQ on the loopback interface, with an Erlang port mapper of its own, so that no other one is used and none
 * stays behind.
 *
 * @param settings further lines of its rabbitmq.conf.
 */
export async function startRabbitServer(settings: readonly string[] = []): Promise<RabbitServer> {
  const [port, nodePort, mapperPort] = [await freePort(), await freePort(), await freePort()];
  const folder = await serverFolder();
  const password = randomUUID();
  await mkdir(join(folder, "home"));
  const configuration = join(folder, "rabbitmq.conf");
  const lines = ["default_user = relay", `default_pass = ${password}`, "loopback_users = none", ...settings];
  await writeFile(configuration, `${lines.join("\n")}\n`);
  const node = `relay${port}@localhost`;
  const environment = {
    HOME: join(folder, "home"),
    ERL_EPMD_ADDRESS: "127.0.0.1",
    ERL_EPMD_PORT: String(mapperPort),
    RABBITMQ_NODENAME: node,
    RABBITMQ_NODE_IP_ADDRESS: "127.0.0.1",
    RABBITMQ_NODE_PORT: String(port),
    RABBITMQ_DIST_PORT: String(nodePort),
    // Erlang listens for other nodes on every interface, whatever address the broker has for clients. Its commands do so too.
    ERL_AFLAGS: "-kernel inet_dist_use_interface {127,0,0,1}",
    RABBITMQ_CONFIG_FILE: configuration,
    RABBITMQ_CONF_ENV_FILE: "/dev/null",
    RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, "enabled_plugins"),
    RABBITMQ_MNESIA_BASE: join(folder, "data"),
    RABBITMQ_LOG_BASE: join(folder, "logs"),
    RABBITMQ_PID_FILE: join(folder, "pid"),
    // One scheduler: several servers share the machine, and busy waiting would take it from the tests.
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: "+S 1:1 +sbwt none",
  };
  const mapper = startMapper(mapperPort, folder);
  try {
    const server = await startServerProcess({
      name: "RabbitMQ",
      command: command("rabbitmq-server"),
      args: [],
      environment,
      folder,
      isReady: () => answers(port, password),
    });
    return {
      ...server,
      port,
      ports: [port, nodePort, mapperPort],
      username: "relay",
      password,
      async control(...args) {
        const options = { env: { ...ownEnvironment(), ...environment }, timeout: WAIT_HANGS_AFTER_MS };
        await run(command("rabbitmqctl"), ["--node", node, ...args], options);
      },
      async end() {
        await server.end();
        await mapper.end();
      },
    };
  } catch (error) {
    await mapper.end();
    throw error;
  }
}

function startMapper(port: number, folder: string): Child {
  const args = ["-port", String(port), "-address", "127.0.0.1"];
  return startServer({
    command: "epmd",
    args,
    environment: ownEnvironment(),
    folder,
    logFile: join(folder, "epmd.log"),
  });
}

/** The broker listens before it knows its users. */
async function answers(port: number, password: string): Promise<boolean> {
  try {
    const connection = await connect({ hostname: "127.0.0.1", port, username: "relay", password }, { timeout: 2_000 });
    await connection.close();
    return true;
  } catch {
    // The broker is not ready yet. The caller decides whether it still can be, and how long to wait.
    return false;
  }
}
