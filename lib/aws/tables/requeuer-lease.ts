import { DeleteItemCommand, type DynamoDBClient, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { leaseKeyOf } from "../../contract/item-contract.ts";
import { LONGEST_LEASE_MS } from "../../contract/read-back.ts";
import type { OutboxTable } from "../../core/ports.ts";
import type { Sender } from "../first-use.ts";
import { conditionHeld } from "./conditional-write.ts";
import { itemKey } from "./item-key.ts";

/** The requeuer's lease: one item of the outbox table that exists only while a requeuer runs. */
export function requeuerLease(
  client: Sender<DynamoDBClient>,
  tableName: string,
  relayName: string,
): Pick<OutboxTable, "acquireLease" | "releaseLease"> {
  const key = itemKey(leaseKeyOf(relayName));
  return {
    async acquireLease(owner, nowMs, untilMs) {
      return conditionHeld(
        client.send(
          new PutItemCommand({
            TableName: tableName,
            Item: { ...key, owner: { S: owner }, leaseUntil: { N: String(untilMs) } },
            // An owner may take its own lease again: the SDK repeats a request whose answer was lost. A lease that no
            // requeuer would have written, of another type or too far ahead, counts as free, or it would keep all
            // requeuers out.
            ConditionExpression:
              "attribute_not_exists(pk) OR #owner = :owner OR NOT attribute_type(#owner, :text) " +
              "OR NOT attribute_type(leaseUntil, :number) OR leaseUntil <= :now OR leaseUntil > :tooFar",
            ExpressionAttributeNames: { "#owner": "owner" },
            ExpressionAttributeValues: {
              ":now": { N: String(nowMs) },
              ":tooFar": { N: String(nowMs + LONGEST_LEASE_MS) },
              ":owner": { S: owner },
              ":number": { S: "N" },
              ":text": { S: "S" },
            },
          }),
        ),
      );
    },
    async releaseLease(owner) {
      await conditionHeld(
        client.send(
          new DeleteItemCommand({
            TableName: tableName,
            Key: key,
            ConditionExpression: "#owner = :owner",
            ExpressionAttributeNames: { "#owner": "owner" },
            ExpressionAttributeValues: { ":owner": { S: owner } },
          }),
        ),
      );
    },
  };
}
