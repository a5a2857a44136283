import { isDeepStrictEqual } from "node:util";
import { ConditionalCheckFailedException, DynamoDBClient, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { handleEvents } from "dynamodb-outbox-relay/consumer";

interface PaymentReceived {
  readonly paymentId: string;
  readonly amount: number;
}

const dynamodb = new DynamoDBClient();

/**
 * Books a payment under its own number. The stored item shows whether this is a duplicate, or two payments have one
 * number.
 */
export const handler = handleEvents<PaymentReceived>(async ({ data }) => {
  const item = { id: { S: data.paymentId }, amount: { N: String(data.amount) } };
  try {
    await dynamodb.send(
      new PutItemCommand({
        TableName: process.env["PAYMENTS_TABLE"],
        Item: item,
        ConditionExpression: "attribute_not_exists(id)",
        ReturnValuesOnConditionCheckFailure: "ALL_OLD",
      }),
    );
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException) || !isDeepStrictEqual(error.Item, item)) throw error;
  }
});
