import {
  type AttributeValue,
  type DynamoDBClient,
  PutItemCommand,
  QueryCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import type { Item } from "../../contract/codec/item.ts";
import { actTimeOf } from "../core/act.ts";
import type { Act, ActEnd, ActName, Tally } from "../core/journal.ts";
import type { Journal } from "../core/operator-ports.ts";
import { readAsideItem } from "./aside-item.ts";

const ACTS = "act";
const text = (value: string): AttributeValue => ({ S: value });
const number = (value: number): AttributeValue => ({ N: String(value) });
const keyOf = ({ atMs, id }: Pick<Act, "atMs" | "id">) => ({
  pk: text(ACTS),
  sk: text(`${new Date(atMs).toISOString()}#${id}`),
});

/** The journal in its table: acts, and set-aside events, each by time. */
export function dynamoJournal(client: DynamoDBClient, tableName: string): Journal {
  return {
    async begin(act) {
      await client.send(
        new PutItemCommand({
          TableName: tableName,
          Item: {
            ...keyOf(act),
            id: text(act.id),
            name: text(act.name),
            atMs: number(act.atMs),
            who: text(act.who),
            what: text(act.what),
            events: number(act.events),
            ...(act.why === undefined ? {} : { why: text(act.why) }),
            ...(act.request === undefined ? {} : { request: text(act.request) }),
          },
          ConditionExpression: "attribute_not_exists(pk)",
        }),
      );
    },
    async end(act, { atMs, how, tally }) {
      await client.send(
        new UpdateItemCommand({
          TableName: tableName,
          Key: keyOf(act),
          UpdateExpression: "SET endedAtMs = :at, how = :how, tally = :tally",
          ExpressionAttributeValues: {
            ":at": number(atMs),
            ":how": text(how),
            ":tally": { M: Object.fromEntries(Object.entries(tally).map(([end, count]) => [end, number(count)])) },
          },
        }),
      );
    },
    async act(id) {
      const atMs = actTimeOf(id);
      if (atMs === undefined) return undefined;
      const { pk, sk } = keyOf({ atMs, id });
      const { Items: items = [] } = await client.send(
        new QueryCommand({
          TableName: tableName,
          KeyConditionExpression: "pk = :acts AND sk = :act",
          ExpressionAttributeValues: { ":acts": pk, ":act": sk },
          ConsistentRead: true,
        }),
      );
      return items.map(readAct)[0];
    },
    async acts(limit) {
      const { Items: items = [] } = await client.send(
        new QueryCommand({
          TableName: tableName,
          KeyConditionExpression: "pk = :acts",
          ExpressionAttributeValues: { ":acts": text(ACTS) },
          ScanIndexForward: false,
          Limit: limit,
          ConsistentRead: true,
        }),
      );
      return items.map(readAct);
    },
    async aside(place, after, limit) {
      const answer = await client.send(
        new QueryCommand({
          TableName: tableName,
          KeyConditionExpression: "pk = :place",
          ExpressionAttributeValues: { ":place": text(place) },
          Limit: limit,
          ConsistentRead: true,
          ...(after === undefined ? {} : { ExclusiveStartKey: { pk: text(place), sk: text(after) } }),
        }),
      );
      const next = answer.LastEvaluatedKey?.["sk"]?.S;
      return { events: (answer.Items ?? []).map(readAsideItem), ...(next === undefined ? {} : { next }) };
    },
  };
}

function readAct(item: Item): Act & { readonly end?: ActEnd } {
  const why = item["why"]?.S;
  const request = item["request"]?.S;
  const endedAtMs = item["endedAtMs"]?.N;
  return {
    id: item["id"]?.S ?? "",
    name: (item["name"]?.S ?? "") as ActName,
    atMs: Number(item["atMs"]?.N),
    who: item["who"]?.S ?? "",
    what: item["what"]?.S ?? "",
    events: Number(item["events"]?.N ?? 0),
    ...(why === undefined ? {} : { why }),
    ...(request === undefined ? {} : { request }),
    ...(endedAtMs === undefined
      ? {}
      : { end: { atMs: Number(endedAtMs), how: (item["how"]?.S ?? "") as ActEnd["how"], tally: readTally(item) } }),
  };
}

const readTally = (item: Item): Tally =>
  Object.fromEntries(Object.entries(item["tally"]?.M ?? {}).map(([end, count]) => [end, Number(count.N)]));
