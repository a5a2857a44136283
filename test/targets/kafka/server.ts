import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { Connection, initProducerIdV5 } from "@platformatic/kafka";
import { type Child, describeExit } from "../../../lib/local/child-process.ts";
import { installEnvironment, type Variables } from "../../../lib/local/environment.ts";
import { freePort } from "../../../lib/local/free-port.ts";
import { removeFolder } from "../../../lib/local/leftovers.ts";
import { LocalRunError } from "../../../lib/local/local-run-error.ts";
import { lastLines } from "../../../lib/local/log-file.ts";
import { requireJava, startJava } from "../../java/java.ts";
import { installWithMaven, type MavenServer } from "../../java/maven.ts";
import type { RestartableServer } from "../engine.ts";
import { TcpProxy } from "../tcp-proxy.ts";
import {
  authorityFile,
  CLUSTER_ID,
  certificateFile,
  LISTENERS,
  LOGIN,
  type Ports,
  propertiesFile,
  serverProperties,
} from "./settings.ts";

const run = promisify(execFile);
const KAFKA: MavenServer = {
  title: "Apache Kafka",
  version: "4.1.0",
  folder: "kafka",
  pom: fileURLToPath(new URL("pom.xml", import.meta.url)),
  megabytes: 43,
};
const COMMAND_WITHIN_MS = 60_000;
const READY_WITHIN_MS = 90_000;
const POLL_MS = 200;

/** Apache Kafka on this machine, one node, with its data in a folder that goes when it ends. */
export interface KafkaServer extends RestartableServer {
  /** In front of the listener for the relay. */
  readonly proxy: TcpProxy;
  readonly ports: Ports;
  /** How many came by way of the proxy so far. */
  readonly connections: number;
  /** The certificate of who signed the TLS listener's. */
  readonly authority: string;
  end(): Promise<void>;
}

/** @throws LocalRunError when Java, Maven or openssl is missing, or the server does not start. */
export async function startKafka(): Promise<KafkaServer> {
  const environment = installEnvironment(process.env);
  await requireJava(KAFKA.title, environment);
  const { signal } = new AbortController();
  const libraries = await installWithMaven(KAFKA, { environment, signal, say: (line) => console.log(line) });
  const folder = await mkdtemp(join(tmpdir(), "outbox-relay-kafka-"));
  const ports = Object.fromEntries(
    await Promise.all(LISTENERS.map(async (listener) => [listener, await freePort()] as const)),
  ) as Ports;
  let connections = 0;
  const proxy = await TcpProxy.start(() => {
    connections += 1;
    return { host: "127.0.0.1", port: ports.relay };
  });
  await mkdir(join(folder, "data"));
  await makeCertificates(folder, environment);
  await writeFile(propertiesFile(folder), serverProperties({ ports, proxyPort: proxy.port, folder }));
  await format(libraries, folder, environment);

  const logFile = join(folder, "kafka.log");
  let child: Child | undefined;
  const server: KafkaServer = {
    proxy,
    ports,
    get connections() {
      return connections;
    },
    authority: await readFile(authorityFile(folder), "utf8"),
    async kill() {
      await child?.end(0);
    },
    async start() {
      child = startJava({
        name: KAFKA.folder,
        args: ["-Xmx512m", "-cp", join(libraries, "*"), "kafka.Kafka", propertiesFile(folder)],
        environment,
        folder,
        logFile,
      });
      await untilReady(ports.direct, child, logFile);
    },
    async end() {
      await child?.end();
      await proxy.close();
      await removeFolder(folder);
    },
  };
  try {
    await server.start();
  } catch (error) {
    await server.end();
    throw error;
  }
  return server;
}

/** A server's disk must be formatted once, which is also when its first users are made. */
async function format(libraries: string, folder: string, environment: Variables): Promise<void> {
  const users = ["SCRAM-SHA-256", "SCRAM-SHA-512"].flatMap((mechanism) => [
    "--add-scram",
    `${mechanism}=[name="${LOGIN.username}",password="${LOGIN.password}"]`,
  ]);
  const tool = ["-cp", join(libraries, "*"), "kafka.tools.StorageTool", "format", "-t", CLUSTER_ID];
  await run("java", [...tool, "-c", propertiesFile(folder), ...users], {
    env: environment,
    timeout: COMMAND_WITHIN_MS,
  });
}

/** Runs a program to its end. @throws LocalRunError with what it said when it fails or is missing. */
async function runTool(
  program: string,
  args: readonly string[],
  environment: Variables,
  folder: string,
): Promise<void> {
  try {
    await run(program, args, { cwd: folder, env: environment, timeout: COMMAND_WITHIN_MS });
  } catch (error) {
    throw new LocalRunError(`Apache Kafka could not be set up: ${error instanceof Error ? error.message : error}`);
  }
}

/** An authority, and a certificate of its making for 127.0.0.1 and localhost, good for a day. */
async function makeCertificates(folder: string, environment: Variables): Promise<void> {
  const openssl = (...args: string[]) => runTool("openssl", args, environment, folder);
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  const names = "subjectAltName=IP:127.0.0.1,DNS:localhost";
  const ca = authorityFile(folder);
  await openssl("req", "-x509", ...key, "-keyout", "ca.key", "-out", ca, "-days", "1", "-subj", "/CN=Test authority");
  await openssl("req", ...key, "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=kafka", "-addext", names);
  const signing = ["-CA", ca, "-CAkey", "ca.key", "-CAcreateserial", "-days", "1", "-copy_extensions", "copy"];
  await openssl("x509", "-req", "-in", "server.csr", "-out", "server.crt", ...signing);
  const parts = await Promise.all(["server.key", "server.crt"].map((name) => readFile(join(folder, name), "utf8")));
  await writeFile(certificateFile(folder), parts.join(""));
}

async function untilReady(port: number, child: Child, logFile: string): Promise<void> {
  const until = Date.now() + READY_WITHIN_MS;
  while (!(await answers(port))) {
    if (child.ended !== undefined || Date.now() > until) {
      const reason =
        child.ended === undefined ? `no answer in ${READY_WITHIN_MS / 1_000} s` : describeExit(child.ended);
      throw new LocalRunError(`Apache Kafka did not start: ${reason}. The end of its log:\n${lastLines(logFile)}`);
    }
    await sleep(POLL_MS);
  }
}

/** It is ready once it can number a producer: for that the broker has found its controller. */
async function answers(port: number): Promise<boolean> {
  const connection = new Connection("readiness");
  try {
    await connection.connect("127.0.0.1", port);
    await initProducerIdV5.api.async(connection, null, 0, -1n, -1);
    return true;
  } catch {
    // Not there yet; the caller looks whether it still can be, and for how long.
    return false;
  } finally {
    await connection.close();
  }
}
