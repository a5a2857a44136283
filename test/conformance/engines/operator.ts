import { randomUUID } from "node:crypto";
import {
  CreateTableCommand,
  DeleteTableCommand,
  type DynamoDBClient,
  waitUntilTableExists,
} from "@aws-sdk/client-dynamodb";
import { dynamoJournal } from "../../../lib/adapters/operate/journal.ts";
import { dynamoOperatorTable } from "../../../lib/adapters/operate/operator-table.ts";
import { systemClock } from "../../../lib/adapters/system.ts";
import type { OperatorEngine } from "../operator-table-contract.ts";
import { dynamoTable } from "./dynamodb.ts";

const READY_WITHIN_SECONDS = 30;

/** The real adapters, with an outbox table and a journal of their own. */
export async function dynamoOperator(client: DynamoDBClient): Promise<OperatorEngine> {
  const engine = await dynamoTable(client);
  const journalTableName = `journal-${randomUUID()}`;
  await client.send(
    new CreateTableCommand({
      TableName: journalTableName,
      BillingMode: "PAY_PER_REQUEST",
      AttributeDefinitions: [
        { AttributeName: "pk", AttributeType: "S" },
        { AttributeName: "sk", AttributeType: "S" },
      ],
      KeySchema: [
        { AttributeName: "pk", KeyType: "HASH" },
        { AttributeName: "sk", KeyType: "RANGE" },
      ],
    }),
  );
  await waitUntilTableExists({ client, maxWaitTime: READY_WITHIN_SECONDS }, { TableName: journalTableName });
  const { tableName } = engine;
  const operator = dynamoOperatorTable({
    client,
    tableName,
    journalTableName,
    relayName: "conformance",
    clock: systemClock,
    random: Math.random,
  });
  return {
    ...engine,
    operator,
    journal: dynamoJournal(client, journalTableName),
    item: (key) => operator.readItem(key),
    async end() {
      await client.send(new DeleteTableCommand({ TableName: journalTableName }));
      await engine.end();
    },
  };
}
