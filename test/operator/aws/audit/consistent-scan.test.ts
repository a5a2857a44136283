import { DynamoDBClient, ScanCommand } from "@aws-sdk/client-dynamodb";
import { beforeEach, describe, expect, it } from "vitest";
import { systemClock } from "../../../../lib/aws/system.ts";
import { dynamoOperatorTable } from "../../../../lib/operator/aws/operator-table.ts";
import { mockClient } from "../../../setup/mocked-clients.ts";

const dynamodb = mockClient(DynamoDBClient);
beforeEach(() => dynamodb.reset());

describe("a scan of the outbox table", () => {
  it("is consistent where it is asked to be, at twice the cost, and else is not", async () => {
    dynamodb.on(ScanCommand).resolves({ Items: [] });
    const table = dynamoOperatorTable({
      ...{ client: new DynamoDBClient({ region: "us-east-1" }), tableName: "outbox", journalTableName: "journal" },
      ...{ relayName: "orders", clock: systemClock, random: Math.random },
    });
    await table.scan({ limit: 10, consistent: true });
    await table.scan({ limit: 10 });
    expect(dynamodb.commandCalls(ScanCommand).map(({ args }) => args[0].input.ConsistentRead)).toEqual([
      true,
      undefined,
    ]);
  });
});
