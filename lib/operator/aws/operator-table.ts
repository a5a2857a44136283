import {
  type AttributeValue,
  GetItemCommand,
  QueryCommand,
  type QueryCommandOutput,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import { conditionHeld, roomFor } from "../../aws/tables/conditional-write.ts";
import { itemKey, nextOf } from "../../aws/tables/item-key.ts";
import { IS_RECORD, KIND_NAMES } from "../../aws/tables/item-kinds.ts";
import { rowsOf, scannedPage } from "../../aws/tables/scanned-page.ts";
import type { Item } from "../../contract/codec/item.ts";
import type { OutboxRow, RowKey } from "../../contract/event.ts";
import { FIRST_SEQUENCE, leaseKeyOf, MARKS, PARKED_KEY, PARKED_KEY_SORT_KEY } from "../../contract/item-contract.ts";
import { decodeParkedKey } from "../../contract/parked-key.ts";
import { isLeased, LONGEST_LEASE_MS, LONGEST_REST_MS } from "../../contract/read-back.ts";
import { hasPlace } from "../../contract/sequence.ts";
import { isOwn } from "../../contract/settings/event-types.ts";
import type { AnnotatedParkedKey, OperatorTable, RowAddress } from "../core/operator-ports.ts";
import { asideMoves, existing, idValue } from "./aside-moves.ts";
import type { OperatorTableOptions } from "./operator-table-options.ts";

const text = (value: string): AttributeValue => ({ S: value });
const number = (value: number): AttributeValue => ({ N: String(value) });

const MARK_NAMES = { "#heldBy": MARKS.heldBy, "#notBefore": MARKS.notBefore } as const;
/** A hold that reaches further ahead than any command sets does not count: see `read-back.ts`. */
const NOT_HELD =
  "(NOT attribute_type(#heldBy, :text) OR NOT attribute_type(#notBefore, :number) OR #notBefore <= :now OR #notBefore > :tooLong)";
const notHeldValues = (nowMs: number) => ({
  ":now": number(nowMs),
  ":tooLong": number(nowMs + LONGEST_REST_MS),
  ":number": text("N"),
  ":text": text("S"),
});

/** The outbox table in DynamoDB, in an operator's hands. */
export function dynamoOperatorTable(options: OperatorTableOptions): OperatorTable {
  const { client, tableName, relayName, eventTypes } = options;
  const rowOf = (key: RowKey) => ({ TableName: tableName, Key: itemKey(key) });
  const parkedKeyOf = (pk: string) => rowOf({ pk, sk: PARKED_KEY_SORT_KEY });

  async function readItem(key: RowKey): Promise<Item | undefined> {
    const { Item: item } = await client.send(new GetItemCommand({ ...rowOf(key), ConsistentRead: true }));
    return item;
  }

  async function readParkedKey(pk: string): Promise<AnnotatedParkedKey | undefined> {
    const item = await readItem({ pk, sk: PARKED_KEY_SORT_KEY });
    return item === undefined ? undefined : annotated(item);
  }

  return {
    ...asideMoves(options, readItem),
    readItem,
    readParkedKey,
    async scan(from) {
      const { items, ...next } = await scannedPage(client, tableName, from);
      return {
        rows: rowsOf(items.filter((item) => isOwn(item, eventTypes))),
        ...(eventTypes === undefined ? {} : { foreign: rowsOf(items.filter((item) => !isOwn(item, eventTypes))) }),
        parkedKeys: items.flatMap((item) => annotated(item) ?? []),
        ...next,
      };
    },
    async readKey(pk, above, limit) {
      const rows: OutboxRow[] = [];
      let after: RowKey | undefined;
      do {
        const page: QueryCommandOutput = await client.send(
          new QueryCommand({
            TableName: tableName,
            ConsistentRead: true,
            KeyConditionExpression: "pk = :pk AND sk > :above",
            ExpressionAttributeValues: { ":pk": text(pk), ":above": number(Math.max(above, FIRST_SEQUENCE - 1)) },
            Limit: limit,
            ...(after && { ExclusiveStartKey: itemKey(after) }),
          }),
        );
        rows.push(...rowsOf(page.Items ?? []).filter(({ key }) => hasPlace(key.sk)));
        after = nextOf(page.LastEvaluatedKey).next;
        // Rows without a place, which stand between two sequences, must not hide those behind them.
      } while (rows.length < limit && after !== undefined);
      return rows.slice(0, limit);
    },
    async hasItems(pk) {
      const { Items: items = [] } = await client.send(
        new QueryCommand({
          TableName: tableName,
          ConsistentRead: true,
          KeyConditionExpression: "pk = :pk",
          ExpressionAttributeValues: { ":pk": text(pk) },
          Limit: 1,
        }),
      );
      return items.length > 0;
    },
    async requeuerUntil() {
      const lease = await readItem(leaseKeyOf(relayName));
      const untilMs = Number(lease?.["leaseUntil"]?.N);
      return Number.isNaN(untilMs) ? undefined : untilMs;
    },
    async hold(row, { actId, untilMs }, nowMs) {
      const end = await roomFor(
        client.send(
          new UpdateItemCommand({
            ...rowOf(row),
            UpdateExpression: "SET #heldBy = :act, #notBefore = :until",
            ConditionExpression: `${existing(row)} AND (#heldBy = :act OR ${NOT_HELD})`,
            ExpressionAttributeNames: MARK_NAMES,
            ExpressionAttributeValues: {
              ...idValue(row),
              ":act": text(actId),
              ":until": number(untilMs),
              ...notHeldValues(nowMs),
            },
          }),
        ),
      );
      if (end !== "condition-failed") return end === "written" ? "held" : end;
      return (await isThere(row)) ? "held-by-another" : "gone";
    },
    async letGo(row, { actId, untilMs }, restedUntilMs) {
      await conditionHeld(
        client.send(
          new UpdateItemCommand({
            ...rowOf(row),
            UpdateExpression:
              restedUntilMs === undefined ? "REMOVE #heldBy, #notBefore" : "SET #notBefore = :rested REMOVE #heldBy",
            ConditionExpression: `${existing(row)} AND #heldBy = :act AND #notBefore = :until`,
            ExpressionAttributeNames: MARK_NAMES,
            ExpressionAttributeValues: {
              ...idValue(row),
              ":act": text(actId),
              ":until": number(untilMs),
              ...(restedUntilMs === undefined ? {} : { ":rested": number(restedUntilMs) }),
            },
          }),
        ),
      );
    },
    async makeDue(row, nowMs) {
      const due = await conditionHeld(
        client.send(
          new UpdateItemCommand({
            ...rowOf(row),
            UpdateExpression: "REMOVE #notBefore, #heldBy",
            ConditionExpression: `${existing(row)} AND ${NOT_HELD}`,
            ExpressionAttributeNames: MARK_NAMES,
            ExpressionAttributeValues: { ...idValue(row), ...notHeldValues(nowMs) },
          }),
        ),
      );
      return due ? "made-due" : (await isThere(row)) ? "held" : "gone";
    },
    async makeParkedKeyDue(pk, dueMs, nowMs) {
      const due = await conditionHeld(
        client.send(
          new UpdateItemCommand({
            ...parkedKeyOf(pk),
            UpdateExpression: "SET #notBefore = :due",
            ConditionExpression:
              `${IS_RECORD} AND #notBefore > :due ` +
              "AND (NOT attribute_type(#owner, :text) OR NOT attribute_type(#leaseUntil, :number) " +
              "OR #leaseUntil <= :now OR #leaseUntil > :tooFar)",
            ExpressionAttributeNames: {
              ...KIND_NAMES,
              "#notBefore": PARKED_KEY.notBefore,
              "#owner": PARKED_KEY.owner,
              "#leaseUntil": PARKED_KEY.leaseUntil,
            },
            ExpressionAttributeValues: {
              ":due": number(dueMs),
              ":now": number(nowMs),
              ":tooFar": number(nowMs + LONGEST_LEASE_MS),
              ":number": text("N"),
              ":text": text("S"),
            },
          }),
        ),
      );
      if (due) return "made-due";
      const parkedKey = await readParkedKey(pk);
      if (parkedKey === undefined) return "not-parked";
      return isLeased(parkedKey, nowMs) ? "draining" : "due-already";
    },
  };

  async function isThere(row: RowAddress): Promise<boolean> {
    const item = await readItem(row);
    return item !== undefined && (row.id === undefined || item["id"]?.S === row.id);
  }
}

/** A parked-key record with its notes for people. Undefined for any other item. */
function annotated(item: Item): AnnotatedParkedKey | undefined {
  const parkedKey = decodeParkedKey(item);
  if (parkedKey === undefined) return undefined;
  const reason = item[PARKED_KEY.reason]?.S;
  const deadLetterAtMs = Number(item[PARKED_KEY.deadLetterAt]?.N);
  return {
    ...parkedKey,
    ...(reason === undefined ? {} : { reason }),
    ...(Number.isNaN(deadLetterAtMs) ? {} : { deadLetterAtMs }),
  };
}
