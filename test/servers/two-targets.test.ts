import { join } from "node:path";
import { PutItemCommand, ScanCommand } from "@aws-sdk/client-dynamodb";
import { ListEventSourceMappingsCommand, UpdateEventSourceMappingCommand } from "@aws-sdk/client-lambda";
import { DeleteMessageCommand, ReceiveMessageCommand } from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Subscriber, subscribe } from "../../dev/demo/subscriber.ts";
import type { NewEvent } from "../../lib/contract/codec/encode-row.ts";
import type { Item } from "../../lib/contract/codec/item.ts";
import { type Clients, connect } from "../../lib/local/clients.ts";
import { deployApp, LOCAL_SETTINGS, type Outputs } from "../../lib/local/deploy.ts";
import { Lifetime } from "../../lib/local/lifetime.ts";
import { PROJECT_ROOT } from "../../lib/local/run-folder.ts";
import { itemOf } from "../aws/fixtures.ts";
import { Operator } from "../e2e/harness/operator.ts";
import { eventually } from "../setup/eventually.ts";
import { emulatedAws } from "./aws/emulated-aws.ts";

const LONG_AGO = new Date(Date.now() - 3_600_000).toISOString();

const lifetime = new Lifetime();
let clients: Clients;
let outputs: Outputs;
let operator: Operator;
let bus: Subscriber;
const warehouse: string[] = [];

beforeAll(async () => {
  const { emulator, runFolder, end } = await emulatedAws();
  lifetime.defer("The emulator", end);
  clients = connect(emulator.endpoint);
  lifetime.defer("The clients", async () => clients.destroy());
  operator = new Operator(emulator.endpoint);
  const { relayTimeoutSeconds, minAgeSeconds } = LOCAL_SETTINGS;
  outputs = await deployApp({
    emulator,
    runFolder,
    inherited: { ...process.env },
    signal: new AbortController().signal,
    stack: "TwoTargets",
    app: `node --import tsx bin/build-bundles.ts --quiet && node --import tsx ${join(PROJECT_ROOT, "examples/two-targets/app.ts")}`,
    context: { shared: { relayTimeoutSeconds, minAgeSeconds } },
  });
  bus = await subscribe({ clients, busName: outputs["BusName"] ?? "", name: "two-targets" });
  lifetime.defer("The subscriber", () => bus.stop());
});
afterAll(async () => expect(await lifetime.end()).toEqual([]));

async function write(events: readonly Partial<NewEvent>[], spoil: (item: Item) => Item = (item) => item) {
  for (const event of events) {
    await clients.dynamodb.send(
      new PutItemCommand({ TableName: outputs["OutboxTableName"], Item: spoil(itemOf(event)) as never }),
    );
  }
}

async function readWarehouse(): Promise<void> {
  const QueueUrl = outputs["WarehouseQueueUrl"];
  const { Messages: messages = [] } = await clients.sqs.send(
    new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }),
  );
  for (const { Body = "{}", ReceiptHandle } of messages) {
    warehouse.push(JSON.parse(Body).type);
    await clients.sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
  }
}

async function rowsLeft(): Promise<readonly (string | undefined)[]> {
  const { Items: items = [] } = await clients.dynamodb.send(
    new ScanCommand({
      TableName: outputs["OutboxTableName"],
      FilterExpression: "sk > :zero",
      ExpressionAttributeValues: { ":zero": { N: "0" } },
    }),
  );
  return items.map(({ id }) => id?.S);
}

const mixed = (prefix: string, change: Partial<NewEvent> = {}) =>
  Array.from({ length: 20 }, (_unused, index) => ({
    ...change,
    id: `${prefix}${index}`,
    type: index % 2 === 0 ? "parcel.sent" : "order.placed",
  }));

async function untilDelivered(left: readonly string[] = []): Promise<void> {
  const done = async () => {
    await readWarehouse();
    return JSON.stringify(await rowsLeft()) === JSON.stringify(left);
  };
  await eventually("every row is delivered", done, async () => `Rows: ${(await rowsLeft()).join(", ")}`);
  await readWarehouse();
}

describe("two relays on one table, by event type", () => {
  it("deliver each event to its own target from the stream", async () => {
    await write(mixed("stream"));
    await untilDelivered();
    await eventually(
      "the bus has its events",
      () => bus.arrivals.byId.size === 10,
      () => `${bus.arrivals.byId.size}`,
    );
    expect(warehouse).toEqual(Array(10).fill("parcel.sent"));
  });

  it("deliver each event to its own target by the sweep, and leave a row without a type to the one that says except", async () => {
    const { EventSourceMappings: mappings = [] } = await clients.lambda.send(new ListEventSourceMappingsCommand({}));
    expect(mappings).toHaveLength(2);
    for (const { UUID } of mappings) {
      await clients.lambda.send(new UpdateEventSourceMappingCommand({ UUID, Enabled: false }));
    }
    warehouse.length = 0;
    await write(mixed("sweep", { recordedtime: LONG_AGO }));
    await write([{ id: "no-type", recordedtime: LONG_AGO }], ({ type: _type, ...item }) => item);
    await untilDelivered(["no-type"]);
    expect(warehouse).toEqual(Array(10).fill("parcel.sent"));
    await eventually(
      "the bus has its events",
      () => bus.arrivals.byId.size === 20,
      () => `${bus.arrivals.byId.size}`,
    );
  });

  it("are each looked at by their name, and see their own events alone", async () => {
    const ask = (...args: readonly string[]) => operator.run("--stack", "TwoTargets", ...args);
    expect(await ask("status")).toMatchObject({
      exitCode: 2,
      stderr: "The stack TwoTargets has several relays: choose one with --relay, Others or Parcels.\n",
    });
    expect((await ask("--relay", "Others", "list")).stdout).toContain("no-type");
    expect((await ask("--relay", "Parcels", "list")).stdout).not.toContain("no-type");
    expect(await ask("--relay", "Parcels", "show", "no-type")).toMatchObject({
      exitCode: 3,
      stderr: expect.stringContaining("it is another relay's"),
    });
    expect(await ask("--relay", "Parcels", "put")).toMatchObject({
      exitCode: 2,
      stderr:
        "This relay does not deliver events of type outbox-relay.test, only parcel.*: give it a --type that it does.\n",
    });
  });
});
