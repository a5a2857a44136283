import { App } from "aws-cdk-lib";
import { Match } from "aws-cdk-lib/assertions";
import { Vpc } from "aws-cdk-lib/aws-ec2";
import { type CfnEventBus, EventBus, type EventBusProps } from "aws-cdk-lib/aws-events";
import { Key } from "aws-cdk-lib/aws-kms";
import { Queue, QueueEncryption } from "aws-cdk-lib/aws-sqs";
import { describe, expect, test } from "vitest";
import { bundleFolder } from "../../../lib/cdk/functions/bundles.ts";
import { OutboxTarget } from "../../../lib/cdk/targets/outbox-target.ts";
import {
  bundlesFolder,
  createOwnStack,
  createRelay,
  findResources,
  onlyResource,
  RELAY_FUNCTION,
  REQUEUER_FUNCTION,
  ROLES,
  resourcesOf,
  synthesize,
  synthesizeOwn,
  targetsIn,
} from "../fixtures.ts";

describe("EventBridge", () => {
  test("a bus is made when none is given", () => {
    const template = synthesize();
    template.resourceCountIs("AWS::Events::EventBus", 1);
    template.hasOutput("TargetName", { Value: { Ref: Match.stringLikeRegexp("^Bus") } });
  });

  test("an existing bus is used by its name", () => {
    const template = synthesize({ target: { kind: "eventbridge", busName: "orders" } });
    template.resourceCountIs("AWS::Events::EventBus", 0);
    template.hasOutput("TargetName", { Value: "orders" });
    const told = JSON.stringify(targetsIn(template)[0]);
    expect(told).toContain(String.raw`{\"kind\":\"eventbridge\",\"busName\":\"orders\",\"home\":\"arn:`);
  });

  test("the stack's own bus has a disabled rule, with which it cannot be deleted", () => {
    synthesize().hasResourceProperties("AWS::Events::Rule", {
      EventBusName: { Ref: Match.stringLikeRegexp("^Bus") },
      EventPattern: { source: ["dynamodb-outbox-relay.guard"] },
      State: "DISABLED",
    });
  });

  test("a bus that is given has such a rule only where that is asked for, and the default bus never", () => {
    const target = { kind: "eventbridge", busName: "orders" };
    synthesize({ target }).resourceCountIs("AWS::Events::Rule", 0);
    synthesize({ target: { ...target, guardBus: true } }).hasResourceProperties("AWS::Events::Rule", {
      EventBusName: "orders",
    });
    expect(() => synthesize({ target: { ...target, busName: "default", guardBus: true } })).toThrow("guardBus");
    expect(() => synthesize({ target: { kind: "eventbridge", guardBus: true } })).toThrow("always guarded");
  });

  test("a bus of the app with a key and no dead-letter queue, which loses events once the key is gone, is refused at synth", () => {
    const busWith = (props: EventBusProps, adopt: (bus: EventBus) => void = () => undefined) => {
      const stack = createOwnStack();
      const bus = new EventBus(stack, "Orders", props);
      createRelay(stack, { target: OutboxTarget.eventBridge(new EventBus(stack, "First"), { alsoTo: [bus] }) });
      adopt(bus);
      return () => App.of(stack)?.synth();
    };
    const keys = createOwnStack();
    const kmsKey = Key.fromKeyArn(keys, "Key", "arn:aws:kms:us-east-1:123456789012:key/1");
    const deadLetterQueue = Queue.fromQueueArn(keys, "Queue", "arn:aws:sqs:us-east-1:123456789012:undelivered");
    expect(busWith({ kmsKey })).toThrow(
      "The event bus Orders/Orders has a customer-managed key and no dead-letter queue",
    );
    expect(busWith({})).not.toThrow();
    expect(busWith({ kmsKey, deadLetterQueue })).not.toThrow();
    const laterOn = (bus: EventBus) => {
      (bus.node.defaultChild as CfnEventBus).deadLetterConfig = { arn: deadLetterQueue.queueArn };
    };
    expect(busWith({ kmsKey }, laterOn)).not.toThrow();
  });

  test("the functions are told how long what they know of the bus holds", () => {
    const checks = { busMemorySeconds: 60, busCheckEverySeconds: 5 };
    const told = JSON.stringify(
      targetsIn(synthesize({ target: { kind: "eventbridge", busName: "orders", ...checks } }))[0],
    );
    expect(told).toContain(String.raw`\"busMemorySeconds\":60,\"busCheckEverySeconds\":5`);
    for (const wrong of [{ busMemorySeconds: 61 }, { busCheckEverySeconds: 11 }, { busMemorySeconds: -1 }]) {
      expect(() => synthesize({ target: { kind: "eventbridge", ...wrong } })).toThrow(Object.keys(wrong)[0]);
    }
  });

  test("both functions may publish to the further buses that are named, and look them up", () => {
    const stack = createOwnStack();
    const [bus, other] = [new EventBus(stack, "First"), new EventBus(stack, "Second")];
    createRelay(stack, { target: OutboxTarget.eventBridge(bus, { alsoTo: [other] }) });
    const template = synthesizeOwn(stack);
    for (const role of ROLES) {
      for (const action of ["events:PutEvents", "events:DescribeEventBus"]) {
        expect(resourcesOf(template, role, action)).toEqual([
          [
            { "Fn::GetAtt": [expect.stringMatching(/^First/), "Arn"] },
            { "Fn::GetAtt": [expect.stringMatching(/^Second/), "Arn"] },
          ],
        ]);
      }
    }
  });
});

describe("SQS", () => {
  test("a queue is made when none is given, and kept like the outbox itself", () => {
    const template = synthesize({ target: { kind: "sqs" } });
    const queue = onlyResource(template, "AWS::SQS::Queue", "Queue");
    expect(queue.DeletionPolicy).toBe("Retain");
    expect(queue.Properties).toEqual({
      MaximumMessageSize: 1_048_576,
      MessageRetentionPeriod: 1_209_600,
      SqsManagedSseEnabled: true,
    });
    template.hasOutput("TargetName", { Value: { Ref: Match.stringLikeRegexp("^Queue") } });
    expect(targetsIn(template)).toEqual(
      Array(2).fill({
        "Fn::Join": ["", ['{"kind":"sqs","queueUrl":"', { Ref: expect.stringMatching(/^Queue/) }, '"}']],
      }),
    );
  });

  test("a FIFO queue is made where that is asked for, deduplicating by event and not by content", () => {
    const template = synthesize({ target: { kind: "sqs", fifo: true } });
    expect(onlyResource(template, "AWS::SQS::Queue", "Queue").Properties).toMatchObject({
      FifoQueue: true,
      ContentBasedDeduplication: false,
      DeduplicationScope: "messageGroup",
      FifoThroughputLimit: "perMessageGroupId",
    });
  });

  test("an existing queue is used by its ARN", () => {
    const queueArn = "arn:aws:sqs:us-east-1:123456789012:orders.fifo";
    const template = synthesize({ target: { kind: "sqs", queueArn } });
    expect(findResources(template, "AWS::SQS::Queue", "Queue")).toEqual([]);
    expect(JSON.stringify(targetsIn(template))).toContain('/123456789012/orders.fifo\\"}');
    for (const role of ROLES) {
      expect(resourcesOf(template, role, "sqs:SendMessage")).toContain(queueArn);
    }
  });

  test("both functions may send to the queues, and use their customer-managed keys", () => {
    const stack = createOwnStack();
    const encryptionMasterKey = new Key(stack, "Key");
    const queue = new Queue(stack, "First", { encryption: QueueEncryption.KMS, encryptionMasterKey });
    const other = new Queue(stack, "Second");
    createRelay(stack, { target: OutboxTarget.sqs(queue, { alsoTo: [other] }) });
    const template = synthesizeOwn(stack);
    for (const role of ROLES) {
      expect(resourcesOf(template, role, "sqs:SendMessage")).toContainEqual([
        { "Fn::GetAtt": [expect.stringMatching(/^First/), "Arn"] },
        { "Fn::GetAtt": [expect.stringMatching(/^Second/), "Arn"] },
      ]);
      expect(resourcesOf(template, role, "kms:GenerateDataKey")).toEqual([
        { "Fn::GetAtt": [expect.stringMatching(/^Key/), "Arn"] },
      ]);
    }
  });

  test("a further queue of the other type is refused", () => {
    const stack = createOwnStack();
    const queue = new Queue(stack, "First");
    const other = Queue.fromQueueArn(stack, "Second", "arn:aws:sqs:us-east-1:123456789012:orders.fifo");
    expect(() => OutboxTarget.sqs(queue, { alsoTo: [other] })).toThrow(
      'alsoTo[0] is "orders.fifo": it must be a standard queue like the first one.',
    );
  });
});

test.each(["eventbridge", "sqs", "sns", "kinesis"] as const)("the functions are given the bundles for %s", (kind) => {
  const template = synthesize({ target: { kind } });
  const keys = findResources(template, "AWS::Lambda::Function").map(({ Properties }) => Properties.Code.S3Key);
  expect(new Set(keys).size).toBe(2);
  expect(bundleFolder(bundlesFolder, "relay", kind)).toMatch(`/relay-${kind}`);
});

describe("a target inside a VPC", () => {
  test("has both functions run there, and lets them make their network interfaces", () => {
    const stack = createOwnStack();
    const vpc = new Vpc(stack, "Vpc");
    const bus = OutboxTarget.eventBridge(new EventBus(stack, "Bus"));
    createRelay(stack, { target: { kind: bus.kind, deployedIn: (scope) => bus.deployedIn(scope), network: { vpc } } });
    const template = synthesizeOwn(stack);
    for (const prefix of [RELAY_FUNCTION, REQUEUER_FUNCTION]) {
      expect(onlyResource(template, "AWS::Lambda::Function", prefix).Properties.VpcConfig.SubnetIds).toHaveLength(2);
    }
    for (const role of ROLES) expect(resourcesOf(template, role, "ec2:CreateNetworkInterface")).toEqual(["*"]);
  });

  test("is nowhere without one", () => {
    for (const { Properties } of findResources(synthesize(), "AWS::Lambda::Function")) {
      expect(Properties.VpcConfig).toBeUndefined();
    }
  });
});
