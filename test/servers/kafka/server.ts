import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Connection, initProducerIdV5 } from "@platformatic/kafka";
import { runCommand } from "../../../lib/local/child-process.ts";
import { freePort } from "../../../lib/local/free-port.ts";
import { LocalRunError } from "../../../lib/local/local-run-error.ts";
import { requireJava } from "../../java/java.ts";
import { installWithMaven, type MavenServer } from "../../java/maven.ts";
import { WAIT_HANGS_AFTER_MS } from "../../setup/hanging.ts";
import { certificateInMemory } from "../certificate.ts";
import { ownEnvironment, runs, type ServerProcess, serverFolder, startServerProcess } from "../real-server.ts";
import { TcpProxy } from "../tcp-proxy.ts";
import {
  CLUSTER_ID,
  certificateFile,
  LISTENERS,
  LOGIN,
  type Ports,
  propertiesFile,
  serverProperties,
} from "./settings.ts";

const KAFKA: MavenServer = {
  title: "Apache Kafka",
  version: "4.1.0",
  folder: "kafka",
  pom: fileURLToPath(new URL("pom.xml", import.meta.url)),
  megabytes: 43,
};

/** Apache Kafka on this machine, one node, with its data in a folder that goes when it ends. */
export interface KafkaServer extends ServerProcess {
  /** The proxy in front of the listener for the relay. */
  readonly proxy: TcpProxy;
  readonly ports: Ports;
  /** How many connections came by way of the proxy so far. */
  readonly connections: number;
  /** The certificate of the authority that signed the TLS listener's. */
  readonly authority: string;
}

/** Whether this machine has Java to run Kafka, Maven to fetch it and openssl for its certificate. */
export async function hasKafka(): Promise<boolean> {
  const found = await Promise.all([
    runs("java", ["-version"]),
    runs("mvn", ["-version"]),
    runs("openssl", ["version"]),
  ]);
  return found.every(Boolean);
}

export async function startKafka(): Promise<KafkaServer> {
  const environment = ownEnvironment();
  await requireJava(KAFKA.title, environment);
  const { signal } = new AbortController();
  const libraries = await installWithMaven(KAFKA, { environment, signal, say: (line) => console.log(line) });
  const folder = await serverFolder();
  const ports = Object.fromEntries(
    await Promise.all(LISTENERS.map(async (listener) => [listener, await freePort()] as const)),
  ) as Ports;
  let connections = 0;
  const proxy = await TcpProxy.start(() => {
    connections += 1;
    return { host: "127.0.0.1", port: ports.relay };
  });
  await mkdir(join(folder, "data"));
  const { ca: authority, server: certificate } = await certificateInMemory();
  await writeFile(certificateFile(folder), certificate.key + certificate.cert);
  await writeFile(propertiesFile(folder), serverProperties({ ports, proxyPort: proxy.port, folder }));
  await format(libraries, folder);
  const server = await startServerProcess({
    name: KAFKA.title,
    command: "java",
    args: ["-Xmx512m", "-cp", join(libraries, "*"), "kafka.Kafka", propertiesFile(folder)],
    folder,
    isReady: () => answers(ports.direct),
  });
  return {
    ...server,
    proxy,
    ports,
    get connections() {
      return connections;
    },
    authority,
    async end() {
      await server.end();
      await proxy.close();
    },
  };
}

/** A server's storage must be formatted once. Its first users are made then too. */
async function format(libraries: string, folder: string): Promise<void> {
  const users = ["SCRAM-SHA-256", "SCRAM-SHA-512"].flatMap((mechanism) => [
    "--add-scram",
    `${mechanism}=[name="${LOGIN.username}",password="${LOGIN.password}"]`,
  ]);
  const tool = ["-cp", join(libraries, "*"), "kafka.tools.StorageTool", "format", "-t", CLUSTER_ID];
  const result = await runCommand({
    command: "java",
    args: [...tool, "-c", propertiesFile(folder), ...users],
    environment: ownEnvironment(),
    folder,
    logFile: join(folder, "format.log"),
    signal: new AbortController().signal,
    timeoutMs: WAIT_HANGS_AFTER_MS,
  });
  if (result.kind === "failed") {
    throw new LocalRunError(`${KAFKA.title} could not format its disk: ${result.reason}\n${result.output}`);
  }
}

/** The broker is ready once it can give a producer its id, for it has found its controller then. */
async function answers(port: number): Promise<boolean> {
  const connection = new Connection("readiness");
  try {
    await connection.connect("127.0.0.1", port);
    await initProducerIdV5.api.async(connection, null, 0, -1n, -1);
    return true;
  } catch {
    // The broker is not up yet. The caller decides whether it still can come up, and how long to wait.
    return false;
  } finally {
    await connection.close();
  }
}
