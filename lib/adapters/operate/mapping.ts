import { DescribeTableCommand } from "@aws-sdk/client-dynamodb";
import { type EventSourceMappingConfiguration, ListEventSourceMappingsCommand } from "@aws-sdk/client-lambda";
import { LIVE_ALIAS } from "../../core/live-alias.ts";
import type { OperatorClients } from "./clients.ts";
import { liveFunction, type StackParts } from "./deployment.ts";
import { DeploymentFault, existing, isMissing } from "./deployment-fault.ts";

type Parts = Pick<StackParts, "relayFunctionName" | "tableName">;

/**
 * The relay's event source mapping.
 *
 * @throws DeploymentFault where there is none, or several.
 */
export async function findMapping(clients: OperatorClients, parts: Parts): Promise<EventSourceMappingConfiguration> {
  const { relayFunctionName } = parts;
  // Those of an alias are listed by the alias's name. One at the function itself would bring every event a second time.
  const names = [`${relayFunctionName}:${LIVE_ALIAS}`, relayFunctionName];
  const listed = await existing(liveFunction(relayFunctionName), Promise.all(names.map(mappingsOf(clients))));
  const mappings = new Map(listed.flat().map((mapping) => [mapping.UUID, mapping]));
  const ofStreams = [...mappings.values()].filter(
    ({ EventSourceArn: arn = "", State: state }) => arn.includes(":dynamodb:") && state !== "Deleting",
  );
  const [mapping, ...others] = ofStreams;
  if (mapping === undefined) {
    throw new DeploymentFault(
      `the event source mapping of ${relayFunctionName} is gone: new events wait for the sweep`,
      await remakeMapping(clients, parts),
    );
  }
  if (others.length > 0) {
    throw new DeploymentFault(
      `the function ${relayFunctionName} has ${ofStreams.length} event source mappings of a DynamoDB stream, and should have one`,
      await deleteOthers(clients, parts, ofStreams),
    );
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

/** Of several, the one that reads the stream that the table has now is to stay. */
async function deleteOthers(
  { dynamodb }: OperatorClients,
  { tableName }: Parts,
  mappings: readonly EventSourceMappingConfiguration[],
): Promise<string> {
  const label = await streamLabelOf(dynamodb, tableName);
  const stale = mappings.filter(({ EventSourceArn: arn }) => label === undefined || !arn?.endsWith(`/stream/${label}`));
  if (stale.length === mappings.length - 1) {
    const deletes = stale.map(({ UUID: uuid }) => `\`aws lambda delete-event-source-mapping --uuid ${uuid}\``);
    return `delete what reads a stream of before: ${deletes.join(", ")}`;
  }
  const uuids = mappings.map(({ UUID: uuid }) => uuid).join(", ");
  return `delete those that the stack did not make, by \`aws lambda delete-event-source-mapping --uuid\`: ${uuids}`;
}

/**
 * What has the mapping made again, for the stream that the table has now. Its template is unchanged, so a deploy would
 * leave it as it is; the setting gives it another logical id, and the stream by its own name, since CloudFormation may
 * remember the one before.
 */
export async function remakeMapping({ dynamodb }: OperatorClients, { tableName }: Parts): Promise<string> {
  const setting = { id: idOf(new Date()), streamLabel: await streamLabelOf(dynamodb, tableName) };
  return `give the setting streamMapping the value ${JSON.stringify(setting)}, in cdk.json beside the others or as a prop of OutboxRelay, keep it there, and \`npx cdk deploy\``;
}

/** One that no deploy before has had: the time, in letters and digits. */
const idOf = (now: Date): string =>
  now
    .toISOString()
    .replace(/\.\d+Z$/, "")
    .replaceAll(/[-:]/g, "");

async function streamLabelOf(dynamodb: OperatorClients["dynamodb"], tableName: string): Promise<string | undefined> {
  try {
    const { Table: table } = await dynamodb.send(new DescribeTableCommand({ TableName: tableName }));
    return table?.StreamSpecification?.StreamEnabled === true ? table.LatestStreamArn?.split("/stream/")[1] : undefined;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}
