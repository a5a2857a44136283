import { randomUUID } from "node:crypto";
import {
  type AttributeValue,
  DeleteItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  ScanCommand,
  type ScanCommandOutput,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import { outboxRow } from "../../../dev/demo/orders.ts";

export type Row = Record<string, AttributeValue>;

export interface WriteOptions {
  /**
   * How long ago the rows were written, by their `recordedtime`. The sweep takes rows that are old enough, so an old time
   * spares a test the wait. A backfill writes such rows too.
   *
   * @default 0
   */
  readonly ageSeconds?: number;
}

/** DynamoDB takes this many actions in a transaction. */
const TRANSACTION_SIZE = 100;
const TRANSACTIONS_AT_ONCE = 4;

/** The outbox table as a writer and an operator see it, without any code of the relay in between. */
export class Outbox {
  readonly #dynamodb: DynamoDBClient;
  readonly #tableName: string;

  constructor(dynamodb: DynamoDBClient, tableName: string) {
    this.#dynamodb = dynamodb;
    this.#tableName = tableName;
  }

  /** Writes events in transactions, several events each. Resolves with their ids. */
  async write(events: number, { ageSeconds = 0 }: WriteOptions = {}): Promise<readonly string[]> {
    const ids = Array.from({ length: events }, () => randomUUID());
    const transactions: string[][] = [];
    for (let start = 0; start < ids.length; start += TRANSACTION_SIZE) {
      transactions.push(ids.slice(start, start + TRANSACTION_SIZE));
    }
    const writer = async () => {
      for (let next = transactions.shift(); next !== undefined; next = transactions.shift()) {
        await this.#transact(next, ageSeconds);
      }
    };
    await Promise.all(Array.from({ length: TRANSACTIONS_AT_ONCE }, writer));
    return ids;
  }

  async put(row: Row): Promise<void> {
    await this.#dynamodb.send(new PutItemCommand({ TableName: this.#tableName, Item: row }));
  }

  async get(pk: string, sk = 1): Promise<Row | undefined> {
    const { Item: item } = await this.#dynamodb.send(
      new GetItemCommand({
        TableName: this.#tableName,
        Key: { pk: { S: pk }, sk: { N: String(sk) } },
        ConsistentRead: true,
      }),
    );
    return item;
  }

  /** Gives attributes of a row other values in place, as a person repairs it. */
  async repair(pk: string, attributes: Row): Promise<void> {
    const names = Object.keys(attributes);
    await this.#dynamodb.send(
      new UpdateItemCommand({
        TableName: this.#tableName,
        Key: { pk: { S: pk }, sk: { N: "1" } },
        UpdateExpression: `SET ${names.map((_name, index) => `#${index} = :${index}`).join(", ")}`,
        ConditionExpression: "attribute_exists(pk)",
        ExpressionAttributeNames: Object.fromEntries(names.map((name, index) => [`#${index}`, name])),
        ExpressionAttributeValues: Object.fromEntries(
          Object.values(attributes).map((value, index) => [`:${index}`, value]),
        ),
      }),
    );
  }

  /** Every item, the relay's own included. */
  async items(): Promise<readonly Row[]> {
    const items: Row[] = [];
    let after: ScanCommandOutput["LastEvaluatedKey"];
    do {
      const page: ScanCommandOutput = await this.#dynamodb.send(
        new ScanCommand({ TableName: this.#tableName, ConsistentRead: true, ExclusiveStartKey: after }),
      );
      items.push(...(page.Items ?? []));
      after = page.LastEvaluatedKey;
    } while (after !== undefined);
    return items;
  }

  async remove(pk: string, sk = 1): Promise<void> {
    await this.#dynamodb.send(
      new DeleteItemCommand({ TableName: this.#tableName, Key: { pk: { S: pk }, sk: { N: String(sk) } } }),
    );
  }

  async clear(): Promise<void> {
    for (const { pk, sk } of await this.items()) {
      if (pk !== undefined && sk !== undefined) {
        await this.#dynamodb.send(new DeleteItemCommand({ TableName: this.#tableName, Key: { pk, sk } }));
      }
    }
  }

  async #transact(ids: readonly string[], ageSeconds: number): Promise<void> {
    const writtenAt = new Date(Date.now() - ageSeconds * 1_000);
    const items = ids.map((id, index) => ({
      Put: {
        TableName: this.#tableName,
        Item: outboxRow(id, writtenAt, { number: index }),
        ConditionExpression: "attribute_not_exists(pk)",
      },
    }));
    await this.#dynamodb.send(new TransactWriteItemsCommand({ TransactItems: items }));
  }
}
