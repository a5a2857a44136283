import { isDeepStrictEqual } from "node:util";
import { DescribeTableCommand, DescribeTimeToLiveCommand, type TableDescription } from "@aws-sdk/client-dynamodb";
import { LIVE_ALIAS } from "../../../contract/deployment/live-alias.ts";
import { STREAM_MAPPING, streamFilters } from "../../../contract/deployment/stream-mapping.ts";
import { keysFault, streamFault, timeToLiveFault } from "../../../contract/deployment/table-shape.ts";
import { parsedJson } from "../../../contract/foreign-value.ts";
import type { DeploymentFault } from "../../core/deployment-fault.ts";
import type { OperatorClients } from "../clients.ts";
import { existing } from "../deployment-fault.ts";
import { findMapping, remakeMapping } from "../mapping.ts";
import { measure } from "../measurements.ts";
import type { MappingDrift, MappingSetting } from "./deployment-findings.ts";
import { type Check, type Checked, faulty } from "./finding.ts";

/** What `status` asks too. */
type FaultOf = (checked: Pick<Checked, "clients" | "deployment">) => Promise<DeploymentFault | undefined>;

async function describeTable({ dynamodb }: OperatorClients, tableName: string): Promise<TableDescription> {
  const { Table: table = {} } = await existing(
    "outbox-table",
    tableName,
    dynamodb.send(new DescribeTableCommand({ TableName: tableName })),
  );
  return table;
}

export const keysFaultOf: FaultOf = async ({ clients, deployment: { tableName } }) => {
  const reason = keysFault(await describeTable(clients, tableName));
  return reason === undefined ? undefined : { kind: "keys-wrong", tableName, reason };
};

export const checkKeys: Check = async (checked) => {
  const fault = await keysFaultOf(checked);
  return fault === undefined ? { state: "fine", code: "keys-right" } : faulty(fault);
};

/** The stream's fault, or else its view type. */
async function streamOf({ clients, deployment }: Pick<Checked, "clients" | "deployment">) {
  const { tableName } = deployment;
  const table = await describeTable(clients, tableName);
  const viewType = table.StreamSpecification?.StreamViewType;
  if (viewType === undefined || table.StreamSpecification?.StreamEnabled === false) {
    return { fault: { kind: "stream-off", tableName } } as const;
  }
  const reason = streamFault(table);
  if (reason !== undefined) return { fault: { kind: "stream-view-wrong", tableName, reason } } as const;
  const mapping = await findMapping(clients, deployment);
  if (mapping.EventSourceArn === table.LatestStreamArn) return { viewType } as const;
  return { fault: { kind: "mapping-stale", remake: await remakeMapping(clients, deployment) } } as const;
}

export const streamFaultOf: FaultOf = async (checked) => (await streamOf(checked)).fault;

export const checkStream: Check = async (checked) => {
  const { fault, viewType } = await streamOf(checked);
  return fault === undefined ? { state: "fine", code: "stream-read", viewType } : faulty(fault);
};

export const timeToLiveFaultOf: FaultOf = async ({ clients, deployment: { tableName } }) => {
  const { TimeToLiveDescription: { TimeToLiveStatus: status, AttributeName: attribute } = {} } = await existing(
    "outbox-table",
    tableName,
    clients.dynamodb.send(new DescribeTimeToLiveCommand({ TableName: tableName })),
  );
  const reason = timeToLiveFault(status);
  if (reason === undefined) return undefined;
  return { kind: "time-to-live-on", tableName, reason, attribute, isEnding: status === "DISABLING" };
};

export const checkTimeToLive: Check = async (checked) => {
  const fault = await timeToLiveFaultOf(checked);
  return fault === undefined ? { state: "fine", code: "time-to-live-off" } : faulty(fault);
};

export const checkMapping: Check = async ({ clients, deployment }) => {
  const { State: awsState, LastProcessingResult: lastResult } = await findMapping(clients, deployment);
  if (awsState !== "Enabled") return { state: "wrong", code: "mapping-off", awsState };
  return lastResult?.startsWith("PROBLEM") === true
    ? { state: "wrong", code: "mapping-trouble", lastResult }
    : { state: "fine", code: "mapping-on", lastResult };
};

const POSITION_WINDOW_MS = 15 * 60_000;
/** As the alarm IteratorAgeHigh has it. */
const BEHIND_MS = 60 * 60_000;

/** How far behind the stream the relay is. Only a batch tells, so a relay that had nothing to do has no number. */
export const checkPosition: Check = async ({ clients, deployment, caller }) => {
  const nowMs = Date.now() + caller.clockOffsetMs;
  const { IteratorAge: ageMs } = await measure(clients, { ...deployment, nowMs, windowMs: POSITION_WINDOW_MS });
  if (ageMs === undefined) return { state: "out of sight", code: "position-untold" };
  const minutes = Math.round(ageMs / 60_000);
  return ageMs < BEHIND_MS
    ? { state: "fine", code: "position-near", minutes }
    : { state: "wrong", code: "position-far", minutes };
};

/** What each setting of the mapping should be. */
const EXPECTED_SETTINGS: Readonly<Record<MappingSetting, unknown>> = {
  StartingPosition: STREAM_MAPPING.startingPosition,
  FunctionResponseTypes: ["ReportBatchItemFailures"],
  ParallelizationFactor: STREAM_MAPPING.parallelizationFactor,
  MaximumBatchingWindowInSeconds: STREAM_MAPPING.maxBatchingWindowSeconds,
  BisectBatchOnFunctionError: STREAM_MAPPING.bisectBatchOnError,
  MaximumRetryAttempts: STREAM_MAPPING.retryAttempts,
  MaximumRecordAgeInSeconds: STREAM_MAPPING.maxRecordAgeSeconds,
};

export const checkMappingSettings: Check = async ({ clients, deployment }) => {
  const mapping = await findMapping(clients, deployment);
  const settings = Object.entries(EXPECTED_SETTINGS) as [MappingSetting, unknown][];
  const drifts = settings.flatMap(([name, wanted]): readonly MappingDrift[] => {
    const value = mapping[name];
    return isDeepStrictEqual(value, wanted) ? [] : [{ kind: "setting", name, value }];
  });
  const patterns = (mapping.FilterCriteria?.Filters ?? []).map(({ Pattern: pattern = "null" }) => parsedJson(pattern));
  const expected = streamFilters(deployment.relayName, deployment.settings.eventTypes);
  // Any of them lets a record through, so their order says nothing.
  const isThere = (each: object) => patterns.some((pattern) => isDeepStrictEqual(pattern, each));
  const all: readonly MappingDrift[] = [
    ...drifts,
    ...(patterns.length !== expected.length || !expected.every(isThere) ? [{ kind: "filter", patterns } as const] : []),
    ...(mapping.FunctionArn?.endsWith(`:${LIVE_ALIAS}`) === true
      ? []
      : [{ kind: "invokes", arn: mapping.FunctionArn } as const]),
    ...(mapping.DestinationConfig?.OnFailure?.Destination === undefined ? [{ kind: "no-destination" } as const] : []),
  ];
  return all.length === 0
    ? { state: "fine", code: "mapping-as-deployed" }
    : { state: "wrong", code: "mapping-drifted", drifts: all };
};
