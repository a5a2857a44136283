import { isDeepStrictEqual } from "node:util";
import { DescribeTableCommand, DescribeTimeToLiveCommand, type TableDescription } from "@aws-sdk/client-dynamodb";
import type { EventSourceMappingConfiguration } from "@aws-sdk/client-lambda";
import { LIVE_ALIAS } from "../../../core/live-alias.ts";
import { STREAM_MAPPING, streamFilters } from "../../../core/stream-mapping.ts";
import { keysFault, streamFault, timeToLiveFault } from "../../../core/table-shape.ts";
import type { OperatorClients } from "../clients.ts";
import { DEPLOY, existing } from "../deployment-fault.ts";
import { findMapping, remakeMapping } from "../mapping.ts";
import { measure } from "../measurements.ts";
import { type Check, fine, notCheckable, wrong } from "./finding.ts";

async function describeTable({ dynamodb }: OperatorClients, tableName: string): Promise<TableDescription> {
  const { Table: table = {} } = await existing(
    `the outbox table ${tableName}`,
    dynamodb.send(new DescribeTableCommand({ TableName: tableName })),
  );
  return table;
}

export const checkKeys: Check = async ({ clients, deployment: { tableName } }) => {
  const fault = keysFault(await describeTable(clients, tableName));
  return fault === undefined
    ? fine("pk is a text and sk a number")
    : wrong(
        `the table ${tableName} is no outbox: ${fault}`,
        "no key can be changed: deploy the relay with another table",
      );
};

export const checkStream: Check = async ({ clients, deployment }) => {
  const { tableName } = deployment;
  const table = await describeTable(clients, tableName);
  const view = table.StreamSpecification?.StreamViewType;
  const switchOn = `aws dynamodb update-table --table-name ${tableName} --stream-specification StreamEnabled=true,StreamViewType=NEW_IMAGE`;
  const then = "then outbox-relay doctor, which prints how the mapping comes to read the new stream";
  if (view === undefined || table.StreamSpecification?.StreamEnabled === false) {
    return wrong(
      `the table ${tableName} has no stream that is on, so the relay hears of nothing`,
      `\`${switchOn}\`, ${then}`,
    );
  }
  const fault = streamFault(table);
  if (fault !== undefined) {
    return wrong(
      `the relay sees no events of the table ${tableName}: ${fault}`,
      `\`aws dynamodb update-table --table-name ${tableName} --stream-specification StreamEnabled=false\`, \`${switchOn}\`, ${then}`,
    );
  }
  const mapping = await findMapping(clients, deployment);
  return mapping.EventSourceArn === table.LatestStreamArn
    ? fine(`view type ${view}, and the mapping reads it`)
    : wrong(
        "the event source mapping reads a stream that is not the table's latest, so new events wait for the sweep",
        await remakeMapping(clients, deployment),
      );
};

export const checkTimeToLive: Check = async ({ clients, deployment: { tableName } }) => {
  const { TimeToLiveDescription: description } = await existing(
    `the outbox table ${tableName}`,
    clients.dynamodb.send(new DescribeTimeToLiveCommand({ TableName: tableName })),
  );
  const fault = timeToLiveFault(description?.TimeToLiveStatus);
  if (fault === undefined) return fine("off");
  return wrong(
    `the table ${tableName} loses events: ${fault}`,
    description?.TimeToLiveStatus === "DISABLING"
      ? "it is being switched off: look again, up to an hour from now"
      : `aws dynamodb update-time-to-live --table-name ${tableName} --time-to-live-specification Enabled=false,AttributeName=${description?.AttributeName}`,
  );
};

export const checkMapping: Check = async ({ clients, deployment }) => {
  const mapping = await findMapping(clients, deployment);
  if (mapping.State !== "Enabled") {
    return wrong(`it is ${mapping.State}: new events wait for the sweep`, "outbox-relay resume relay --yes");
  }
  const result = mapping.LastProcessingResult;
  return result?.startsWith("PROBLEM") === true
    ? wrong(
        `it is on, and its last result was ${result}`,
        "repair what it names: the role's permissions, or the stream",
      )
    : fine(`it is on${result === undefined ? "" : `, last result ${result}`}`);
};

const POSITION_WINDOW_MS = 15 * 60_000;
/** As the alarm IteratorAgeHigh has it. */
const BEHIND_MS = 60 * 60_000;

/** How far behind the stream the relay is. Only a batch tells, so a relay that had nothing to do has no number. */
export const checkPosition: Check = async ({ clients, deployment, caller }) => {
  const nowMs = Date.now() + caller.clockOffsetMs;
  const { IteratorAge: ageMs } = await measure(clients, { ...deployment, nowMs, windowMs: POSITION_WINDOW_MS });
  if (ageMs === undefined) {
    return notCheckable("no batch came in the last 15 minutes, and only a batch tells", "outbox-relay put brings one");
  }
  const minutes = Math.round(ageMs / 60_000);
  return ageMs < BEHIND_MS
    ? fine(`the relay was ${minutes} minutes behind at most in the last 15 minutes`)
    : wrong(
        `the relay is ${minutes} minutes behind; the stream drops records after 24 hours`,
        "outbox-relay status tells why",
      );
};

/** What a setting of the mapping should be, and what comes of it when it is not. */
const MAPPING_SETTINGS: readonly (readonly [
  name: keyof EventSourceMappingConfiguration,
  expected: unknown,
  consequence: string,
])[] = [
  ["StartingPosition", STREAM_MAPPING.startingPosition, "events written while it is made or changed are missed"],
  ["FunctionResponseTypes", ["ReportBatchItemFailures"], "a batch that was cut short counts as done"],
  [
    "ParallelizationFactor",
    STREAM_MAPPING.parallelizationFactor,
    "the relay's limits hold for each of several at once",
  ],
  ["MaximumBatchingWindowInSeconds", STREAM_MAPPING.maxBatchingWindowSeconds, "events wait for a fuller batch"],
  [
    "BisectBatchOnFunctionError",
    STREAM_MAPPING.bisectBatchOnError,
    "a record that kills the relay takes its batch along",
  ],
  ["MaximumRetryAttempts", STREAM_MAPPING.retryAttempts, "a record that kills the relay holds its shard up"],
  ["MaximumRecordAgeInSeconds", STREAM_MAPPING.maxRecordAgeSeconds, "records are given up early"],
];

export const checkMappingSettings: Check = async ({ clients, deployment }) => {
  const mapping = await findMapping(clients, deployment);
  const drifted = MAPPING_SETTINGS.flatMap(([name, expected, consequence]) => {
    const value = mapping[name];
    return isDeepStrictEqual(value, expected) ? [] : [`${name} is ${JSON.stringify(value)}, so ${consequence}`];
  });
  const patterns = (mapping.FilterCriteria?.Filters ?? []).map(({ Pattern: pattern = "null" }) => JSON.parse(pattern));
  const expected = streamFilters(deployment.relayName, deployment.settings.eventTypes);
  // Any of them lets a record through, so their order says nothing.
  const isThere = (each: object) => patterns.some((pattern) => isDeepStrictEqual(pattern, each));
  if (patterns.length !== expected.length || !expected.every(isThere)) {
    drifted.push(`its filter is ${JSON.stringify(patterns)}, so it brings other rows than the relay's new ones`);
  }
  if (mapping.FunctionArn?.endsWith(`:${LIVE_ALIAS}`) !== true) {
    drifted.push(
      `it invokes ${mapping.FunctionArn}, not the relay's alias ${LIVE_ALIAS}, so code and settings change one after the other`,
    );
  }
  if (mapping.DestinationConfig?.OnFailure?.Destination === undefined) {
    drifted.push("it has no destination for what it gives up");
  }
  return drifted.length === 0 ? fine("as deployed") : wrong(drifted.join("; "), DEPLOY);
};
