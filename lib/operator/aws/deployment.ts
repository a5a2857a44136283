import { DescribeStacksCommand } from "@aws-sdk/client-cloudformation";
import { type FunctionConfiguration, GetFunctionConfigurationCommand } from "@aws-sdk/client-lambda";
import { ENVIRONMENT, type FunctionConfig, readEnvironment } from "../../contract/deployment/environment.ts";
import type { FunctionRole } from "../../contract/deployment/function-role.ts";
import { LIVE_ALIAS } from "../../contract/deployment/live-alias.ts";
import { fieldsOf, parsedJson } from "../../contract/foreign-value.ts";
import { SettingError } from "../../contract/settings/setting-reader.ts";
import { type DeliverySettings, minParkedMsOf } from "../../contract/settings/settings.ts";
import type { OperatorClients } from "./clients.ts";
import { DeploymentFaultError, ifThere } from "./deployment-fault.ts";
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
  /** Absent: it was deployed without a dashboard. */
  readonly dashboardName?: string | undefined;
  /** Absent: it was deployed without an archive. */
  readonly archiveBucketName?: string | undefined;
}

/** One relay as it is deployed. */
export interface Deployment extends StackParts {
  readonly settings: DeliverySettings;
  /** Settings that this version does not know, because another version deployed the relay. */
  readonly unknownSettings: readonly string[];
  /** What its metrics and its lease are called. */
  readonly relayName: string;
  /** The relay's timeout and a margin: how long anybody who had no word of a change may go on. */
  readonly minParkedMs: number;
  readonly keepsOrder: boolean;
  /** The version that runs. Absent: the function is gone, or the alias that names it. */
  readonly relay?: FunctionConfiguration | undefined;
  readonly requeuer?: FunctionConfiguration | undefined;
  /** What the functions run with. */
  readonly variables: Variables;
}

type Variables = Readonly<Record<string, string>>;

const OUTPUTS = {
  tableName: "OutboxTableName",
  journalTableName: "JournalTableName",
  deadLetterQueueUrl: "DeadLetterQueueUrl",
  relayFunctionName: "RelayFunctionName",
  requeuerFunctionName: "RequeuerFunctionName",
  scheduleName: "RequeuerScheduleName",
  targetName: "TargetName",
  dashboardName: "DashboardName",
  archiveBucketName: "ArchiveBucketName",
} as const satisfies Record<Exclude<keyof StackParts, "stackName">, string>;

/** Outputs that a relay has or has not, as it was deployed. */
const OPTIONAL: readonly string[] = [OUTPUTS.dashboardName, OUTPUTS.archiveBucketName];

/** Which relay: its stack, and its name where the stack has several. */
export interface RelayChoice {
  readonly stack: string;
  readonly relay?: string | undefined;
}

/**
 * Finds a relay by its stack's outputs.
 *
 * @throws OperatorError when there is no such stack or relay, or when the stack has several and none was chosen.
 */
export async function findParts(clients: OperatorClients, choice: RelayChoice): Promise<StackParts> {
  const { stack: stackName } = choice;
  const outputs = await outputsOf(clients, stackName);
  const name = chosen(choice, relaysIn(outputs));
  const keys = Object.entries(OUTPUTS).map(([part, output]) => [part, `${name}${output}`] as const);
  const missing = Object.values(OUTPUTS).flatMap((output) =>
    outputs.has(`${name}${output}`) || OPTIONAL.includes(output) ? [] : [`${name}${output}`],
  );
  if (missing.length > 0) {
    throw new OperatorError(
      "not-found",
      `The stack ${stackName} lacks the output${missing.length > 1 ? "s" : ""} ${missing.join(", ")}: it has no relay, or one ` +
        "of an earlier version. Deploy it again; a stack of your own calls OutboxRelay.addOutputs().",
    );
  }
  const named = keys.map(([part, key]) => [part, outputs.get(key)]);
  return { stackName, ...(Object.fromEntries(named) as Omit<StackParts, "stackName">) };
}

async function outputsOf({ cloudformation }: OperatorClients, stackName: string): Promise<ReadonlyMap<string, string>> {
  try {
    const { Stacks: stacks = [] } = await cloudformation.send(new DescribeStacksCommand({ StackName: stackName }));
    const outputs = stacks[0]?.Outputs ?? [];
    return new Map(outputs.map(({ OutputKey: key = "", OutputValue: value = "" }) => [key, value]));
  } catch (error) {
    if (!(error instanceof Error) || !/does not exist/.test(error.message)) throw error;
    const region = await cloudformation.config.region();
    throw new OperatorError(
      "not-found",
      `There is no stack ${stackName} in ${region}: choose with --stack, --region and --profile.`,
      { cause: error },
    );
  }
}

/** The relays' names; one that was deployed without a name has the empty one. */
const relaysIn = (outputs: ReadonlyMap<string, string>): readonly string[] =>
  [...outputs.keys()]
    .filter((key) => key.endsWith(OUTPUTS.relayFunctionName))
    .map((key) => key.slice(0, -OUTPUTS.relayFunctionName.length));

function chosen({ stack, relay }: RelayChoice, relays: readonly string[]): string {
  const names = relays.filter((name) => name !== "").toSorted();
  if (relay !== undefined && relays.length > 0) {
    if (names.includes(relay)) return relay;
    const there = names.length === 0 ? "its only relay has no name; leave --relay out" : `it has ${names.join(", ")}`;
    throw new OperatorError("not-found", `The stack ${stack} has no relay ${JSON.stringify(relay)}: ${there}.`);
  }
  const [only = "", ...others] = relays.includes("") ? [""] : relays;
  if (others.length === 0) return only;
  throw new OperatorError(
    "misuse",
    `The stack ${stack} has several relays: choose one with --relay, ${names.join(" or ")}.`,
  );
}

/**
 * Finds a relay with its settings, as its functions run with them. Both are deployed with the same ones, so where one
 * function is gone or cannot be read, the other tells.
 *
 * @throws DeploymentFaultError when both are gone, and with them the settings.
 */
export async function findDeployment(clients: OperatorClients, choice: RelayChoice): Promise<Deployment> {
  const parts = await findParts(clients, choice);
  const [relay, requeuer] = await Promise.all([
    findFunction(clients, parts.relayFunctionName),
    findFunction(clients, parts.requeuerFunctionName),
  ]);
  const { variables, settings, unknownSettings, relayName } = configOf([relay, requeuer], parts);
  const keepsOrder = settings.ordering !== "none";
  return {
    ...parts,
    relay,
    requeuer,
    variables,
    settings,
    unknownSettings,
    relayName,
    minParkedMs: minParkedMsOf(settings),
    keepsOrder,
  };
}

const findFunction = ({ lambda }: OperatorClients, name: string): Promise<FunctionConfiguration | undefined> =>
  ifThere(lambda.send(new GetFunctionConfigurationCommand({ FunctionName: name, Qualifier: LIVE_ALIAS })));

/** @throws DeploymentFaultError for a function that is gone. */
export function functionOf(deployment: Deployment, part: FunctionRole): FunctionConfiguration {
  const found = deployment[part];
  if (found !== undefined) return found;
  const name = part === "relay" ? deployment.relayFunctionName : deployment.requeuerFunctionName;
  throw new DeploymentFaultError({ kind: "gone", resource: { kind: "live-function", name } });
}

function configOf(
  functions: readonly (FunctionConfiguration | undefined)[],
  { relayFunctionName, requeuerFunctionName, tableName }: StackParts,
): FunctionConfig & { readonly variables: Variables } {
  const [first, second] = functions.flatMap((each): readonly Variables[] =>
    each === undefined ? [] : [each.Environment?.Variables ?? {}],
  );
  if (first === undefined) {
    const names = { relay: relayFunctionName, requeuer: requeuerFunctionName };
    throw new DeploymentFaultError({ kind: "functions-gone", names, tableName });
  }
  try {
    return { ...readEnvironment(first), variables: first };
  } catch (error) {
    if (second !== undefined && readable(second)) return { ...readEnvironment(second), variables: second };
    if (!(error instanceof SettingError)) throw error;
    const reason = error.message.replace(/\.$/, "");
    throw new DeploymentFaultError({ kind: "function-changed", reason }, { cause: error });
  }
}

function readable(variables: Variables): boolean {
  try {
    readEnvironment(variables);
    return true;
  } catch (error) {
    if (error instanceof SettingError) return false;
    throw error;
  }
}

/** What the relay publishes to, as its function was told. */
export function targetOf({ variables }: Pick<Deployment, "variables">): Readonly<Record<string, unknown>> {
  return fieldsOf(parsedJson(variables[ENVIRONMENT.target] ?? "{}"));
}
