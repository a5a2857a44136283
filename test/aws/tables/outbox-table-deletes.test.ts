import { BatchExecuteStatementCommand, BatchWriteItemCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { afterEach, describe, expect, it } from "vitest";
import { seededRandom } from "../../../dev/demo/seeded-random.ts";
import { dynamoOutboxTable } from "../../../lib/aws/tables/outbox-table.ts";
import { mockClient } from "../../setup/mocked-clients.ts";
import { VirtualClock } from "../../world/virtual-clock.ts";
import { serviceError } from "../fixtures.ts";

const mock = mockClient(DynamoDBClient);
afterEach(() => mock.reset());

const client = new DynamoDBClient({ region: "us-east-1" });
const table = dynamoOutboxTable({
  client,
  tableName: "outbox",
  relayName: "orders",
  clock: new VirtualClock(),
  random: seededRandom(1),
});

const unordered = (id: string) => ({ pk: id, sk: "1", id });
const deleteOf = (pk: string, sk = "1") => ({ DeleteRequest: { Key: { pk: { S: pk }, sk: { N: sk } } } });

describe("deleteRows", () => {
  it("deletes the rows of unordered events in one request", async () => {
    mock.on(BatchWriteItemCommand).resolves({});
    expect(await table.deleteRows([unordered("a"), unordered("b")])).toEqual([]);
    expect(mock.calls()).toHaveLength(1);
    expect(mock.commandCalls(BatchWriteItemCommand)[0]?.args[0].input).toEqual({
      RequestItems: { outbox: [deleteOf("a"), deleteOf("b")] },
    });
  });

  it("hands back the rows that DynamoDB left unprocessed", async () => {
    mock.on(BatchWriteItemCommand).resolves({ UnprocessedItems: { outbox: [deleteOf("b")] } });
    expect(await table.deleteRows([unordered("a"), unordered("b")])).toEqual([unordered("b")]);
  });

  it("deletes rows whose key is not their id only while they hold it, twenty-five in one request", async () => {
    mock.on(BatchExecuteStatementCommand).callsFake(({ Statements }) => ({ Responses: Statements.map(() => ({})) }));
    const rows = Array.from({ length: 26 }, (_, index) => ({
      pk: "order#42",
      sk: String(index + 1),
      id: `event ${index}`,
    }));
    expect(await table.deleteRows(rows)).toEqual([]);
    const calls = mock.commandCalls(BatchExecuteStatementCommand).map(({ args }) => args[0].input.Statements ?? []);
    expect(calls.map((statements) => statements.length)).toEqual([25, 1]);
    expect(calls[1]).toEqual([
      {
        Statement: 'DELETE FROM "outbox" WHERE "pk" = ? AND "sk" = ? AND "id" = ?',
        Parameters: [{ S: "order#42" }, { N: "26" }, { S: "event 25" }],
      },
    ]);
  });

  it("never names a key twice in one call, which DynamoDB refuses whole", async () => {
    mock.on(BatchExecuteStatementCommand).callsFake(({ Statements }) => ({ Responses: Statements.map(() => ({})) }));
    mock.on(BatchWriteItemCommand).resolves({});
    const rows = ["a", "b", "c"].map((id) => ({ pk: "order#42", sk: "1", id }));
    const other = { pk: "order#42", sk: "2", id: "d" };
    expect(await table.deleteRows([...rows, other, unordered("e"), unordered("e")])).toEqual([]);
    const ids = mock
      .commandCalls(BatchExecuteStatementCommand)
      .map(({ args }) => args[0].input.Statements?.map(({ Parameters }) => Parameters?.[2]?.S));
    expect(ids).toEqual([["a", "d"], ["b"], ["c"]]);
    expect(mock.commandCalls(BatchWriteItemCommand)[0]?.args[0].input).toEqual({
      RequestItems: { outbox: [deleteOf("e")] },
    });
  });

  it("asks for the condition on the id also where the key is the id but the sequence is not 1", async () => {
    mock.on(BatchExecuteStatementCommand).resolves({ Responses: [{}] });
    expect(await table.deleteRows([{ pk: "a", sk: "2", id: "a" }])).toEqual([]);
    expect(mock.calls()).toHaveLength(1);
  });

  const ordered = ["a", "b", "c"].map((id, index) => ({ pk: "order#42", sk: String(index + 1), id }));

  it("counts a row of another id as deleted", async () => {
    mock
      .on(BatchExecuteStatementCommand)
      .resolves({ Responses: [{}, { Error: { Code: "ConditionalCheckFailed" } }, {}] });
    expect(await table.deleteRows(ordered)).toEqual([]);
  });

  it.each([
    "ThrottlingError",
    "ProvisionedThroughputExceeded",
    "RequestLimitExceeded",
    "InternalServerError",
    "TransactionConflict",
    "DuplicateItem",
  ] as const)("hands back a row whose statement met %s", async (Code) => {
    mock.on(BatchExecuteStatementCommand).resolves({ Responses: [{}, { Error: { Code } }, {}] });
    expect(await table.deleteRows(ordered)).toEqual([ordered[1]]);
  });

  it("hands back rows that the answer says nothing of", async () => {
    mock.on(BatchExecuteStatementCommand).resolves({ Responses: [{}] });
    expect(await table.deleteRows(ordered)).toEqual(ordered.slice(1));
    mock.on(BatchExecuteStatementCommand).resolves({});
    expect(await table.deleteRows(ordered)).toEqual(ordered);
  });

  it("deletes both kinds of rows at once and hands back what was left of either", async () => {
    mock.on(BatchWriteItemCommand).resolves({ UnprocessedItems: { outbox: [deleteOf("a")] } });
    mock.on(BatchExecuteStatementCommand).resolves({ Responses: [{ Error: { Code: "ThrottlingError" } }] });
    const row = { pk: "order#42", sk: "3", id: "b" };
    expect(await table.deleteRows([unordered("a"), row, unordered("c")])).toEqual([unordered("a"), row]);
  });

  it("rejects when the table refuses, so that every row is tried again", async () => {
    mock.on(BatchWriteItemCommand).rejects(serviceError("ProvisionedThroughputExceededException"));
    await expect(table.deleteRows([unordered("a")])).rejects.toThrow("ProvisionedThroughputExceededException");
    mock.on(BatchExecuteStatementCommand).rejects(serviceError("AccessDeniedException"));
    await expect(table.deleteRows(ordered)).rejects.toThrow("AccessDeniedException");
    const refused = { Error: { Code: "AccessDenied", Message: "No" } } as const;
    mock.on(BatchExecuteStatementCommand).resolves({ Responses: [{}, refused, {}] });
    await expect(table.deleteRows(ordered)).rejects.toThrow("The table refuses to delete: AccessDenied: No");
  });

  it("makes no request for no rows", async () => {
    expect(await table.deleteRows([])).toEqual([]);
    expect(mock.calls()).toHaveLength(0);
  });
});
