import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { PutItemCommand, ScanCommand } from "@aws-sdk/client-dynamodb";
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from "vitest";
import type { CloudEvent, handleEvents } from "../../lib/consumer/index.ts";
import { idempotent, withTransaction } from "../../lib/consumer/index.ts";
import { output } from "./orders-deployment.ts";
import { Packed, run } from "./packed.ts";
import { Shop } from "./shop.ts";
import { createTable } from "./tables.ts";

const deployment = inject("orders");
const packed = new Packed(deployment.packed.folder, deployment.packed.tarball);
const TABLES = { AUDIT_TABLE: "Audit", ORDER_VIEW_TABLE: "OrderView", PAYMENTS_TABLE: "Payments" };

type Handler = ReturnType<typeof handleEvents>;

let shop: Shop;
let folder: string;

beforeAll(async () => {
  shop = new Shop(deployment);
  for (const name of Object.values(TABLES)) await createTable(shop.clients.dynamodb, name, [["id", "S"]]);
  Object.assign(process.env, TABLES, { INBOX_TABLE: output(deployment, "InboxTableName") });
  folder = await packed.project("consumers", "examples/consumers");
  await run(packed.folder, "consumers-types", "npx", ["--no-install", "tsc", "-p", "."], folder);
});

afterAll(() => shop?.close());

/** An example, compiled and run from the folder that has the package installed. */
async function example(name: string): Promise<Handler> {
  const { handler } = await import(pathToFileURL(join(folder, "out", `${name}.js`)).href);
  return handler;
}

const event = (id: string, data: object, more: object = {}): CloudEvent => ({
  ...{ specversion: "1.0", id, source: "/shop", type: "t", time: "2026-01-31T12:00:00Z", data },
  ...more,
});
const sqs = (...events: readonly CloudEvent[]) => ({
  Records: events.map((each, index) => ({
    eventSource: "aws:sqs",
    messageId: `m${index}`,
    body: JSON.stringify(each),
  })),
});

async function rows(table: string) {
  const { Items = [] } = await shop.clients.dynamodb.send(new ScanCommand({ TableName: table, ConsistentRead: true }));
  return Items;
}

const ALL_WELL = { batchItemFailures: [] };

describe("the examples of consumers", () => {
  it("natural idempotence: twice is once", async () => {
    const handler = await example("natural-idempotence");
    expect(await handler(sqs(event("n1", {}), event("n1", {}), event("n2", {})))).toEqual(ALL_WELL);
    expect((await rows("Audit")).map(({ id }) => id?.S).sort()).toEqual(["n1", "n2"]);
  });

  it("upsert by sequence: what is older changes nothing", async () => {
    const handler = await example("upsert-by-sequence");
    const change = (sequence: string, status: string) =>
      event(`u${sequence}`, { orderId: "42", status }, { partitionkey: "order#42", sequence });
    for (const each of [change("1", "placed"), change("10", "sent"), change("9", "paid"), change("1", "placed")]) {
      expect(await handler(sqs(each))).toEqual(ALL_WELL);
    }
    expect(await rows("OrderView")).toEqual([{ id: { S: "42" }, status: { S: "sent" }, eventsequence: { N: "10" } }]);
  });

  it("write and compare: a duplicate passes, a conflict fails", async () => {
    const handler = await example("write-and-compare");
    const payment = (id: string, amount: number) => event(id, { paymentId: "p1", amount });
    expect(await handler(sqs(payment("w1", 5)))).toEqual(ALL_WELL);
    expect(await handler(sqs(payment("w1", 5)))).toEqual(ALL_WELL);
    expect(await handler(sqs(payment("w2", 6)))).toEqual({ batchItemFailures: [{ itemIdentifier: "m0" }] });
  });

  it("the inbox with a lease: one mail for an event, and a failed one again", async () => {
    const keys: unknown[] = [];
    const statuses = [503];
    const mail = createServer((request, response) => {
      keys.push(request.headers["idempotency-key"]);
      response.writeHead(statuses.shift() ?? 200).end();
    });
    await new Promise<void>((resolve) => mail.listen(0, "127.0.0.1", resolve));
    try {
      process.env["MAIL_URL"] = `http://127.0.0.1:${(mail.address() as AddressInfo).port}`;
      const handler = await example("inbox-with-a-lease");
      const placed = event("l1", { orderId: "42" });
      expect(await handler(sqs(placed))).toEqual({ batchItemFailures: [{ itemIdentifier: "m0" }] });
      expect(await handler(sqs(placed))).toEqual(ALL_WELL);
      expect(await handler(sqs(placed))).toEqual(ALL_WELL);
      expect(keys).toEqual(["l1", "l1"]);
    } finally {
      await new Promise((resolve) => mail.close(resolve));
    }
  });
});

/** The unit tests' inbox in memory is a model. Here its conditions run on the emulator's DynamoDB. */
describe("the inbox on a table", () => {
  let now: number;
  const options = () => ({
    client: shop.clients.dynamodb,
    ...{ table: output(deployment, "InboxTableName"), consumer: "contract", leaseSeconds: 60, now: () => now },
  });
  let place = 0;
  let subject: CloudEvent;

  beforeEach(() => {
    now = Date.now();
    place += 1;
    subject = event(`inbox-${place}`, {});
  });

  it("handles once, and forgets when told", async () => {
    const consume = idempotent(async () => {}, { ...options(), keepSeconds: 3_600 });
    expect(await consume(subject)).toBe("handled");
    expect(await consume(subject)).toBe("duplicate");
    await expect(consume({ ...subject, type: "other" })).rejects.toMatchObject({ name: "EventIdReusedError" });
    now += 3_602_000;
    expect(await consume(subject)).toBe("handled");
  });

  it("keeps a second attempt off until the lease is over, and tells the one that lost it", async () => {
    const second = idempotent(async () => {}, options());
    const first = idempotent(async () => {
      await expect(second(subject)).rejects.toMatchObject({ name: "EventInProgressError" });
      now += 61_000;
      expect(await second(subject)).toBe("handled");
    }, options());
    await expect(first(subject)).rejects.toMatchObject({ name: "LeaseLostError" });
    expect.assertions(3);
  });

  it("gives a failed attempt's lease back", async () => {
    await expect(idempotent(() => Promise.reject(new Error("no")), options())(subject)).rejects.toThrow("no");
    expect(await idempotent(async () => {}, options())(subject)).toBe("handled");
  });

  it("commits effect and mark together, once of two at one time", async () => {
    const consume = withTransaction(
      async ({ id }) => [{ Put: { TableName: "Audit", Item: { id: { S: `tx-${id}` } } } }],
      options(),
    );
    const outcomes = await Promise.all([consume(subject), consume(subject), consume(subject)]);
    expect(outcomes.filter((outcome) => outcome === "handled")).toHaveLength(1);
    expect(await consume(subject)).toBe("duplicate");
  });

  it("does not mark what a business condition refused", async () => {
    const refused = {
      TableName: "Audit",
      Item: { id: { S: "taken" } },
      ConditionExpression: "attribute_not_exists(id)",
    };
    await shop.clients.dynamodb.send(new PutItemCommand({ TableName: "Audit", Item: { id: { S: "taken" } } }));
    await expect(withTransaction(async () => [{ Put: refused }], options())(subject)).rejects.toMatchObject({
      name: "BusinessConditionError",
      failures: [{ index: 0 }],
      existing: [],
    });
    expect(await withTransaction(async () => [], options())(subject)).toBe("handled");
  });
});
