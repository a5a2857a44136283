import {
  type AttributeValue,
  QueryCommand,
  type QueryCommandInput,
  TransactGetItemsCommand,
} from "@aws-sdk/client-dynamodb";
import { FIRST_SEQUENCE, PARKED_KEY_SORT_KEY } from "../../contract/item-contract.ts";
import { decodeKey, type ParkedKey } from "../../contract/parked-key.ts";
import { sequenceOf } from "../../contract/sort-key.ts";
import type { KeyPage, KeyTable } from "../../core/ports.ts";
import { itemKey } from "./item-key.ts";
import type { KeyTableOptions } from "./key-table-options.ts";
import { parkedKeyRecords } from "./parked-keys.ts";
import { transact } from "./transactions.ts";

/** The outbox table in DynamoDB as the ordered protocol uses it. */
export function dynamoKeyTable({ client, tableName, clock, random }: KeyTableOptions): KeyTable {
  /** One page of a key between two sort keys, both included. */
  const query = (pk: string, range: readonly [from: string, to: string], page: Partial<QueryCommandInput>) =>
    client.send(
      new QueryCommand({
        TableName: tableName,
        ConsistentRead: true,
        KeyConditionExpression: "pk = :pk AND sk BETWEEN :from AND :to",
        ExpressionAttributeValues: {
          ":pk": { S: pk },
          ":from": { N: range[0] },
          ":to": { N: range[1] },
        },
        ...page,
      }),
    );

  async function readFrom(
    pk: string,
    range: { readonly ceiling: number; readonly limit: number },
    before: { readonly start?: Record<string, AttributeValue>; readonly parkedKey?: ParkedKey | undefined },
  ): Promise<KeyPage> {
    const answer = await query(pk, [PARKED_KEY_SORT_KEY, String(range.ceiling)], {
      ScanIndexForward: true,
      Limit: range.limit,
      ExclusiveStartKey: before.start,
    });
    const { parkedKey = before.parkedKey, rows } = decodeKey(answer.Items ?? []);
    const next = answer.LastEvaluatedKey;
    // A page may hold only rows without a place; the rows after them must not be overlooked.
    if (rows.length === 0 && next !== undefined) return readFrom(pk, range, { start: next, parkedKey });
    return { rows, more: next !== undefined, ...(parkedKey === undefined ? {} : { parkedKey }) };
  }

  async function highestBelow(pk: string, start?: Record<string, AttributeValue>): Promise<number | undefined> {
    const answer = await query(pk, [String(FIRST_SEQUENCE), String(Number.MAX_SAFE_INTEGER)], {
      ScanIndexForward: false,
      Limit: 1,
      ProjectionExpression: "sk",
      ExclusiveStartKey: start,
    });
    const highest = (answer.Items ?? []).map(({ sk }) => sequenceOf(sk?.N ?? "")).find((each) => each !== undefined);
    if (highest !== undefined || answer.LastEvaluatedKey === undefined) return highest;
    return highestBelow(pk, answer.LastEvaluatedKey);
  }

  return {
    ...parkedKeyRecords({ client, tableName, clock, random }),
    read: (pk, range) => readFrom(pk, range, {}),
    highest: (pk) => highestBelow(pk),
    async presence(row) {
      const end = await transact(
        () =>
          client.send(
            new TransactGetItemsCommand({
              TransactItems: [{ Get: { TableName: tableName, Key: itemKey(row), ProjectionExpression: "pk" } }],
            }),
          ),
        { clock, random },
      );
      if (end.kind !== "done") return "conflict";
      return end.answer.Responses?.[0]?.Item === undefined ? "absent" : "present";
    },
  };
}
