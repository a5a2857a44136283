import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { BusinessConditionError, DocumentOutbox } from "dynamodb-outbox-relay/client";
import { variable } from "./environment.ts";
import type { Order, ShopEvents } from "./shop-events.ts";

const ORDERS_TABLE = variable("ORDERS_TABLE");
const client = DynamoDBDocumentClient.from(new DynamoDBClient());
const outbox = new DocumentOutbox<ShopEvents>({ client, tableName: variable("OUTBOX_TABLE"), source: "/shop/orders" });

/** The part of API Gateway's request (payload format 2.0) that is read here. */
interface Request {
  readonly body?: string;
}

interface Response {
  readonly statusCode: number;
  readonly body: string;
}

/** PUT of an order: writes the order and its event together, or neither. */
export async function handler({ body = "" }: Request): Promise<Response> {
  const order = readOrder(body);
  if (order === undefined) return respond(400, { error: "Give { orderId, sku, quantity } with a quantity from 1 up" });
  const put = {
    TableName: ORDERS_TABLE,
    Item: { ...order, status: "placed" },
    ConditionExpression: "attribute_not_exists(orderId)",
  };
  try {
    await outbox.transact([{ Put: put }], [{ type: "order.placed", subject: order.orderId, data: order }]);
    return respond(201, order);
  } catch (error) {
    if (error instanceof BusinessConditionError) return respond(409, { error: `The order ${order.orderId} exists` });
    throw error;
  }
}

function readOrder(body: string): Order | undefined {
  let given: Partial<Record<keyof Order, unknown>> | null;
  try {
    given = JSON.parse(body);
  } catch {
    return undefined;
  }
  const { orderId, sku, quantity } = given ?? {};
  const isOrder =
    typeof orderId === "string" && orderId !== "" && typeof sku === "string" && sku !== "" && isCount(quantity);
  return isOrder ? { orderId, sku, quantity } : undefined;
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 1;

const respond = (statusCode: number, body: object): Response => ({ statusCode, body: JSON.stringify(body) });
