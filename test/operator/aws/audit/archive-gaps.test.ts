import { DynamoDBClient, QueryCommand } from "@aws-sdk/client-dynamodb";
import { beforeEach, describe, expect, it } from "vitest";
import { gapKeyOf } from "../../../../lib/contract/archive/archive-gap.ts";
import { dynamoArchiveGaps } from "../../../../lib/operator/aws/audit/archive-gaps.ts";
import { mockClient } from "../../../setup/mocked-clients.ts";

const dynamodb = mockClient(DynamoDBClient);
beforeEach(() => dynamodb.reset());

const HOUR_MS = 3_600_000;
const FROM_MS = Date.parse("2026-11-29T14:00:00Z");
const itemOf = (ms: number) => {
  const { pk, sk } = gapKeyOf(ms);
  return { pk: { S: pk }, sk: { S: sk } };
};

describe("the hours whose lines may be missing", () => {
  it("are read from the journal, consistently, all pages of them", async () => {
    const last = itemOf(FROM_MS + HOUR_MS);
    dynamodb
      .on(QueryCommand)
      .resolvesOnce({ Items: [itemOf(FROM_MS), last], LastEvaluatedKey: last })
      .resolvesOnce({ Items: [itemOf(FROM_MS + 5 * HOUR_MS), { pk: last.pk, sk: { S: "something else" } }] });
    const gaps = dynamoArchiveGaps(new DynamoDBClient({ region: "us-east-1" }), "journal");
    expect(await gaps.hours(FROM_MS + 1)).toEqual([FROM_MS, FROM_MS + HOUR_MS, FROM_MS + 5 * HOUR_MS]);
    const [first, second] = dynamodb.commandCalls(QueryCommand).map(({ args }) => args[0].input);
    expect(first).toMatchObject({
      ...{ TableName: "journal", ConsistentRead: true },
      ExpressionAttributeValues: { ":gaps": { S: "archive-gap" }, ":from": { S: "2026-11-29T14:00:00.000Z" } },
    });
    expect(first).not.toHaveProperty("ExclusiveStartKey");
    expect(second?.ExclusiveStartKey).toEqual(last);
  });
});
