import { execFile } from "node:child_process";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { type Child, describeExit, startServer } from "../../../lib/local/child-process.ts";
import type { Variables } from "../../../lib/local/environment.ts";
import { freePort } from "../../../lib/local/free-port.ts";
import { LocalRunError } from "../../../lib/local/local-run-error.ts";
import { lastLines } from "../../../lib/local/log-file.ts";
import { CACHE_FOLDER } from "./install.ts";

const run = promisify(execFile);
const OLDEST_JAVA = 17;
const VERSION_WITHIN_MS = 30_000;
const READY_WITHIN_MS = 60_000;
const ANSWER_WITHIN_MS = 2_000;
const POLL_MS = 100;

export interface DynamodbLocal {
  readonly endpoint: string;
  end(): Promise<void>;
}

/**
 * Starts DynamoDB Local in memory on a free port. It listens on every interface and cannot be told otherwise: it holds
 * rows of tests alone, and lives as long as they run.
 *
 * @throws LocalRunError when Java is missing, too old, or the server does not start.
 */
export async function startDynamodbLocal(libraries: string, environment: Variables): Promise<DynamodbLocal> {
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  const logFile = join(CACHE_FOLDER, "server.log");
  await rm(logFile, { force: true });
  const child = startServer({
    command: "java",
    args: [
      ...[`-Djava.library.path=${libraries}`, "-cp", join(libraries, "*")],
      "com.amazonaws.services.dynamodbv2.local.main.ServerRunner",
      ...["-inMemory", "-disableTelemetry", "-port", String(port)],
    ],
    environment,
    folder: CACHE_FOLDER,
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

/** @throws LocalRunError when there is no Java that can run DynamoDB Local. */
export async function requireJava(environment: Variables): Promise<void> {
  const found = await javaVersion(environment);
  if (found === undefined || found < OLDEST_JAVA) {
    throw new LocalRunError(
      `These tests run AWS's own DynamoDB Local, which needs Java ${OLDEST_JAVA} or later: ` +
        `${found === undefined ? "`java -version` does not work here" : `\`java -version\` says ${found}`}. ` +
        "Install one (https://adoptium.net) and Maven (https://maven.apache.org), put both on the PATH and start again.",
    );
  }
}

async function javaVersion(environment: Variables): Promise<number | undefined> {
  try {
    const { stderr } = await run("java", ["-version"], { env: environment, timeout: VERSION_WITHIN_MS });
    const major = /version "(\d+)/.exec(stderr)?.[1];
    return major === undefined ? undefined : Number(major);
  } catch {
    // Absent, or it does not run: the message says which command did not work.
    return undefined;
  }
}

async function untilReady(endpoint: string, child: Child, logFile: string): Promise<void> {
  const until = Date.now() + READY_WITHIN_MS;
  while (!(await answers(endpoint))) {
    if (child.ended !== undefined || Date.now() > until) {
      const reason =
        child.ended === undefined ? `no answer in ${READY_WITHIN_MS / 1_000} s` : describeExit(child.ended);
      throw new LocalRunError(`DynamoDB Local did not start: ${reason}. The log is ${logFile}\n${lastLines(logFile)}`);
    }
    await sleep(POLL_MS);
  }
}

/** DynamoDB refuses a request without a signature, and names itself in doing so. */
async function answers(endpoint: string): Promise<boolean> {
  try {
    const response = await fetch(endpoint, { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
    return (await response.text()).includes("com.amazonaws.dynamodb");
  } catch {
    // Not there yet; the caller looks whether it still can be, and for how long.
    return false;
  }
}
