import {
  CreateTableCommand,
  type DynamoDBClient,
  ResourceInUseException,
  waitUntilTableExists,
} from "@aws-sdk/client-dynamodb";
import { WAIT_HANGS_AFTER_MS } from "../setup/hanging.ts";

/** Makes an on-demand table, unless it exists. The first key is the partition key, the second the sort key. */
export async function createTable(
  client: DynamoDBClient,
  name: string,
  keys: readonly (readonly [name: string, type: "S" | "N"])[],
): Promise<void> {
  try {
    await client.send(
      new CreateTableCommand({
        TableName: name,
        BillingMode: "PAY_PER_REQUEST",
        AttributeDefinitions: keys.map(([AttributeName, AttributeType]) => ({ AttributeName, AttributeType })),
        KeySchema: keys.map(([AttributeName], place) => ({ AttributeName, KeyType: place === 0 ? "HASH" : "RANGE" })),
      }),
    );
  } catch (error) {
    if (!(error instanceof ResourceInUseException)) throw error;
  }
  await waitUntilTableExists({ client, maxWaitTime: WAIT_HANGS_AFTER_MS / 1_000, minDelay: 1 }, { TableName: name });
}
