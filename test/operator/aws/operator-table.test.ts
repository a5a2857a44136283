import { DynamoDBClient, QueryCommand } from "@aws-sdk/client-dynamodb";
import { beforeEach, describe, expect, it } from "vitest";
import { systemClock } from "../../../lib/aws/system.ts";
import type { Item } from "../../../lib/contract/codec/item.ts";
import { dynamoOperatorTable } from "../../../lib/operator/aws/operator-table.ts";
import { itemOf } from "../../aws/fixtures.ts";
import { mockClient } from "../../setup/mocked-clients.ts";

const dynamodb = mockClient(DynamoDBClient);
const at = (sk: string): Item => ({ ...itemOf({ id: sk, order: { key: "k", sequence: 1 } }), sk: { N: sk } });
let items: readonly Item[];

/** A page as DynamoDB gives it: the limit counts items, before the caller leaves any out. */
beforeEach(() => {
  dynamodb.reset();
  dynamodb
    .on(QueryCommand)
    .callsFake(({ ExpressionAttributeValues: values, ExclusiveStartKey: after, Limit: limit }) => {
      const above = Math.max(
        Number(values[":above"]?.N ?? Number.NEGATIVE_INFINITY),
        Number(after?.sk.N ?? Number.NEGATIVE_INFINITY),
      );
      const ahead = items.filter(({ sk }) => Number(sk?.N) > above);
      const page = ahead.slice(0, limit);
      const last = page.at(-1);
      return {
        Items: page,
        ...(ahead.length < limit || last === undefined ? {} : { LastEvaluatedKey: { pk: last["pk"], sk: last["sk"] } }),
      };
    });
});

const table = dynamoOperatorTable({
  ...{ client: new DynamoDBClient({}), tableName: "outbox", journalTableName: "journal", relayName: "orders" },
  ...{ eventTypes: undefined, clock: systemClock, random: () => 0 },
});
const placesOf = async (above: number, limit: number) =>
  (await table.readKey("k", above, limit)).map(({ key: { sk } }) => sk);

describe("the rows of a key", () => {
  it("are read whatever stands between them", async () => {
    items = ["-1", "0.5", "0.75", "7", "7.5", "9"].map(at);
    expect(await placesOf(0, 1)).toEqual(["7"]);
    expect(await placesOf(7, 1)).toEqual(["9"]);
    expect(await placesOf(0, 5)).toEqual(["7", "9"]);
    expect(await placesOf(9, 1)).toEqual([]);
  });

  it("are none where no event can stand, though something is there", async () => {
    for (const sk of ["-1", "0", "0.5"]) {
      items = [at(sk)];
      expect(await placesOf(0, 1)).toEqual([]);
      expect(await table.hasItems("k")).toBe(true);
    }
    items = [];
    expect(await table.hasItems("k")).toBe(false);
  });
});
