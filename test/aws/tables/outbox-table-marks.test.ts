import { ConditionalCheckFailedException, DynamoDBClient, UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import { afterEach, describe, expect, it } from "vitest";
import { seededRandom } from "../../../dev/demo/seeded-random.ts";
import { dynamoOutboxTable } from "../../../lib/aws/tables/outbox-table.ts";
import { mockClient } from "../../setup/mocked-clients.ts";
import { VirtualClock } from "../../world/virtual-clock.ts";
import { serviceError } from "../fixtures.ts";

const mock = mockClient(DynamoDBClient);
afterEach(() => mock.reset());

const table = dynamoOutboxTable({
  client: new DynamoDBClient({ region: "us-east-1" }),
  tableName: "outbox",
  relayName: "orders",
  clock: new VirtualClock(),
  random: seededRandom(1),
});
const MARK = { notBeforeMs: 1_767_225_600_000, attempts: 3, reason: "permanent: InvalidArgument: refused" };
const conditionFailed = () => new ConditionalCheckFailedException({ message: "The condition failed", $metadata: {} });
const updateSent = () => mock.commandCalls(UpdateItemCommand)[0]?.args[0].input;

describe("mark", () => {
  it("notes when the row is due again, how often it failed and why, while it holds the event", async () => {
    mock.on(UpdateItemCommand).resolves({});
    expect(await table.mark({ pk: "order#42", sk: "3", id: "a" }, MARK)).toBe("marked");
    expect(updateSent()).toEqual({
      TableName: "outbox",
      Key: { pk: { S: "order#42" }, sk: { N: "3" } },
      UpdateExpression: "SET #notBefore = :notBefore, #attempts = :attempts, #reason = :reason REMOVE #heldBy",
      ConditionExpression: "attribute_exists(pk) AND id = :id",
      ExpressionAttributeNames: {
        ...{ "#notBefore": "_notBefore", "#attempts": "_attempts", "#reason": "_reason", "#heldBy": "_heldBy" },
      },
      ExpressionAttributeValues: {
        ":notBefore": { N: "1767225600000" },
        ":attempts": { N: "3" },
        ":reason": { S: "permanent: InvalidArgument: refused" },
        ":id": { S: "a" },
      },
    });
  });

  it("marks a row without a readable id by its key alone, and never makes one", async () => {
    mock.on(UpdateItemCommand).resolves({});
    expect(await table.mark({ pk: "order#42", sk: "3" }, MARK)).toBe("marked");
    expect(updateSent()?.ConditionExpression).toBe("attribute_exists(pk)");
    expect(updateSent()?.ExpressionAttributeValues).not.toHaveProperty(":id");
  });

  it("answers gone for a row that was delivered meanwhile, or holds another event", async () => {
    mock.on(UpdateItemCommand).rejects(conditionFailed());
    expect(await table.mark({ pk: "a", sk: "1", id: "a" }, MARK)).toBe("gone");
  });

  it("rejects when the table refuses", async () => {
    mock.on(UpdateItemCommand).rejects(serviceError("AccessDeniedException"));
    await expect(table.mark({ pk: "a", sk: "1", id: "a" }, MARK)).rejects.toThrow("AccessDeniedException");
  });
});

describe("markSeen", () => {
  it("notes the first look at a row that is there", async () => {
    mock.on(UpdateItemCommand).resolves({});
    await table.markSeen({ pk: "a", sk: "1" }, 1_767_225_600_000);
    expect(updateSent()).toEqual({
      TableName: "outbox",
      Key: { pk: { S: "a" }, sk: { N: "1" } },
      UpdateExpression: "SET #seenAt = :now",
      ConditionExpression: "attribute_exists(pk) AND (NOT attribute_type(#seenAt, :number) OR #seenAt > :now)",
      ExpressionAttributeNames: { "#seenAt": "_seenAt" },
      ExpressionAttributeValues: { ":now": { N: "1767225600000" }, ":number": { S: "N" } },
    });
  });

  it("leaves an earlier note as it is", async () => {
    mock.on(UpdateItemCommand).rejects(conditionFailed());
    await expect(table.markSeen({ pk: "a", sk: "1" }, 1)).resolves.toBe(true);
  });
});
