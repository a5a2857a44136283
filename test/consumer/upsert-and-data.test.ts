import { describe, expect, it } from "vitest";
import { type CloudEvent, fetchData, newerThanStored, upsertBySequence, withData } from "../../lib/consumer/index.ts";
import { ScriptedDynamoDb } from "../client/fixtures.ts";
import { HOSTILE_JSON } from "../foreigners/hostile.ts";

const EVENT: CloudEvent = {
  specversion: "1.0",
  id: "e1",
  source: "/s",
  type: "t",
  partitionkey: "order#1",
  sequence: "7",
  data: 1,
};

describe("upsert by sequence", () => {
  const upsert = (client: ScriptedDynamoDb, event = EVENT) =>
    upsertBySequence(event, { client, tableName: "orders", key: { id: "1" }, set: { status: "paid", name: "x" } });

  it("writes on condition that nothing later is there", async () => {
    const client = new ScriptedDynamoDb();
    expect(await upsert(client)).toBe("applied");
    expect(client.sent[0]?.input).toEqual({
      TableName: "orders",
      Key: { id: { S: "1" } },
      UpdateExpression: "SET #field0 = :field0, #field1 = :field1, #eventsequence = :eventsequence",
      ConditionExpression: "attribute_not_exists(#eventsequence) OR #eventsequence < :eventsequence",
      ExpressionAttributeNames: { "#field0": "status", "#field1": "name", "#eventsequence": "eventsequence" },
      ExpressionAttributeValues: { ":field0": { S: "paid" }, ":field1": { S: "x" }, ":eventsequence": { N: "7" } },
    });
  });

  it("refuses what is older", async () => {
    const refusal = Object.assign(new Error(), { name: "ConditionalCheckFailedException" });
    expect(await upsert(new ScriptedDynamoDb(refusal))).toBe("older");
    await expect(upsert(new ScriptedDynamoDb(new Error("no network")))).rejects.toThrow("no network");
  });

  it("names an event in bounded room", () => {
    const { sequence: _none, ...unordered } = EVENT;
    expect(() => newerThanStored({ ...unordered, id: "x".repeat(200_000) })).toThrow(
      /^The event "x{299}\.\.\. has no seq/,
    );
  });

  it("does not show what it should write, where that cannot be written", async () => {
    const options = { client: new ScriptedDynamoDb(), tableName: "orders", key: { id: "1" }, set: {} };
    for (const name of ["key", "set"]) {
      await expect(upsertBySequence(EVENT, { ...options, [name]: "a payload" })).rejects.toThrow(
        `upsertBySequence.${name} is a string: it must be an object with native values.`,
      );
    }
  });

  it("needs an ordered event", async () => {
    const { sequence: _none, ...unordered } = EVENT;
    expect(() => newerThanStored(unordered)).toThrow(/^The event "e1" has no sequence: .* Have its writer set order/);
    for (const sequence of ["x", "12x", "x12", "", "1.5", "-1", 12])
      expect(() => newerThanStored({ ...EVENT, sequence: sequence as string })).toThrow(
        /a sequence that is not a number/,
      );
    expect(newerThanStored({ ...EVENT, sequence: "0012" }).ExpressionAttributeValues).toEqual({
      ":eventsequence": { N: "0012" },
    });
  });
});

describe("data that is elsewhere", () => {
  const stored = (text: string, ContentType?: string) => ({
    getObject: async (input: object) => {
      expect(input).toEqual({ Bucket: "big", Key: "outbox/e1" });
      return { Body: { transformToString: async () => text }, ContentType };
    },
  });
  const { data: _elsewhere, ...rest } = EVENT;
  const away = { ...rest, dataref: "s3://big/outbox/e1" } as CloudEvent;

  it("is fetched, and read by its content type", async () => {
    const buckets = ["big"];
    expect(await fetchData(away, { s3: stored('{"a":1}'), buckets })).toEqual({
      ...away,
      datacontenttype: "application/json",
      data: { a: 1 },
    });
    expect(await fetchData(away, { s3: stored("a,b", "text/csv"), buckets })).toMatchObject({ data: "a,b" });
    const empty = { getObject: async () => ({ ContentType: "text/csv" }) };
    expect(await fetchData(away, { s3: empty, buckets })).toMatchObject({ data: "" });
    const seen: unknown[] = [];
    await withData(async ({ data }) => seen.push(data), { s3: stored("[1]"), buckets })(away, {});
    expect(seen).toEqual([[1]]);
  });

  it("is not fetched where it is here", async () => {
    const both = { ...EVENT, dataref: "s3://big/outbox/e1" };
    const none = { ...rest, dataref: null } as unknown as CloudEvent;
    for (const event of [EVENT, both, rest as CloudEvent, none])
      expect(await fetchData(event, { s3: stored("7"), buckets: ["big"] })).toBe(event);
  });

  it("is fetched from where the writer puts it, and from the whole bucket only where that is said", async () => {
    const s3 = {
      getObject: async ({ Key }: { Key: string }) => ({ Body: { transformToString: async () => `"${Key}"` } }),
    };
    const orders = { ...away, dataref: "s3://big/orders/e1" };
    expect(await fetchData(orders, { s3, buckets: ["big"], prefix: "orders/" })).toMatchObject({ data: "orders/e1" });
    expect(await fetchData(orders, { s3, buckets: ["big"], prefix: "" })).toMatchObject({ data: "orders/e1" });
    await expect(fetchData(orders, { s3, buckets: ["big"] })).rejects.toThrow("allowed are s3://big/outbox/...");
  });

  it("is not shown with what may be a secret in its place", async () => {
    const dataref = "https://me:hunter2@big/outbox/e1?X-Amz-Signature=hunter2";
    const error: unknown = await fetchData({ ...away, dataref }, { s3: stored(""), buckets: ["big"] }).catch(
      (it) => it,
    );
    expect(String(error)).toContain("has its data at");
    expect(String(error)).not.toContain("hunter2");
  });

  it.each([
    ...["s3://other/outbox/e1", "https://big/outbox/e1", "s3://big/", "s3://big"],
    ...["xs3://big/outbox/e1", "s3://big/outbox/e1\n2"],
    ...["s3://big/payroll/e1", "s3://big/outbox", "s3://big/Outbox/e1", "s3://big//outbox/e1"],
  ])("is not fetched from %s", async (dataref) => {
    const fetching = fetchData({ ...away, dataref }, { s3: stored(""), buckets: ["big"] });
    await expect(fetching).rejects.toMatchObject({
      name: "DataRefError",
      message: expect.stringContaining("allowed are s3://big/outbox/..."),
    });
  });

  it.each(Object.entries(HOSTILE_JSON).filter(([what]) => what !== "null"))(
    "is not fetched from a place that is %s, which a message shows in bounded room",
    async (_what, text) => {
      const dataref = JSON.parse(text);
      const error: unknown = await fetchData({ ...away, dataref }, { s3: stored(""), buckets: ["big"] }).catch(
        (it) => it,
      );
      expect(error).toMatchObject({ name: "DataRefError" });
      expect(String(error).length).toBeLessThan(500);
    },
  );

  it("is fetched from no bucket whose name is a part of what the options say", () => {
    const make = (buckets: unknown) => () => withData(async () => {}, { s3: stored(""), buckets } as never);
    expect(make("bucket")).toThrow(
      'withData.buckets is "bucket": it must be a list with the name of one bucket at least.',
    );
    expect(make([])).toThrow("withData.buckets is []: it must be a list with the name of one bucket at least.");
    for (const name of ["", "big/outbox", "s3://big", "big/", "/big"]) {
      expect(make(["big", name])).toThrow(`withData.buckets[1] is "${name}": it must be the name of a bucket.`);
    }
    expect(make(["big", "other"])).not.toThrow();
  });

  it("is fetched from the buckets that were checked, though the list is another's by then", async () => {
    const buckets = ["other"];
    const handle = withData(async () => {}, { s3: stored("7"), buckets });
    buckets.push("big");
    await expect(handle(away, {})).rejects.toMatchObject({ name: "DataRefError" });
  });
});
