import { DynamoDBClient, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { handleEvents } from "dynamodb-outbox-relay/consumer";

const dynamodb = new DynamoDBClient();

/** Keeps a history. The key comes from the event, so a second write puts the same item into the same place. */
export const handler = handleEvents(({ id, type, time = "" }) =>
  dynamodb.send(
    new PutItemCommand({
      TableName: process.env["AUDIT_TABLE"],
      Item: { id: { S: id }, type: { S: type }, at: { S: time } },
    }),
  ),
);
