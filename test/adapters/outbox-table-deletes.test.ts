import {
  BatchWriteItemCommand,
  ConditionalCheckFailedException,
  DeleteItemCommand,
  DynamoDBClient,
} from "@aws-sdk/client-dynamodb";
import { mockClient } from "aws-sdk-client-mock";
import { afterEach, describe, expect, it } from "vitest";
import { dynamoOutboxTable } from "../../lib/adapters/outbox-table.ts";
import { seededRandom } from "../world/seeded-random.ts";
import { VirtualClock } from "../world/virtual-clock.ts";
import { serviceError } from "./fixtures.ts";

const mock = mockClient(DynamoDBClient);
afterEach(() => mock.reset());

const client = new DynamoDBClient({ region: "us-east-1" });
const table = dynamoOutboxTable({
  client,
  tableName: "outbox",
  relayName: "orders",
  clock: new VirtualClock(),
  random: seededRandom(1),
});

const unordered = (id: string) => ({ pk: id, sk: 1, id });
const deleteOf = (pk: string, sk = 1) => ({ DeleteRequest: { Key: { pk: { S: pk }, sk: { N: String(sk) } } } });
const conditionFailed = () => new ConditionalCheckFailedException({ message: "The condition failed", $metadata: {} });

describe("deleteRows", () => {
  it("deletes the rows of unordered events in one request", async () => {
    mock.on(BatchWriteItemCommand).resolves({});
    expect(await table.deleteRows([unordered("a"), unordered("b")])).toEqual([]);
    expect(mock.calls()).toHaveLength(1);
    expect(mock.commandCalls(BatchWriteItemCommand)[0]?.args[0].input).toEqual({
      RequestItems: { outbox: [deleteOf("a"), deleteOf("b")] },
    });
  });

  it("hands back the rows that DynamoDB left unprocessed", async () => {
    mock.on(BatchWriteItemCommand).resolves({ UnprocessedItems: { outbox: [deleteOf("b")] } });
    expect(await table.deleteRows([unordered("a"), unordered("b")])).toEqual([unordered("b")]);
  });

  it("deletes a row whose key is not its id only while it holds that id", async () => {
    mock.on(DeleteItemCommand).resolves({});
    expect(await table.deleteRows([{ pk: "order#42", sk: 3, id: "a" }])).toEqual([]);
    expect(mock.calls()).toHaveLength(1);
    expect(mock.commandCalls(DeleteItemCommand)[0]?.args[0].input).toMatchObject({
      TableName: "outbox",
      Key: { pk: { S: "order#42" }, sk: { N: "3" } },
      ConditionExpression: "id = :id",
      ExpressionAttributeValues: { ":id": { S: "a" } },
    });
  });

  it("asks for the condition on the id also where the key is the id but the sequence is not 1", async () => {
    mock.on(DeleteItemCommand).resolves({});
    await table.deleteRows([{ pk: "a", sk: 2, id: "a" }]);
    expect(mock.commandCalls(DeleteItemCommand)).toHaveLength(1);
    expect(mock.commandCalls(BatchWriteItemCommand)).toHaveLength(0);
  });

  it("counts a row of another id as deleted", async () => {
    mock.on(DeleteItemCommand).rejects(conditionFailed());
    expect(await table.deleteRows([{ pk: "order#42", sk: 3, id: "a" }])).toEqual([]);
  });

  it("deletes both kinds of rows at once and hands back what was left of either", async () => {
    mock.on(BatchWriteItemCommand).resolves({ UnprocessedItems: { outbox: [deleteOf("a")] } });
    mock.on(DeleteItemCommand).resolves({});
    expect(await table.deleteRows([unordered("a"), { pk: "order#42", sk: 3, id: "b" }, unordered("c")])).toEqual([
      unordered("a"),
    ]);
  });

  it("rejects when the table refuses, so that every row is tried again", async () => {
    mock.on(BatchWriteItemCommand).rejects(serviceError("ProvisionedThroughputExceededException"));
    await expect(table.deleteRows([unordered("a")])).rejects.toThrow("ProvisionedThroughputExceededException");
    mock.on(DeleteItemCommand).rejects(serviceError("AccessDeniedException"));
    await expect(table.deleteRows([{ pk: "k", sk: 1, id: "a" }])).rejects.toThrow("AccessDeniedException");
  });

  it("makes no request for no rows", async () => {
    expect(await table.deleteRows([])).toEqual([]);
    expect(mock.calls()).toHaveLength(0);
  });
});
