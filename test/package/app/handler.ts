import { DynamoDBClient, type TransactWriteItem } from "@aws-sdk/client-dynamodb";
import { Outbox } from "dynamodb-outbox-relay/client";
import { handleEvents } from "dynamodb-outbox-relay/consumer";

const client = new DynamoDBClient({ region: "eu-central-1" });
const outbox = new Outbox({ client, tableName: "outbox", source: "/stock" });

/** What the function would write. */
export const writes: TransactWriteItem[] = [];

export const handler = handleEvents<{ orderId: string }>(async ({ data }) => {
  writes.push(await outbox.entry({ type: "stock.reserved", data }));
});
