import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import {
  type AttributeValue,
  CreateTableCommand,
  type DynamoDBClient,
  ResourceInUseException,
  TransactWriteItemsCommand,
  waitUntilTableExists,
} from "@aws-sdk/client-dynamodb";
import { FIRST_SEQUENCE, PARTITION_KEY, SORT_KEY } from "../../lib/contract/item-contract.ts";

/** The business table of the demonstration. */
export const ORDERS_TABLE = "OutboxRelayDemoOrders";
export const ORDER_SOURCE = "outbox-relay-demo";
const ORDER_TYPE = "OrderPlaced";
/** Transactions open at once. Beyond it the writer falls behind its rate instead of piling up requests. */
const MAX_OPEN = 32;
const TICK_MS = 20;

/** A confirmed transaction: the id of its event, and the row's time of writing. */
export interface WrittenOrder {
  readonly eventId: string;
  readonly recordedAtMs: number;
}

export interface OrderTables {
  readonly orders: string;
  readonly outbox: string;
}

/** Makes the business table unless it exists. */
export async function createOrdersTable(dynamodb: DynamoDBClient, name = ORDERS_TABLE): Promise<void> {
  try {
    await dynamodb.send(
      new CreateTableCommand({
        TableName: name,
        BillingMode: "PAY_PER_REQUEST",
        AttributeDefinitions: [{ AttributeName: "orderId", AttributeType: "S" }],
        KeySchema: [{ AttributeName: "orderId", KeyType: "HASH" }],
      }),
    );
  } catch (error) {
    if (!(error instanceof ResourceInUseException)) {
      throw error;
    }
  }
  await waitUntilTableExists({ client: dynamodb, maxWaitTime: 30, minDelay: 1 }, { TableName: name });
}

/** The row of an unordered event, by the item contract: made without the client, as a program in any language may. */
export function outboxRow(eventId: string, now: Date, data: object, type = ORDER_TYPE): Record<string, AttributeValue> {
  return {
    [PARTITION_KEY]: { S: eventId },
    [SORT_KEY]: { N: String(FIRST_SEQUENCE) },
    id: { S: eventId },
    source: { S: ORDER_SOURCE },
    type: { S: type },
    time: { S: now.toISOString() },
    recordedtime: { S: now.toISOString() },
    data: { S: JSON.stringify(data) },
  };
}

/** Writes one order and its event: both or neither. */
export async function writeOrder(dynamodb: DynamoDBClient, tables: OrderTables, number: number): Promise<WrittenOrder> {
  const eventId = randomUUID();
  const orderId = `order-${eventId}`;
  const now = new Date();
  const order = { orderId, number, total: 10 + (number % 90) };
  await dynamodb.send(
    new TransactWriteItemsCommand({
      TransactItems: [
        {
          Put: {
            TableName: tables.orders,
            Item: { orderId: { S: orderId }, number: { N: String(number) }, total: { N: String(order.total) } },
          },
        },
        {
          Put: {
            TableName: tables.outbox,
            Item: outboxRow(eventId, now, order),
            ConditionExpression: `attribute_not_exists(${PARTITION_KEY})`,
          },
        },
      ],
    }),
  );
  return { eventId, recordedAtMs: now.getTime() };
}

export interface WriteOrdersOptions {
  readonly dynamodb: DynamoDBClient;
  readonly tables: OrderTables;
  readonly events: number;
  /** Transactions per second, as far as the emulator keeps up. */
  readonly ratePerSecond: number;
  readonly signal: AbortSignal;
  /** Called for every transaction that was confirmed. */
  readonly onWritten: (order: WrittenOrder) => void;
}

/**
 * Writes orders at a steady rate and resolves when the last is confirmed.
 *
 * @throws the error of the first failed transaction; only confirmed ones were reported.
 */
export async function writeOrders(options: WriteOrdersOptions): Promise<void> {
  const { dynamodb, tables, events, ratePerSecond, signal, onWritten } = options;
  const startedMs = performance.now();
  const open = new Set<Promise<void>>();
  const failures: unknown[] = [];
  let begun = 0;
  while (begun < events && failures.length === 0) {
    signal.throwIfAborted();
    const due = Math.min(events, Math.ceil(((performance.now() - startedMs) / 1000) * ratePerSecond));
    while (begun < due && open.size < MAX_OPEN) {
      begun += 1;
      const write = writeOrder(dynamodb, tables, begun)
        .then(onWritten, (error: unknown) => {
          failures.push(error);
        })
        .finally(() => open.delete(write));
      open.add(write);
    }
    await sleep(TICK_MS);
  }
  await Promise.all(open);
  if (failures.length > 0) {
    throw failures[0];
  }
}
