import { type AttributeValue, UpdateItemCommand, type UpdateItemCommandOutput } from "@aws-sdk/client-dynamodb";
import { type NativeItem, translationOf } from "../client/native-values.ts";
import { isConditionFailure } from "../client/write-failure.ts";
import { fieldsOf, isRecord } from "../contract/foreign-value.ts";
import { readText, SettingError } from "../contract/settings/setting-reader.ts";
import { shownKind } from "../contract/shown-value.ts";
import type { CloudEvent } from "./cloud-event.ts";
import { readDynamoDb } from "./option-readers.ts";
import { shownReceived } from "./shown-received.ts";

/** The attribute (N) with the sequence of the last event that was applied. */
export const SEQUENCE_ATTRIBUTE = "eventsequence";

export interface UpsertOptions {
  readonly client: { send(command: UpdateItemCommand): Promise<UpdateItemCommandOutput> };
  readonly tableName: string;
  /** The item that mirrors the event's ordering key, with native values. */
  readonly key: NativeItem;
  /** The attributes that the event sets, with native values. An undefined one is left unchanged. */
  readonly set: NativeItem;
}

/**
 * Writes the state of an ordered event, unless the item has the state of a later one: duplicates and late events change
 * nothing. Only for events that carry the whole state: with events that carry changes, none may be skipped.
 *
 * @throws SettingError when an option cannot be used; TypeError when the event is not ordered.
 */
export async function upsertBySequence(event: CloudEvent, options: UpsertOptions): Promise<"applied" | "older"> {
  const { client, tableName, key, set } = readOptions(options);
  const newer = newerThanStored(event);
  const { plainValues } = translationOf(client);
  const fields = Object.entries(plainValues(set)).map(([name, value], index) => ({
    name,
    value,
    alias: `field${index}`,
  }));
  const values = Object.fromEntries(fields.map(({ alias, value }) => [`:${alias}`, value]));
  const assignments = fields.map(({ alias }) => `#${alias} = :${alias}`);
  try {
    await client.send(
      new UpdateItemCommand({
        TableName: tableName,
        Key: plainValues(key),
        UpdateExpression: `SET ${[...assignments, newer.assignment].join(", ")}`,
        ConditionExpression: newer.ConditionExpression,
        ExpressionAttributeNames: {
          ...Object.fromEntries(fields.map(({ alias, name }) => [`#${alias}`, name])),
          ...newer.ExpressionAttributeNames,
        },
        ExpressionAttributeValues: { ...values, ...newer.ExpressionAttributeValues },
      }),
    );
    return "applied";
  } catch (error) {
    if (isConditionFailure(error)) return "older";
    throw error;
  }
}

function readOptions(options: UpsertOptions): UpsertOptions {
  const { client, tableName, key, set } = fieldsOf(options);
  return {
    client: readDynamoDb("upsertBySequence.client", client as UpsertOptions["client"]),
    tableName: readText("upsertBySequence.tableName", tableName),
    key: readItem("upsertBySequence.key", key),
    set: readItem("upsertBySequence.set", set),
  };
}

/** The values come from the event, so a refusal does not show them. */
function readItem(path: string, value: unknown): NativeItem {
  if (isRecord(value)) return value;
  throw new SettingError(`${path} is ${shownKind(value)}: it must be an object with native values.`);
}

/** The parts of an expression that let only a later event through: for your own writes, also in a transaction. */
export interface NewerThanStored {
  /** One of the assignments of SET. */
  readonly assignment: string;
  readonly ConditionExpression: string;
  readonly ExpressionAttributeNames: Record<string, string>;
  readonly ExpressionAttributeValues: Record<string, AttributeValue>;
}

/** @throws TypeError when the event is not ordered. */
export function newerThanStored({ id, sequence }: CloudEvent): NewerThanStored {
  if (typeof sequence !== "string" || !/^\d+$/.test(sequence)) {
    throw new TypeError(
      `The event ${shownReceived("id", id)} has ${sequence === undefined ? "no sequence" : "a sequence that is not a number"}: ` +
        "only ordered events have an age to compare. Have its writer set order.",
    );
  }
  return {
    assignment: "#eventsequence = :eventsequence",
    ConditionExpression: "attribute_not_exists(#eventsequence) OR #eventsequence < :eventsequence",
    ExpressionAttributeNames: { "#eventsequence": SEQUENCE_ATTRIBUTE },
    ExpressionAttributeValues: { ":eventsequence": { N: sequence } },
  };
}
