import { DeleteItemCommand } from "@aws-sdk/client-dynamodb";
import { gapKeyOf } from "../../../lib/contract/archive/archive-gap.ts";
import type { Clients } from "../../../lib/local/clients.ts";
import { dynamoArchiveGaps } from "../../../lib/operator/aws/audit/archive-gaps.ts";

/** Deletes the journal's notes of hours whose lines may be missing, with which no audit of those hours is clean. */
export async function forgetMissingHours({ dynamodb }: Pick<Clients, "dynamodb">, journalTableName: string) {
  for (const hour of await dynamoArchiveGaps(dynamodb, journalTableName).hours(0)) {
    const { pk, sk } = gapKeyOf(hour);
    const Key = { pk: { S: pk }, sk: { S: sk } };
    await dynamodb.send(new DeleteItemCommand({ TableName: journalTableName, Key }));
  }
}
