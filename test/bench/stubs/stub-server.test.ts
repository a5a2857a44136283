import type { AddressInfo } from "node:net";
import {
  BatchExecuteStatementCommand,
  BatchGetItemCommand,
  BatchWriteItemCommand,
  DeleteItemCommand,
  DynamoDBClient,
} from "@aws-sdk/client-dynamodb";
import {
  DescribeEventBusCommand,
  EventBridgeClient,
  ListRulesCommand,
  PutEventsCommand,
} from "@aws-sdk/client-eventbridge";
import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { idOf, rowOf, streamEvent, TABLE_NAME } from "../../../bench/rows.ts";
import { STATISTICS_PATH, stubServer } from "../../../bench/stubs/stub-server.ts";
import { decodeItem } from "../../../lib/contract/codec/decode-row.ts";

let server: ReturnType<typeof stubServer>;
let endpoint = "";
beforeEach(async () => {
  server = stubServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const options = () => ({
  endpoint,
  region: "us-east-1",
  credentials: { accessKeyId: "test", secretAccessKey: "test" },
  maxAttempts: 1,
});
const statistics = async () => (await fetch(`${endpoint}${STATISTICS_PATH}`)).json();
const key = (index: number) => ({ pk: { S: idOf(index) }, sk: { N: "1" } });

describe("the benchmark's stub", () => {
  it("acknowledges every entry and counts it", async () => {
    const client = new EventBridgeClient(options());
    const entry = { Source: "shop", DetailType: "order.placed", Detail: "{}" };
    const { Entries } = await client.send(new PutEventsCommand({ Entries: [entry, entry, entry] }));
    expect(Entries?.map(({ EventId }) => typeof EventId)).toEqual(["string", "string", "string"]);
    await client.send(new DescribeEventBusCommand({ Name: "orders" }));
    expect(await statistics()).toMatchObject({ published: 3, deleted: 0 });
  });

  it("deletes rows and counts them", async () => {
    const client = new DynamoDBClient(options());
    const requests = [0, 1].map((index) => ({ DeleteRequest: { Key: key(index) } }));
    const { UnprocessedItems } = await client.send(
      new BatchWriteItemCommand({ RequestItems: { [TABLE_NAME]: requests } }),
    );
    expect(UnprocessedItems ?? {}).toEqual({});
    await client.send(new DeleteItemCommand({ TableName: TABLE_NAME, Key: key(2) }));
    const statement = {
      Statement: `DELETE FROM "${TABLE_NAME}" WHERE "pk" = ? AND "sk" = ? AND "id" = ?`,
      Parameters: [key(3).pk, key(3).sk, { S: idOf(3) }],
    };
    const { Responses } = await client.send(new BatchExecuteStatementCommand({ Statements: [statement] }));
    expect(Responses).toEqual([{ TableName: TABLE_NAME }]);
    expect(await statistics()).toMatchObject({ published: 0, deleted: 4 });
  });

  it("has the rows that the relay reads again", async () => {
    const request = { [TABLE_NAME]: { Keys: [key(3), key(4)], ConsistentRead: true } };
    const { Responses } = await new DynamoDBClient(options()).send(new BatchGetItemCommand({ RequestItems: request }));
    expect(Responses?.[TABLE_NAME]?.map((item) => item["id"]?.S)).toEqual([idOf(3), idOf(4)]);
  });

  it("takes what a function is invoked with, as it takes what is sent to a queue", async () => {
    const client = new LambdaClient(options());
    const events = [1, 2].map((index) => ({ id: idOf(index), partitionkey: "account#0" }));
    const call = { FunctionName: "orders", Payload: Buffer.from(JSON.stringify(events)) };
    const { StatusCode, Payload } = await client.send(new InvokeCommand(call));
    expect([StatusCode, Buffer.from(Payload ?? []).toString()]).toEqual([200, "{}"]);
    expect(await statistics()).toMatchObject({ published: 2, calls: { Invoke: 1 } });
  });

  it("counts its calls by operation", async () => {
    const client = new EventBridgeClient(options());
    const entry = { Source: "shop", DetailType: "order.placed", Detail: "{}" };
    for (const Entries of [[entry], [entry, entry]]) await client.send(new PutEventsCommand({ Entries }));
    await client.send(new DescribeEventBusCommand({ Name: "orders" }));
    expect(await statistics()).toMatchObject({ calls: { PutEvents: 2, DescribeEventBus: 1 } });
  });

  it("refuses what the relay does not use", async () => {
    await expect(new EventBridgeClient(options()).send(new ListRulesCommand({}))).rejects.toMatchObject({
      name: "UnknownOperationException",
    });
  });
});

describe("the benchmark's records", () => {
  it("carry events of about 1 KB, as the relay reads them", () => {
    const decoded = decodeItem(rowOf(999, Date.now()));
    const bytes =
      decoded.kind === "row" && decoded.row.content.kind === "event"
        ? Buffer.byteLength(decoded.row.content.event.json)
        : 0;
    expect(bytes).toBeGreaterThan(900);
    expect(bytes).toBeLessThan(1_150);
  });

  it("are as old as asked for", () => {
    const { Records } = streamEvent(2, Date.parse("2026-01-01T00:00:00Z"));
    expect(Records.map(({ dynamodb }) => dynamodb?.ApproximateCreationDateTime)).toEqual([
      1_767_225_600, 1_767_225_600,
    ]);
  });
});
