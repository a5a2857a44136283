import { type DynamoDBClient, QueryCommand } from "@aws-sdk/client-dynamodb";
import { GAP_PARTITION, gapHourOf, gapKeyOf } from "../../../contract/archive/archive-gap.ts";
import type { ArchiveGaps } from "../../core/audit/audit-ports.ts";

/** The journal's notes of hours whose lines may be missing. */
export function dynamoArchiveGaps(client: DynamoDBClient, journalTableName: string): ArchiveGaps {
  return {
    async hours(fromMs) {
      const hours: number[] = [];
      let from: Record<string, { S: string }> | undefined;
      do {
        const answer = await client.send(
          new QueryCommand({
            TableName: journalTableName,
            KeyConditionExpression: "pk = :gaps AND sk >= :from",
            ExpressionAttributeValues: { ":gaps": { S: GAP_PARTITION }, ":from": { S: gapKeyOf(fromMs).sk } },
            ConsistentRead: true,
            ...(from === undefined ? {} : { ExclusiveStartKey: from }),
          }),
        );
        hours.push(...(answer.Items ?? []).flatMap(({ sk }) => gapHourOf(sk?.S ?? "") ?? []));
        const last = answer.LastEvaluatedKey?.["sk"]?.S;
        from = last === undefined ? undefined : { pk: { S: GAP_PARTITION }, sk: { S: last } };
      } while (from !== undefined);
      return hours;
    },
  };
}
