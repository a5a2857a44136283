import {
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  TransactionCanceledException,
  TransactWriteItemsCommand,
} from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { describe, expect, it } from "vitest";
import { DocumentOutbox } from "../../lib/client/index.ts";
import { mockClient } from "../setup/mocked-clients.ts";
import { NOW } from "./fixtures.ts";

const plain = new DynamoDBClient({ region: "us-east-1" });
const client = DynamoDBDocumentClient.from(plain, { marshallOptions: { removeUndefinedValues: true } });
const calls = mockClient(client);
const outbox = new DocumentOutbox({
  ...{ client, tableName: "outbox", counterTableName: "counters", source: "/shop" },
  now: () => NOW,
});

describe("an outbox with the document client", () => {
  it("gives entries with native values", async () => {
    expect(await outbox.entry({ id: "e1", type: "t", data: { a: 1 } })).toMatchObject({
      Put: { TableName: "outbox", Item: { pk: "e1", sk: 1, id: "e1", data: '{"a":1}' } },
    });
  });

  it("takes items with native values, and keeps to the client's own options", async () => {
    calls.reset();
    calls.on(TransactWriteItemsCommand).resolves({});
    const update = {
      TableName: "stock",
      Key: { sku: "a" },
      UpdateExpression: "SET stock = stock - :n",
      ExpressionAttributeValues: { ":n": 2 },
    };
    await outbox.transact(
      [
        { Put: { TableName: "orders", Item: { id: "1", lines: [{ n: 2 }], note: undefined } }, Delete: undefined },
        { Update: update },
      ],
      [{ type: "t" }],
    );
    expect(calls.commandCalls(TransactWriteItemsCommand)[0]?.args[0].input.TransactItems).toMatchObject([
      { Put: { Item: { id: { S: "1" }, lines: { L: [{ M: { n: { N: "2" } } }] } } } },
      { Update: { ...update, Key: { sku: { S: "a" } }, ExpressionAttributeValues: { ":n": { N: "2" } } } },
      { Put: { TableName: "outbox" } },
    ]);
  });

  it("tells what is stored with native values", async () => {
    calls.reset();
    const CancellationReasons = [{ Code: "ConditionalCheckFailed", Item: { stock: { N: "0" } } }, { Code: "None" }];
    calls
      .on(TransactWriteItemsCommand)
      .rejects(new TransactionCanceledException({ $metadata: {}, message: "cancelled", CancellationReasons }));
    const check = { TableName: "stock", Key: { sku: "a" }, ConditionExpression: "stock > :n" };
    await expect(outbox.transact([{ ConditionCheck: check }], [{ type: "t" }])).rejects.toMatchObject({
      name: "BusinessConditionError",
      failures: [{ index: 0, stored: { stock: 0 } }],
    });
  });

  it("gives several entries, writes one event alone, and counts a key's places", async () => {
    expect(await outbox.entries([{ id: "e1", type: "t" }, { type: "t" }])).toMatchObject([
      { Put: { TableName: "outbox", Item: { pk: "e1", sk: 1 } } },
      { Put: { TableName: "outbox" } },
    ]);
    calls.reset();
    calls.on(PutItemCommand).resolves({});
    calls.on(GetItemCommand).resolves({ Item: { sequence: { N: "7" } } });
    expect(await outbox.put({ id: "e1", type: "t" })).toEqual({ id: "e1", type: "t" });
    expect(calls.commandCalls(PutItemCommand)).toHaveLength(1);
    const order = await outbox.ordered("k");
    expect(await outbox.entries([{ type: "t", order }])).toMatchObject([
      { Put: { Item: { pk: "k", sk: 8 } } },
      { Update: { TableName: "counters", Key: { pk: "k" }, ExpressionAttributeValues: { ":next": 8, ":last": 7 } } },
    ]);
  });

  it("tells a condition that did not hold without what is stored, where the write did not ask for it", async () => {
    calls.reset();
    const CancellationReasons = [{ Code: "ConditionalCheckFailed" }, { Code: "None" }];
    calls
      .on(TransactWriteItemsCommand)
      .rejects(new TransactionCanceledException({ $metadata: {}, message: "cancelled", CancellationReasons }));
    const check = { TableName: "stock", Key: { sku: "a" }, ConditionExpression: "stock > :n" };
    const error = await outbox.transact([{ ConditionCheck: check }], []).catch((caught) => caught);
    expect(error.failures).toStrictEqual([{ index: 0 }]);
  });

  it("passes on what has nothing to do with what is stored", async () => {
    calls.reset();
    const denied = Object.assign(new Error("no"), {
      name: "AccessDeniedException",
      $metadata: { httpStatusCode: 400 },
    });
    calls.on(TransactWriteItemsCommand).rejects(denied);
    await expect(outbox.transact([], [{ type: "t" }])).rejects.toMatchObject({ name: "AccessDeniedException" });
  });

  it("refuses an item that is a promise, rather than translate it", async () => {
    const promise = outbox.entry({ type: "t" });
    await expect(outbox.transact([promise as never], [])).rejects.toThrow("items[0] is a promise: await it");
  });

  it("refuses a plain client", () => {
    expect(() => new DocumentOutbox({ client: plain, tableName: "outbox" })).toThrow(
      /^client is not a document client: use new Outbox/,
    );
  });
});
