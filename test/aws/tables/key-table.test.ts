import {
  type CancellationReason,
  ConditionalCheckFailedException,
  DeleteItemCommand,
  DynamoDBClient,
  QueryCommand,
  TransactGetItemsCommand,
  TransactionCanceledException,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import { afterEach, describe, expect, it } from "vitest";
import { dynamoKeyTable } from "../../../lib/aws/tables/key-table.ts";
import { mockClient } from "../../setup/mocked-clients.ts";
import { VirtualClock } from "../../world/virtual-clock.ts";
import { itemOf, serviceError } from "../fixtures.ts";

const mock = mockClient(DynamoDBClient);
afterEach(() => mock.reset());

/** Any other item in the parked-key record's place is not a parked-key record. */
const IS_RECORD =
  "attribute_exists(#version) AND attribute_not_exists(#id) AND attribute_not_exists(#source) AND attribute_not_exists(#type)";

function keyTable() {
  const clock = new VirtualClock(50_000);
  const client = new DynamoDBClient({ region: "us-east-1" });
  return { clock, keys: dynamoKeyTable({ client, tableName: "outbox", clock, random: () => 0.5 }) };
}

const row = (sequence: number) =>
  itemOf({ id: `a/${sequence}`, order: { key: "a", sequence } }) as Record<string, { S: string }>;
const keyOf = (sequence: number) => ({ pk: { S: "a" }, sk: { N: String(sequence) } });
const parkedKey = (attributes: Readonly<Record<string, { S: string } | { N: string }>> = {}) => ({
  ...keyOf(0),
  ...attributes,
});
const NEW_PARKED_KEY = { notBeforeMs: 9_000, attempts: 1, reason: "refused", deadLetterAtMs: 8_000 };

const conditionFailed = (Item?: ReturnType<typeof parkedKey>) =>
  new ConditionalCheckFailedException({ message: "", $metadata: {}, ...(Item && { Item: Item as never }) });
const cancelled = (...codes: readonly string[]) =>
  new TransactionCanceledException({
    message: "",
    $metadata: {},
    CancellationReasons: codes.map((Code): CancellationReason => ({ Code })),
  });

describe("reading a key", () => {
  it("is consistent and ascending, from the parked-key record up to the ceiling", async () => {
    const { keys } = keyTable();
    mock.on(QueryCommand).resolves({ Items: [parkedKey({ _ver: { N: "4" } }), row(1), row(2)] as never });
    const page = await keys.read("a", { ceiling: 7, limit: 50 });
    expect(page).toMatchObject({
      parkedKey: { version: 4 },
      more: false,
      rows: [{ key: { sk: "1" } }, { key: { sk: "2" } }],
    });
    expect(mock.commandCalls(QueryCommand)[0]?.args[0].input).toMatchObject({
      TableName: "outbox",
      ConsistentRead: true,
      ScanIndexForward: true,
      Limit: 50,
      KeyConditionExpression: "pk = :pk AND sk BETWEEN :from AND :to",
      ExpressionAttributeValues: { ":pk": { S: "a" }, ":from": { N: "0" }, ":to": { N: "7" } },
    });
  });

  it("says when more rows follow, and reads on by itself where a page holds none with a place", async () => {
    const { keys } = keyTable();
    mock
      .on(QueryCommand)
      .resolvesOnce({ Items: [parkedKey({ _ver: { N: "4" } })] as never, LastEvaluatedKey: keyOf(0) })
      .resolvesOnce({ Items: [{ ...row(1), sk: { N: "0.5" } }] as never, LastEvaluatedKey: keyOf(0.5) })
      .resolvesOnce({ Items: [row(1)], LastEvaluatedKey: keyOf(1) });
    const page = await keys.read("a", { ceiling: 7, limit: 1 });
    expect(page).toMatchObject({ parkedKey: { version: 4 }, more: true, rows: [{ key: { sk: "1" } }] });
    expect(mock.commandCalls(QueryCommand).map(({ args }) => args[0].input.ExclusiveStartKey)).toEqual([
      undefined,
      keyOf(0),
      keyOf(0.5),
    ]);
  });

  it("finds the highest sequence from above, past rows without a place", async () => {
    const { keys } = keyTable();
    mock
      .on(QueryCommand)
      .resolvesOnce({ Items: [{ sk: { N: "7.5" } }], LastEvaluatedKey: keyOf(7.5) })
      .resolvesOnce({ Items: [{ sk: { N: "7" } }] });
    expect(await keys.highest("a")).toBe(7);
    expect(mock.commandCalls(QueryCommand)[1]?.args[0].input).toMatchObject({
      ConsistentRead: true,
      ScanIndexForward: false,
      Limit: 1,
    });
    mock.on(QueryCommand).resolves({ Items: [] });
    expect(await keys.highest("a")).toBeUndefined();
  });
});

describe("parking a key", () => {
  it("checks the failed row and writes the parked-key record in one transaction", async () => {
    const { keys } = keyTable();
    mock.on(TransactWriteItemsCommand).resolves({});
    expect(await keys.park({ pk: "a", sk: "3", id: "a/3" }, NEW_PARKED_KEY)).toBe("parked");
    expect(mock.commandCalls(TransactWriteItemsCommand)[0]?.args[0].input.TransactItems).toMatchObject([
      {
        ConditionCheck: {
          Key: keyOf(3),
          ConditionExpression: "attribute_exists(pk) AND id = :id",
          ExpressionAttributeValues: { ":id": { S: "a/3" } },
        },
      },
      {
        Update: {
          Key: keyOf(0),
          UpdateExpression: expect.stringMatching(/if_not_exists\(#attempts, :attempts\).* ADD #version :one$/),
          ExpressionAttributeValues: {
            ":notBefore": { N: "9000" },
            ":deadLetterAt": { N: "8000" },
            ":one": { N: "1" },
          },
        },
      },
    ]);
  });

  it("tells that the failed row is gone, also where something else stood in the way besides", async () => {
    for (const codes of [
      ["ConditionalCheckFailed", "None"],
      ["ConditionalCheckFailed", "TransactionConflict"],
    ]) {
      const { keys } = keyTable();
      mock.on(TransactWriteItemsCommand).rejects(cancelled(...codes));
      expect(await keys.park({ pk: "a", sk: "3" }, NEW_PARKED_KEY)).toBe("gone");
    }
  });

  it("tries again after a conflict, and rejects when it lasts", async () => {
    const { keys, clock } = keyTable();
    mock
      .on(TransactWriteItemsCommand)
      .rejectsOnce(cancelled("None", "TransactionConflict"))
      .resolvesOnce({})
      .rejects(cancelled("TransactionConflict", "None"));
    expect(await clock.run(() => keys.park({ pk: "a", sk: "3" }, NEW_PARKED_KEY))).toBe("parked");
    await expect(clock.run(() => keys.park({ pk: "a", sk: "3" }, NEW_PARKED_KEY))).rejects.toThrow("conflict");
    expect(mock.commandCalls(TransactWriteItemsCommand)).toHaveLength(2 + 4);
  });

  it("rejects with what else cancels it", async () => {
    const { keys } = keyTable();
    mock.on(TransactWriteItemsCommand).rejects(cancelled("None", "ThrottlingError"));
    await expect(keys.park({ pk: "a", sk: "3" }, NEW_PARKED_KEY)).rejects.toThrow(TransactionCanceledException);
  });

  it.each([
    ["a ValidationException", serviceError("ValidationException")],
    ["a ValidationError among the reasons", cancelled("None", "ValidationError")],
  ])("repairs a version that is no number, which shows as %s", async (_shape, error) => {
    const { keys } = keyTable();
    mock.on(TransactWriteItemsCommand).rejectsOnce(error).resolves({});
    mock.on(UpdateItemCommand).resolves({});
    expect(await keys.park({ pk: "a", sk: "3" }, NEW_PARKED_KEY)).toBe("parked");
    expect(mock.commandCalls(UpdateItemCommand)[0]?.args[0].input).toMatchObject({
      ConditionExpression: expect.stringContaining("NOT attribute_type(#version, :number)"),
      ExpressionAttributeValues: { ":fresh": { N: "50000" } },
    });
  });

  it("rejects a request that is invalid for another reason", async () => {
    const { keys } = keyTable();
    mock.on(TransactWriteItemsCommand).rejects(serviceError("ValidationException"));
    mock.on(UpdateItemCommand).rejects(conditionFailed());
    await expect(keys.park({ pk: "a", sk: "3" }, NEW_PARKED_KEY)).rejects.toThrow("ValidationException");
  });
});

describe("the parked-key record", () => {
  it("is touched only where it is", async () => {
    const { keys } = keyTable();
    mock.on(UpdateItemCommand).resolvesOnce({}).rejectsOnce(conditionFailed());
    expect(await keys.touch("a")).toBe(true);
    expect(await keys.touch("a")).toBe(false);
    expect(mock.commandCalls(UpdateItemCommand)[0]?.args[0].input).toMatchObject({
      Key: keyOf(0),
      UpdateExpression: "ADD #version :one",
      ConditionExpression: IS_RECORD,
    });
  });

  it("is taken under its conditions, and tells its version", async () => {
    const { keys } = keyTable();
    mock.on(UpdateItemCommand).resolves({ Attributes: parkedKey({ _ver: { N: "5" }, owner: { S: "me" } }) as never });
    expect(await keys.acquire("a", "me", 1_000, 71_000)).toMatchObject({ kind: "acquired", parkedKey: { version: 5 } });
    const { input } = mock.commandCalls(UpdateItemCommand)[0]?.args[0] ?? {};
    expect(input?.ConditionExpression).toContain("#notBefore <= :now");
    expect(input?.ConditionExpression).toContain("#leaseUntil <= :now");
    expect(input).toMatchObject({ ReturnValues: "ALL_NEW", ReturnValuesOnConditionCheckFailure: "ALL_OLD" });
  });

  it("that is held or not due is told from one that is not there", async () => {
    const { keys } = keyTable();
    const held = parkedKey({ _ver: { N: "5" }, owner: { S: "you" }, leaseUntil: { N: "2000" } });
    mock.on(UpdateItemCommand).rejectsOnce(conditionFailed(held)).rejectsOnce(conditionFailed());
    expect(await keys.acquire("a", "me", 1_000, 71_000)).toMatchObject({ kind: "busy", parkedKey: { owner: "you" } });
    expect(await keys.acquire("a", "me", 1_000, 71_000)).toEqual({ kind: "not-parked" });
  });

  it("is given back with its backoff by its owner alone", async () => {
    const { keys } = keyTable();
    mock.on(UpdateItemCommand).resolvesOnce({}).resolvesOnce({}).rejectsOnce(conditionFailed());
    const rest = { notBeforeMs: 9_000, attempts: 2, reason: "refused" };
    expect(await keys.release("a", "me", rest)).toBe(true);
    expect(await keys.release("a", "me")).toBe(true);
    expect(await keys.release("a", "you")).toBe(false);
    const [moved, plain] = mock.commandCalls(UpdateItemCommand).map(({ args }) => args[0].input);
    expect(moved?.UpdateExpression).toBe(
      "SET #notBefore = :notBefore, #attempts = :attempts, #reason = :reason REMOVE #owner, #leaseUntil",
    );
    expect(plain?.UpdateExpression).toBe("REMOVE #owner, #leaseUntil");
    expect(plain?.ConditionExpression).toBe(`#owner = :owner AND ${IS_RECORD}`);
  });

  it("is deleted at its version alone, and never at one that cannot be read", async () => {
    const { keys } = keyTable();
    mock.on(DeleteItemCommand).resolvesOnce({}).rejectsOnce(conditionFailed());
    expect(await keys.close("a", "me", 5)).toBe(true);
    expect(await keys.close("a", "me", 5)).toBe(false);
    expect(await keys.close("a", "me", Number.NaN)).toBe(false);
    expect(mock.commandCalls(DeleteItemCommand)).toHaveLength(2);
    expect(mock.commandCalls(DeleteItemCommand)[0]?.args[0].input).toMatchObject({
      ConditionExpression: `#owner = :owner AND #version = :version AND ${IS_RECORD}`,
      ExpressionAttributeValues: { ":owner": { S: "me" }, ":version": { N: "5" } },
    });
  });

  it("rejects where the table does", async () => {
    const { keys } = keyTable();
    mock.onAnyCommand().rejects(serviceError("ThrottlingException"));
    await expect(keys.touch("a")).rejects.toThrow("ThrottlingException");
    await expect(keys.acquire("a", "me", 1, 2)).rejects.toThrow("ThrottlingException");
    await expect(keys.close("a", "me", 1)).rejects.toThrow("ThrottlingException");
    await expect(keys.read("a", { ceiling: 1, limit: 1 })).rejects.toThrow("ThrottlingException");
  });
});

describe("the presence of a row", () => {
  it("is read in a transaction", async () => {
    const { keys } = keyTable();
    mock
      .on(TransactGetItemsCommand)
      .resolvesOnce({ Responses: [{ Item: { pk: { S: "a" } } }] })
      .resolvesOnce({ Responses: [{}] });
    expect(await keys.presence({ pk: "a", sk: "2" })).toBe("present");
    expect(await keys.presence({ pk: "a", sk: "2" })).toBe("absent");
  });

  it("is a conflict while a write at it lasts", async () => {
    const { keys, clock } = keyTable();
    mock.on(TransactGetItemsCommand).rejects(cancelled("TransactionConflict"));
    expect(await clock.run(() => keys.presence({ pk: "a", sk: "2" }))).toBe("conflict");
  });
});
