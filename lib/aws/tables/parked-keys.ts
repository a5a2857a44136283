import {
  type AttributeValue,
  ConditionalCheckFailedException,
  DeleteItemCommand,
  GetItemCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import type { Item } from "../../contract/codec/item.ts";
import { PARKED_KEY, PARKED_KEY_SORT_KEY } from "../../contract/item-contract.ts";
import { addedToParkedKey, decodeParkedKey, type ParkedKey } from "../../contract/parked-key.ts";
import { LONGEST_LEASE_MS, LONGEST_REST_MS } from "../../contract/read-back.ts";
import type { Acquisition, KeyTable } from "../../core/ports.ts";
import { conditionHeld } from "./conditional-write.ts";
import { itemKey } from "./item-key.ts";
import { IS_RECORD, KIND_NAMES, RECORD_OR_FREE } from "./item-kinds.ts";
import type { KeyTableOptions } from "./key-table-options.ts";
import { transact } from "./transactions.ts";

const parkedKeyRef = (pk: string) => itemKey({ pk, sk: PARKED_KEY_SORT_KEY });
const number = (value: number): AttributeValue => ({ N: String(value) });
const text = (value: string): AttributeValue => ({ S: value });

/** DynamoDB reserves some of these names, so expressions use placeholders. */
const NAME = {
  owner: { "#owner": PARKED_KEY.owner },
  lease: { "#owner": PARKED_KEY.owner, "#leaseUntil": PARKED_KEY.leaseUntil },
  rest: { "#notBefore": PARKED_KEY.notBefore, "#attempts": PARKED_KEY.attempts, "#reason": PARKED_KEY.reason },
} as const;

/**
 * A time that is missing, of another type, or further ahead than the relay would write it, counts as due and free: see
 * `read-back.ts`.
 */
const DUE = "(NOT attribute_type(#notBefore, :number) OR #notBefore <= :now OR #notBefore > :restsTooLong)";
const FREE =
  "(NOT attribute_type(#owner, :text) OR #owner = :owner OR NOT attribute_type(#leaseUntil, :number) " +
  "OR #leaseUntil <= :now OR #leaseUntil > :tooFar)";

/**
 * The parked-key records: one item each, with conditions on every write. No write touches an item that somebody else
 * put in a record's place.
 */
export function parkedKeyRecords({
  client,
  tableName,
  clock,
  random,
}: KeyTableOptions): Omit<KeyTable, "read" | "highest" | "presence"> {
  const parkedKeyOf = (pk: string) => ({ TableName: tableName, Key: parkedKeyRef(pk) });

  /**
   * A version that is not a number, or cannot be compared exactly, was written by somebody else. It starts again at a
   * number that no drainer can hold.
   */
  const repairVersion = (pk: string) =>
    conditionHeld(
      client.send(
        new UpdateItemCommand({
          ...parkedKeyOf(pk),
          UpdateExpression: "SET #version = :fresh",
          ConditionExpression: `${IS_RECORD} AND (NOT attribute_type(#version, :number) OR NOT #version BETWEEN :lowest AND :highest)`,
          ExpressionAttributeNames: KIND_NAMES,
          ExpressionAttributeValues: {
            ":fresh": number(clock.now()),
            ":number": text("N"),
            ":lowest": number(-Number.MAX_SAFE_INTEGER),
            ":highest": number(Number.MAX_SAFE_INTEGER - 1),
          },
        }),
      ),
    );

  /** Makes a write that adds to the version, and repeats it after a repair if the version cannot be added to. */
  async function raising<Answer>(pk: string, write: () => Promise<Answer>): Promise<Answer> {
    try {
      return await write();
    } catch (error) {
      if (!(error instanceof Error && error.name === "ValidationException")) throw error;
      if (!(await repairVersion(pk))) throw error;
      return write();
    }
  }

  /** A version that was added to and still cannot be compared exactly, such as a fraction, is set anew by its owner. */
  async function withFreshVersion(parkedKey: ParkedKey, owner: string): Promise<Acquisition> {
    const version = clock.now();
    const set = await conditionHeld(
      client.send(
        new UpdateItemCommand({
          ...parkedKeyOf(parkedKey.pk),
          UpdateExpression: "SET #version = :fresh",
          ConditionExpression: `#owner = :owner AND ${IS_RECORD}`,
          ExpressionAttributeNames: { ...KIND_NAMES, ...NAME.owner },
          ExpressionAttributeValues: { ":fresh": number(version), ":owner": text(owner) },
        }),
      ),
    );
    return set ? { kind: "acquired", parkedKey: { ...parkedKey, version } } : { kind: "busy", parkedKey };
  }

  const touchOnce = (pk: string) =>
    conditionHeld(
      client.send(
        new UpdateItemCommand({
          ...parkedKeyOf(pk),
          UpdateExpression: "ADD #version :one",
          ConditionExpression: IS_RECORD,
          ExpressionAttributeNames: KIND_NAMES,
          ExpressionAttributeValues: { ":one": number(1) },
        }),
      ),
    );

  /**
   * Attributes that a writer added to the record are not the relay's to delete: without the record they are a row, and
   * are treated as one.
   */
  async function putBack(pk: string, added: Item): Promise<void> {
    const attributes = Object.entries(added) as [string, AttributeValue][];
    if (attributes.length === 0) return;
    await client.send(
      new UpdateItemCommand({
        ...parkedKeyOf(pk),
        UpdateExpression: `SET ${attributes.map((_each, index) => `#a${index} = if_not_exists(#a${index}, :a${index})`).join(", ")}`,
        ConditionExpression: RECORD_OR_FREE,
        ExpressionAttributeNames: {
          ...KIND_NAMES,
          ...Object.fromEntries(attributes.map(([name], index) => [`#a${index}`, name])),
        },
        ExpressionAttributeValues: Object.fromEntries(attributes.map(([, value], index) => [`:a${index}`, value])),
      }),
    );
  }

  return {
    async readParkedKey(pk) {
      const { Item } = await client.send(new GetItemCommand({ ...parkedKeyOf(pk), ConsistentRead: true }));
      return Item === undefined ? undefined : decodeParkedKey(Item);
    },

    touch: (pk) => raising(pk, () => touchOnce(pk)),

    async park(row, { notBeforeMs, attempts, reason, deadLetterAtMs }) {
      const existing = {
        TableName: tableName,
        Key: itemKey(row),
        ConditionExpression: row.id === undefined ? "attribute_exists(pk)" : "attribute_exists(pk) AND id = :id",
        ...(row.id === undefined ? {} : { ExpressionAttributeValues: { ":id": text(row.id) } }),
      };
      const parkedKey = {
        ...parkedKeyOf(row.pk),
        UpdateExpression:
          "SET #notBefore = :notBefore, #reason = :reason, #attempts = if_not_exists(#attempts, :attempts)" +
          `${deadLetterAtMs === undefined ? "" : ", #deadLetterAt = :deadLetterAt"} ADD #version :one`,
        ConditionExpression: RECORD_OR_FREE,
        ExpressionAttributeNames: {
          ...KIND_NAMES,
          ...NAME.rest,
          ...(deadLetterAtMs === undefined ? {} : { "#deadLetterAt": PARKED_KEY.deadLetterAt }),
        },
        ExpressionAttributeValues: {
          ":notBefore": number(notBeforeMs),
          ":reason": text(reason),
          ":attempts": number(attempts),
          ":one": number(1),
          ...(deadLetterAtMs === undefined ? {} : { ":deadLetterAt": number(deadLetterAtMs) }),
        },
      };
      const command = new TransactWriteItemsCommand({
        TransactItems: [{ ConditionCheck: existing }, { Update: parkedKey }],
      });
      const write = () => transact(() => client.send(command), { clock, random });
      let end = await raising(row.pk, write);
      if (end.kind === "invalid" && (await repairVersion(row.pk))) end = await write();
      switch (end.kind) {
        case "done":
          return "parked";
        case "condition-failed":
          return "gone";
        default:
          throw new Error(`The record of an ordering key could not be written: the transaction ended in ${end.kind}`);
      }
    },

    async acquire(pk, owner, nowMs, leaseUntilMs) {
      const command = new UpdateItemCommand({
        ...parkedKeyOf(pk),
        UpdateExpression: "SET #owner = :owner, #leaseUntil = :leaseUntil ADD #version :one",
        ConditionExpression: `${IS_RECORD} AND ${DUE} AND ${FREE}`,
        ExpressionAttributeNames: { ...KIND_NAMES, ...NAME.lease, "#notBefore": PARKED_KEY.notBefore },
        ExpressionAttributeValues: {
          ":owner": text(owner),
          ":leaseUntil": number(leaseUntilMs),
          ":now": number(nowMs),
          ":tooFar": number(nowMs + LONGEST_LEASE_MS),
          ":restsTooLong": number(nowMs + LONGEST_REST_MS),
          ":one": number(1),
          ":number": text("N"),
          ":text": text("S"),
        },
        ReturnValues: "ALL_NEW",
        ReturnValuesOnConditionCheckFailure: "ALL_OLD",
      });
      try {
        const { Attributes } = await raising(pk, () => client.send(command));
        const parkedKey = decodeParkedKey({ ...Attributes, ...parkedKeyRef(pk) });
        if (parkedKey === undefined) return { kind: "not-parked" };
        return Number.isNaN(parkedKey.version) ? withFreshVersion(parkedKey, owner) : { kind: "acquired", parkedKey };
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
        const parkedKey = error.Item === undefined ? undefined : decodeParkedKey(error.Item);
        return parkedKey === undefined ? { kind: "not-parked" } : { kind: "busy", parkedKey };
      }
    },

    release: (pk, owner, rest) =>
      conditionHeld(
        client.send(
          new UpdateItemCommand({
            ...parkedKeyOf(pk),
            UpdateExpression:
              `${rest === undefined ? "" : "SET #notBefore = :notBefore, #attempts = :attempts, #reason = :reason "}` +
              "REMOVE #owner, #leaseUntil",
            ConditionExpression: `#owner = :owner AND ${IS_RECORD}`,
            ExpressionAttributeNames: { ...KIND_NAMES, ...NAME.lease, ...(rest === undefined ? {} : NAME.rest) },
            ExpressionAttributeValues: {
              ":owner": text(owner),
              ...(rest === undefined
                ? {}
                : {
                    ":notBefore": number(rest.notBeforeMs),
                    ":attempts": number(rest.attempts),
                    ":reason": text(rest.reason),
                  }),
            },
          }),
        ),
      ),

    async close(pk, owner, version) {
      // The version was spoiled by hand while the record was held: the record must be taken anew.
      if (!Number.isFinite(version)) return false;
      const command = new DeleteItemCommand({
        ...parkedKeyOf(pk),
        ConditionExpression: `#owner = :owner AND #version = :version AND ${IS_RECORD}`,
        ExpressionAttributeNames: { ...KIND_NAMES, ...NAME.owner },
        ExpressionAttributeValues: { ":owner": text(owner), ":version": number(version) },
        ReturnValues: "ALL_OLD",
      });
      return conditionHeld(
        client.send(command).then(({ Attributes: gone = {} }) => putBack(pk, addedToParkedKey(gone))),
      );
    },
  };
}
