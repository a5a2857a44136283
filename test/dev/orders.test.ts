import { execFileSync } from "node:child_process";
import { DynamoDBClient, TransactWriteItemsCommand } from "@aws-sdk/client-dynamodb";
import { beforeEach, describe, expect, it } from "vitest";
import { keepLines } from "../../dev/demo/keep.ts";
import { outboxRow, type WrittenOrder, writeOrder, writeOrders } from "../../dev/demo/orders.ts";
import { decodeItem } from "../../lib/contract/codec/decode-row.ts";
import { mockClient } from "../setup/mocked-clients.ts";

const dynamodb = mockClient(DynamoDBClient);
const client = new DynamoDBClient({ region: "us-east-1" });
const tables = { orders: "Orders", outbox: "Outbox" };
const signal = new AbortController().signal;

beforeEach(() => {
  dynamodb.reset();
  dynamodb.on(TransactWriteItemsCommand).resolves({});
});

describe("writing an order", () => {
  it("puts the order and its event in one transaction, never over a row that is there", async () => {
    const { eventId } = await writeOrder(client, tables, 7);
    const items = dynamodb.commandCalls(TransactWriteItemsCommand)[0]?.args[0].input.TransactItems ?? [];
    expect(items.map((item) => item.Put?.TableName)).toEqual(["Orders", "Outbox"]);
    expect(items[1]?.Put).toMatchObject({
      Item: { pk: { S: eventId }, sk: { N: "1" }, id: { S: eventId } },
      ConditionExpression: "attribute_not_exists(pk)",
    });
  });

  it("says when the row was written", () => {
    const now = new Date("2026-01-01T00:00:00.000Z");
    expect(outboxRow("a", now, { orderId: "o" })).toMatchObject({
      recordedtime: { S: "2026-01-01T00:00:00.000Z" },
      data: { S: '{"orderId":"o"}' },
    });
    expect(decodeItem(outboxRow("a", now, {}))).toMatchObject({ kind: "row", row: { content: { kind: "event" } } });
  });
});

describe("writing orders", () => {
  it("keeps to the rate and reports every confirmed one", async () => {
    const written: WrittenOrder[] = [];
    const startedMs = performance.now();
    await writeOrders({
      dynamodb: client,
      tables,
      events: 30,
      ratePerSecond: 100,
      signal,
      onWritten: (order) => written.push(order),
    });
    expect(performance.now() - startedMs).toBeGreaterThan(250);
    expect(new Set(written.map(({ eventId }) => eventId)).size).toBe(30);
  });

  it("fails with the first failure, having reported only what was confirmed", async () => {
    dynamodb.on(TransactWriteItemsCommand).resolvesOnce({}).rejects(new Error("no table"));
    const written: WrittenOrder[] = [];
    await expect(
      writeOrders({
        dynamodb: client,
        tables,
        events: 5,
        ratePerSecond: 1_000,
        signal,
        onWritten: (o) => written.push(o),
      }),
    ).rejects.toThrow("no table");
    expect(written).toHaveLength(1);
  });

  it("stops when it is told to", async () => {
    const stopping = new AbortController();
    const writing = writeOrders({
      dynamodb: client,
      tables,
      events: 1_000,
      ratePerSecond: 10,
      signal: stopping.signal,
      onWritten: () => stopping.abort(new Error("stopped")),
    });
    await expect(writing).rejects.toThrow("stopped");
  });
});

describe("the command shown by --keep", () => {
  const lines = keepLines({ endpoint: "http://127.0.0.1:4566", tableName: "Outbox" });

  it("writes a row that follows the item contract", () => {
    const command = lines.find((line) => line.startsWith("aws dynamodb put-item")) ?? "";
    const shell = command.slice(command.indexOf("--item '") + "--item '".length, -1);
    const item = JSON.parse(shell.replaceAll("'$ID'", "an-id").replaceAll("'$NOW'", "2026-01-01T00:00:00Z")) as object;
    expect(item).toEqual({
      ...outboxRow("an-id", new Date("2026-01-01T00:00:00Z"), { hello: "world" }, "Greeting"),
      time: { S: "2026-01-01T00:00:00Z" },
      recordedtime: { S: "2026-01-01T00:00:00Z" },
    });
  });

  it("comes with the operator's command by its name, and lines of it that run", () => {
    expect(lines.join("\n")).toContain("The operator's command, outbox-relay,");
    const commands = lines.filter((line) => line.startsWith("npx outbox-relay"));
    for (const command of ["put", "status", "list", 'show "$ID"']) {
      expect(commands).toContain(`npx outbox-relay --endpoint-url http://127.0.0.1:4566 ${command}`);
    }
  });

  it("stands on lines that can be copied as they are, and every other line is indented", () => {
    const copied = lines.filter((line) => line !== "" && !line.startsWith("  "));
    expect(copied.map((line) => line.split(" ")[0]?.split("=")[0])).toEqual([
      "export",
      ...Array(3).fill("npx"),
      "ID",
      "aws",
      "npx",
    ]);
    execFileSync("sh", ["-n", "-c", copied.join("\n")]);
  });

  it("comes with an environment that cannot reach a real account", () => {
    const exports = lines.find((line) => line.startsWith("export")) ?? "";
    expect(exports).toContain("AWS_ENDPOINT_URL=http://127.0.0.1:4566");
    expect(exports).toContain("AWS_ACCESS_KEY_ID=test");
    expect(exports).toContain("AWS_CONFIG_FILE=/dev/null");
  });
});
