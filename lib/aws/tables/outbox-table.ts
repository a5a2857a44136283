import {
  BatchExecuteStatementCommand,
  BatchGetItemCommand,
  BatchWriteItemCommand,
  type DynamoDBClient,
  ScanCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import { decodeScanned, SCANNED_ATTRIBUTES } from "../../contract/codec/decode-scanned.ts";
import type { Item } from "../../contract/codec/item.ts";
import { keyText, type RowKey, type RowRef } from "../../contract/event.ts";
import { MARKS, UNORDERED_SORT_KEY } from "../../contract/item-contract.ts";
import { decodeParkedKey } from "../../contract/parked-key.ts";
import { type EventTypes, isOwn } from "../../contract/settings/event-types.ts";
import { chunksOf } from "../../core/delivery/call/packing.ts";
import { DELETE_BATCH } from "../../core/delivery/deletes/pending-deletes.ts";
import { groupedBy } from "../../core/grouped.ts";
import type { Clock, Marked, OutboxTable, ParkMark, Random } from "../../core/ports.ts";
import { type Backoff, backoffFrom } from "../../core/resilience/backoff.ts";
import type { Sender } from "../first-use.ts";
import { roomFor } from "./conditional-write.ts";
import { countedRows } from "./counted-rows.ts";
import { isDeleted } from "./delete-result.ts";
import { type ItemKey, itemKey, nextOf, rowKeyOf } from "./item-key.ts";
import { requeuerLease } from "./requeuer-lease.ts";
import { rowsOf, scannedPage } from "./scanned-page.ts";

export interface OutboxTableOptions {
  readonly client: Sender<DynamoDBClient>;
  readonly tableName: string;
  /** The relay whose lease is taken. */
  readonly relayName: string;
  /** Rows of other events are left out wherever rows are looked for. @default none are left out */
  readonly eventTypes?: EventTypes | undefined;
  readonly clock: Clock;
  readonly random: Random;
}

/** Keys that BatchGetItem left out, because of size or throttling, are asked for again. */
const READ_BACKOFF = backoffFrom({ jitter: "full", baseMs: 50, capMs: 800, attempts: 6, budgetMs: 5_000 });

/** The outbox table in DynamoDB. */
export function dynamoOutboxTable(options: OutboxTableOptions): OutboxTable {
  const { client, tableName, relayName, eventTypes, clock, random } = options;
  async function deleteUnconditionally(rows: readonly RowRef[]): Promise<readonly RowRef[]> {
    const requests = rows.map((row) => ({ DeleteRequest: { Key: itemKey(row) } }));
    const answer = await client.send(new BatchWriteItemCommand({ RequestItems: { [tableName]: requests } }));
    const left = new Set(
      (answer.UnprocessedItems?.[tableName] ?? []).map(({ DeleteRequest }) => textOf(DeleteRequest?.Key)),
    );
    return left.size === 0 ? [] : rows.filter((row) => left.has(keyText(row)));
  }

  /** BatchWriteItem takes no conditions; a batch of statements does. A missing row causes no error. */
  async function deleteByIds(rows: readonly RowRef[]): Promise<readonly RowRef[]> {
    const statement = `DELETE FROM "${tableName}" WHERE "pk" = ? AND "sk" = ? AND "id" = ?`;
    const statements = rows.map(({ pk, sk, id }) => ({
      Statement: statement,
      Parameters: [{ S: pk }, { N: sk }, { S: id }],
    }));
    const { Responses: responses = [] } = await client.send(
      new BatchExecuteStatementCommand({ Statements: statements }),
    );
    return rows.filter((_row, index) => !isDeleted(responses[index]));
  }

  async function readBatch(keys: readonly ItemKey[], backoff: Backoff): Promise<readonly Item[]> {
    const answer = await client.send(
      new BatchGetItemCommand({ RequestItems: { [tableName]: { Keys: [...keys], ConsistentRead: true } } }),
    );
    const items = answer.Responses?.[tableName] ?? [];
    const left = answer.UnprocessedKeys?.[tableName]?.Keys ?? [];
    if (left.length === 0) return items;
    const next = backoff.next(0, random);
    if (next === undefined) {
      throw new Error(`The table ${tableName} left ${left.length} keys unread after ${backoff.attempts} attempts`);
    }
    await clock.sleep(next.waitMs);
    return [...items, ...(await readBatch(left, next.backoff))];
  }

  async function markRow(
    row: RowKey & { readonly id?: string },
    { notBeforeMs, attempts }: Omit<ParkMark, "reason">,
    reason: string | undefined,
  ): Promise<Marked> {
    const update = client.send(
      new UpdateItemCommand({
        TableName: tableName,
        Key: itemKey(row),
        // An operator's hold is over by now, or was overtaken; it would otherwise seem to last as long as the backoff.
        UpdateExpression:
          reason === undefined
            ? "SET #notBefore = :notBefore, #attempts = :attempts REMOVE #heldBy, #reason"
            : "SET #notBefore = :notBefore, #attempts = :attempts, #reason = :reason REMOVE #heldBy",
        ConditionExpression: row.id === undefined ? "attribute_exists(pk)" : "attribute_exists(pk) AND id = :id",
        ExpressionAttributeNames: {
          "#notBefore": MARKS.notBefore,
          "#attempts": MARKS.attempts,
          "#reason": MARKS.reason,
          "#heldBy": MARKS.heldBy,
        },
        ExpressionAttributeValues: {
          ":notBefore": { N: String(notBeforeMs) },
          ":attempts": { N: String(attempts) },
          ...(reason === undefined ? {} : { ":reason": { S: reason } }),
          ...(row.id === undefined ? {} : { ":id": { S: row.id } }),
        },
      }),
    );
    const end = await roomFor(update);
    return end === "written" ? "marked" : end === "condition-failed" ? "gone" : "no-room";
  }

  return {
    ...requeuerLease(client, tableName, relayName),
    async deleteRows(rows) {
      // The key of an unordered event *is* its id, so a delete by key cannot hit another event.
      const unordered = [...new Map(rows.filter(isUnordered).map((row) => [row.pk, row])).values()];
      const ordered = rows.filter((row) => !isUnordered(row));
      const left = await Promise.all([
        ...chunksOf(unordered, DELETE_BATCH).map(deleteUnconditionally),
        ...distinctKeys(ordered).flatMap((rows) => chunksOf(rows, DELETE_BATCH).map(deleteByIds)),
      ]);
      return left.flat();
    },
    async readRows(keys) {
      // A stream may bring two events of one key, and BatchGetItem refuses a request that repeats a key.
      const distinct = [...new Map(keys.map((key) => [keyText(key), itemKey(key)])).values()];
      return distinct.length === 0 ? [] : rowsOf(await readBatch(distinct, READ_BACKOFF));
    },
    async mark(row, mark) {
      const marked = await markRow(row, mark, mark.reason);
      // The mark's time keeps the row from being tried at every run; the reason is only for people.
      return marked === "no-room" ? markRow(row, mark, undefined) : marked;
    },
    async markSeen(key, seenAtMs) {
      const end = await roomFor(
        client.send(
          new UpdateItemCommand({
            TableName: tableName,
            Key: itemKey(key),
            UpdateExpression: "SET #seenAt = :now",
            ConditionExpression: "attribute_exists(pk) AND (NOT attribute_type(#seenAt, :number) OR #seenAt > :now)",
            ExpressionAttributeNames: { "#seenAt": MARKS.seenAt },
            ExpressionAttributeValues: { ":now": { N: String(seenAtMs) }, ":number": { S: "N" } },
          }),
        ),
      );
      return end !== "no-room";
    },
    async scan(from) {
      const { items, ...next } = await scannedPage(client, tableName, from, SCANNED_ATTRIBUTES);
      const parkedKeys = items.flatMap((item) => decodeParkedKey(item) ?? []);
      const scanned = (some: readonly Item[]) => some.flatMap((item) => decodeScanned(item) ?? []);
      const isForeign = (item: Item) => !isOwn(item, eventTypes);
      return {
        rows: scanned(eventTypes === undefined ? items : items.filter((item) => !isForeign(item))),
        ...(eventTypes === undefined ? {} : { foreign: scanned(items.filter(isForeign)) }),
        ...(parkedKeys.length === 0 ? {} : { parkedKeys }),
        ...next,
      };
    },
    async count(after) {
      const answer = await client.send(
        new ScanCommand({
          TableName: tableName,
          Select: "COUNT",
          ...countedRows(eventTypes),
          ...(after === undefined ? {} : { ExclusiveStartKey: itemKey(after) }),
        }),
      );
      return { rows: answer.Count ?? 0, ...nextOf(answer.LastEvaluatedKey) };
    },
  };
}

/**
 * Cuts rows into groups in which no key stands twice: a call with two statements for one key is refused whole. A key
 * has two rows to delete where its writer reused a sequence, and all but one of the rows hold another event by now.
 */
function distinctKeys(rows: readonly RowRef[]): readonly (readonly RowRef[])[] {
  const groups: RowRef[][] = [];
  for (const sameKey of groupedBy(rows, keyText).values()) {
    for (const [index, row] of sameKey.entries()) {
      const group = groups[index];
      if (group === undefined) groups.push([row]);
      else group.push(row);
    }
  }
  return groups;
}

const isUnordered = ({ pk, sk, id }: RowRef): boolean => pk === id && sk === UNORDERED_SORT_KEY;

const textOf = (key: ItemKey | undefined): string => (key === undefined ? "" : keyText(rowKeyOf(key)));
