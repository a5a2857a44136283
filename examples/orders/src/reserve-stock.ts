import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { BusinessConditionError, DocumentOutbox } from "dynamodb-outbox-relay/client";
import { type CloudEvent, handleEvents, withDocumentTransaction } from "dynamodb-outbox-relay/consumer";
import { variable } from "./environment.ts";
import type { Order, ShopEvents } from "./shop-events.ts";

const STOCK_TABLE = variable("STOCK_TABLE");
const RESERVATIONS_TABLE = variable("RESERVATIONS_TABLE");
const client = DynamoDBDocumentClient.from(new DynamoDBClient());
const outbox = new DocumentOutbox<ShopEvents>({ client, tableName: variable("OUTBOX_TABLE"), source: "/shop/stock" });
const inbox = { client, table: variable("INBOX_TABLE"), consumer: "reserve-stock" };

/** Lowers the stock, writes the reservation and the next event, and marks the event as handled: all or nothing. */
const reserve = withDocumentTransaction<Order>(async ({ data: order }) => {
  const { orderId, sku, quantity } = order;
  const takeFromStock = {
    TableName: STOCK_TABLE,
    Key: { sku },
    UpdateExpression: "SET #left = #left - :quantity",
    ConditionExpression: "#left >= :quantity",
    ExpressionAttributeNames: { "#left": "left" },
    ExpressionAttributeValues: { ":quantity": quantity },
  };
  const reservation = { TableName: RESERVATIONS_TABLE, Item: { orderId, sku, quantity, status: "reserved" } };
  const reserved = await outbox.entries([{ type: "stock.reserved", subject: orderId, data: order }]);
  return [{ Update: takeFromStock }, { Put: reservation }, ...reserved];
}, inbox);

/** Too little stock is also an answer, given once. */
const reject = withDocumentTransaction<Order>(
  async ({ data: { orderId, sku, quantity } }) => [
    { Put: { TableName: RESERVATIONS_TABLE, Item: { orderId, sku, quantity, status: "rejected" } } },
  ],
  inbox,
);

export const handler = handleEvents(async (event: CloudEvent<Order>, context) => {
  try {
    return await reserve(event, context);
  } catch (error) {
    if (!(error instanceof BusinessConditionError)) throw error;
    return reject(event, context);
  }
});
