import { expect, it } from "vitest";
import { longestKeyGroupOf, orderedRows } from "../../../bench/ordered-rows.ts";
import { orderedStub } from "../../../bench/stubs/ordered-stub.ts";

const body = (value: unknown) => Buffer.from(JSON.stringify(value));
const rows = orderedRows(1_000, Date.now());
const ofFirstKey = rows.filter((row) => row["pk"]?.S === "account#0");

function sequencesOf(stub: ReturnType<typeof orderedStub>, to: number, limit: number) {
  const values = { ":pk": { S: "account#0" }, ":from": { N: "0" }, ":to": { N: String(to) } };
  const answer = JSON.parse(stub.query(body({ Limit: limit, ExpressionAttributeValues: values })).toString());
  return {
    sequences: answer.Items.map(({ sk }: { sk: { N: string } }) => Number(sk.N)),
    next: answer.LastEvaluatedKey,
  };
}

it("draws the same keys each time, the first one most often, numbered without a gap", () => {
  expect(ofFirstKey).toHaveLength(longestKeyGroupOf(1_000));
  expect(ofFirstKey.map((row) => Number(row["sk"]?.N))).toEqual(ofFirstKey.map((_row, index) => index + 1));
  expect(orderedRows(1_000, 0).map((row) => row["pk"])).toEqual(rows.map((row) => row["pk"]));
});

it("answers a query with the rows that are not deleted yet, page by page", () => {
  const stub = orderedStub();
  stub.load(body(rows));
  const statement = { Parameters: [{ S: "account#0" }, { N: "2" }, { S: "an id" }] };
  expect(stub.delete(body({ Statements: [statement] }))).toBe(1);
  expect(sequencesOf(stub, 5, 50)).toEqual({ sequences: [1, 3, 4, 5], next: undefined });
  expect(sequencesOf(stub, 5, 2)).toEqual({ sequences: [1, 3], next: { pk: { S: "account#0" }, sk: { N: "3" } } });
  expect(stub.report().waiting).toBe(999);
});

it("keeps a list of what was sent", () => {
  const stub = orderedStub();
  const entry = { Id: "0", MessageGroupId: "account#0", MessageDeduplicationId: "an id" };
  expect(stub.send(body({ Entries: [entry] })).entries).toBe(1);
  expect(stub.report().sent).toEqual([["account#0", "an id"]]);
});
