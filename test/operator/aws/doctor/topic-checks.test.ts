import { CloudWatchClient, DescribeAlarmsCommand } from "@aws-sdk/client-cloudwatch";
import { DescribeKeyCommand, GetKeyPolicyCommand, KMSClient } from "@aws-sdk/client-kms";
import { GetTopicAttributesCommand, NotFoundException, SNSClient } from "@aws-sdk/client-sns";
import { beforeEach, describe, expect, it } from "vitest";
import { checkTopics } from "../../../../lib/operator/aws/doctor/topic-checks.ts";
import { mockClient } from "../../../setup/mocked-clients.ts";
import { checked } from "./checked.ts";
import { inWords } from "./in-words.ts";

const cloudwatch = mockClient(CloudWatchClient);
const sns = mockClient(SNSClient);
const kms = mockClient(KMSClient);

const OPS = "arn:aws:sns:us-east-1:123456789012:ops";
const PAGER = "arn:aws:sns:us-east-1:123456789012:pager";
const KEY = "arn:aws:kms:us-east-1:123456789012:key/1";
const alarm = (name: string, topics: readonly string[], change: object = {}) => ({
  AlarmName: `Orders-${name}`,
  AlarmArn: `arn:aws:cloudwatch:us-east-1:123456789012:alarm:Orders-${name}`,
  AlarmDescription: `orders: ${name} means that.`,
  ...{ AlarmActions: [...topics], OKActions: [...topics], ActionsEnabled: true, ...change },
});
const policy = (principal: object | string) =>
  JSON.stringify({
    Statement: [{ Effect: "Allow", Principal: principal, Action: ["sns:Publish", "kms:*"], Resource: "*" }],
  });
const OPEN = policy({ Service: "cloudwatch.amazonaws.com" });
const CLOSED = policy({ AWS: "arn:aws:iam::123456789012:root" });
const GOOD = { Policy: OPEN, SubscriptionsConfirmed: "1", SubscriptionsPending: "0" };

beforeEach(() => {
  for (const mock of [cloudwatch, sns, kms]) mock.reset();
  cloudwatch
    .on(DescribeAlarmsCommand)
    .resolves({ MetricAlarms: [alarm("BreakerOpen", [OPS])], CompositeAlarms: [alarm("DeliveryAtRisk", [PAGER])] });
  sns.on(GetTopicAttributesCommand).resolves({ Attributes: GOOD });
});

const opsIs = (attributes: Readonly<Record<string, string>>) =>
  sns.on(GetTopicAttributesCommand, { TopicArn: OPS }).resolves({ Attributes: { ...GOOD, ...attributes } });
const found = () => inWords(checkTopics)(checked());

describe("the doctor's look at the topics of alarms", () => {
  it("is content with topics that CloudWatch may publish to and somebody hears", async () => {
    expect(await found()).toEqual({
      state: "fine",
      what: `the topic ${OPS} takes what 1 alarm reports; the topic ${PAGER} takes what 1 alarm reports`,
    });
  });

  it("asks for the alarms of this relay alone, on every page", async () => {
    const others = alarm("Another", ["arn:aws:sns:us-east-1:123456789012:theirs"], {
      AlarmDescription: "parcels: that.",
    });
    cloudwatch
      .on(DescribeAlarmsCommand, { AlarmNamePrefix: "Orders-" })
      .resolves({ MetricAlarms: [others], NextToken: "2" });
    cloudwatch
      .on(DescribeAlarmsCommand, { AlarmNamePrefix: "Orders-", NextToken: "2" })
      .resolves({ MetricAlarms: [alarm("BreakerOpen", [OPS])] });
    expect(await found()).toMatchObject({ what: `the topic ${OPS} takes what 1 alarm reports` });
  });

  it.each([
    ["the relay's own", { Dimensions: [{ Name: "service", Value: "orders" }] }, OPS],
    ["a function's", { Dimensions: [{ Name: "FunctionName", Value: "requeuer" }] }, OPS],
    ["the queue's", { Dimensions: [{ Name: "QueueName", Value: "dead-letters" }] }, OPS],
    [
      "some that are reckoned with",
      { Metrics: [{ MetricStat: { Metric: { Dimensions: [{ Name: "FunctionName", Value: "relay" }] } } }] },
      OPS,
    ],
    ["another relay's", { Dimensions: [{ Name: "service", Value: "parcels" }] }, undefined],
    ["another function's", { Dimensions: [{ Name: "FunctionName", Value: "theirs" }] }, undefined],
  ])("knows an alarm without a description by its numbers: %s", async (_whose, change, topic) => {
    const nameless = { AlarmDescription: undefined };
    const rule = 'ALARM("arn:aws:cloudwatch:us-east-1:123456789012:alarm:Orders-BreakerOpen")';
    cloudwatch.on(DescribeAlarmsCommand).resolves({
      MetricAlarms: [alarm("BreakerOpen", [OPS], { ...nameless, ...change })],
      CompositeAlarms: [alarm("DeliveryAtRisk", [PAGER], { ...nameless, AlarmRule: rule })],
    });
    const it = await found();
    expect(it.state).toBe(topic === undefined ? "out of sight" : "fine");
    if (topic !== undefined) for (const each of [topic, PAGER]) expect(it.what).toContain(each);
  });

  it.each([["is gone", new NotFoundException({ message: "gone", $metadata: {} }), `the topic ${OPS} does not exist`]])(
    "finds one that %s",
    async (_what, error, what) => {
      sns.on(GetTopicAttributesCommand, { TopicArn: OPS }).rejects(error);
      expect(await found()).toMatchObject({ state: "wrong", what });
    },
  );

  it("finds one whose policy closes it", async () => {
    opsIs({ Policy: CLOSED });
    expect(await found()).toEqual({
      state: "wrong",
      what: `the policy of the topic ${OPS} does not let CloudWatch publish`,
      fix: "allow cloudwatch.amazonaws.com sns:Publish in the topic's policy",
    });
  });

  it.each(["alias/aws/sns", "arn:aws:kms:us-east-1:123456789012:alias/aws/sns", "by its id"])(
    "finds one that is encrypted with AWS's own key: %s",
    async (KmsMasterKeyId) => {
      opsIs({ KmsMasterKeyId });
      kms
        .on(DescribeKeyCommand)
        .resolves({ KeyMetadata: { KeyId: "1", Arn: KEY, KeyManager: "AWS", KeyState: "Enabled" } });
      expect(await found()).toMatchObject({
        state: "wrong",
        what: `the topic ${OPS} is encrypted with AWS's own key ${KmsMasterKeyId}, which CloudWatch may not use`,
      });
    },
  );

  it("finds one whose key CloudWatch may not use, or nobody", async () => {
    opsIs({ KmsMasterKeyId: KEY });
    const key = { KeyId: "1", Arn: KEY, KeyManager: "CUSTOMER" as const, KeyState: "Enabled" as const };
    kms.on(DescribeKeyCommand).resolves({ KeyMetadata: key });
    kms.on(GetKeyPolicyCommand).resolves({ Policy: CLOSED });
    expect(await found()).toEqual({
      state: "wrong",
      what: `the policy of the key ${KEY} of the topic ${OPS} does not let CloudWatch use it`,
      fix: "allow cloudwatch.amazonaws.com kms:Decrypt and kms:GenerateDataKey* in the key's policy",
    });
    kms.on(GetKeyPolicyCommand).resolves({ Policy: OPEN });
    expect(await found()).toMatchObject({ state: "fine" });
    kms.on(DescribeKeyCommand).resolves({ KeyMetadata: { ...key, KeyState: "Disabled" } });
    expect(await found()).toMatchObject({ state: "wrong", what: expect.stringContaining("is Disabled") });
    kms.on(DescribeKeyCommand).rejects(new NotFoundException({ message: "no such key", $metadata: {} }));
    expect(await found()).toEqual({
      state: "wrong",
      what: `the key ${KEY} of the topic ${OPS} does not exist, so nothing is published`,
      fix: "give the topic another",
    });
  });

  it.each([
    [{ SubscriptionsConfirmed: "0", SubscriptionsPending: "0" }, `nobody subscribes to the topic ${OPS}`],
    [{ SubscriptionsConfirmed: "0", SubscriptionsPending: "1" }, "no subscription is confirmed, and 1 waits"],
  ])("finds one that nobody hears: %j", async (counts, what) => {
    opsIs(counts);
    expect(await found()).toMatchObject({ state: "wrong", what: expect.stringContaining(what) });
  });

  it("finds alarms whose actions somebody has switched off", async () => {
    const MetricAlarms = [alarm("BreakerOpen", [OPS], { ActionsEnabled: false })];
    cloudwatch.on(DescribeAlarmsCommand).resolves({ MetricAlarms });
    expect(await found()).toEqual({
      state: "wrong",
      what: "Orders-BreakerOpen tells nobody: the actions are switched off",
      fix: "aws cloudwatch enable-alarm-actions --alarm-names Orders-BreakerOpen",
    });
  });
});

describe("it does not know", () => {
  const denied = Object.assign(new Error("no"), { name: "AuthorizationErrorException", $metadata: {} });

  it("of a topic or a key that it may not look at, and still finds what is wrong with another", async () => {
    sns.on(GetTopicAttributesCommand, { TopicArn: PAGER }).rejects(denied);
    expect(await found()).toMatchObject({
      state: "unknown",
      what: expect.stringContaining(`${PAGER} could not be looked at`),
    });
    opsIs({ Policy: CLOSED });
    expect(await found()).toMatchObject({ state: "wrong", what: expect.stringContaining(OPS) });
    opsIs({ KmsMasterKeyId: KEY });
    kms
      .on(DescribeKeyCommand)
      .rejects(Object.assign(new Error("no"), { name: "AccessDeniedException", $metadata: {} }));
    expect(await found()).toMatchObject({ state: "unknown", fix: expect.stringContaining("kms:GetKeyPolicy") });
  });

  it("what a condition that only AWS can judge comes to", async () => {
    const Condition = { StringEquals: { "aws:SourceOrgID": "o-1" } };
    opsIs({ Policy: JSON.stringify({ Statement: [{ ...JSON.parse(OPEN).Statement[0], Condition }] }) });
    expect(await found()).toMatchObject({ state: "unknown", what: expect.stringContaining("cannot be read off it") });
  });

  it("where no alarm can be told to be the relay's, unless there is to be none, and has nobody deploy for it", async () => {
    const nameless = alarm("BreakerOpen", [OPS], { AlarmDescription: undefined });
    for (const answer of [{}, { MetricAlarms: [nameless] }]) {
      cloudwatch.on(DescribeAlarmsCommand).resolves(answer);
      const it = await found();
      expect(it).toMatchObject({
        state: "out of sight",
        what: expect.stringContaining("no alarm of the stack Orders"),
      });
      expect(it.fix).not.toContain("deploy");
    }
    const none = checked();
    const variables = { ...none.deployment.variables, OUTBOX_RELAY_METRICS: "[]" };
    expect(await inWords(checkTopics)({ ...none, deployment: { ...none.deployment, variables } })).toMatchObject({
      state: "fine",
    });
  });
});

it("alarms that report to nobody are somebody's choice, and told", async () => {
  cloudwatch.on(DescribeAlarmsCommand).resolves({ MetricAlarms: [alarm("BreakerOpen", [])] });
  expect(await found()).toEqual({
    state: "fine",
    what: "the alarms report to no topic: alarmTopic and pageTopic set one",
  });
});
