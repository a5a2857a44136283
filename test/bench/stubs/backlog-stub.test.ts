import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { idOf, TABLE_NAME } from "../../../bench/rows.ts";
import { type BacklogLeft, type BacklogOptions, backlogStub, LEFT_PATH } from "../../../bench/stubs/backlog-stub.ts";
import { decodeItem } from "../../../lib/contract/codec/decode-row.ts";
import type { Item } from "../../../lib/contract/codec/item.ts";
import { readDeadLetter } from "../../../lib/contract/dead-letter.ts";

interface Answer {
  readonly Items: readonly Item[];
  readonly LastEvaluatedKey?: object;
  readonly Responses: Readonly<Record<string, readonly Item[]>>;
  readonly Messages?: readonly { readonly ReceiptHandle: string; readonly Body: string }[];
}

const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

async function started(options: Partial<BacklogOptions> = {}) {
  const server = backlogStub({ rows: 40, ageMs: 60_000, deadLetters: true, ...options });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  ends.push(() => {
    server.close();
    server.closeAllConnections();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const call = async (operation: string, body: object) => {
    const headers = { "x-amz-target": `Service.${operation}` };
    const answer = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) });
    return (await answer.json()) as Answer;
  };
  const left = async () => (await (await fetch(`${url}${LEFT_PATH}`)).json()) as BacklogLeft;
  return { call, left };
}

const deletionOf = (places: readonly number[]) => ({
  RequestItems: { [TABLE_NAME]: places.map((place) => ({ DeleteRequest: { Key: { pk: { S: idOf(place) } } } })) },
});

describe("the stub of a backlog", () => {
  it("scans every row once, in segments and pages, each a row of the contract", async () => {
    const { call } = await started();
    const seen: string[] = [];
    for (const Segment of [0, 1, 2]) {
      let ExclusiveStartKey: object | undefined;
      do {
        const page: Answer = await call("Scan", { Limit: 5, Segment, TotalSegments: 3, ExclusiveStartKey });
        for (const item of page.Items) {
          const decoded = decodeItem(item);
          if (decoded.kind === "row" && decoded.row.content.kind === "event") seen.push(decoded.row.content.event.id);
        }
        ExclusiveStartKey = page.LastEvaluatedKey;
      } while (ExclusiveStartKey !== undefined);
    }
    expect(seen.toSorted()).toEqual(Array.from({ length: 40 }, (_unused, place) => idOf(place)));
  });

  it("scans as much of each row as is asked for", async () => {
    const { call } = await started();
    const { Items } = await call("Scan", {
      Limit: 2,
      ProjectionExpression: "#a0, #a1",
      ExpressionAttributeNames: { "#a0": "pk", "#a1": "recordedtime" },
    });
    expect(Items).toEqual([0, 1].map((place) => ({ pk: { S: idOf(place) }, recordedtime: { S: expect.any(String) } })));
  });

  it("no longer shows rows that were deleted", async () => {
    const { call, left } = await started();
    await call("BatchWriteItem", deletionOf([0, 7]));
    const { Responses } = await call("BatchGetItem", { Keys: [idOf(0), idOf(1), idOf(7)] });
    expect(Responses[TABLE_NAME]).toHaveLength(1);
    expect(await left()).toMatchObject({ rows: 38, deadLetters: 40, published: 0 });
  });

  it("hands each dead letter over once, and each leads to its row", async () => {
    const { call, left } = await started({ rows: 12 });
    const receives = [
      await call("ReceiveMessage", {}),
      await call("ReceiveMessage", {}),
      await call("ReceiveMessage", {}),
    ];
    const [first = [], second = [], third] = receives.map(({ Messages }) => Messages);
    expect([first.length, second.length, third]).toEqual([10, 2, undefined]);
    const deadLetter = readDeadLetter(second[1]?.Body ?? "");
    expect(deadLetter).toEqual({ kind: "event", key: { pk: idOf(11), sk: "1" }, id: idOf(11) });
    await call("DeleteMessageBatch", { Entries: first.map(({ ReceiptHandle }) => ({ ReceiptHandle })) });
    expect((await left()).deadLetters).toBe(2);
  });
});
