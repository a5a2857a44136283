import { AspectPriority, Aspects, type Duration, Lazy, RemovalPolicy, Stack } from "aws-cdk-lib";
import type { ITableV2 } from "aws-cdk-lib/aws-dynamodb";
import { Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import {
  Architecture,
  type CfnFunction,
  Code,
  type FunctionProps,
  type ILayerVersion,
  Function as LambdaFunction,
  LayerVersion,
  Runtime,
  Tracing,
} from "aws-cdk-lib/aws-lambda";
import { LogGroup, type RetentionDays } from "aws-cdk-lib/aws-logs";
import type { IQueue } from "aws-cdk-lib/aws-sqs";
import type { Construct } from "constructs";
import type { ArchiveConfig } from "../../contract/deployment/environment.ts";
import type { FunctionRole } from "../../contract/deployment/function-role.ts";
import { METRICS_NAMESPACE } from "../../contract/telemetry/namespace.ts";
import {
  acknowledgeExportFindings,
  acknowledgeFunctionFindings,
  acknowledgeNetworkFindings,
} from "../../synth/acknowledgements.ts";
import { grantNetworkInterfaces } from "../../synth/grants.ts";
import type { DeployedTarget, OutboxTarget, TargetNetwork } from "../../targets/shared/synth/outbox-target.ts";
import type { RelaySettings } from "../relay-settings.ts";
import { FILES_BESIDE, type FileBeside, requireBundle } from "./bundles.ts";
import { grantExport, needsDaemon } from "./collector-layer.ts";
import { EnvironmentGuard } from "./environment-guard.ts";
import { digestOfReferences, parameterValuesIn } from "./replaced-resources.ts";

/** The props that the two functions that deliver share. */
export interface OutboxFunctionProps {
  readonly relayName: string;
  readonly settings: RelaySettings;
  readonly target: OutboxTarget;
  readonly deployedTarget: DeployedTarget;
  readonly table: ITableV2;
  readonly streamArn: string;
  readonly deadLetterQueue: IQueue;
  readonly bundlesFolder: string;
  readonly logRetention: RetentionDays;
  /** What the functions are told of the archive, with tokens. @default there is none */
  readonly archive?: ArchiveConfig | undefined;
}

/** The props in which they differ. */
interface FunctionOfRelay {
  readonly name: FunctionRole;
  readonly description: string;
  readonly timeout: Duration;
  readonly reservedConcurrentExecutions?: number;
}

/**
 * Makes one of the functions that deliver, with a role that may so far only write its own log group, and publish.
 *
 * @throws BundleMissingError when the function's code was not built.
 */
export function createFunction(scope: Construct, props: OutboxFunctionProps, part: FunctionOfRelay): LambdaFunction {
  const { collectorLayerArn, memoryMb } = props.settings;
  const { function: created, role } = createAnyFunction(scope, props, {
    ...part,
    memoryMb,
    code: Code.fromAsset(requireBundle(props.bundlesFolder, part.name, props.target.kind), {
      exclude: filesLeftOut(props),
    }),
    layers: [...collectorLayers(scope, props)],
    // Trace context travels in the events. X-Ray would cost 43 ms of each cold start and a permission on everything.
    tracing: usesDaemon(props) ? Tracing.ACTIVE : Tracing.DISABLED,
    told: told(props),
    environment: environment(scope, props),
  });
  props.deployedTarget.grantPublish(created);
  allowNetwork(role, props.target.network);
  if (collectorLayerArn !== undefined) acknowledgeExportFindings(role, grantExport(scope, role, collectorLayerArn));
  finish(created);
  return created;
}

/** The props that every function has. */
export type AnyFunctionProps = Pick<
  OutboxFunctionProps,
  "relayName" | "settings" | "target" | "table" | "logRetention"
>;

interface AnyFunction extends Pick<FunctionProps, "code" | "layers" | "ephemeralStorageSize"> {
  readonly name: string;
  readonly description: string;
  readonly timeout: Duration;
  readonly memoryMb: number;
  readonly reservedConcurrentExecutions?: number;
  /** @default Tracing.DISABLED */
  readonly tracing?: Tracing;
  /** The resources that the function is told of. */
  readonly told: unknown;
  readonly environment: Record<string, string>;
}

/** Makes a function with a role that may only write its own log group. Whoever makes it calls {@link finish} at last. */
export function createAnyFunction(scope: Construct, props: AnyFunctionProps, part: AnyFunction) {
  const { name, description, told, memoryMb, tracing = Tracing.DISABLED, ...own } = part;
  const logGroup = new LogGroup(scope, "Logs", {
    retention: props.logRetention,
    // Logs hold no payload, and nothing depends on them: undelivered events are in the table.
    removalPolicy: RemovalPolicy.DESTROY,
  });
  const role = new Role(scope, "Role", {
    assumedBy: new ServicePrincipal("lambda.amazonaws.com"),
    description: `Runs the ${name} of ${props.relayName}`,
  });
  // In place of the managed policy AWSLambdaBasicExecutionRole, which allows writing to every log group.
  logGroup.grantWrite(role);
  const created: LambdaFunction = new LambdaFunction(scope, "Function", {
    ...own,
    // Evaluated at synth, when everything it refers to exists.
    description: Lazy.string({ produce: () => `${description} (${digestOfReferences(scope, told)})` }),
    runtime: Runtime.NODEJS_24_X,
    architecture: Architecture.ARM_64,
    handler: "index.handler",
    memorySize: memoryMb,
    role,
    logGroup,
    tracing,
    currentVersionOptions: {
      // After a successful update CloudFormation deletes the version that the alias has left.
      removalPolicy: RemovalPolicy.DESTROY,
      description: Lazy.string({ produce: () => parameterValuesIn(scope, configurationOf(created)) }),
    },
    ...networkOf(props.target.network),
  });
  return { function: created, role };
}

/** Allows a function in a VPC to have its network interfaces. */
export function allowNetwork(role: Role, network: TargetNetwork | undefined): void {
  if (network === undefined) return;
  grantNetworkInterfaces(role);
  acknowledgeNetworkFindings(role);
}

/** What follows once a function has all that it needs. */
export function finish(created: LambdaFunction): void {
  // Runs after all other aspects, so that it sees what they added.
  Aspects.of(created).add(new EnvironmentGuard(), { priority: AspectPriority.READONLY });
  acknowledgeFunctionFindings(created);
}

/** Files beside the bundle whose parts are not configured. */
function filesLeftOut({ settings, archive }: OutboxFunctionProps): string[] {
  const used: Readonly<Record<FileBeside, unknown>> = {
    "#archive": archive,
    "#tracing": settings.collectorLayerArn,
  };
  const names = Object.keys(FILES_BESIDE) as FileBeside[];
  return names.filter((name) => used[name] === undefined).map((name) => FILES_BESIDE[name]);
}

const usesDaemon = ({ settings: { collectorLayerArn } }: OutboxFunctionProps): boolean =>
  collectorLayerArn !== undefined && needsDaemon(collectorLayerArn);

/** The layer brings the OpenTelemetry SDK; the function's own code uses only the API. */
function collectorLayers(scope: Construct, { settings }: OutboxFunctionProps): readonly ILayerVersion[] {
  const { collectorLayerArn } = settings;
  if (collectorLayerArn === undefined) return [];
  return [LayerVersion.fromLayerVersionArn(scope, "Collector", collectorLayerArn)];
}

const networkOf = (network: TargetNetwork | undefined) =>
  network === undefined
    ? {}
    : {
        vpc: network.vpc,
        vpcSubnets: network.subnets,
        ...(network.securityGroups === undefined ? {} : { securityGroups: [...network.securityGroups] }),
      };

/** The resources that a function is told of. */
const told = ({ table, deadLetterQueue, deployedTarget, archive }: OutboxFunctionProps): unknown => [
  table.tableName,
  deadLetterQueue.queueUrl,
  deployedTarget.environment,
  archive,
];

/** What of a function may refer to parameters of the template, but for its code, of which CloudFormation knows. */
function configurationOf({ node }: LambdaFunction): unknown {
  const { environment, layers, vpcConfig } = node.defaultChild as CfnFunction;
  return [environment, layers, vpcConfig];
}

/** The contract between this construct and the functions: lambdas/ reads exactly these variables. */
function environment(scope: Construct, props: OutboxFunctionProps): Record<string, string> {
  return {
    ...commonEnvironment(scope, props, props.archive),
    DEAD_LETTER_QUEUE_URL: props.deadLetterQueue.queueUrl,
    OUTBOX_RELAY_TARGET: Stack.of(scope).toJsonString(props.deployedTarget.environment),
    // One invocation in a hundred also writes debug lines, one for each failed round of attempts.
    POWERTOOLS_LOGGER_SAMPLE_RATE: "0.01",
    // The wrapper starts the SDK before the function.
    ...(props.settings.collectorWrapper === undefined
      ? {}
      : { OUTBOX_RELAY_TRACING: "opentelemetry", AWS_LAMBDA_EXEC_WRAPPER: props.settings.collectorWrapper }),
  };
}

/** What every function is told. */
export const commonEnvironment = (
  scope: Construct,
  { relayName, settings, table }: AnyFunctionProps,
  archive: ArchiveConfig | undefined,
): Record<string, string> => ({
  OUTBOX_TABLE_NAME: table.tableName,
  OUTBOX_RELAY_SETTINGS: JSON.stringify(settings.delivery),
  ...(archive === undefined ? {} : { OUTBOX_RELAY_ARCHIVE: Stack.of(scope).toJsonString(archive) }),
  POWERTOOLS_SERVICE_NAME: relayName,
  POWERTOOLS_METRICS_NAMESPACE: METRICS_NAMESPACE,
});
