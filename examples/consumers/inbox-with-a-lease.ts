import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { type CloudEvent, handleEvents, idempotent } from "dynamodb-outbox-relay/consumer";

interface OrderPlaced {
  readonly orderId: string;
}

const inbox = { client: new DynamoDBClient(), table: process.env["INBOX_TABLE"] ?? "", consumer: "confirmations" };

/** Sends a mail, through a service that takes an idempotency key: that closes the gap between the mail and its mark. */
async function sendConfirmation({ id, data }: CloudEvent<OrderPlaced>): Promise<void> {
  const response = await fetch(process.env["MAIL_URL"] ?? "", {
    method: "POST",
    headers: { "idempotency-key": id },
    body: JSON.stringify({ text: `Thank you for order ${data.orderId}` }),
  });
  if (!response.ok) throw new Error(`The mail service answered ${response.status}`);
}

export const handler = handleEvents<OrderPlaced>(idempotent(sendConfirmation, inbox));
