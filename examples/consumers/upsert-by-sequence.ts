import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { handleEvents, upsertBySequence } from "dynamodb-outbox-relay/consumer";

interface OrderChanged {
  readonly orderId: string;
  readonly status: string;
}

const client = new DynamoDBClient();

/** Mirrors each order's state. An item keeps the sequence of its last event: duplicates and late events change nothing. */
export const handler = handleEvents<OrderChanged>((event) =>
  upsertBySequence(event, {
    client,
    tableName: process.env["ORDER_VIEW_TABLE"] ?? "",
    key: { id: event.data.orderId },
    set: { status: event.data.status },
  }),
);
