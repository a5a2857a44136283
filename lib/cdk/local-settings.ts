import { Annotations } from "aws-cdk-lib";
import type { IConstruct, Node } from "constructs";
import { LOCAL_CONTEXT, LOCAL_WAITS } from "../contract/deployment/local-run.ts";
import { isLoopback } from "../contract/deployment/loopback.ts";
import { type Fields, refuse } from "../contract/settings/setting-reader.ts";
import { DEFAULT_RELAY_TIMEOUT_SECONDS, MIN_AGE_MARGIN_SECONDS } from "../contract/settings/settings.ts";

/**
 * Whether the app is synthesized for the emulator. On the command line the value is a text.
 *
 * @throws SettingError if the context says neither yes nor no.
 */
export function isForEmulator(node: Node): boolean {
  const given: unknown = node.tryGetContext(LOCAL_CONTEXT) ?? false;
  if (given === true || given === "true") return true;
  return given === false || given === "false"
    ? false
    : refuse(LOCAL_CONTEXT, given, `it must be true or false, as in -c ${LOCAL_CONTEXT}=true`);
}

type LocalName =
  | "relayTimeoutSeconds"
  | "minAgeSeconds"
  | "backoff"
  | "requeueBackoff"
  | "alarms"
  | "collectorLayerArn"
  | "collectorWrapper";

/**
 * The settings of a relay on the emulator. What the emulator refuses is left out, whatever the app says: the composite alarm,
 * alarms on metric math, and a layer with a collector, which is AWS's and not there. Waits that the app does not set are short.
 *
 * @param given as the app gives them, not checked yet.
 */
export function forEmulator<Given extends Fields<LocalName>>(given: Given): Given {
  const { relayTimeoutSeconds = DEFAULT_RELAY_TIMEOUT_SECONDS, alarms = {} } = given;
  const { collectorLayerArn: _layer, collectorWrapper: _wrapper, ...others } = given;
  return {
    ...LOCAL_WAITS,
    // What the sweep waits for at least. Without a wake-up, an event takes no longer than that.
    ...(typeof relayTimeoutSeconds === "number" ? { minAgeSeconds: relayTimeoutSeconds + MIN_AGE_MARGIN_SECONDS } : {}),
    ...withoutUndefined(others),
    alarms: typeof alarms === "object" ? { ...alarms, composite: false, metricMath: false } : alarms,
  } as Given;
}

/** The construct's props name each setting, undefined where the app does not give it. */
const withoutUndefined = (given: object): object =>
  Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));

/** Tells of a deployment to an emulator that is not synthesized for it, before the emulator refuses it half-way. */
export function warnOfEmulator(scope: IConstruct, environment: NodeJS.ProcessEnv): void {
  const endpoint = environment["AWS_ENDPOINT_URL"] ?? "";
  if (!URL.canParse(endpoint) || !isLoopback(new URL(endpoint).hostname)) return;
  Annotations.of(scope).addWarningV2(
    "dynamodb-outbox-relay:EmulatorNotTold",
    `AWS_ENDPOINT_URL is ${endpoint}, an emulator, which refuses the composite alarm and those on metric math: deploy with ` +
      `-c ${LOCAL_CONTEXT}=true, which leaves them out.`,
  );
}
