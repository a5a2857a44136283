import { DeleteItemCommand, type DynamoDBClient, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { LEASE_KEY } from "../core/contract.ts";
import type { OutboxTable } from "../core/ports.ts";
import { conditionHeld } from "./conditional-write.ts";

const KEY = { pk: { S: LEASE_KEY.pk }, sk: { N: String(LEASE_KEY.sk) } };

/** The requeuer's lease: one item of the outbox table, there only while a requeuer runs. */
export function requeuerLease(
  client: DynamoDBClient,
  tableName: string,
): Pick<OutboxTable, "acquireLease" | "releaseLease"> {
  return {
    async acquireLease(owner, nowMs, untilMs) {
      return conditionHeld(
        client.send(
          new PutItemCommand({
            TableName: tableName,
            Item: { ...KEY, owner: { S: owner }, leaseUntil: { N: String(untilMs) } },
            // An owner may take its own lease again: the SDK repeats a request whose answer was lost.
            ConditionExpression: "attribute_not_exists(pk) OR leaseUntil <= :now OR #owner = :owner",
            ExpressionAttributeNames: { "#owner": "owner" },
            ExpressionAttributeValues: { ":now": { N: String(nowMs) }, ":owner": { S: owner } },
          }),
        ),
      );
    },
    async releaseLease(owner) {
      await conditionHeld(
        client.send(
          new DeleteItemCommand({
            TableName: tableName,
            Key: KEY,
            ConditionExpression: "#owner = :owner",
            ExpressionAttributeNames: { "#owner": "owner" },
            ExpressionAttributeValues: { ":owner": { S: owner } },
          }),
        ),
      );
    },
  };
}
