import { DescribeTableCommand } from "@aws-sdk/client-dynamodb";
import { type EventSourceMappingConfiguration, ListEventSourceMappingsCommand } from "@aws-sdk/client-lambda";
import { LIVE_ALIAS } from "../../contract/deployment/live-alias.ts";
import type { StreamMappingSetting } from "../core/deployment-fault.ts";
import type { OperatorClients } from "./clients.ts";
import type { StackParts } from "./deployment.ts";
import { DeploymentFaultError, existing, ifThere } from "./deployment-fault.ts";

type Parts = Pick<StackParts, "relayFunctionName" | "tableName">;

/**
 * The relay's event source mapping.
 *
 * @throws DeploymentFaultError where there is none, or several.
 */
export async function findMapping(clients: OperatorClients, parts: Parts): Promise<EventSourceMappingConfiguration> {
  const { relayFunctionName } = parts;
  // Those of an alias are listed by the alias's name. One at the function itself would bring every event a second time.
  const names = [`${relayFunctionName}:${LIVE_ALIAS}`, relayFunctionName];
  const listed = await existing("live-function", relayFunctionName, Promise.all(names.map(mappingsOf(clients))));
  const mappings = new Map(listed.flat().map((mapping) => [mapping.UUID, mapping]));
  const ofStreams = [...mappings.values()].filter(
    ({ EventSourceArn: arn = "", State: state }) => arn.includes(":dynamodb:") && state !== "Deleting",
  );
  const [mapping, ...others] = ofStreams;
  if (mapping === undefined) {
    const remake = await remakeMapping(clients, parts);
    throw new DeploymentFaultError({ kind: "mapping-gone", functionName: relayFunctionName, remake });
  }
  if (others.length > 0) {
    const uuids = ofStreams.map(({ UUID: uuid = "" }) => uuid);
    const stale = await staleOf(clients, parts, ofStreams);
    throw new DeploymentFaultError({
      ...{ kind: "several-mappings", functionName: relayFunctionName, uuids },
      ...(stale === undefined ? {} : { stale }),
    });
  }
  return mapping;
}

const mappingsOf =
  ({ lambda }: OperatorClients) =>
  async (name: string): Promise<readonly EventSourceMappingConfiguration[]> => {
    const { EventSourceMappings: found = [] } = await lambda.send(
      new ListEventSourceMappingsCommand({ FunctionName: name }),
    );
    return found;
  };

/** Of several mappings, all but the one that reads the stream that the table has now. Undefined where that is not one. */
async function staleOf(
  { dynamodb }: OperatorClients,
  { tableName }: Parts,
  mappings: readonly EventSourceMappingConfiguration[],
): Promise<readonly string[] | undefined> {
  const label = await streamLabelOf(dynamodb, tableName);
  const stale = mappings.filter(({ EventSourceArn: arn }) => label === undefined || !arn?.endsWith(`/stream/${label}`));
  return stale.length === mappings.length - 1 ? stale.map(({ UUID: uuid = "" }) => uuid) : undefined;
}

/**
 * The setting that has the mapping made again, for the stream that the table has now. The template of the mapping is
 * unchanged, so a deploy would leave it as it is: the setting gives it another logical id. It names the stream too, since
 * CloudFormation may remember the one before.
 */
export const remakeMapping = async (
  { dynamodb }: OperatorClients,
  { tableName }: Parts,
): Promise<StreamMappingSetting> => ({
  id: idOf(new Date()),
  streamLabel: await streamLabelOf(dynamodb, tableName),
});

/** One that no deploy before has had: the time, in letters and digits. */
const idOf = (now: Date): string =>
  now
    .toISOString()
    .replace(/\.\d+Z$/, "")
    .replaceAll(/[-:]/g, "");

async function streamLabelOf(dynamodb: OperatorClients["dynamodb"], tableName: string): Promise<string | undefined> {
  const described = await ifThere(dynamodb.send(new DescribeTableCommand({ TableName: tableName })));
  const table = described?.Table;
  return table?.StreamSpecification?.StreamEnabled === true ? table.LatestStreamArn?.split("/stream/")[1] : undefined;
}
