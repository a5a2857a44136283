import {
  ConditionalCheckFailedException,
  DeleteItemCommand,
  type DynamoDBClient,
  PutItemCommand,
} from "@aws-sdk/client-dynamodb";
import { leaseKeyOf } from "../../../lib/contract/item-contract.ts";
import { eventually } from "../../setup/eventually.ts";

/** The deployed relay is named after its stack. */
const LEASE = leaseKeyOf("OutboxRelay");
const KEY = { pk: { S: LEASE.pk }, sk: { N: String(LEASE.sk) } };
const HELD_FOR_MS = 600_000;

/**
 * Keeps the requeuer from running while some work goes on, by holding its lease. It waits for a run that is going on already,
 * so that none is under way when the work begins.
 */
export async function withoutRequeuer<Result>(
  dynamodb: DynamoDBClient,
  tableName: string,
  work: () => Promise<Result>,
): Promise<Result> {
  const take = async () => {
    try {
      await dynamodb.send(
        new PutItemCommand({
          TableName: tableName,
          Item: { ...KEY, owner: { S: "a test" }, leaseUntil: { N: String(Date.now() + HELD_FOR_MS) } },
          ConditionExpression: "attribute_not_exists(pk) OR leaseUntil < :now",
          ExpressionAttributeValues: { ":now": { N: String(Date.now()) } },
        }),
      );
      return true;
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) {
        return false;
      }
      throw error;
    }
  };
  await eventually("the requeuer's lease is free", take, () => "A run seems to hold it for too long.");
  try {
    return await work();
  } finally {
    await dynamodb.send(new DeleteItemCommand({ TableName: tableName, Key: KEY }));
  }
}
