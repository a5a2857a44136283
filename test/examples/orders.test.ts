import { GetQueueAttributesCommand, SendMessageBatchCommand } from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { seededRandom } from "../../dev/demo/seeded-random.ts";
import { type Subscriber, subscribe } from "../../dev/demo/subscriber.ts";
import { boundedMap } from "../../lib/core/parallel.ts";
import { FaultProxy } from "../../lib/local/faults/fault-proxy.ts";
import { changeVariables, pointFunctionsAt } from "../../lib/local/functions.ts";
import { killWorkers } from "../e2e/harness/workers.ts";
import { eventually } from "../setup/eventually.ts";
import { output } from "./orders-deployment.ts";
import { type Order, Shop } from "./shop.ts";

const SEED = 42;
const ORDERS = 150;
const SKUS = ["apple", "pear", "plum"];
const STOCK = 10_000;
/** Plums run out, so that some orders are rejected. */
const PLUMS = 60;

const deployment = inject("orders");
const random = seededRandom(SEED);
let shop: Shop;
let toBus: FaultProxy;
let toTables: FaultProxy;
let subscriber: Subscriber;

beforeAll(async () => {
  shop = new Shop(deployment);
  toBus = await FaultProxy.start({ upstream: deployment.endpoint, random });
  toTables = await FaultProxy.start({ upstream: deployment.endpoint, random });
  const { lambda } = shop.clients;
  const at = (proxy: FaultProxy) => `http://${deployment.hostForFunctions}:${proxy.port}`;
  await pointFunctionsAt(
    lambda,
    [output(deployment, "RelayFunctionName"), output(deployment, "RequeuerFunctionName")],
    at(toBus),
  );
  await changeVariables(lambda, output(deployment, "ReserveStockFunction"), (variables) => ({
    ...variables,
    AWS_ENDPOINT_URL_DYNAMODB: at(toTables),
  }));
  subscriber = await subscribe({ clients: shop.clients, busName: output(deployment, "BusName"), name: "ExampleTest" });
});

afterAll(async () => {
  const { lambda } = shop.clients;
  await pointFunctionsAt(
    lambda,
    [output(deployment, "RelayFunctionName"), output(deployment, "RequeuerFunctionName")],
    undefined,
  );
  await changeVariables(
    lambda,
    output(deployment, "ReserveStockFunction"),
    ({ AWS_ENDPOINT_URL_DYNAMODB: _proxy, ...rest }) => rest,
  );
  await subscriber?.stop();
  await subscriber?.remove();
  await toBus?.close();
  await toTables?.close();
  shop.close();
});

const orders: readonly Order[] = Array.from({ length: ORDERS }, (_unused, index) => ({
  orderId: `order-${index}`,
  sku: SKUS[index % SKUS.length] ?? "",
  quantity: 1 + Math.floor(random() * 5),
}));

/** Sends the events of the bus to the consumer's queue once more, past the relay. */
async function deliverAgain(): Promise<number> {
  const placed = [...subscriber.arrivals.byId.values()].filter(({ event }) => event["type"] === "order.placed");
  for (let index = 0; index < placed.length; index += 10) {
    const Entries = placed
      .slice(index, index + 10)
      .map(({ event }, place) => ({ Id: String(place), MessageBody: JSON.stringify(event) }));
    await shop.clients.sqs.send(
      new SendMessageBatchCommand({ QueueUrl: output(deployment, "StockQueueUrl"), Entries }),
    );
  }
  return placed.length;
}

const reservations = async () =>
  (await shop.rows("ReservationsTableName")).map((row) => row as unknown as Order & { readonly status: string });

const sold = (rows: readonly Order[], sku: string) =>
  rows.filter((row) => row.sku === sku).reduce((sum, { quantity }) => sum + quantity, 0);

describe("the order service", () => {
  it("answers a customer's mistake, and an order that exists", async () => {
    expect(await shop.place({ orderId: "mistake", sku: "apple", quantity: 0 })).toBe(400);
    expect(await shop.rows("OrdersTableName")).toEqual([]);
  });

  it("takes each order from the stock once, whatever is lost, killed or delivered twice", async () => {
    for (const sku of SKUS) await shop.stockUp(sku, sku === "plum" ? PLUMS : STOCK);
    // Acknowledgements of the bus are lost, so the relay publishes again. Answers of the tables are lost after their writes.
    await toBus.setFault({ kind: "drop-answer", probability: 0.3 });
    await toTables.setFault({ kind: "drop-answer", probability: 0.2 });

    const statuses = await boundedMap(orders, 8, (order) => shop.place(order));
    expect(new Set(statuses)).toEqual(new Set([201]));
    expect(await shop.place(orders[0])).toBe(409);

    let kills = 0;
    let again = 0;
    const kill = async () => {
      kills += await killWorkers(deployment.emulatorPid, [output(deployment, "ReserveStockFunction")]);
    };
    await eventually(
      "some orders are reserved",
      async () => (await reservations()).length > 20,
      async () => `${(await reservations()).length} are. The logs are in ${deployment.logs}`,
    );
    // In the middle of a batch: its commits stay, and its messages come again.
    await kill();
    again += await deliverAgain();
    await eventually(
      "more are",
      async () => (await reservations()).length > 80,
      async () => `${(await reservations()).length} are. The logs are in ${deployment.logs}`,
    );
    await kill();

    const settled = async () =>
      (await reservations()).length === ORDERS && (await shop.rows("OutboxTableName")).length === 0;
    const state = async () =>
      `${(await reservations()).length} reservations, ${(await shop.rows("OutboxTableName")).length} rows in the outbox, ` +
      `${subscriber.arrivals.byId.size} events arrived. The logs are in ${deployment.logs}`;
    await eventually("every order has its answer", settled, state);
    again += await deliverAgain();
    await eventually("the queue is empty", queueIsEmpty, state);

    const rows = await reservations();
    const left = await shop.stock();
    const reserved = rows.filter(({ status }) => status === "reserved");
    const copies = [...subscriber.arrivals.byId.values()].reduce((sum, each) => sum + each.copies, 0);
    console.log(
      `example: ${ORDERS} orders, ${reserved.length} reserved, ${rows.length - reserved.length} rejected; ` +
        `${copies - subscriber.arrivals.byId.size} events came twice over the bus, ${again} were delivered again, ` +
        `${kills} consumers were killed, the tables' answers lost ${toTables.counts.requests["drop-answer"]} times`,
    );
    // The shop's accounts balance.
    expect(left).toEqual(new Map(SKUS.map((sku) => [sku, (sku === "plum" ? PLUMS : STOCK) - sold(reserved, sku)])));
    expect(Math.min(...left.values())).toBeGreaterThanOrEqual(0);
    expect(new Set(rows.map(({ orderId }) => orderId))).toEqual(new Set(orders.map(({ orderId }) => orderId)));
    // Each order was answered once: there are as many follow-up events as reservations, and each has one id.
    const followUps = [...subscriber.arrivals.byId.values()].filter(({ event }) => event["type"] === "stock.reserved");
    expect(followUps).toHaveLength(reserved.length);
    // Every fault did happen.
    expect(copies).toBeGreaterThan(subscriber.arrivals.byId.size);
    expect(kills).toBeGreaterThan(0);
    expect(toTables.counts.requests["drop-answer"]).toBeGreaterThan(0);
  });
});

async function queueIsEmpty(): Promise<boolean> {
  const { Attributes = {} } = await shop.clients.sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: output(deployment, "StockQueueUrl"), AttributeNames: ["All"] }),
  );
  return (
    Number(Attributes["ApproximateNumberOfMessages"]) + Number(Attributes["ApproximateNumberOfMessagesNotVisible"]) ===
    0
  );
}
