import {
  DynamoDBClient,
  QueryCommand,
  TransactionCanceledException,
  TransactWriteItemsCommand,
} from "@aws-sdk/client-dynamodb";
import { beforeEach, describe, expect, it } from "vitest";
import type { Item } from "../../../../lib/contract/codec/item.ts";
import { dynamoReplayRows } from "../../../../lib/operator/aws/replay/replay-rows.ts";
import { itemOf } from "../../../aws/fixtures.ts";
import { mockClient } from "../../../setup/mocked-clients.ts";
import { VirtualClock } from "../../../world/virtual-clock.ts";

const dynamodb = mockClient(DynamoDBClient);
beforeEach(() => dynamodb.reset());

const TO = { partition: 1, key: { pk: "e1", sk: "1" }, atMs: 7, id: "e1" };
const MOVE = { replayId: "r1", writer: 1, from: undefined, to: TO };

class QuickClock extends VirtualClock {
  override async sleep(ms: number): Promise<void> {
    this.skip(ms);
  }
}

const rows = (found: readonly (Item | undefined)[] = []) => {
  const left = [...found];
  return dynamoReplayRows({
    client: new DynamoDBClient({ region: "us-east-1" }),
    ...{ tableName: "outbox", journalTableName: "journal", clock: new QuickClock(0), random: () => 0.5 },
    readItem: async () => left.shift(),
  });
};

const cancelled = (...codes: readonly string[]) =>
  new TransactionCanceledException({
    message: "cancelled",
    $metadata: {},
    CancellationReasons: codes.map((Code) => ({ Code })),
  });

describe("the rows of a replay in DynamoDB", () => {
  it("are put where nothing is, in one transaction with the position, for which the journal needs no other permission", async () => {
    dynamodb.on(TransactWriteItemsCommand).resolves({});
    expect(await rows().put(itemOf(), MOVE)).toBe("put");
    const [call] = dynamodb.commandCalls(TransactWriteItemsCommand);
    expect(call?.args[0].input.TransactItems).toEqual([
      { Put: { TableName: "outbox", Item: itemOf(), ConditionExpression: "attribute_not_exists(pk)" } },
      {
        Put: {
          ...{ TableName: "journal", ConditionExpression: "attribute_not_exists(pk)" },
          Item: { pk: { S: "replay#r1#1" }, sk: { S: "position" }, after: { S: JSON.stringify(TO) } },
        },
      },
    ]);
  });

  it("are put after a row that stood in their place has gone between two looks", async () => {
    dynamodb.on(QueryCommand).resolves({ Items: [] });
    dynamodb.on(TransactWriteItemsCommand).rejectsOnce(cancelled("ConditionalCheckFailed", "None")).resolves({});
    expect(await rows([undefined]).put(itemOf(), MOVE)).toBe("put");
  });

  it("are not put for ever where rows come and go, and the command says so", async () => {
    dynamodb.on(QueryCommand).resolves({ Items: [] });
    dynamodb.on(TransactWriteItemsCommand).rejects(cancelled("ConditionalCheckFailed", "None"));
    await expect(rows().put(itemOf(), MOVE)).rejects.toMatchObject({ name: "OperatorError", kind: "failed" });
    expect(dynamodb.commandCalls(TransactWriteItemsCommand)).toHaveLength(5);
  });

  it("are told where DynamoDB refuses them, and where the place is taken", async () => {
    dynamodb.on(QueryCommand).resolves({ Items: [] });
    dynamodb.on(TransactWriteItemsCommand).rejects(cancelled("ValidationError", "None"));
    expect(await rows().put(itemOf(), MOVE)).toBe("not-taken");
    dynamodb.on(TransactWriteItemsCommand).rejects(cancelled("ConditionalCheckFailed", "None"));
    expect(await rows([itemOf()]).put(itemOf(), MOVE)).toBe("occupied");
  });

  it("are another command's where the position is", async () => {
    dynamodb.on(QueryCommand).resolves({ Items: [{ after: { S: JSON.stringify(TO) } }] });
    dynamodb.on(TransactWriteItemsCommand).rejects(cancelled("ConditionalCheckFailed", "ConditionalCheckFailed"));
    await expect(rows([itemOf()]).put(itemOf(), MOVE)).rejects.toMatchObject({ name: "ReplayElsewhere" });
  });

  it.each([
    ["as a reason", cancelled("None", "ThrottlingError")],
    ["by the table's own throughput", cancelled("ProvisionedThroughputExceeded", "None")],
    ["as a whole", Object.assign(new Error("slow down"), { name: "ThrottlingException" })],
  ])("wait while DynamoDB throttles %s, and end the command if it goes on for a minute", async (_how, throttle) => {
    dynamodb.on(TransactWriteItemsCommand).rejectsOnce(throttle).rejectsOnce(throttle).resolves({});
    expect(await rows().put(itemOf(), MOVE)).toBe("put");
    dynamodb.reset();
    dynamodb.on(TransactWriteItemsCommand).rejects(throttle);
    await expect(rows().put(itemOf(), MOVE)).rejects.toBe(throttle);
    expect(dynamodb.commandCalls(TransactWriteItemsCommand).length).toBeGreaterThan(10);
  });

  it("end the command where DynamoDB refuses for another reason", async () => {
    dynamodb.on(TransactWriteItemsCommand).rejects(cancelled("AccessDenied", "None"));
    await expect(rows().put(itemOf(), MOVE)).rejects.toMatchObject({ name: "TransactionCanceledException" });
    expect(dynamodb.commandCalls(TransactWriteItemsCommand)).toHaveLength(1);
  });
});
