import { App, Stack } from "aws-cdk-lib";
import { EventBus, type IEventBus } from "aws-cdk-lib/aws-events";
import { Stream } from "aws-cdk-lib/aws-kinesis";
import { Alias, Function as LambdaFunction, Version } from "aws-cdk-lib/aws-lambda";
import { Topic } from "aws-cdk-lib/aws-sns";
import { Queue } from "aws-cdk-lib/aws-sqs";
import type { Construct } from "constructs";
import { describe, expect, test } from "vitest";
import { OutboxTarget } from "../../../lib/cdk/targets/outbox-target.ts";
import { createOwnStack, createRelay, ROLES, resourcesOf, synthesizeOwn, targetIn } from "../fixtures.ts";

const OURS = "111111111111";
const THEIRS = "222222222222";
const REGION = "eu-west-1";
const ELSEWHERE = "eu-central-1";

const ourStack = () => createOwnStack({ env: { account: OURS, region: REGION } });
/** A stack that is deployed wherever the caller's credentials are. */
const anyStack = () => createOwnStack();

const importing =
  <Resource>(load: (scope: Construct, id: string, arn: string) => Resource) =>
  (scope: Construct, arns: readonly string[]): readonly Resource[] =>
    arns.map((arn, index) => load(scope, `To${index}`, arn));

const buses = importing((scope, id, arn) => EventBus.fromEventBusArn(scope, id, arn));
const queues = importing((scope, id, arn) => Queue.fromQueueArn(scope, id, arn));
const topics = importing((scope, id, arn) => Topic.fromTopicArn(scope, id, arn));
const streams = importing((scope, id, arn) => Stream.fromStreamArn(scope, id, arn));
const functions = importing((scope, id, arn) => LambdaFunction.fromFunctionArn(scope, id, arn));

type ArnOf = (name: string, account?: string, region?: string) => string;
type TargetOf = (scope: Construct, arns: readonly string[]) => OutboxTarget;

const busArn: ArnOf = (name, account = OURS, region = REGION) =>
  `arn:aws:events:${region}:${account}:event-bus/${name}`;
const queueArn: ArnOf = (name, account = OURS, region = REGION) => `arn:aws:sqs:${region}:${account}:${name}`;
const topicArn: ArnOf = (name, account = OURS, region = REGION) => `arn:aws:sns:${region}:${account}:${name}`;
const streamArn: ArnOf = (name, account = OURS, region = REGION) =>
  `arn:aws:kinesis:${region}:${account}:stream/${name}`;
const functionArn: ArnOf = (name, account = OURS, region = REGION) =>
  `arn:aws:lambda:${region}:${account}:function:${name}`;

const firstOf = <Resource>([first, ...others]: readonly Resource[]): [Resource, readonly Resource[]] => {
  if (first === undefined) throw new Error("no resource");
  return [first, others];
};
const toBuses: TargetOf = (scope, arns) => {
  const [bus, alsoTo] = firstOf(buses(scope, arns));
  const foreign = arns.some((arn) => arn.includes(THEIRS));
  return OutboxTarget.eventBridge(bus, { alsoTo, ...(foreign ? { unverified: true } : {}) });
};
const toQueues: TargetOf = (scope, arns) => {
  const [queue, alsoTo] = firstOf(queues(scope, arns));
  return OutboxTarget.sqs(queue, { alsoTo });
};
const toTopics: TargetOf = (scope, arns) => {
  const [topic, alsoTo] = firstOf(topics(scope, arns));
  return OutboxTarget.sns(topic, { alsoTo });
};
const toStreams: TargetOf = (scope, arns) => {
  const [stream, alsoTo] = firstOf(streams(scope, arns));
  return OutboxTarget.kinesis(stream, { alsoTo });
};
const toFunctions: TargetOf = (scope, arns) => {
  const [first, alsoTo] = firstOf(functions(scope, arns));
  return OutboxTarget.lambda(first, { alsoTo });
};

const KINDS: readonly (readonly [string, ArnOf, TargetOf, action: string])[] = [
  ["eventbridge", busArn, toBuses, "events:PutEvents"],
  ["sqs", queueArn, toQueues, "sqs:SendMessage"],
  ["sns", topicArn, toTopics, "sns:Publish"],
  ["kinesis", streamArn, toStreams, "kinesis:PutRecords"],
  ["lambda", functionArn, toFunctions, "lambda:InvokeFunction"],
];

function toldIn(stack: Stack, target: OutboxTarget): Record<string, unknown> {
  createRelay(stack, { target });
  const told = targetIn(synthesizeOwn(stack));
  return told as Record<string, unknown>;
}

/** The functions' setting as a string, with the names of values that CloudFormation fills in. */
function textOf(told: unknown): string {
  const join = (told as { readonly "Fn::Join"?: readonly [string, readonly unknown[]] })["Fn::Join"];
  if (join === undefined) return JSON.stringify(told);
  return join[1].map((part) => (typeof part === "string" ? part : `<${Object.values(part as object)[0]}>`)).join("");
}
const jsonOf = (stack: Stack, target: OutboxTarget): Record<string, unknown> =>
  JSON.parse(textOf(toldIn(stack, target))) as Record<string, unknown>;

describe("a bus", () => {
  const bus = (stack: Stack, arn: string): IEventBus => EventBus.fromEventBusArn(stack, "Central", arn);

  test("of another account goes by its ARN, and is published to without a look", () => {
    const stack = ourStack();
    const central = busArn("central", THEIRS);
    const target = OutboxTarget.eventBridge(bus(stack, central), { unverified: true });
    createRelay(stack, { target });
    const template = synthesizeOwn(stack);
    expect(JSON.parse(textOf(targetIn(template)))).toEqual({
      ...{ kind: "eventbridge", busName: central, unverified: [central] },
      home: `arn:aws:events:${REGION}:${OURS}:event-bus/`,
    });
    for (const role of ROLES) {
      expect(resourcesOf(template, role, "events:PutEvents")).toEqual([central]);
      expect(resourcesOf(template, role, "events:DescribeEventBus")).toEqual([]);
    }
    // There are no alarms on what no check can tell either.
    expect(target.deployedIn(stack)).toMatchObject({ targetName: central, hasExistenceChecks: false });
    const alarms = Object.keys(template.findResources("AWS::CloudWatch::Alarm"));
    expect(alarms.filter((id) => /TargetUnverified|UnprotectedBuses/.test(id))).toEqual([]);
  });

  test("of another account is refused unless somebody accepts that nobody can look at it", () => {
    const stack = ourStack();
    const target = OutboxTarget.eventBridge(bus(stack, busArn("central", THEIRS)));
    expect(() => createRelay(stack, { target })).toThrow(
      /target is "arn:aws:events:eu-west-1:222222222222:event-bus\/central": it is in the account 222222222222, and the relay in 111111111111; .*unverified: true/,
    );
  });

  test("of the same name in another account is another bus", () => {
    const stack = ourStack();
    const local = new EventBus(stack, "Orders", { eventBusName: "orders" });
    const theirs = bus(stack, busArn("orders", THEIRS));
    const target = OutboxTarget.eventBridge(local, { alsoTo: [theirs], unverified: true });
    createRelay(stack, { target });
    const template = synthesizeOwn(stack);
    const told = JSON.parse(textOf(targetIn(template)));
    expect(told).toMatchObject({ alsoTo: [busArn("orders", THEIRS)], unverified: [busArn("orders", THEIRS)] });
    expect(told.busName).toMatch(/^<Orders/);
    for (const role of ROLES) {
      expect(resourcesOf(template, role, "events:DescribeEventBus")).toEqual([
        { "Fn::GetAtt": [expect.stringMatching(/^Orders/), "Arn"] },
      ]);
      expect(resourcesOf(template, role, "events:PutEvents")).toContainEqual(busArn("orders", THEIRS));
    }
  });

  test("of the stack's own account and region goes by its name, imported or made, in every kind of stack", () => {
    for (const stack of [ourStack(), anyStack()]) {
      const target = OutboxTarget.eventBridge(EventBus.fromEventBusName(stack, "Orders", "orders"), {
        alsoTo: [new EventBus(stack, "Audit")],
      });
      const told = jsonOf(stack, target);
      expect(told["busName"]).toBe("orders");
      expect(told["alsoTo"]).toEqual([expect.stringMatching(/^<Audit/)]);
      expect(told).not.toHaveProperty("unverified");
    }
    const stack = ourStack();
    expect(jsonOf(stack, OutboxTarget.eventBridge(bus(stack, busArn("orders"))))).toEqual({
      ...{ kind: "eventbridge", busName: "orders" },
      home: `arn:aws:events:${REGION}:${OURS}:event-bus/`,
    });
  });

  test("that may be of another account, for the stack does not know its own, goes by its ARN", () => {
    const stack = anyStack();
    const told = jsonOf(stack, OutboxTarget.eventBridge(bus(stack, busArn("central", THEIRS))));
    expect(told).toEqual({
      ...{ kind: "eventbridge", busName: busArn("central", THEIRS) },
      home: "arn:<AWS::Partition>:events:<AWS::Region>:<AWS::AccountId>:event-bus/",
    });
  });

  test("of another stack's account is told from this one's of that name", () => {
    const app = new App();
    const orders = new Stack(app, "Orders", { env: { account: OURS, region: REGION } });
    const audit = new Stack(app, "Audit", { env: { account: THEIRS, region: REGION } });
    const theirs = new EventBus(audit, "Bus", { eventBusName: "orders" });
    const target = OutboxTarget.eventBridge(new EventBus(orders, "Bus", { eventBusName: "orders" }), {
      ...{ alsoTo: [theirs], unverified: true },
    });
    const told = orders.resolve(target.deployedIn(orders).environment);
    expect(JSON.stringify(told.alsoTo)).toContain(THEIRS);
    expect(JSON.stringify(told.busName)).not.toContain(THEIRS);
  });

  test("is not called unverified where every one is looked at", () => {
    const stack = ourStack();
    const target = OutboxTarget.eventBridge(new EventBus(stack, "Orders"), { unverified: true });
    expect(() => createRelay(stack, { target })).toThrow(
      "target.unverified is true: every bus is of the stack's account",
    );
  });
});

describe.each(KINDS)("%s", (kind, arnOf, targetOf, action) => {
  /** The full identifier that the API takes: for a queue its URL. */
  const exact = (name: string, account = OURS) =>
    kind === "sqs" ? `https://sqs.${REGION}.<AWS::URLSuffix>/${account}/${name}` : arnOf(name, account);

  test("destinations of one account and region are told by their names", () => {
    const stack = ourStack();
    const told = jsonOf(stack, targetOf(stack, [arnOf("orders"), arnOf("audit")]));
    expect(told["alsoTo"]).toEqual([kind === "lambda" ? arnOf("audit") : "audit"]);
  });

  test("a destination of another account keeps it, and so do those of one's own beside it", () => {
    for (const [first, other] of [
      [OURS, THEIRS],
      [THEIRS, OURS],
    ] as const) {
      const stack = ourStack();
      const target = targetOf(stack, [arnOf("orders", first), arnOf("orders", other)]);
      createRelay(stack, { target });
      const template = synthesizeOwn(stack);
      const told = textOf(targetIn(template));
      expect(told).toContain(exact("orders", THEIRS));
      // Only a bus of the same account and region is identified by its name.
      expect(told).toContain(kind === "eventbridge" ? '"orders"' : exact("orders", OURS));
      for (const role of ROLES) {
        const granted = resourcesOf(template, role, action).flat();
        for (const account of [OURS, THEIRS]) expect(granted).toContain(arnOf("orders", account));
      }
    }
  });

  test("a destination of a known account keeps it in a stack that does not know its own", () => {
    const stack = anyStack();
    const mine = kind === "sqs" ? new Queue(stack, "Mine") : undefined;
    const target =
      mine === undefined
        ? targetOf(stack, [arnOf("orders", OURS), arnOf("orders", THEIRS)])
        : OutboxTarget.sqs(mine, { alsoTo: queues(stack, [arnOf("orders", THEIRS)]) });
    expect(textOf(toldIn(stack, target))).toContain(exact("orders", THEIRS));
  });

  test("a destination in another region is refused, with the way to get there", () => {
    for (const arns of [
      [arnOf("orders", OURS, ELSEWHERE)],
      [arnOf("orders"), arnOf("orders", OURS, ELSEWHERE)],
      [arnOf("orders"), arnOf("orders", THEIRS, ELSEWHERE)],
    ]) {
      const stack = ourStack();
      const target = targetOf(stack, arns);
      expect(() => createRelay(stack, { target })).toThrow(
        /it is in the region eu-central-1, and the stack in eu-west-1; .*rule or subscription/,
      );
    }
  });

  test("a destination in a known region is refused by CloudFormation where the stack does not know its own", () => {
    const stack = anyStack();
    createRelay(stack, { target: targetOf(stack, [arnOf("orders", OURS, ELSEWHERE)]) });
    const rules = Object.values(synthesizeOwn(stack).toJSON()["Rules"] as object);
    expect(rules).toContainEqual({
      Assertions: [
        {
          Assert: { "Fn::Equals": [{ Ref: "AWS::Region" }, ELSEWHERE] },
          AssertDescription: expect.stringMatching(
            /^target is ".*orders": it is in the region eu-central-1; .*subscription/,
          ),
        },
      ],
    });
  });

  test("a destination that is there twice is refused", () => {
    const stack = ourStack();
    const target = targetOf(stack, [arnOf("orders"), arnOf("audit"), arnOf("audit")]);
    expect(() => createRelay(stack, { target })).toThrow(/target\.alsoTo\[1\] is ".*audit": the target names it twice/);
  });
});

test("the same bus by its name and by its ARN is there twice", () => {
  const stack = ourStack();
  const target = OutboxTarget.eventBridge(EventBus.fromEventBusName(stack, "One", "orders"), {
    alsoTo: [EventBus.fromEventBusArn(stack, "Two", busArn("orders"))],
  });
  expect(() => createRelay(stack, { target })).toThrow("the target names it twice");
});

test("two aliases of one function are two destinations", () => {
  const stack = ourStack();
  const made = jsonOf(stack, toFunctions(stack, [functionArn("orders:blue"), functionArn("orders:green")]));
  expect(made["alsoTo"]).toEqual([functionArn("orders:green")]);
});

test("an alias that is imported by attributes is where its function is", () => {
  const stack = ourStack();
  const version = Version.fromVersionArn(stack, "Version", functionArn("orders:7", OURS, ELSEWHERE));
  const alias = Alias.fromAliasAttributes(stack, "Alias", { aliasName: "live", aliasVersion: version });
  expect(() => createRelay(stack, { target: OutboxTarget.lambda(alias) })).toThrow("it is in the region eu-central-1");
});
