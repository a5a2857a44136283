import { rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Child, describeExit, startServer } from "../../../lib/local/child-process.ts";
import type { Variables } from "../../../lib/local/environment.ts";
import { freePort } from "../../../lib/local/free-port.ts";
import { LocalRunError } from "../../../lib/local/local-run-error.ts";
import { lastLines } from "../../../lib/local/log-file.ts";
import { cacheFolder } from "../../java/maven.ts";
import { WAIT_HANGS_AFTER_MS } from "../../setup/hanging.ts";
import { DYNAMODB_LOCAL } from "./maven-server.ts";

const ANSWER_WITHIN_MS = 2_000;
const POLL_MS = 100;

export interface DynamodbLocal {
  readonly endpoint: string;
  end(): Promise<void>;
}

/**
 * Starts DynamoDB Local in memory on a free port. It listens on every interface, and no option changes that. It holds only the
 * rows of tests, and lives as long as they run.
 *
 * @throws LocalRunError when Java is missing, too old, or the server does not start.
 */
export async function startDynamodbLocal(libraries: string, environment: Variables): Promise<DynamodbLocal> {
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  const folder = cacheFolder(DYNAMODB_LOCAL);
  const logFile = join(folder, "server.log");
  await rm(logFile, { force: true });
  const child = startServer({
    command: "java",
    args: [
      ...[`-Djava.library.path=${libraries}`, "-cp", join(libraries, "*")],
      "com.amazonaws.services.dynamodbv2.local.main.ServerRunner",
      ...["-inMemory", "-disableTelemetry", "-port", String(port)],
    ],
    environment,
    folder,
    logFile,
  });
  try {
    await untilReady(endpoint, child, logFile);
  } catch (error) {
    await child.end();
    throw error;
  }
  return { endpoint, end: () => child.end() };
}

async function untilReady(endpoint: string, child: Child, logFile: string): Promise<void> {
  const until = Date.now() + WAIT_HANGS_AFTER_MS;
  while (!(await answers(endpoint))) {
    if (child.ended !== undefined || Date.now() > until) {
      const reason =
        child.ended === undefined ? `no answer in ${WAIT_HANGS_AFTER_MS / 1_000} s` : describeExit(child.ended);
      throw new LocalRunError(`DynamoDB Local did not start: ${reason}. The log is ${logFile}\n${lastLines(logFile)}`);
    }
    await sleep(POLL_MS);
  }
}

/** DynamoDB refuses a request without a signature, and the refusal names DynamoDB. */
async function answers(endpoint: string): Promise<boolean> {
  try {
    const response = await fetch(endpoint, { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
    return (await response.text()).includes("com.amazonaws.dynamodb");
  } catch {
    // The server is not up yet. The caller decides whether it still can come up, and how long to wait.
    return false;
  }
}
