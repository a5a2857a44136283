import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { LOCAL_CONTEXT, LOCAL_WAITS } from "../contract/deployment/local-run.ts";
import { runCommand } from "./child-process.ts";
import { connect } from "./clients.ts";
import type { Emulator } from "./emulator/emulator.ts";
import { childEnvironment } from "./environment.ts";
import { restoreAlias } from "./functions.ts";
import { LocalRunError } from "./local-run-error.ts";
import { PROJECT_ROOT, type RunFolder } from "./run-folder.ts";

/** The outputs of the deployed stack that the local run and the end-to-end tests use. */
export interface Deployment {
  readonly tableName: string;
  readonly tableArn: string;
  readonly journalTableName: string;
  readonly deadLetterQueueUrl: string;
  readonly relayFunctionName: string;
  readonly requeuerFunctionName: string;
  /** The bus. */
  readonly targetName: string;
  /** Absent: it was deployed without an audit on a schedule. */
  readonly auditFunctionName?: string;
}

/**
 * The same app, with times as short as it allows. `deployApp` says that it is for the emulator, which leaves out what that
 * refuses.
 */
export const LOCAL_SETTINGS = {
  ...LOCAL_WAITS,
  relayTimeoutSeconds: 15,
  minAgeSeconds: 25,
  alarms: { undeliveredSeconds: 30 },
} as const;

export interface DeployOptions {
  readonly emulator: Emulator;
  readonly runFolder: RunFolder;
  readonly inherited: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  /** The CDK context's `outboxRelay`. @default {@link LOCAL_SETTINGS} */
  readonly settings?: object;
  /** The command that synthesizes the app, or the folder of an assembly. @default the command in cdk.json */
  readonly app?: string;
}

export const STACK = "OutboxRelay";
/** MiniStack's account if the access key is not an account number. */
const ENVIRONMENT = "aws://000000000000/us-east-1";
const CDK = join(PROJECT_ROOT, "node_modules", ".bin", "cdk");
const CDK_WITHIN_MS = 240_000;
const COMMON = ["--ci", "--no-notices", "--no-version-reporting", "--no-color"];

/**
 * Bootstraps the emulator and deploys the app to it with the CDK's own CLI.
 *
 * @throws LocalRunError with the last lines of the CLI's output when it fails.
 */
export async function deploy({ settings = LOCAL_SETTINGS, ...options }: DeployOptions): Promise<Deployment> {
  const deployment = readDeployment(await deployApp({ ...options, stack: STACK, context: { outboxRelay: settings } }));
  const { lambda, destroy } = connect(options.emulator.endpoint);
  try {
    for (const name of [deployment.relayFunctionName, deployment.requeuerFunctionName])
      await restoreAlias(lambda, name);
  } finally {
    destroy();
  }
  return deployment;
}

export interface DeployAppOptions extends Omit<DeployOptions, "settings"> {
  readonly stack: string;
  readonly context: Readonly<Record<string, unknown>>;
  /** The app's own folder, with its cdk.json. @default this project's */
  readonly folder?: string;
}

/** The outputs of a stack, by their names. */
export type Outputs = Readonly<Record<string, string>>;

/** {@link deploy} for any app, with the outputs of its stack as they are. */
export async function deployApp(options: DeployAppOptions): Promise<Outputs> {
  const { runFolder, stack, context, app, folder = PROJECT_ROOT } = options;
  const outputsFile = join(runFolder.path, "outputs.json");
  // Outside of the project the CLI finds no app, so bootstrapping does not build and synthesize it needlessly.
  await cdk(options, "bootstrap", runFolder.path, ["bootstrap", ENVIRONMENT, ...COMMON]);
  await cdk(options, "deploy", folder, [
    ...["deploy", stack, ...COMMON, "--require-approval", "never", "--progress", "events"],
    // Without a change set, which would be executed at once anyway.
    ...["--method", "direct", "--output", join(runFolder.path, "cdk.out"), "--outputs-file", outputsFile],
    ...contextArguments({ ...context, ...FOR_EMULATOR }),
    ...(app === undefined ? [] : ["--app", app]),
  ]);
  return (JSON.parse(await readFile(outputsFile, "utf8")) as Readonly<Record<string, Outputs>>)[stack] ?? {};
}

export interface SynthesizeOptions extends DeployOptions {
  /** The name of the folder in the run's. */
  readonly name: string;
  /** With everything that the emulator refuses, or without it. */
  readonly where: "aws" | "emulator";
}

/** Synthesizes the app without deploying it. Resolves with the folder of its assembly. */
export async function synthesize(options: SynthesizeOptions): Promise<string> {
  const { runFolder, settings = LOCAL_SETTINGS, name, where } = options;
  const folder = join(runFolder.path, name);
  const context = { outboxRelay: settings, ...(where === "emulator" ? FOR_EMULATOR : {}) };
  await cdk(options, "synth", PROJECT_ROOT, [
    ...["synth", STACK, ...COMMON, "--quiet", "--output", folder],
    ...contextArguments(context),
  ]);
  return folder;
}

const FOR_EMULATOR = { [LOCAL_CONTEXT]: true };

const contextArguments = (context: Readonly<Record<string, unknown>>): readonly string[] =>
  Object.entries(context).flatMap(([name, value]) => ["--context", `${name}=${JSON.stringify(value)}`]);

async function cdk(
  options: Omit<DeployOptions, "settings">,
  step: string,
  folder: string,
  args: readonly string[],
): Promise<void> {
  const { emulator, runFolder, inherited, signal } = options;
  const logFile = join(runFolder.logs, `cdk-${step}.log`);
  const result = await runCommand({
    command: CDK,
    args,
    environment: childEnvironment({
      inherited,
      endpoint: emulator.endpoint,
      home: runFolder.home,
      temp: runFolder.temp,
      nodeFolder: dirname(process.execPath),
    }),
    folder,
    logFile,
    signal,
    timeoutMs: CDK_WITHIN_MS,
  });
  if (result.kind === "failed") {
    throw new LocalRunError(`cdk ${step} failed: ${result.reason}. The log is ${logFile}\n${result.output}`);
  }
}

export function readDeployment(outputs: Outputs): Deployment {
  const output = (name: string): string => {
    const value = outputs[name];
    if (value === undefined) {
      throw new LocalRunError(`The deployed stack ${STACK} has no output ${name}; it has ${JSON.stringify(outputs)}`);
    }
    return value;
  };
  return {
    tableName: output("OutboxTableName"),
    tableArn: output("OutboxTableArn"),
    journalTableName: output("JournalTableName"),
    deadLetterQueueUrl: output("DeadLetterQueueUrl"),
    relayFunctionName: output("RelayFunctionName"),
    requeuerFunctionName: output("RequeuerFunctionName"),
    targetName: output("TargetName"),
    ...(outputs["AuditFunctionName"] === undefined ? {} : { auditFunctionName: outputs["AuditFunctionName"] }),
  };
}
