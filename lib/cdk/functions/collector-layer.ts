import { Stack } from "aws-cdk-lib";
import { Grant, type IGrantable } from "aws-cdk-lib/aws-iam";
import type { Construct } from "constructs";
import { readMatch, refuse } from "../../contract/settings/setting-reader.ts";
import { requireSamePlace } from "../../synth/same-place.ts";

/** The layer that brings OpenTelemetry's SDK, and how Lambda starts it. */
export interface CollectorSettings {
  readonly collectorLayerArn: string;
  /** The script that Lambda starts in place of Node.js; it starts Node.js with the SDK. */
  readonly collectorWrapper: string;
}

/** Where the layer sends spans by default: to X-Ray, or through X-Ray's daemon with Application Signals. */
type Exports = "x-ray" | "application-signals" | "elsewhere";

interface KnownLayer {
  readonly name: RegExp;
  readonly wrapper: string;
  readonly exports: Exports;
}

const HANDLER = "/opt/otel-handler";
/** For a layer that is not in the list below. */
const DEFAULT_COLLECTOR_WRAPPER = HANDLER;

/**
 * The layers for Node.js and what they hold: https://aws-otel.github.io/docs/getting-started/lambda (AWS's, current and
 * former) and
 * https://github.com/open-telemetry/opentelemetry-lambda (the community's, whose collector is another layer).
 */
const KNOWN_LAYERS: readonly KnownLayer[] = [
  { name: /^AWSOpenTelemetryDistroJs$/, wrapper: "/opt/otel-instrument", exports: "application-signals" },
  { name: /^aws-otel-nodejs-/, wrapper: HANDLER, exports: "x-ray" },
  { name: /^opentelemetry-nodejs-/, wrapper: HANDLER, exports: "elsewhere" },
];
/** Layers with only a collector, or with the SDK of another language: no wrapper in them starts Node.js. */
const USELESS_LAYERS =
  /^(AWSOpenTelemetryDistro(?!Js$)|aws-otel-(?!nodejs-)|opentelemetry-(collector|python|java|ruby|dotnet))/;
/** The functions are for arm64. */
const OTHER_ARCHITECTURE = /[-_](amd64|x86_64)([-_]|$)/;

const LAYER_ARN = /^arn:[\w-]+:lambda:(?<region>[\w-]+):(?<account>\d{12}):layer:(?<name>[\w-]+):\d+$/;
const WRAPPER = /^\/opt\/[\w./-]+$/;

/**
 * Reads `collectorLayerArn` and `collectorWrapper`. With a wrapper that is not in the layer every invocation fails
 * before the function starts, and no deployment shows it.
 *
 * @throws SettingError for a layer known to lack the wrapper.
 */
export function readCollector(path: string, arn: unknown, wrapper: unknown): Partial<CollectorSettings> {
  if (arn === undefined) {
    if (wrapper !== undefined) refuse(`${path}.collectorWrapper`, wrapper, "there is no collectorLayerArn that has it");
    return {};
  }
  const collectorLayerArn = readMatch(
    `${path}.collectorLayerArn`,
    arn,
    LAYER_ARN,
    "it must be the ARN of a layer's version, arn:<partition>:lambda:<region>:<account>:layer:<name>:<version>",
  );
  const name = nameIn(collectorLayerArn);
  if (USELESS_LAYERS.test(name)) {
    refuse(
      `${path}.collectorLayerArn`,
      arn,
      "it has no OpenTelemetry SDK for Node.js; take AWSOpenTelemetryDistroJs of your region",
    );
  }
  if (OTHER_ARCHITECTURE.test(name))
    refuse(`${path}.collectorLayerArn`, arn, "the functions are for arm64; take that one");
  const known = knownLayer(collectorLayerArn);
  if (wrapper === undefined)
    return { collectorLayerArn, collectorWrapper: known?.wrapper ?? DEFAULT_COLLECTOR_WRAPPER };
  const collectorWrapper = readMatch(
    `${path}.collectorWrapper`,
    wrapper,
    WRAPPER,
    "it must be the path of a script in the layer, such as /opt/otel-handler",
  );
  if (known !== undefined && known.wrapper !== collectorWrapper) {
    refuse(`${path}.collectorWrapper`, wrapper, `the layer ${name} has ${known.wrapper}: leave it out`);
  }
  return { collectorLayerArn, collectorWrapper };
}

const nameIn = (layerArn: string): string => LAYER_ARN.exec(layerArn)?.groups?.["name"] ?? "";
const knownLayer = (layerArn: string): KnownLayer | undefined =>
  KNOWN_LAYERS.find(({ name }) => name.test(nameIn(layerArn)));

/**
 * Lambda takes only layers of the function's own region, of any account. It would refuse others only in the middle of a
 * deployment.
 *
 * @param scope the construct; its path names it in messages.
 * @throws SettingError for a layer of another region.
 */
export function guardCollector(scope: Construct, layerArn: string): void {
  const { region = "", account = "" } = LAYER_ARN.exec(layerArn)?.groups ?? {};
  const placed = {
    path: `${scope.node.path}.collectorLayerArn`,
    name: layerArn,
    place: { region, account },
    fix: "a function takes layers of its own region; give the ARN that the layer has there",
  };
  requireSamePlace(scope, "CollectorLayerIn", placed, ["region"]);
}

/** Whether a layer sends its spans through X-Ray's daemon, which runs only beside a function with active tracing. */
export const needsDaemon = (layerArn: string): boolean => knownLayer(layerArn)?.exports === "application-signals";

/**
 * Allows the calls that AWS's own layers make. Only the owner of another layer knows what its exporter needs.
 *
 * @returns the actions that could only be granted on a wildcard.
 * @see https://docs.aws.amazon.com/aws-managed-policy/latest/reference/CloudWatchLambdaApplicationSignalsExecutionRolePolicy.html
 */
export function grantExport(scope: Construct, grantee: IGrantable, layerArn: string): readonly string[] {
  const exports = knownLayer(layerArn)?.exports ?? "elsewhere";
  if (exports === "elsewhere") return [];
  // X-Ray has no resources for these actions.
  allow(grantee, "*", ["xray:PutTraceSegments", "xray:PutTelemetryRecords"]);
  if (exports === "x-ray") return ["*"];
  const { partition, region, account } = Stack.of(scope);
  const group = `arn:${partition}:logs:${region}:${account}:log-group:/aws/application-signals/data:*`;
  allow(grantee, group, ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"]);
  return ["*", group];
}

const allow = (grantee: IGrantable, resourceArn: string, actions: string[]): Grant =>
  Grant.addToPrincipal({ grantee, actions, resourceArns: [resourceArn] });
