import { BatchGetItemCommand, DynamoDBClient, ScanCommand } from "@aws-sdk/client-dynamodb";
import { afterEach, describe, expect, it } from "vitest";
import { dynamoOutboxTable } from "../../../lib/aws/tables/outbox-table.ts";
import { SCANNED_ATTRIBUTES } from "../../../lib/contract/codec/decode-scanned.ts";
import type { OutboxRow } from "../../../lib/contract/event.ts";
import type { Random } from "../../../lib/core/ports.ts";
import { mockClient } from "../../setup/mocked-clients.ts";
import { VirtualClock } from "../../world/virtual-clock.ts";
import { itemOf } from "../fixtures.ts";

const mock = mockClient(DynamoDBClient);
afterEach(() => mock.reset());

function tableWith(random: Random = () => 0.5) {
  const clock = new VirtualClock(0);
  const client = new DynamoDBClient({ region: "us-east-1" });
  return { clock, table: dynamoOutboxTable({ client, tableName: "outbox", relayName: "orders", clock, random }) };
}

const attributeMap = (item: ReturnType<typeof itemOf>) => item as Record<string, { S: string }>;
const row = (id: string) => attributeMap(itemOf({ id }));
const keyOf = (pk: string) => ({ pk: { S: pk }, sk: { N: "1" } });
const rowKey = (pk: string) => ({ pk, sk: "1" });
const idsOf = (rows: readonly OutboxRow[]) => rows.map(({ key }) => key.pk);
const keysAsked = () =>
  mock
    .commandCalls(BatchGetItemCommand)
    .map(({ args }) => (args[0].input.RequestItems?.["outbox"]?.Keys ?? []).map((key) => key["pk"]?.S));

describe("readRows", () => {
  it("reads consistently, and leaves out rows that do not exist", async () => {
    const { table } = tableWith();
    mock.on(BatchGetItemCommand).resolves({ Responses: { outbox: [row("b")] } });
    expect(idsOf(await table.readRows([rowKey("a"), rowKey("b")]))).toEqual(["b"]);
    expect(mock.commandCalls(BatchGetItemCommand)[0]?.args[0].input).toEqual({
      RequestItems: { outbox: { Keys: [keyOf("a"), keyOf("b")], ConsistentRead: true } },
    });
  });

  it("asks again for the keys left unread, after jittered waits that double", async () => {
    const { table, clock } = tableWith(() => 0.5);
    const askedAtMs: number[] = [];
    mock.on(BatchGetItemCommand).callsFake(({ RequestItems }) => {
      askedAtMs.push(clock.now());
      const [first, ...left] = RequestItems.outbox.Keys as { pk: { S: string } }[];
      return {
        Responses: { outbox: [row(first?.pk.S ?? "")] },
        ...(left.length === 0 ? {} : { UnprocessedKeys: { outbox: { Keys: left } } }),
      };
    });
    const rows = await clock.run(() => table.readRows(["a", "b", "c"].map(rowKey)));
    expect(idsOf(rows)).toEqual(["a", "b", "c"]);
    expect(keysAsked()).toEqual([["a", "b", "c"], ["b", "c"], ["c"]]);
    expect(askedAtMs).toEqual([0, 25, 75]);
  });

  it("rejects with what is left when keys stay unread, and never answers with a part", async () => {
    const { table, clock } = tableWith();
    mock.on(BatchGetItemCommand).resolves({
      Responses: { outbox: [] },
      UnprocessedKeys: { outbox: { Keys: [keyOf("a"), keyOf("b")] } },
    });
    await expect(clock.run(() => table.readRows([rowKey("a"), rowKey("b")]))).rejects.toThrow(
      "The table outbox left 2 keys unread after 6 attempts",
    );
    expect(mock.calls()).toHaveLength(6);
  });

  it("asks once for a key given twice, for DynamoDB refuses a request that repeats one", async () => {
    const { table } = tableWith();
    mock.on(BatchGetItemCommand).resolves({ Responses: { outbox: [row("a")] } });
    expect(idsOf(await table.readRows([rowKey("a"), rowKey("b"), rowKey("a")]))).toEqual(["a"]);
    expect(keysAsked()).toEqual([["a", "b"]]);
  });

  it("makes no request for no keys", async () => {
    expect(await tableWith().table.readRows([])).toEqual([]);
    expect(mock.calls()).toHaveLength(0);
  });
});

describe("scan", () => {
  const LEASE = { pk: { S: "_requeuer#orders" }, sk: { N: "0" }, owner: { S: "run-1" } };

  it("reads a page from the start, leaving out the relay's own rows", async () => {
    mock.on(ScanCommand).resolves({ Items: [row("a"), LEASE, row("b")] });
    const page = await tableWith().table.scan({ limit: 100 });
    expect(page.rows.map(({ id }) => id)).toEqual(["a", "b"]);
    expect(page).not.toHaveProperty("next");
    expect(mock.commandCalls(ScanCommand)[0]?.args[0].input).toMatchObject({ TableName: "outbox", Limit: 100 });
  });

  it("reads one segment from a position, and tells where the next page starts", async () => {
    mock.on(ScanCommand).resolves({ Items: [], LastEvaluatedKey: { pk: { S: "z" }, sk: { N: "7" } } });
    const page = await tableWith().table.scan({
      after: { pk: "p", sk: "2" },
      segment: { index: 3, of: 16 },
      limit: 1_000,
    });
    expect(page).toEqual({ rows: [], next: { pk: "z", sk: "7" } });
    expect(mock.commandCalls(ScanCommand)[0]?.args[0].input).toMatchObject({
      TableName: "outbox",
      Limit: 1_000,
      ExclusiveStartKey: { pk: { S: "p" }, sk: { N: "2" } },
      Segment: 3,
      TotalSegments: 16,
    });
  });

  it("asks for the attributes that are looked at, each once and by a name that DynamoDB takes, and not for data", async () => {
    mock.on(ScanCommand).resolves({ Items: [] });
    await tableWith().table.scan({ limit: 100 });
    const { ProjectionExpression, ExpressionAttributeNames = {} } =
      mock.commandCalls(ScanCommand)[0]?.args[0].input ?? {};
    const asked = ProjectionExpression?.split(", ").map((name) => ExpressionAttributeNames[name]);
    expect(asked).toEqual([...new Set(SCANNED_ATTRIBUTES)]);
    expect(asked).not.toContain("data");
    expect(Object.keys(ExpressionAttributeNames)).toHaveLength(SCANNED_ATTRIBUTES.length);
  });

  it("shows a malformed row like any other, for it is read whole before anything is done about it", async () => {
    const { type: _type, ...spoilt } = row("a");
    mock.on(ScanCommand).resolves({ Items: [spoilt] });
    const { rows } = await tableWith().table.scan({ limit: 100 });
    expect(rows).toEqual([{ key: rowKey("a"), id: "a", recordedAtMs: expect.any(Number), marks: { attempts: 0 } }]);
  });
});

describe("count", () => {
  it("counts one page of rows of every shape, without the relay's own items", async () => {
    mock.on(ScanCommand).resolves({ Count: 42, LastEvaluatedKey: keyOf("m") });
    expect(await tableWith().table.count(undefined)).toEqual({ rows: 42, next: rowKey("m") });
    expect(mock.commandCalls(ScanCommand)[0]?.args[0].input).toEqual({
      TableName: "outbox",
      Select: "COUNT",
      FilterExpression:
        "(sk <> :zero OR (NOT begins_with(pk, :lease) AND " +
        "(attribute_not_exists(#version) OR attribute_exists(#id) OR attribute_exists(#source) OR attribute_exists(#type))))",
      ExpressionAttributeNames: { "#id": "id", "#source": "source", "#type": "type", "#version": "_ver" },
      ExpressionAttributeValues: { ":zero": { N: "0" }, ":lease": { S: "_requeuer#" } },
    });
  });

  it("goes on after a key, and tells the end by leaving out the next one", async () => {
    mock.on(ScanCommand).resolves({ Count: 1 });
    expect(await tableWith().table.count(rowKey("m"))).toEqual({ rows: 1 });
    expect(mock.commandCalls(ScanCommand)[0]?.args[0].input.ExclusiveStartKey).toEqual(keyOf("m"));
  });
});
