import { TransactionCanceledException } from "@aws-sdk/client-dynamodb";
import { describe, expect, it, vi } from "vitest";
import { BusinessConditionError, type EventInput } from "../../lib/client/index.ts";
import { createOutbox, NOW, ScriptedDynamoDb } from "./fixtures.ts";

const ITEM = { Put: { TableName: "orders", Item: { pk: { S: "1" } } } };
const EVENT = { id: "e1", type: "order.placed" };
const OK = { Code: "None" };
const FAILED = { Code: "ConditionalCheckFailed" };

const cancelled = (...CancellationReasons: readonly object[]) =>
  new TransactionCanceledException({
    $metadata: {},
    message: "cancelled",
    CancellationReasons: [...CancellationReasons],
  });
const failed = (name: string, $metadata: object = {}) => Object.assign(new Error(name), { name, $metadata });

async function endOf(...answers: readonly unknown[]) {
  const client = new ScriptedDynamoDb(...answers);
  const error = await createOutbox({ client })
    .transact([ITEM], [EVENT])
    .catch((caught) => caught);
  return { client, error };
}

describe("a transaction", () => {
  it("holds the items, then the events, under one token", async () => {
    const { client, error } = await endOf({});
    expect(error).toStrictEqual([{ id: "e1", type: "order.placed" }]);
    const [{ name, input } = { name: "", input: {} }] = client.sent;
    expect(name).toBe("TransactWriteItemsCommand");
    expect(input).toMatchObject({
      ClientRequestToken: expect.stringMatching(/^.{36}$/),
      TransactItems: [ITEM, { Put: { TableName: "outbox", Item: { id: { S: "e1" } } } }],
    });
  });

  it("tells a failed condition of the caller's own, with what is stored there", async () => {
    const { error } = await endOf(cancelled({ ...FAILED, Item: { stock: { N: "0" } } }, OK));
    expect(error).toBeInstanceOf(BusinessConditionError);
    expect(error).toMatchObject({ failures: [{ index: 0, stored: { stock: { N: "0" } } }], existing: [] });
  });

  it("tells an event that is there already", async () => {
    const { error } = await endOf(cancelled(OK, FAILED));
    expect(error).toMatchObject({ name: "EventExistsError", events: [{ id: "e1" }] });
    expect(error.message).toMatch(/^The outbox already holds the event "e1"/);
  });

  it("tells both, for then it may be a repetition", async () => {
    const { error } = await endOf(cancelled(FAILED, FAILED));
    expect(error).toMatchObject({ name: "BusinessConditionError", failures: [{ index: 0 }], existing: [{ id: "e1" }] });
    expect(error.failures).toStrictEqual([{ index: 0 }]);
  });

  it("tells a sequence that another transaction took", async () => {
    const client = new ScriptedDynamoDb({ Item: { sequence: { N: "7" } } }, cancelled(OK, FAILED, FAILED));
    const outbox = createOutbox({ client, counterTableName: "counters" });
    const order = await outbox.ordered("k");
    await expect(outbox.transact([ITEM], [{ type: "t", order }])).rejects.toMatchObject({
      name: "SequenceTakenError",
      keys: ["k"],
    });
  });

  it("is made again after a conflict, under the same token, and tells a lasting one", async () => {
    const conflict = cancelled({ Code: "TransactionConflict" }, OK);
    const { client, error } = await endOf(conflict, conflict, {});
    expect(error).not.toBeInstanceOf(Error);
    expect(client.sent).toHaveLength(3);
    expect(client.sent[2]).toEqual(client.sent[0]);
    expect((await endOf(conflict)).error).toMatchObject({
      ...{ name: "WriteRejectedError", reason: "conflict" },
      message: expect.stringContaining("other writes are at the same items"),
    });
  });

  it.each([
    ["inside", cancelled({ Code: "ThrottlingError" }, OK)],
    ["of the table's own capacity", cancelled({ Code: "ProvisionedThroughputExceeded" }, OK)],
    ["as a whole", failed("ProvisionedThroughputExceededException", { httpStatusCode: 400, attempts: 1 })],
  ])("tells throttling %s", async (_where, answer) => {
    expect((await endOf(answer)).error).toMatchObject({
      ...{ name: "WriteRejectedError", reason: "throttled" },
      message: expect.stringContaining("DynamoDB throttled it"),
    });
  });

  it.each([
    ["a timeout", failed("TimeoutError")],
    ["a broken connection", failed("ECONNRESET")],
    ["a server error", failed("InternalServerError", { httpStatusCode: 500 })],
    ["a timeout of the server's", failed("RequestTimeout", { httpStatusCode: 408 })],
    ["an answer that nobody can read", failed("SyntaxError", { httpStatusCode: 200 })],
    ["the same token still under way", failed("TransactionInProgressException", { httpStatusCode: 400 })],
    [
      "throttling after an attempt whose fate is unknown",
      failed("ThrottlingException", { httpStatusCode: 400, attempts: 2 }),
    ],
  ])("does not pretend to know after %s, and repeats the very same request", async (_case, answer) => {
    const { client, error } = await endOf(answer, {});
    expect(error.name).toBe("AmbiguousCommitError");
    await expect(error.repeat()).resolves.toMatchObject([{ type: expect.any(String) }]);
    expect(client.sent).toHaveLength(2);
    expect(client.sent[1]).toEqual(client.sent[0]);
  });

  it("is repeated until there is an answer, which is told as at first", async () => {
    const { error } = await endOf(failed("TimeoutError"), failed("TimeoutError"), cancelled(FAILED, OK));
    const again = await error.repeat().catch((caught: unknown) => caught);
    expect(again.name).toBe("AmbiguousCommitError");
    await expect(again.repeat()).rejects.toBeInstanceOf(BusinessConditionError);
  });

  it("is not repeated once DynamoDB may have forgotten its token", async () => {
    let now = NOW;
    const client = new ScriptedDynamoDb(failed("TimeoutError"), {});
    const error = await createOutbox({ client, now: () => now })
      .transact([ITEM], [EVENT])
      .catch((caught) => caught);
    now += 9 * 60_000 + 1;
    await expect(error.repeat()).rejects.toMatchObject({ name: "TooLateToRepeatError" });
    expect(client.sent).toHaveLength(1);
    now -= 1;
    await expect(error.repeat()).resolves.toMatchObject([{ id: "e1" }]);
  });

  it("is repeated once, and tells a conflict or a refusal that it meets", async () => {
    const { error, client } = await endOf(failed("TimeoutError"), cancelled({ Code: "TransactionConflict" }, OK));
    await expect(error.repeat()).rejects.toMatchObject({ name: "WriteRejectedError", reason: "conflict" });
    expect(client.sent).toHaveLength(2);
  });

  it("waits a little before it is made again after a conflict", async () => {
    const random = vi.spyOn(Math, "random").mockReturnValue(0.99);
    const startMs = performance.now();
    await endOf(cancelled({ Code: "TransactionConflict" }, OK), {});
    expect(performance.now() - startMs).toBeGreaterThan(20);
    random.mockRestore();
  });

  it("is made six times, and no longer than for two seconds, where conflicts go on", async () => {
    vi.spyOn(Math, "random").mockReturnValue(0);
    const conflict = cancelled({ Code: "TransactionConflict" }, OK);
    expect((await endOf(conflict)).client.sent).toHaveLength(6);
    let now = NOW;
    const client = new ScriptedDynamoDb(conflict);
    const slow = createOutbox({ client, now: () => (now += 1_500) }).transact([ITEM], [EVENT]);
    await expect(slow).rejects.toMatchObject({ name: "WriteRejectedError" });
    expect(client.sent.length).toBeLessThan(3);
    vi.restoreAllMocks();
  });

  it.each([
    ["a permission", failed("AccessDeniedException", { httpStatusCode: 400 })],
    ["no credentials", failed("CredentialsProviderError")],
    ["no token", failed("TokenProviderError")],
    ["a request that cannot be made", new TypeError("no")],
    ["no reason", new TransactionCanceledException({ $metadata: { httpStatusCode: 400 }, message: "cancelled" })],
    ["a reason that is neither's", cancelled({ Code: "ItemCollectionSizeLimitExceeded" }, OK)],
  ])("passes on what it has nothing to add to: %s", async (_case, answer) => {
    const { error, client } = await endOf(answer);
    expect(error).toBe(answer);
    expect(client.sent).toHaveLength(1);
  });

  it("is refused over 100 actions, before the call", async () => {
    const client = new ScriptedDynamoDb();
    const items = Array.from({ length: 100 }, () => ITEM);
    await expect(createOutbox({ client }).transact(items, [EVENT])).rejects.toThrow(
      "The transaction has 101 actions, 100 of the items and 1 of the events, and 100 is the most",
    );
    expect(client.sent).toEqual([]);
    await expect(createOutbox({ client }).transact(items.slice(1), [EVENT])).resolves.toHaveLength(1);
  });

  it("is refused over 4 MB, before the call", async () => {
    const large = { Put: { TableName: "orders", Item: { pk: { S: "1" }, text: { S: "x".repeat(350_000) } } } };
    const items = Array.from({ length: 12 }, () => large);
    await expect(createOutbox().transact(items, [EVENT])).rejects.toMatchObject({ name: "TransactionTooLargeError" });
    await expect(createOutbox().transact(items.slice(1), [EVENT])).resolves.toHaveLength(1);
  });

  it("is refused over 4 MB of keys and values, too", async () => {
    const large = { a: { S: "x".repeat(4 * 1024 * 1024) } };
    for (const item of [
      { Update: { TableName: "t", Key: large, UpdateExpression: "SET a = :a" } },
      { Update: { TableName: "t", Key: {}, UpdateExpression: "SET a = :a", ExpressionAttributeValues: large } },
      { Delete: { TableName: "t", Key: large } },
      { ConditionCheck: { TableName: "t", Key: large, ConditionExpression: "a = b" } },
    ])
      await expect(createOutbox().transact([item], [])).rejects.toMatchObject({ name: "TransactionTooLargeError" });
  });

  it("holds 4 MB to the last byte", async () => {
    const holding = (bytes: number) =>
      createOutbox().transact([{ Delete: { TableName: "t", Key: { a: { S: "x".repeat(bytes - 1) } } } }], []);
    await expect(holding(4 * 1024 * 1024)).resolves.toEqual([]);
    await expect(holding(4 * 1024 * 1024 + 1)).rejects.toThrow("The transaction holds 4194305 bytes, and 4194304 is");
  });

  it("tells by their places all conditions that failed, and an event by the beginning of a long id", async () => {
    const client = new ScriptedDynamoDb(cancelled(FAILED, OK, FAILED, OK));
    await expect(createOutbox({ client }).transact([ITEM, ITEM, ITEM], [EVENT])).rejects.toThrow(
      "The condition of item 0, 2 did not hold",
    );
    const told = (event: EventInput) =>
      createOutbox({ client: new ScriptedDynamoDb(cancelled(FAILED)) }).transact([], [event]);
    const long = "x".repeat(80);
    await expect(told({ type: "t", id: long })).rejects.toThrow(`already holds the event "${long}": nothing`);
    await expect(told({ type: "t", id: `${long}y` })).rejects.toThrow(`already holds the event "${long}...": nothing`);
    await expect(told({ type: "t", id: "e1", order: { key: "k", sequence: 7 } })).rejects.toThrow(
      'already holds an event at sequence 7 of "k" (given id "e1"): nothing',
    );
  });
});
