import { CfnParameter, Fn, Stack } from "aws-cdk-lib";
import { TableV2 } from "aws-cdk-lib/aws-dynamodb";
import { EventBus } from "aws-cdk-lib/aws-events";
import { Queue } from "aws-cdk-lib/aws-sqs";
import { describe, expect, test } from "vitest";
import { longestJsonBytes } from "../../../lib/cdk/functions/deployed-length.ts";
import { OutboxTarget } from "../../../lib/cdk/targets/outbox-target.ts";
import {
  createApp,
  createOwnStack,
  createRelay,
  OUTBOX_KEYS,
  onlyResource,
  REQUEUER_FUNCTION,
  synthesize,
  synthesizeOwn,
} from "../fixtures.ts";

const types = (count: number, length = 24) =>
  Array.from(
    { length: count },
    (_each, index) => `${"order".padEnd(length - 4, "x")}.${String(index).padStart(3, "0")}`,
  );

describe("a filter that Lambda would refuse", () => {
  test("is refused at synth, with the way out", () => {
    expect(() => synthesize({ eventTypes: { only: types(200) } })).toThrow(
      /^outboxRelay\.eventTypes is \{"only":\["orderx.*the filter that it makes of the stream has \d+ characters, and Lambda takes 4096; give prefixes, such as order\.\*, or let this relay say except\.$/,
    );
  });

  test("is none where the types are prefixes, or the relay says except", () => {
    expect(() => synthesize({ eventTypes: { only: ["order.*"] } })).not.toThrow();
    // The mapping's filter does not hold the types of `except`.
    expect(() => synthesize({ eventTypes: { except: types(60) } })).not.toThrow();
  });
});

describe("an environment that Lambda would refuse", () => {
  test("is refused at synth where types make it too long, with the way out", () => {
    expect(() => synthesize({ eventTypes: { only: types(120) } })).toThrow(
      /The function's environment may have \d+ bytes when it is deployed, and Lambda takes 4096\. \d+ of them are OUTBOX_RELAY_SETTINGS: give eventTypes as prefixes/,
    );
  });

  test("is refused at synth where destinations do, though only the deployment knows their names", () => {
    const stack = createOwnStack();
    const first = new Queue(stack, "First");
    const alsoTo = Array.from({ length: 100 }, (_each, index) => new Queue(stack, `Queue${index}`));
    createRelay(stack, { target: OutboxTarget.sqs(first, { alsoTo }) });
    expect(() => synthesizeOwn(stack)).toThrow(/OUTBOX_RELAY_TARGET: name fewer destinations in alsoTo/);
  });

  test("is none where a hundred buses have short names, which stand in the template", () => {
    const stack = createOwnStack();
    const buses = Array.from({ length: 101 }, (_each, index) => new EventBus(stack, `Bus${index}`));
    const [bus, ...alsoTo] = buses as [EventBus, ...EventBus[]];
    createRelay(stack, { target: OutboxTarget.eventBridge(bus, { alsoTo }) });
    expect(() => synthesizeOwn(stack)).not.toThrow();
  });

  test("is refused at synth where a certificate does", () => {
    const ca = `-----BEGIN CERTIFICATE-----\n${"A".repeat(3_800)}\n-----END CERTIFICATE-----`;
    expect(() => synthesize({ target: { kind: "http", url: "https://events.example.com", ca } })).toThrow(
      /OUTBOX_RELAY_TARGET: .* keep a ca of certificates in a parameter/,
    );
  });

  test("is counted as Lambda counts it: one JSON object, with what is inside escaped", () => {
    const stack = createOwnStack({ env: { account: "111111111111", region: "eu-west-1" } });
    const variables = () =>
      onlyResource(synthesizeOwn(stack), "AWS::Lambda::Function", REQUEUER_FUNCTION).Properties.Environment.Variables;
    const table = TableV2.fromTableAttributes(stack, "Table", {
      tableArn: "arn:aws:dynamodb:eu-west-1:111111111111:table/Outbox",
      tableStreamArn: "arn:aws:dynamodb:eu-west-1:111111111111:table/Outbox/stream/1",
    });
    createRelay(stack, {
      table,
      target: OutboxTarget.sqs(Queue.fromQueueArn(stack, "Queue", "arn:aws:sqs:eu-west-1:111111111111:orders")),
    });
    const texts = Object.values(variables()).filter((value) => typeof value === "string");
    for (const text of texts) expect(longestJsonBytes(stack, text)).toBe(JSON.stringify(text).length - 2);
    expect(texts.length).toBeGreaterThan(4);
  });
});

describe("what only the deployment knows", () => {
  test.each<[string, (stack: Stack) => string, number]>([
    ["a queue's URL", (stack) => new Queue(stack, "Queue").queueUrl, 147],
    ["a table's name", (stack) => new TableV2(stack, "Table", OUTBOX_KEYS).tableName, 255],
    ["a bus's ARN", (stack) => new EventBus(stack, "Bus").eventBusArn, 340],
    [
      "a bus's name within a text",
      (stack) => `to ${new EventBus(stack, "Bus", { eventBusName: "orders" }).eventBusName}`,
      9,
    ],
    ["a part of an ARN", (stack) => Fn.select(1, Fn.split("/", new EventBus(stack, "Bus").eventBusArn)), 340],
    ["the region", (stack) => stack.region, 20],
    ["what another stack exports", () => Fn.importValue("Url"), 512],
    ["a parameter", (stack) => new CfnParameter(stack, "Url").valueAsString, 512],
  ])("counts at its longest: %s", (_what, made, bytes) => {
    const stack = new Stack(createApp(), "Orders");
    expect(longestJsonBytes(stack, stack.resolve(made(stack)))).toBe(bytes);
  });
});
