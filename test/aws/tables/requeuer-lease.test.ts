import {
  ConditionalCheckFailedException,
  DeleteItemCommand,
  DynamoDBClient,
  PutItemCommand,
} from "@aws-sdk/client-dynamodb";
import { afterEach, describe, expect, it } from "vitest";
import { requeuerLease } from "../../../lib/aws/tables/requeuer-lease.ts";
import { mockClient } from "../../setup/mocked-clients.ts";
import { serviceError } from "../fixtures.ts";

const mock = mockClient(DynamoDBClient);
afterEach(() => mock.reset());

const lease = requeuerLease(new DynamoDBClient({ region: "us-east-1" }), "outbox", "orders");
const conditionFailed = () => new ConditionalCheckFailedException({ message: "The condition failed", $metadata: {} });

describe("the requeuer's lease", () => {
  it("is taken while nobody holds it, it is over, it is one's own, or no requeuer would have written it so", async () => {
    mock.on(PutItemCommand).resolves({});
    expect(await lease.acquireLease("run-2", 1_000, 71_000)).toBe(true);
    expect(mock.commandCalls(PutItemCommand)[0]?.args[0].input).toEqual({
      TableName: "outbox",
      Item: { pk: { S: "_requeuer#orders" }, sk: { N: "0" }, owner: { S: "run-2" }, leaseUntil: { N: "71000" } },
      ConditionExpression:
        "attribute_not_exists(pk) OR #owner = :owner OR NOT attribute_type(#owner, :text) " +
        "OR NOT attribute_type(leaseUntil, :number) OR leaseUntil <= :now OR leaseUntil > :tooFar",
      ExpressionAttributeNames: { "#owner": "owner" },
      ExpressionAttributeValues: {
        ":now": { N: "1000" },
        ":tooFar": { N: "901000" },
        ":owner": { S: "run-2" },
        ":number": { S: "N" },
        ":text": { S: "S" },
      },
    });
  });

  it("is refused while another holds it", async () => {
    mock.on(PutItemCommand).rejects(conditionFailed());
    expect(await lease.acquireLease("run-2", 1_000, 71_000)).toBe(false);
  });

  it("rejects when the table cannot be written, which is no answer", async () => {
    mock.on(PutItemCommand).rejects(serviceError("ResourceNotFoundException"));
    await expect(lease.acquireLease("run-2", 1_000, 71_000)).rejects.toThrow("ResourceNotFoundException");
  });

  it("is given back by its owner alone, so that the table is empty when all is delivered", async () => {
    mock.on(DeleteItemCommand).resolves({});
    await lease.releaseLease("run-2");
    expect(mock.commandCalls(DeleteItemCommand)[0]?.args[0].input).toEqual({
      TableName: "outbox",
      Key: { pk: { S: "_requeuer#orders" }, sk: { N: "0" } },
      ConditionExpression: "#owner = :owner",
      ExpressionAttributeNames: { "#owner": "owner" },
      ExpressionAttributeValues: { ":owner": { S: "run-2" } },
    });
  });

  it("stays with another who took it over", async () => {
    mock.on(DeleteItemCommand).rejects(conditionFailed());
    await expect(lease.releaseLease("run-2")).resolves.toBeUndefined();
  });
});
