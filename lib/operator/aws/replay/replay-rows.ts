import {
  type AttributeValue,
  type DynamoDBClient,
  QueryCommand,
  TransactWriteItemsCommand,
} from "@aws-sdk/client-dynamodb";
import { transact } from "../../../aws/tables/transactions.ts";
import type { Item } from "../../../contract/codec/item.ts";
import type { RowKey } from "../../../contract/event.ts";
import type { Clock, Random } from "../../../core/ports.ts";
import { type Position, WRITERS } from "../../core/replay/position.ts";
import { type PositionMove, ReplayElsewhere, type ReplayRows } from "../../core/replay/replay-ports.ts";
import { OperatorError } from "../operator-error.ts";
import { throughThrottling } from "./through-throttling.ts";

export interface ReplayRowsOptions {
  readonly client: DynamoDBClient;
  readonly tableName: string;
  readonly journalTableName: string;
  readonly clock: Clock;
  readonly random: Random;
  /** Reads one row, consistently. */
  readonly readItem: (key: RowKey) => Promise<Item | undefined>;
}

type Attributes = Record<string, AttributeValue>;

const text = (value: string): AttributeValue => ({ S: value });

/** Each writer's position has a partition of its own: one partition of DynamoDB takes a thousand writes a second. */
const positionKey = (replayId: string, writer: number) => ({
  pk: text(`replay#${replayId}#${writer}`),
  sk: text("position"),
});

/** How often a row that has gone between two looks is put again. */
const TRIES = 5;

/** Rows go into the outbox table, and in the same transaction the writer's position into the journal. */
export function dynamoReplayRows(options: ReplayRowsOptions): ReplayRows {
  const { client, tableName, journalTableName, clock, random, readItem } = options;

  async function readPosition(replayId: string, writer: number): Promise<Position | undefined> {
    const { pk } = positionKey(replayId, writer);
    const { Items: items = [] } = await client.send(
      new QueryCommand({
        TableName: journalTableName,
        KeyConditionExpression: "pk = :replay",
        ExpressionAttributeValues: { ":replay": pk },
        ConsistentRead: true,
      }),
    );
    const stored = items[0]?.["after"]?.S;
    return stored === undefined ? undefined : (JSON.parse(stored) as Position);
  }

  function putting(item: Item, { replayId, writer, from, to }: PositionMove): TransactWriteItemsCommand {
    const next: Attributes = { ...positionKey(replayId, writer), after: text(positionText(to)) };
    return new TransactWriteItemsCommand({
      TransactItems: [
        {
          Put: { TableName: tableName, Item: item as Attributes, ConditionExpression: "attribute_not_exists(pk)" },
        },
        {
          Put: {
            TableName: journalTableName,
            Item: next,
            ...(from === undefined
              ? { ConditionExpression: "attribute_not_exists(pk)" }
              : {
                  ConditionExpression: "#after = :from",
                  ExpressionAttributeNames: { "#after": "after" },
                  ExpressionAttributeValues: { ":from": text(positionText(from)) },
                }),
          },
        },
      ],
    });
  }

  return {
    async positions(replayId) {
      const writers = Array.from({ length: WRITERS }, (_unused, writer) => writer);
      const read = await Promise.all(writers.map((writer) => readPosition(replayId, writer)));
      return new Map(read.flatMap((position, writer) => (position === undefined ? [] : [[writer, position] as const])));
    },
    async put(item, move) {
      const key = { pk: item["pk"]?.S ?? "", sk: item["sk"]?.N ?? "" };
      for (let tries = 0; tries < TRIES; tries += 1) {
        const command = putting(item, move);
        const end = await throughThrottling(() => transact(() => client.send(command), { clock, random }), {
          clock,
          random,
        });
        if (end.kind === "done") return "put";
        if (end.kind === "invalid") return "not-taken";
        // One of two conditions has failed. The position tells first, for the row may be another command's of this replay.
        const position = await readPosition(move.replayId, move.writer);
        if (!isSamePosition(position, move.from)) throw new ReplayElsewhere(move.replayId);
        if ((await readItem(key)) !== undefined) return "occupied";
      }
      throw new OperatorError(
        "failed",
        "DynamoDB does not put a row although its place is free: others write there all the time.",
      );
    },
  };
}

const positionText = ({ partition, key: { pk, sk }, atMs, id }: Position): string =>
  JSON.stringify({ partition, key: { pk, sk }, atMs, id });

const isSamePosition = (one: Position | undefined, other: Position | undefined): boolean =>
  (one === undefined ? undefined : positionText(one)) === (other === undefined ? undefined : positionText(other));
