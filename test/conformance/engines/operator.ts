import { randomUUID } from "node:crypto";
import { DeleteTableCommand, type DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { systemClock } from "../../../lib/aws/system.ts";
import { dynamoJournal } from "../../../lib/operator/aws/journal.ts";
import { dynamoOperatorTable } from "../../../lib/operator/aws/operator-table.ts";
import { dynamoReplayRows } from "../../../lib/operator/aws/replay/replay-rows.ts";
import type { OperatorEngine } from "../operator-table-contract.ts";
import { createTable, dynamoTable } from "./dynamodb.ts";

/** The operator's real ports, with an outbox table and a journal of their own. */
export async function dynamoOperator(client: DynamoDBClient): Promise<OperatorEngine> {
  const engine = await dynamoTable(client);
  const journalTableName = `journal-${randomUUID()}`;
  await createTable(client, journalTableName, "S");
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
    replayRows: dynamoReplayRows({
      ...{ client, tableName, journalTableName, clock: systemClock, random: Math.random },
      readItem: (key) => operator.readItem(key),
    }),
    item: (key) => operator.readItem(key),
    async end() {
      await client.send(new DeleteTableCommand({ TableName: journalTableName }));
      await engine.end();
    },
  };
}
