import type { TransactWriteItem } from "@aws-sdk/client-dynamodb";
import { describe, expect, it } from "vitest";
import { BusinessConditionError, type DocumentOutbox, type Outbox } from "../../lib/client/index.ts";
import { inMemoryDocumentOutbox, inMemoryOutbox, type NextFailure } from "../../lib/testing/index.ts";
import { WRITER_CONTRACT } from "./writer-contract.ts";

const businessWrite = (name: string) => ({ Put: { TableName: "business", Item: { pk: { S: name } } } });

describe("the writer's contract, in memory", () => {
  it.each(WRITER_CONTRACT)("$name", async ({ run }) => {
    const now = Date.parse("2026-01-31T12:00:00Z");
    const { outbox, table } = inMemoryOutbox({ source: "/test", counterTable: true, now: () => now });
    await run({ outbox, events: async () => table.events, businessWrite });
  });
});

interface ShopEvents {
  readonly "order.placed": { readonly orderId: string };
}

/** Code of a service. */
const placeOrder = (outbox: Outbox<ShopEvents>, orderId: string) =>
  outbox.transact([businessWrite(orderId)], [{ type: "order.placed", data: { orderId } }]);

describe("an outbox in memory", () => {
  const open = () => inMemoryOutbox<ShopEvents>({ source: "/shop", counterTable: true });
  const placed = (orderId: string) => ({ type: "order.placed" as const, data: { orderId } });

  it("shows what was written, as it will arrive, and beside which items", async () => {
    const { outbox, table } = open();
    await placeOrder(outbox, "42");
    expect(table.events).toMatchObject([
      { specversion: "1.0", type: "order.placed", source: "/shop", data: { orderId: "42" } },
    ]);
    expect(table.transactions).toEqual([[businessWrite("42")]]);
  });

  it("delivers when told, each event as often as told", async () => {
    const { outbox, table } = open();
    await placeOrder(outbox, "1");
    await placeOrder(outbox, "2");
    const seen: unknown[] = [];
    await table.deliver(async ({ data }) => seen.push(data), { copies: 2 });
    expect(seen).toEqual([{ orderId: "1" }, { orderId: "1" }, { orderId: "2" }, { orderId: "2" }]);
    expect(table.events).toEqual([]);
  });

  it.each([0, -1, 0.5, Number.NaN])("keeps its events when it is told to deliver %d copies", async (copies) => {
    const { outbox, table } = open();
    await placeOrder(outbox, "1");
    await expect(table.deliver(async () => {}, { copies })).rejects.toThrow(
      `deliver.copies is ${copies}: it must be an integer from 1 to 1000.`,
    );
    expect(table.events).toHaveLength(1);
  });

  it("keeps an event whose handler failed, and those behind it", async () => {
    const { outbox, table } = open();
    await placeOrder(outbox, "1");
    await placeOrder(outbox, "2");
    await expect(table.deliver(() => Promise.reject(new Error("no")))).rejects.toThrow("no");
    expect(table.events).toHaveLength(2);
  });

  it("delivers a key's events in their order, whenever they were written", async () => {
    const { outbox, table } = open();
    for (const sequence of [2, 10, 1]) {
      await outbox.put({ type: "order.placed", data: { orderId: "1" }, order: { key: "order#1", sequence } });
    }
    expect(table.events.map(({ sequence }) => sequence)).toEqual(["1", "2", "10"]);
  });

  it.each<[NextFailure, string]>([
    ["business-condition", "BusinessConditionError"],
    ["event-exists", "EventExistsError"],
    ["throttled", "WriteRejectedError"],
    ["not-written", "AmbiguousCommitError"],
  ])("has the next write fail as told: %s", async (failure, name) => {
    const { outbox, table } = open();
    table.failNext(failure);
    await expect(placeOrder(outbox, "1")).rejects.toMatchObject({ name });
    expect(table.events).toEqual([]);
    await expect(placeOrder(outbox, "1")).resolves.toMatchObject([{ type: "order.placed" }]);
  });

  it("has a sequence taken", async () => {
    const { outbox, table } = open();
    const order = await outbox.ordered("order#1");
    table.failNext("sequence-taken");
    await expect(outbox.put({ type: "order.placed", data: { orderId: "1" }, order })).rejects.toMatchObject({
      name: "SequenceTakenError",
    });
  });

  it("loses an answer, and a repetition finds that it was written", async () => {
    const { outbox, table } = open();
    table.failNext("written");
    const error = await placeOrder(outbox, "1").catch((caught) => caught);
    await error.repeat();
    expect(table.events).toHaveLength(1);
    expect(table.transactions).toHaveLength(1);
  });

  it("throws what a test wants to see thrown", async () => {
    const { outbox, table } = open();
    table.failNext(new RangeError("mine"));
    await expect(placeOrder(outbox, "1")).rejects.toThrow("mine");
  });

  it.each<[NextFailure, string, (outbox: Outbox<ShopEvents>) => Promise<unknown>]>([
    ["business-condition", "items but the outbox's own", (outbox) => outbox.transact([], [placed("1")])],
    ["business-condition", "items but the outbox's own", (outbox) => outbox.put(placed("1"))],
    ["event-exists", "event", (outbox) => outbox.transact([businessWrite("1")], [])],
    ["sequence-taken", "event in the order of a counter", (outbox) => placeOrder(outbox, "1")],
    ["sequence-taken", "event in the order of a counter", (outbox) => outbox.put(placed("1"))],
  ])("says so, when a write cannot meet %s, for it has no %s", async (failure, missing, write) => {
    const { outbox, table } = open();
    table.failNext(failure);
    await expect(write(outbox)).rejects.toThrow(`The write that was to meet ${failure} has no ${missing}`);
    expect(table.events).toEqual([]);
  });

  it("refuses a failure that is none, rather than let the write succeed", () => {
    expect(() => open().table.failNext("nonsense" as NextFailure)).toThrow(
      'failNext is "nonsense": it must be one of business-condition, event-exists, sequence-taken, throttled, not-written, written.',
    );
  });

  it("has no counters unless told so, as in production", async () => {
    const { outbox } = inMemoryOutbox<ShopEvents>({ source: "/shop" });
    await expect(outbox.ordered("order#1")).rejects.toMatchObject({
      name: "InvalidEventError",
      field: "counterTableName",
    });
  });

  it.each<[string, TransactWriteItem[], string]>([
    ["no table", [{ Put: { TableName: "", Item: { id: { S: "1" } } } }], "has no TableName"],
    ["no key", [{ Delete: { TableName: "t", Key: undefined } }], "has no Key, or no Item"],
    [
      "two operations on one item",
      [
        { Update: { TableName: "t", Key: { a: { S: "1" }, b: { S: "2" } }, UpdateExpression: "SET x = y" } },
        { ConditionCheck: { TableName: "t", Key: { b: { S: "2" }, a: { S: "1" } }, ConditionExpression: "x = y" } },
      ],
      "cannot include multiple operations on one item",
    ],
  ])("refuses a transaction as DynamoDB does: %s", async (_what, items, problem) => {
    const { outbox, table } = open();
    await expect(outbox.transact(items, [placed("1")])).rejects.toMatchObject({
      name: "ValidationException",
      message: expect.stringContaining(problem),
    });
    expect([table.events, table.transactions]).toEqual([[], []]);
  });

  it("refuses an event that stands in a transaction twice, as DynamoDB does", async () => {
    const { outbox, table } = open();
    const entry = await outbox.entry(placed("1"));
    for (const [items, events] of [
      [[entry, entry], []],
      [[await outbox.entry({ ...placed("2"), id: "z" })], [{ ...placed("3"), id: "z" }]],
    ] as const) {
      await expect(outbox.transact([...items], [...events])).rejects.toThrow("multiple operations on one item");
    }
    expect(table.events).toEqual([]);
  });

  it("comes for the document client too", async () => {
    const { outbox, table }: { outbox: DocumentOutbox<ShopEvents>; table: typeof inMemory.table } = inMemory;
    await outbox.transact(
      [{ Put: { TableName: "orders", Item: { id: 1 } } }],
      [{ type: "order.placed", data: { orderId: "1" } }],
    );
    expect(table.events).toHaveLength(1);
    table.failNext("business-condition");
    const update = { TableName: "stock", Key: { sku: "a" }, UpdateExpression: "SET a = a" };
    await expect(outbox.transact([{ Update: update }], [])).rejects.toBeInstanceOf(BusinessConditionError);
  });
});

const inMemory = inMemoryDocumentOutbox<ShopEvents>({ source: "/shop" });
