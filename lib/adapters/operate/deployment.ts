import { DescribeStacksCommand } from "@aws-sdk/client-cloudformation";
import { type FunctionConfiguration, GetFunctionConfigurationCommand } from "@aws-sdk/client-lambda";
import { SettingError } from "../../core/setting-reader.ts";
import { type DeliverySettings, gateMsOf } from "../../core/settings.ts";
import { ENVIRONMENT, type FunctionConfig, readEnvironment } from "../environment.ts";
import type { OperatorClients } from "./clients.ts";
import { OperatorError } from "./operator-error.ts";

/** What the stack's outputs name. */
export interface StackParts {
  readonly stackName: string;
  readonly tableName: string;
  readonly journalTableName: string;
  readonly deadLetterQueueUrl: string;
  readonly relayFunctionName: string;
  readonly requeuerFunctionName: string;
  readonly scheduleName: string;
  readonly targetName: string;
  readonly dashboardName: string;
}

/** One relay as it is deployed. */
export interface Deployment extends StackParts {
  readonly settings: DeliverySettings;
  /** What its metrics and its lease are called. */
  readonly relayName: string;
  /** The relay's timeout and a margin: how long anybody who had no word of a change may go on. */
  readonly gateMs: number;
  readonly keepsOrder: boolean;
  readonly relay: FunctionConfiguration;
}

const OUTPUTS = {
  tableName: "OutboxTableName",
  journalTableName: "JournalTableName",
  deadLetterQueueUrl: "DeadLetterQueueUrl",
  relayFunctionName: "RelayFunctionName",
  requeuerFunctionName: "RequeuerFunctionName",
  scheduleName: "RequeuerScheduleName",
  targetName: "TargetName",
  dashboardName: "DashboardName",
} as const satisfies Record<Exclude<keyof StackParts, "stackName">, string>;

/**
 * Finds the relay of a stack by the stack's outputs.
 *
 * @throws OperatorError when there is no such stack, or when it is not one of a relay.
 */
export async function findParts({ cloudformation }: OperatorClients, stackName: string): Promise<StackParts> {
  const outputs = new Map<string, string>();
  try {
    const { Stacks: stacks = [] } = await cloudformation.send(new DescribeStacksCommand({ StackName: stackName }));
    for (const { OutputKey: key, OutputValue: value } of stacks[0]?.Outputs ?? []) {
      if (key !== undefined && value !== undefined) outputs.set(key, value);
    }
  } catch (error) {
    if (!(error instanceof Error) || !/does not exist/.test(error.message)) throw error;
    const region = await cloudformation.config.region();
    throw new OperatorError(
      "not-found",
      `There is no stack ${stackName} in ${region}: choose with --stack, --region and --profile.`,
      { cause: error },
    );
  }
  const missing = Object.values(OUTPUTS).filter((name) => !outputs.has(name));
  if (missing.length > 0) {
    throw new OperatorError(
      "not-found",
      `The stack ${stackName} lacks the output${missing.length > 1 ? "s" : ""} ${missing.join(", ")}: it has no relay, or one ` +
        "of an earlier version. Deploy it again; a stack of your own calls OutboxRelay.addOutputs().",
    );
  }
  const named = Object.entries(OUTPUTS).map(([part, output]) => [part, outputs.get(output)]);
  return { stackName, ...(Object.fromEntries(named) as Omit<StackParts, "stackName">) };
}

/** Finds a relay with its settings, as its function runs with them. */
export async function findDeployment(clients: OperatorClients, stackName: string): Promise<Deployment> {
  const parts = await findParts(clients, stackName);
  const relay = await clients.lambda.send(
    new GetFunctionConfigurationCommand({ FunctionName: parts.relayFunctionName }),
  );
  const { settings, relayName } = configOf(relay, parts.relayFunctionName);
  return { ...parts, relay, settings, relayName, gateMs: gateMsOf(settings), keepsOrder: settings.ordering !== "none" };
}

function configOf({ Environment: environment }: FunctionConfiguration, name: string): FunctionConfig {
  try {
    return readEnvironment(environment?.Variables ?? {});
  } catch (error) {
    if (!(error instanceof SettingError)) throw error;
    throw new OperatorError("failed", `The function ${name} is not as it was deployed. ${error.message}`, {
      cause: error,
    });
  }
}

/** What the relay publishes to, as its function was told. */
export function targetOf({ relay }: Deployment): Readonly<Record<string, unknown>> {
  return JSON.parse(relay.Environment?.Variables?.[ENVIRONMENT.target] ?? "{}");
}
