import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient, NumberValue, TransactWriteCommand, type TranslateConfig } from "@aws-sdk/lib-dynamodb";
import { describe, expect, it } from "vitest";
import { BusinessConditionError, DocumentOutbox } from "../../lib/client/index.ts";
import { upsertBySequence, withDocumentTransaction } from "../../lib/consumer/index.ts";
import { ofAnotherCopy } from "./another-copy.ts";
import { clientWith, EVENT, Money } from "./document-client.ts";
import { NOW } from "./fixtures.ts";

describe("native values", () => {
  it.each<[string, TranslateConfig, unknown, object]>([
    [
      "a Date and a class",
      { marshallOptions: { convertClassInstanceToMap: true } },
      new Money(5),
      { M: expect.anything() },
    ],
    ["an empty text", { marshallOptions: { convertEmptyValues: true } }, "", { NULL: true }],
    ["an empty Set", { marshallOptions: { convertEmptyValues: true } }, new Set(), { NULL: true }],
    ["undefined within", { marshallOptions: { removeUndefinedValues: true } }, { a: undefined }, { M: {} }],
    [
      "a number beyond 2^53",
      { marshallOptions: { allowImpreciseNumbers: true } },
      2 ** 60,
      { N: "1152921504606847000" },
    ],
    ["a bigint", {}, 2n ** 60n, { N: "1152921504606846976" }],
    ["a NumberValue", {}, NumberValue.from("12345678901234567890.5"), { N: "12345678901234567890.5" }],
  ])("are %s, by the inbox's client", async (_what, translate, native, plain) => {
    const { client, bodies } = clientWith(translate);
    const write = { Put: { TableName: "t", Item: { id: "1", left: undefined, native } } };
    await withDocumentTransaction(async () => [write], { client, table: "i", consumer: "c" })(EVENT);
    expect(bodies.at(-1)?.TransactItems[0]).toEqual({
      Put: { TableName: "t", Item: { id: { S: "1" }, native: plain } },
    });
  });

  it("know a NumberValue of another copy of the SDK, wherever it stands", async () => {
    const number = ofAnotherCopy("12345678901234567890.5");
    const native = { top: number, list: [1, number], map: { deep: new Map([["n", number]]) }, set: new Set([number]) };
    const N = "12345678901234567890.5";
    for (const convertClassInstanceToMap of [true, false]) {
      const { client, bodies } = clientWith({ marshallOptions: { convertClassInstanceToMap } });
      const outbox = new DocumentOutbox({ client, tableName: "outbox", source: "/s", now: () => NOW });
      await outbox.transact([{ Put: { TableName: "t", Item: native } }], []);
      expect(bodies[0]?.TransactItems).toMatchObject([
        {
          Put: {
            Item: {
              ...{ top: { N }, list: { L: [{ N: "1" }, { N }] }, set: { NS: [N] } },
              map: { M: { deep: { M: { n: { N } } } } },
            },
          },
        },
      ]);
    }
  });

  it("follow the options that the client has when it is used, for clients of one connection share them", async () => {
    const { client, bodies } = clientWith();
    const outbox = new DocumentOutbox({ client, tableName: "outbox", source: "/s", now: () => NOW });
    DynamoDBDocumentClient.from(client as unknown as DynamoDBClient, { marshallOptions: { convertEmptyValues: true } });
    const write = { Put: { TableName: "t", Item: { text: "" } } };
    await outbox.transact([write], [{ type: "t" }]);
    await client.send(new TransactWriteCommand({ TransactItems: [write] }));
    expect(bodies[0]?.TransactItems[0]).toEqual(bodies[1]?.TransactItems[0]);
  });

  it("are an upsert's, too, and what is undefined is not set", async () => {
    const { client, bodies } = clientWith({ marshallOptions: { convertEmptyValues: true } });
    await upsertBySequence(EVENT, { client, tableName: "t", key: { id: "1" }, set: { a: "", b: undefined, c: 1 } });
    expect(bodies[0]).toMatchObject({
      UpdateExpression: "SET #field0 = :field0, #field1 = :field1, #eventsequence = :eventsequence",
      ExpressionAttributeNames: { "#field0": "a", "#field1": "c" },
      ExpressionAttributeValues: { ":field0": { NULL: true }, ":field1": { N: "1" } },
    });
  });

  it("refuse to be an entry that the client would write otherwise than it is", async () => {
    const event = { type: "t", data: "", datacontenttype: "text/plain" };
    const options = { tableName: "outbox", source: "/s", now: () => NOW };
    const { client } = clientWith({ marshallOptions: { convertEmptyValues: true } });
    await expect(new DocumentOutbox({ ...options, client }).entry(event)).rejects.toMatchObject({
      name: "InvalidEventError",
      field: "data",
    });
    const plain = new DocumentOutbox({ ...options, client: clientWith().client });
    expect((await plain.entry(event)).Put?.Item).toMatchObject({ data: "" });
  });
});

describe("what is stored, told with a condition that did not hold", () => {
  const cancelled = (Item: object) => ({
    status: 400,
    body: {
      __type: "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
      CancellationReasons: [{ Code: "ConditionalCheckFailed", Item }, { Code: "None" }],
    },
  });
  const check = { ConditionCheck: { TableName: "t", Key: { id: "1" }, ConditionExpression: "a = b" } };
  const storedBy = async (translate: TranslateConfig, Item: object) => {
    const { client } = clientWith(translate, cancelled(Item));
    const outbox = new DocumentOutbox({ client, tableName: "outbox", source: "/s", now: () => NOW });
    const error = await outbox.transact([check], [{ type: "t" }]).catch((caught) => caught);
    expect(error).toBeInstanceOf(BusinessConditionError);
    return error.failures[0].stored;
  };

  it("is read as the client reads", async () => {
    const item = { small: { N: "5" }, large: { N: "12345678901234567890" }, list: { L: [{ NULL: true }] } };
    expect(await storedBy({}, item)).toEqual({ small: 5, large: 12345678901234567890n, list: [null] });
    const wrapped = await storedBy({ unmarshallOptions: { wrapNumbers: true } }, item);
    expect(wrapped.small).toEqual(NumberValue.from("5"));
    expect(await storedBy({ unmarshallOptions: { wrapNumbers: String } }, item)).toMatchObject({ small: "5" });
  });

  it("never takes the place of the refusal, whatever number is stored", async () => {
    const odd = ["12345678901234567890.5", "-98765432109876543210.125", "1E+125"];
    const beside = ["5", "-0.25", "9007199254740991", "9007199254740992", "-12345678901234567890"];
    const item = { id: { S: "1" }, odd: { L: [...odd, ...beside].map((N) => ({ N })) } };
    const stored = await storedBy({}, item);
    expect(stored).toEqual({
      id: "1",
      odd: [
        ...odd.map((text) => NumberValue.from(text)),
        ...[5, -0.25, Number.MAX_SAFE_INTEGER, 9007199254740992n, -12345678901234567890n],
      ],
    });
    // Written again, the value is the same.
    const { client, bodies } = clientWith();
    await client.send(new TransactWriteCommand({ TransactItems: [{ Put: { TableName: "t", Item: stored } }] }));
    expect(bodies[0]?.TransactItems[0]).toEqual({ Put: { TableName: "t", Item: item } });
  });

  it("is native to a consumer of documents, too", async () => {
    const looking = clientWith().client;
    const failing = clientWith({}, cancelled({ n: { N: "12345678901234567890.5" } })).client;
    // The first call reads the inbox, the second one commits.
    const clients = [looking, failing];
    const both = { config: looking.config, send: (command: never) => clients.shift()?.send(command) } as typeof looking;
    const handle = withDocumentTransaction(async () => [check], { client: both, table: "i", consumer: "c" });
    await expect(handle(EVENT)).rejects.toMatchObject({
      name: "BusinessConditionError",
      failures: [{ index: 0, stored: { n: NumberValue.from("12345678901234567890.5") } }],
    });
  });
});
