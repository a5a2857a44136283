import { Annotations, CfnParameter, Stack } from "aws-cdk-lib";
import { Annotations as Found, Match } from "aws-cdk-lib/assertions";
import { Topic } from "aws-cdk-lib/aws-sns";
import { describe, expect, test } from "vitest";
import type { Template } from "../../../lib/cloudwatch/template.ts";
import { createApp, createOwnStack, createRelay, synthesize, synthesizeOwn } from "../fixtures.ts";

const OPS = "arn:aws:sns:us-east-1:123456789012:ops";
const PAGER = "arn:aws:sns:us-east-1:123456789012:pager";
const ENV = { account: "123456789012", region: "us-east-1" };

const warnings = (stack: Stack) =>
  Found.fromStack(stack)
    .findWarning("*", Match.anyValue())
    .map(({ entry }) => String(entry.data));

/** Who hears of each alarm, when it goes on and off, by the names that people know. */
function listeners(context: unknown): Readonly<Record<string, readonly string[]>> {
  const { Resources } = synthesize(context).toJSON() as Template;
  return Object.fromEntries(
    Object.entries(Resources).flatMap(([id, { Type, Properties = {} }]) => {
      if (!/^AWS::CloudWatch::(Composite)?Alarm$/.test(Type)) return [];
      const { AlarmActions: on = [], OKActions: off = [] } = Properties as Record<string, string[]>;
      expect(off).toEqual(on);
      return [[/Monitoring(\w+?)[0-9A-F]{8}$/.exec(id)?.[1] ?? id, on]];
    }),
  );
}

describe("the topic that wakes somebody", () => {
  test("hears of DeliveryAtRisk alone, and the other topic of all others", () => {
    const { DeliveryAtRisk, ...others } = listeners({ alarmTopicArn: OPS, pageTopicArn: PAGER });
    expect(DeliveryAtRisk).toEqual([PAGER]);
    expect(new Set(Object.values(others).flat())).toEqual(new Set([OPS]));
    expect(Object.values(others).every((topics) => topics.length === 1)).toBe(true);
  });

  test("leaves the others silent where it is the only topic", () => {
    const { DeliveryAtRisk, ...others } = listeners({ pageTopicArn: PAGER });
    expect(DeliveryAtRisk).toEqual([PAGER]);
    expect(Object.values(others).flat()).toEqual([]);
  });

  test("hears of what DeliveryAtRisk would stand above, where there is no composite alarm", () => {
    const topics = listeners({ alarmTopicArn: OPS, pageTopicArn: PAGER, alarms: { composite: false } });
    expect(topics).toMatchObject({
      OldestUndeliveredAge: [PAGER],
      RequeuerHeartbeatMissing: [PAGER],
      TableMisconfigured: [PAGER],
      BreakerOpen: [OPS],
      MalformedRecords: [OPS],
      RelayErrors: [OPS],
    });
  });

  test("may be the construct's own, as the other may", () => {
    const stack = createOwnStack();
    createRelay(stack, { alarmTopic: new Topic(stack, "Ops"), pageTopic: new Topic(stack, "Pager") });
    synthesizeOwn(stack).hasResourceProperties("AWS::CloudWatch::CompositeAlarm", {
      AlarmActions: [stack.resolve((stack.node.findChild("Pager") as Topic).topicArn)],
    });
  });
});

describe("a relay without a topic", () => {
  const createOwnStack = () => new Stack(createApp(), "Orders");
  const warned = (monitoring: "full" | "alarms" | "none") => {
    const stack = createOwnStack();
    createRelay(stack, { monitoring });
    return warnings(stack);
  };

  test.each(["full", "alarms"] as const)("is warned of at synth where monitoring is %s, with the fix", (monitoring) => {
    expect(warned(monitoring)).toEqual([
      expect.stringMatching(
        /^Orders\/Relay has no alarmTopic: .*Give alarmTopic, .*acknowledgeWarning\("dynamodb-outbox-relay:noAlarmTopic"\)\./,
      ),
    ]);
  });

  test("is not warned of where there are no alarms", () => {
    expect(warned("none")).toEqual([]);
  });

  test("is not warned of once somebody has acknowledged it, as the warning says", () => {
    const stack = createOwnStack();
    const relay = createRelay(stack);
    const [, id = ""] = /acknowledgeWarning\("([^"]+)"\)/.exec(warnings(stack)[0] ?? "") ?? [];
    Annotations.of(relay).acknowledgeWarning(id);
    expect(warnings(stack)).toEqual([]);
  });
});

describe.each(["alarmTopic", "pageTopic"] as const)("%s", (prop) => {
  const given = (stack: Stack, arn: string) => createRelay(stack, { [prop]: Topic.fromTopicArn(stack, "T", arn) });
  test("in another region is refused, since an alarm reports within its own", () => {
    const arn = OPS.replace("us-east-1", "eu-west-1");
    expect(() => given(createOwnStack({ env: ENV }), arn)).toThrow(
      `Orders/Relay.${prop} is "${arn}": it is in the region eu-west-1, and the stack in us-east-1; an alarm reports within its own region; give a topic there.`,
    );
  });

  test("is left to CloudFormation's rule where the stack names no region", () => {
    const stack = createOwnStack();
    given(stack, OPS);
    const { Rules: rules } = synthesizeOwn(stack).toJSON() as { Rules: Readonly<Record<string, unknown>> };
    const [rule] = Object.entries(rules).filter(([id]) => /TopicInRegion/.test(id));
    expect(rule?.[1]).toMatchObject({
      Assertions: [{ Assert: { "Fn::Equals": [{ Ref: "AWS::Region" }, "us-east-1"] } }],
    });
  });

  test("of another account is taken with a warning that names what its policy must allow", () => {
    const arn = OPS.replace("123456789012", "222222222222");
    const stack = createOwnStack({ env: ENV });
    given(stack, arn);
    expect(warnings(stack)).toEqual([
      expect.stringContaining(
        `Orders/Relay.${prop} is ${arn}, of another account: its policy must allow cloudwatch.amazonaws.com to sns:Publish, with aws:SourceAccount 123456789012`,
      ),
    ]);
  });

  test("of the stack's own account, or one that only the deployment knows, is taken without a word", () => {
    const own = createOwnStack({ env: ENV });
    given(own, OPS);
    expect(warnings(own)).toEqual([]);
    const later = createOwnStack({ env: ENV });
    given(later, new CfnParameter(later, "Arn").valueAsString);
    expect(warnings(later)).toEqual([]);
  });
});
