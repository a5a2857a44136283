import { randomUUID } from "node:crypto";
import {
  type AttributeValue,
  CreateTableCommand,
  DeleteTableCommand,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  waitUntilTableExists,
} from "@aws-sdk/client-dynamodb";
import { systemClock } from "../../../lib/aws/system.ts";
import { dynamoKeyTable } from "../../../lib/aws/tables/key-table.ts";
import { dynamoOutboxTable } from "../../../lib/aws/tables/outbox-table.ts";
import { decodeItem } from "../../../lib/contract/codec/decode-row.ts";
import { tableSchema } from "../../aws/tables/table-schema.ts";
import { WAIT_HANGS_AFTER_MS } from "../../setup/hanging.ts";
import type { SharedTableEngine } from "./engine.ts";

/** The real tables' ports, each with a table of its own on any engine that speaks DynamoDB. */
export async function dynamoTable(client: DynamoDBClient): Promise<SharedTableEngine & { readonly tableName: string }> {
  const tableName = `conformance-${randomUUID()}`;
  await createTable(client, tableName, "N");
  const ports = { client, tableName, relayName: "conformance", clock: systemClock, random: Math.random };
  const broken = { ...ports, tableName: `${tableName}-that-is-not-there` };
  return {
    tableName,
    table: dynamoOutboxTable(ports),
    ownOf: (eventTypes) => dynamoOutboxTable({ ...ports, eventTypes }),
    broken: dynamoOutboxTable(broken),
    keys: dynamoKeyTable(ports),
    brokenKeys: dynamoKeyTable(broken),
    async put(item) {
      await client.send(new PutItemCommand({ TableName: tableName, Item: item as Record<string, AttributeValue> }));
    },
    async row({ pk, sk }) {
      const { Item: item } = await client.send(
        new GetItemCommand({
          TableName: tableName,
          Key: { pk: { S: pk }, sk: { N: String(sk) } },
          ConsistentRead: true,
        }),
      );
      const decoded = item === undefined ? undefined : decodeItem(item);
      return decoded?.kind === "row" ? decoded.row : undefined;
    },
    run: (work) => work(),
    async end() {
      await client.send(new DeleteTableCommand({ TableName: tableName }));
    },
  };
}

/** A table with the two keys, and with a sort key of this type. */
export async function createTable(client: DynamoDBClient, tableName: string, sortKey: "N" | "S"): Promise<void> {
  await client.send(
    new CreateTableCommand({
      TableName: tableName,
      BillingMode: "PAY_PER_REQUEST",
      ...tableSchema(sortKey),
    }),
  );
  await waitUntilTableExists({ client, maxWaitTime: WAIT_HANGS_AFTER_MS / 1_000 }, { TableName: tableName });
}
