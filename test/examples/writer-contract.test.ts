import { DeleteItemCommand, DynamoDBClient, paginateScan } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { afterAll, beforeEach, describe, expect, inject, it } from "vitest";
import { DocumentOutbox, Outbox } from "../../lib/client/index.ts";
import type { CloudEvent } from "../../lib/consumer/index.ts";
import { decodeItem } from "../../lib/contract/codec/decode-row.ts";
import { LOCAL_CREDENTIALS, LOCAL_REGION } from "../../lib/local/environment.ts";
import { WRITER_CONTRACT } from "../testing/writer-contract.ts";
import { createTable } from "./tables.ts";

const { endpoint } = inject("orders");
const client = new DynamoDBClient({ endpoint, region: LOCAL_REGION, credentials: LOCAL_CREDENTIALS });
const OUTBOX = "ContractOutbox";
const COUNTERS = "ContractCounters";
const BUSINESS = "ContractBusiness";

afterAll(() => client.destroy());

async function items() {
  const found = [];
  for await (const { Items = [] } of paginateScan({ client }, { TableName: OUTBOX, ConsistentRead: true }))
    found.push(...Items);
  return found;
}

async function events(): Promise<readonly CloudEvent[]> {
  return (await items()).map((item) => {
    const decoded = decodeItem(item);
    if (decoded.kind === "reserved" || decoded.row.content.kind === "malformed")
      throw new Error(JSON.stringify(decoded));
    return JSON.parse(decoded.row.content.event.json);
  });
}

/** A table of its own, without a relay that would empty it. */
describe("the writer's contract, on the emulator", () => {
  beforeEach(async () => {
    await createTable(client, OUTBOX, [
      ["pk", "S"],
      ["sk", "N"],
    ]);
    await createTable(client, COUNTERS, [["pk", "S"]]);
    await createTable(client, BUSINESS, [["pk", "S"]]);
    for (const { pk = { S: "" }, sk = { N: "" } } of await items()) {
      await client.send(new DeleteItemCommand({ TableName: OUTBOX, Key: { pk, sk } }));
    }
  });

  const businessWrite = (name: string) => ({ Put: { TableName: BUSINESS, Item: { pk: { S: name } } } });
  const options = { tableName: OUTBOX, counterTableName: COUNTERS, source: "/test" };

  it.each(WRITER_CONTRACT)("$name", async ({ run }) => {
    const now = Date.now();
    await run({ outbox: new Outbox({ client, ...options, now: () => now }), events, businessWrite });
  });

  it("holds for the document client: items with native values, conditions that fail, what is stored", async () => {
    const outbox = new DocumentOutbox({ client: DynamoDBDocumentClient.from(client), ...options });
    const put = (left: number) => ({
      Put: {
        TableName: BUSINESS,
        Item: { pk: "doc", left },
        ConditionExpression: "attribute_not_exists(pk)",
        ReturnValuesOnConditionCheckFailure: "ALL_OLD" as const,
      },
    });
    await outbox.transact([put(3)], [{ id: "doc-1", type: "t", data: { n: 1 } }]);
    await expect(outbox.transact([put(4)], [{ id: "doc-2", type: "t" }])).rejects.toMatchObject({
      name: "BusinessConditionError",
      failures: [{ index: 0, stored: { pk: "doc", left: 3 } }],
    });
    expect((await events()).map(({ id }) => id)).toEqual(["doc-1"]);
  });
});
