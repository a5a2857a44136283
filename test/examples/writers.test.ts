import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { PurgeQueueCommand } from "@aws-sdk/client-sqs";
import { CloudEvent } from "cloudevents";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import type { Arrival } from "../../dev/demo/arrivals.ts";
import { type Subscriber, subscribe } from "../../dev/demo/subscriber.ts";
import { awsVariables } from "../../lib/local/environment.ts";
import { PROJECT_ROOT } from "../../lib/local/run-folder.ts";
import { eventually } from "../setup/eventually.ts";
import { goWriter, javaWriter, type Prepare, pythonWriter, type ReadyWriter } from "./foreign-writers.ts";
import { output } from "./orders-deployment.ts";
import { Packed } from "./packed.ts";
import { Shop } from "./shop.ts";
import { createTable } from "./tables.ts";

const ORDERS = "WritersOrders";

const deployment = inject("orders");
const { folder, tarball } = deployment.packed;
const exec = promisify(execFile);
let shop: Shop;
let subscriber: Subscriber;

beforeAll(async () => {
  shop = new Shop(deployment);
  await createTable(shop.clients.dynamodb, ORDERS, [["orderId", "S"]]);
  subscriber = await subscribe({ clients: shop.clients, busName: output(deployment, "BusName"), name: "WritersTest" });
});

afterAll(async () => {
  await subscriber?.stop();
  await subscriber?.remove();
  // The example's consumer cannot handle these events, and would try them again and again.
  await shop.clients.sqs.send(new PurgeQueueCommand({ QueueUrl: output(deployment, "StockQueueUrl") }));
  shop.close();
});

/** Waits for one event. */
async function arrivalOf(id: string): Promise<Arrival["event"]> {
  const find = () => subscriber.arrivals.byId.get(id);
  const state = () => `${subscriber.arrivals.byId.size} others have. The logs are in ${deployment.logs}`;
  await eventually(`the event ${id} arrives`, () => find() !== undefined, state);
  return find()?.event ?? {};
}

/** Java reads its arguments in the characters of the locale. */
const environment = () => ({
  PATH: process.env["PATH"] ?? "",
  LC_ALL: "C.UTF-8",
  ...awsVariables(deployment.endpoint),
});

/** Texts as other people's orders have them: each must arrive as it was given. */
const ORDER_IDS = ["1", 'a "quoted" id', "back\\slash", "日本-👩‍👩‍👧", '{"json":1}', "ä%s$1"];

describe.each<[language: string, prepare: Prepare]>([
  ["Python", pythonWriter],
  ["Java", javaWriter],
  ["Go", goWriter],
])("the writer in %s", (language, prepare) => {
  let writer: ReadyWriter;
  const place = (orderId: string) =>
    exec(writer.command, [...writer.args, ORDERS, output(deployment, "OutboxTableName"), orderId], {
      env: environment(),
    });

  beforeAll(async () => {
    writer = await prepare(folder);
  });

  it.each(ORDER_IDS)("writes the order %j and its event as the document shows, and the event arrives", async (id) => {
    const orderId = `${language} ${id}`;
    const { stdout } = await place(orderId);
    const event = await arrivalOf(stdout.trim());
    expect(event).toMatchObject({
      ...{ specversion: "1.0", type: "order.placed", source: "/shop/orders" },
      ...{ datacontenttype: "application/json", data: { orderId, total: 99 } },
    });
    expect(new CloudEvent(event).validate(), "the CloudEvents SDK takes it").toBe(true);
    // The order exists, so a second one is refused, and its event with it.
    await expect(place(orderId)).rejects.toThrow(/TransactionCanceled/);
  });
});

describe("a writer with boto3", () => {
  it("writes every valid golden vector, and each arrives as the event that stands there", async () => {
    const { command: python } = await pythonWriter(folder);
    const path = join(PROJECT_ROOT, "schema", "golden-vectors.json");
    const vectors = JSON.parse(await readFile(path, "utf8"));
    const program = join(folder, "write_vectors.py");
    await writeFile(program, WRITE_VECTORS);
    await exec(python, [program, path, output(deployment, "OutboxTableName")], { env: environment() });
    for (const { event } of vectors.valid) expect(await arrivalOf(event.id)).toEqual(event);
    expect(vectors.valid.length).toBeGreaterThan(10);
  });
});

/** boto3's client takes DynamoDB JSON, except for bytes. */
const WRITE_VECTORS = `
import base64, json, sys
import boto3

client = boto3.client("dynamodb")
for vector in json.load(open(sys.argv[1]))["valid"]:
    item = {
        name: {"B": base64.b64decode(value["B"])} if "B" in value else value
        for name, value in vector["item"].items()
    }
    client.put_item(TableName=sys.argv[2], Item=item, ConditionExpression="attribute_not_exists(pk)")
`;

describe("the README's writer", () => {
  it("runs as it stands, in under ten lines, and its event arrives", async () => {
    const readme = await readFile(join(PROJECT_ROOT, "README.md"), "utf8");
    const code = /```ts\n(import [^`]*dynamodb-outbox-relay\/client[\s\S]*?)```/.exec(readme)?.[1];
    if (code === undefined) throw new Error("README.md shows no writer");
    expect(code.split("\n").filter((line) => line.trim() !== "").length).toBeLessThan(10);
    const project = await new Packed(folder, tarball).project("readme", undefined, [
      "@aws-sdk/client-dynamodb@3.1162.0",
    ]);
    await createTable(shop.clients.dynamodb, "Orders", [["orderId", "S"]]);
    const table = JSON.stringify(output(deployment, "OutboxTableName"));
    await writeFile(join(project, "write.mjs"), `const outboxTableName = ${table};\n${code}`);
    await exec("node", ["write.mjs"], { cwd: project, env: environment() });
    const find = () =>
      [...subscriber.arrivals.byId.values()].find(
        ({ event }) =>
          (event["data"] as { total?: number })?.total === 99 &&
          (event["data"] as { orderId?: string }).orderId === "42",
      );
    await eventually(
      "the event arrives",
      () => find() !== undefined,
      () => "It has not",
    );
    expect(find()?.event).toMatchObject({ type: "order.placed", data: { orderId: "42", total: 99 } });
  });
});
