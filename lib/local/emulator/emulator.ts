import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { LOOPBACK } from "../../contract/deployment/loopback.ts";
import { type Child, describeExit, type Exit, startChild } from "../child-process.ts";
import { awsVariables, childEnvironment, installEnvironment, type Variables } from "../environment.ts";
import { freePort } from "../free-port.ts";
import { LocalRunError } from "../local-run-error.ts";
import { lastLines } from "../log-file.ts";
import { LOCAL_FOLDER, type RunFolder } from "../run-folder.ts";
import { containerArguments, type DockerSearch, findDocker, hostSeenFrom, removeContainer } from "./docker.ts";
import { checkHealth, objectionTo } from "./emulator-health.ts";
import { LAUNCHER, MINISTACK_IMAGE, MINISTACK_VERSION, ministackVariables, TRUTHFUL_LAUNCHER } from "./ministack.ts";
import { findPython } from "./python.ts";
import { installMinistack } from "./python-install.ts";

export interface Emulator {
  readonly endpoint: string;
  /** A description for people. */
  readonly description: string;
  /** The host under which functions in the emulator reach this machine's loopback. */
  readonly hostForFunctions: string;
  /** Whether this run started the emulator, and therefore ends it. One that ran before keeps running, tidied up. */
  readonly owned: boolean;
  /** Its log file, with the functions' output; undefined if somebody else started it. */
  readonly logFile: string | undefined;
  /** Resolves when the emulator ends by itself; never for one that somebody else started. */
  readonly exit: Promise<Exit>;
  end(): Promise<void>;
}

export interface EmulatorOptions {
  readonly inherited: NodeJS.ProcessEnv;
  readonly runFolder: RunFolder;
  readonly signal: AbortSignal;
  /** Called before each step that takes a while. */
  readonly say: (line: string) => void;
  /** Functions are told the time they have left, as Lambda tells them. In Docker they are not. @default false */
  readonly tellsTimeLeft?: boolean;
  /** The account whose resources it has, 12 digits. @default MiniStack's, 000000000000 */
  readonly account?: string | undefined;
  /**
   * What the environment of every function has besides, unless its own says otherwise. Called with the emulator's endpoint and
   * the host under which functions reach this machine's loopback, before the emulator starts; again for each further port
   * that is tried. @default nothing
   */
  readonly functionVariables?: (endpoint: string, hostForFunctions: string) => Promise<Variables>;
}

const START_ATTEMPTS = 3;
const READY_WITHIN_MS = 60_000;
/** Docker may have to download the image first. */
const CONTAINER_READY_WITHIN_MS = 300_000;
const POLL_MS = 100;

/**
 * Provides MiniStack on this machine's loopback: a running one that AWS_ENDPOINT_URL names, else one installed with
 * Python, else one in Docker.
 *
 * @throws LocalRunError if the named endpoint is not MiniStack on loopback, or if MiniStack cannot be run here.
 */
export async function provideEmulator(options: EmulatorOptions): Promise<Emulator> {
  const given = options.inherited["AWS_ENDPOINT_URL"];
  if (given !== undefined && given !== "") {
    return adopt(given);
  }
  const environment = installEnvironment(options.inherited);
  const python = await findPython(environment);
  if (python.kind === "found") {
    return startWithPython(python, environment, options);
  }
  const docker = await findDocker(environment);
  if (docker.kind === "found") {
    options.say(`${python.reason}: using Docker ${docker.version}`);
    return startWithDocker(docker, environment, options);
  }
  throw new LocalRunError(
    [
      "There is no way to run the AWS emulator MiniStack on this machine:",
      `  - ${python.reason}`,
      `  - ${docker.reason}`,
      "Install Python 3.10 or later (https://www.python.org/downloads/) or Docker (https://docs.docker.com/get-docker/) and start again.",
    ].join("\n"),
  );
}

async function adopt(endpoint: string): Promise<Emulator> {
  const refusal = (reason: string) =>
    new LocalRunError(
      `AWS_ENDPOINT_URL is ${endpoint}: ${reason}. The local run uses MiniStack on this machine and nothing else; ` +
        "unset AWS_ENDPOINT_URL and the run starts its own.",
    );
  const objection = objectionTo(endpoint);
  if (objection !== undefined) {
    throw refusal(objection);
  }
  const health = await checkHealth(endpoint);
  if (health.kind === "not-ministack") {
    throw refusal(health.reason);
  }
  return {
    endpoint: new URL(endpoint).origin,
    description: "MiniStack that was running already",
    hostForFunctions: LOOPBACK,
    owned: false,
    logFile: undefined,
    exit: new Promise(() => {}),
    end: async () => {},
  };
}

async function startWithPython(
  python: { readonly command: string; readonly version: string },
  environment: Variables,
  options: EmulatorOptions,
): Promise<Emulator> {
  const { runFolder, signal, say, tellsTimeLeft = false } = options;
  const command = await installMinistack({
    python,
    folder: LOCAL_FOLDER,
    logFile: join(runFolder.logs, "install.log"),
    environment,
    signal,
    onInstall: () => say(`installing MiniStack ${MINISTACK_VERSION} into .ministack (once)`),
  });
  return startOnFreePort(options, READY_WITHIN_MS, LOOPBACK, ({ port, logFile, variables }) => {
    const child = startChild({
      command,
      args: ["-c", tellsTimeLeft ? TRUTHFUL_LAUNCHER : LAUNCHER],
      environment: {
        ...ownEnvironment(options, port),
        ...variables,
        ...ministackVariables({ port, bindHost: LOOPBACK, account: options.account }),
        PYTHONUNBUFFERED: "1",
      },
      folder: runFolder.path,
      logFile,
      holdStdin: true,
    });
    return {
      child,
      description: `MiniStack ${MINISTACK_VERSION} on Python ${python.version}`,
      end: () => child.end(),
    };
  });
}

async function startWithDocker(
  docker: Extract<DockerSearch, { kind: "found" }>,
  environment: Variables,
  options: EmulatorOptions,
): Promise<Emulator> {
  const host = hostSeenFrom(docker.network);
  return startOnFreePort(options, CONTAINER_READY_WITHIN_MS, host, ({ port, logFile, variables }) => {
    const name = `outbox-relay-ministack-${process.pid}-${port}`;
    const child = startChild({
      command: "docker",
      args: containerArguments({
        ...{ name, port, network: docker.network, account: options.account },
        variables: { ...awsVariables(endpointOf(port)), ...variables },
      }),
      environment,
      folder: options.runFolder.path,
      logFile,
      holdStdin: true,
    });
    return {
      child,
      description: `${MINISTACK_IMAGE} in Docker ${docker.version}`,
      async end() {
        await child.end();
        await removeContainer(name, environment);
      },
    };
  });
}

interface Started {
  readonly child: Child;
  readonly description: string;
  end(): Promise<void>;
}

interface Start {
  readonly port: number;
  readonly logFile: string;
  /** Of the functions, besides their own. */
  readonly variables: Variables;
}

/** Starts an emulator and waits until it is ready; another process may take the port, so several are tried. */
async function startOnFreePort(
  { runFolder, signal, functionVariables = async () => ({}) }: EmulatorOptions,
  readyWithinMs: number,
  hostForFunctions: string,
  start: (options: Start) => Started,
): Promise<Emulator> {
  const logFile = join(runFolder.logs, "ministack.log");
  for (let attempt = 1; ; attempt += 1) {
    signal.throwIfAborted();
    const port = await freePort();
    const variables = await functionVariables(endpointOf(port), hostForFunctions);
    const { child, ...started } = start({ port, logFile, variables });
    try {
      const outcome = await untilReady(endpointOf(port), child, readyWithinMs, signal);
      if (outcome.kind === "ready") {
        return { ...started, endpoint: endpointOf(port), hostForFunctions, owned: true, logFile, exit: child.exit };
      }
      if (
        !(outcome.reason.includes("ended") && lastLines(logFile).includes("already in use") && attempt < START_ATTEMPTS)
      ) {
        throw new LocalRunError(
          `${started.description} did not start: ${outcome.reason}. The log is ${logFile}\n${lastLines(logFile)}`,
        );
      }
    } catch (error) {
      await started.end();
      throw error;
    }
  }
}

type Readiness = { readonly kind: "ready" } | { readonly kind: "not-ready"; readonly reason: string };

async function untilReady(endpoint: string, child: Child, withinMs: number, signal: AbortSignal): Promise<Readiness> {
  const until = Date.now() + withinMs;
  for (;;) {
    signal.throwIfAborted();
    if (child.ended !== undefined) {
      return { kind: "not-ready", reason: describeExit(child.ended) };
    }
    const health = await checkHealth(endpoint);
    if (health.kind === "healthy") {
      return { kind: "ready" };
    }
    if (Date.now() > until) {
      return { kind: "not-ready", reason: `${health.reason} for ${withinMs / 1000} s` };
    }
    await sleep(POLL_MS);
  }
}

const endpointOf = (port: number): string => `http://${LOOPBACK}:${port}`;

function ownEnvironment({ inherited, runFolder }: EmulatorOptions, port: number): Variables {
  return childEnvironment({
    inherited,
    endpoint: endpointOf(port),
    home: runFolder.home,
    temp: runFolder.temp,
    nodeFolder: dirname(process.execPath),
  });
}
