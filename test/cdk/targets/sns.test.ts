import { Match } from "aws-cdk-lib/assertions";
import { Key } from "aws-cdk-lib/aws-kms";
import { Topic } from "aws-cdk-lib/aws-sns";
import { describe, expect, test } from "vitest";
import { readAppSettings } from "../../../lib/cdk/settings.ts";
import { OutboxTarget } from "../../../lib/cdk/targets/outbox-target.ts";
import {
  createOwnStack,
  createRelay,
  onlyResource,
  ROLES,
  resourcesOf,
  synthesize,
  synthesizeOwn,
  targetsIn,
} from "../fixtures.ts";

const topicArn = "arn:aws:sns:us-east-1:123456789012:orders";

describe("SNS", () => {
  test("a topic is made when none is given, encrypted, and closed to requests without TLS", () => {
    const template = synthesize({ target: { kind: "sns" } });
    expect(onlyResource(template, "AWS::SNS::Topic", "Topic").Properties).toEqual({ KmsMasterKeyId: "alias/aws/sns" });
    template.hasResourceProperties("AWS::SNS::TopicPolicy", {
      PolicyDocument: {
        Statement: [Match.objectLike({ Effect: "Deny", Condition: { Bool: { "aws:SecureTransport": "false" } } })],
      },
    });
    template.hasOutput("TargetName", { Value: { Ref: Match.stringLikeRegexp("^Topic") } });
    expect(targetsIn(template)).toEqual(
      Array(2).fill({
        "Fn::Join": ["", ['{"kind":"sns","topicArn":"', { Ref: expect.stringMatching(/^Topic/) }, '"}']],
      }),
    );
    for (const role of ROLES) {
      expect(resourcesOf(template, role, "sns:Publish")).toEqual([{ Ref: expect.stringMatching(/^Topic/) }]);
    }
  });

  test("a FIFO topic is made where that is asked for, deduplicating by event and not by content", () => {
    const template = synthesize({ target: { kind: "sns", fifo: true } });
    expect(onlyResource(template, "AWS::SNS::Topic", "Topic").Properties).toMatchObject({
      TopicName: expect.stringMatching(/\.fifo$/),
      FifoTopic: true,
      ContentBasedDeduplication: false,
      FifoThroughputScope: "MessageGroup",
    });
  });

  test("an existing topic is used by its ARN, with what it takes in a message", () => {
    const template = synthesize({ target: { kind: "sns", topicArn, maxMessageBytes: 1_048_576 } });
    template.resourceCountIs("AWS::SNS::Topic", 0);
    const environment = `{"kind":"sns","topicArn":"${topicArn}","maxMessageBytes":1048576}`;
    expect(targetsIn(template)).toEqual([environment, environment]);
    for (const role of ROLES) expect(resourcesOf(template, role, "sns:Publish")).toEqual([topicArn]);
  });

  test("both functions may publish to the topics that are named, and use their customer-managed keys", () => {
    const stack = createOwnStack();
    const topic = new Topic(stack, "First", { masterKey: new Key(stack, "Key") });
    const other = new Topic(stack, "Second");
    createRelay(stack, { target: OutboxTarget.sns(topic, { alsoTo: [other] }) });
    const template = synthesizeOwn(stack);
    for (const role of ROLES) {
      expect(resourcesOf(template, role, "sns:Publish")).toEqual([
        [{ Ref: expect.stringMatching(/^First/) }, { Ref: expect.stringMatching(/^Second/) }],
      ]);
      for (const action of ["kms:GenerateDataKey", "kms:Decrypt"]) {
        expect(resourcesOf(template, role, action)).toEqual([{ "Fn::GetAtt": [expect.stringMatching(/^Key/), "Arn"] }]);
      }
    }
    expect(JSON.stringify(targetsIn(template))).toContain('alsoTo\\":[\\"');
  });

  test("a further topic of the other type is refused, and a size that no topic has", () => {
    const stack = createOwnStack();
    const topic = new Topic(stack, "First");
    const other = Topic.fromTopicArn(stack, "Second", `${topicArn}.fifo`);
    expect(() => OutboxTarget.sns(topic, { alsoTo: [other] })).toThrow(
      'alsoTo[0] is "orders.fifo": it must be a standard topic like the first one.',
    );
    expect(() => OutboxTarget.sns(topic, { maxMessageBytes: 10 })).toThrow("maxMessageBytes is 10");
  });

  test.each([
    [{ topicArn: "orders" }, 'topicArn is "orders": it must be the ARN of a topic'],
    [{ topicArn, fifo: true }, "fifo is true: the topic's name says false: leave fifo out where topicArn is given"],
    [{ fifo: "yes" }, 'fifo is "yes": it must be true or false'],
    [{ maxMessageBytes: 300_000 }, "maxMessageBytes is 300000: it says what the topic at topicArn takes"],
    [
      { topicArn, maxMessageBytes: 2_000_000 },
      "maxMessageBytes is 2000000: it must be an integer from 1024 to 1048576",
    ],
    [{ queueArn: "x" }, 'queueArn is "x": there is no such setting'],
  ])("the setting %j is refused with the reason", (settings, message) => {
    expect(() => readAppSettings({ target: { kind: "sns", ...settings } })).toThrow(`outboxRelay.target.${message}`);
  });

  test("a FIFO topic is known by its name", () => {
    expect(readAppSettings({ target: { kind: "sns", topicArn: `${topicArn}.fifo` } }).target).toMatchObject({
      fifo: true,
    });
  });
});
