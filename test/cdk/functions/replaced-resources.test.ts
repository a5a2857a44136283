import { CfnParameter, Fn, Stack } from "aws-cdk-lib";
import type { Template } from "aws-cdk-lib/assertions";
import { TableV2 } from "aws-cdk-lib/aws-dynamodb";
import { type CfnEventBus, EventBus } from "aws-cdk-lib/aws-events";
import { Code, Function as LambdaFunction, Runtime } from "aws-cdk-lib/aws-lambda";
import { Topic } from "aws-cdk-lib/aws-sns";
import { Queue } from "aws-cdk-lib/aws-sqs";
import { describe, expect, test } from "vitest";
import { REPLACING_PROPERTIES } from "../../../lib/cdk/functions/replaced-resources.ts";
import { OutboxTarget } from "../../../lib/cdk/targets/outbox-target.ts";
import { createApp, createRelay, findResources, synthesize, synthesizeOwn, synthesizeRelay } from "../fixtures.ts";
import { changesBetween, replacingPropertiesOf } from "../template-changes.ts";

const VERSIONS = ["RelayFunctionCurrentVersion", "RelayRequeuerFunctionCurrentVersion"];

/** What a change of the user's own target does to the relay's stack. */
function changesOf(before: (stack: Stack) => OutboxTarget, after: (stack: Stack) => OutboxTarget) {
  const [first, second] = [before, after].map((targetIn) => {
    return synthesizeRelay((stack) => ({ target: targetIn(stack), relayName: "orders" }));
  });
  if (first === undefined || second === undefined) throw new Error("there are two");
  return changesBetween(first, second);
}

const queue = (queueName: string) => (stack: Stack) => OutboxTarget.sqs(new Queue(stack, "Events", { queueName }));
const bus = (eventBusName: string) => (stack: Stack) =>
  OutboxTarget.eventBridge(new EventBus(stack, "Events", { eventBusName }));
const overridden = (name: string) => (stack: Stack) => {
  const made = new EventBus(stack, "Events");
  (made.node.defaultChild as CfnEventBus).addPropertyOverride("Name", name);
  return OutboxTarget.eventBridge(made);
};
const handler =
  (functionName: string, alias: boolean, code = "1") =>
  (stack: Stack) => {
    const made = new LambdaFunction(stack, "Events", {
      functionName,
      runtime: Runtime.NODEJS_24_X,
      handler: "index.handler",
      code: Code.fromInline(code),
    });
    return OutboxTarget.lambda(alias ? made.addAlias("prod") : made);
  };

describe("what CloudFormation makes anew under the same logical id has another address, and the functions a version that knows it", () => {
  test("the app's own queue that becomes a FIFO queue", () => {
    const changes = changesBetween(
      synthesize({ target: { kind: "sqs" } }),
      synthesize({ target: { kind: "sqs", fifo: true } }),
    );
    expect(changes.replacedAndKept).toEqual(["Queue"]);
    expect(changes.made).toEqual(VERSIONS);
  });

  test.each([
    ["a queue of another name", queue("one"), queue("two")],
    ["a bus of another name", bus("one"), bus("two")],
    ["a bus that was renamed by an escape hatch", overridden("one"), overridden("two")],
    ["a function of another name", handler("one", false), handler("two", false)],
    ["an alias of a function of another name", handler("one", true), handler("two", true)],
  ])("%s", (_what, before, after) => {
    const changes = changesOf(before, after);
    expect([...changes.replaced, ...changes.replacedAndKept]).not.toEqual([]);
    expect(changes.made).toEqual(expect.arrayContaining(VERSIONS));
  });
});

test("a bus of another stack of the app that gets another name", () => {
  const templates = ["one", "two"].map((eventBusName) => {
    const app = createApp();
    const made = new EventBus(new Stack(app, "Buses"), "Events", { eventBusName });
    const stack = new Stack(app, "Orders");
    createRelay(stack, { target: OutboxTarget.eventBridge(made), relayName: "orders" });
    return synthesizeOwn(stack);
  });
  const [before, after] = templates as [Template, Template];
  expect(changesBetween(before, after).made).toEqual(VERSIONS);
});

describe("a parameter of the template may get another value without another template, so a version's description holds the value", () => {
  const described = (template: Template) =>
    findResources(template, "AWS::Lambda::Version").map(({ Properties }) => Properties.Description);

  test("of every parameter that the functions are told, and of no other", () => {
    const template = synthesizeRelay((stack) => {
      const [name, account] = ["Name", "Topic"].map((id) => new CfnParameter(stack, id));
      return {
        target: OutboxTarget.eventBridge(EventBus.fromEventBusName(stack, "Events", name?.valueAsString ?? "")),
        alarmTopic: Topic.fromTopicArn(stack, "Alarms", account?.valueAsString ?? ""),
      };
    });
    expect(described(template)).toEqual([{ Ref: "Name" }, { Ref: "Name" }]);
  });

  test("inside of a function of CloudFormation, and in a list", () => {
    const template = synthesizeRelay((stack) => {
      const names = new CfnParameter(stack, "Names", { type: "List<String>" });
      const arn = new CfnParameter(stack, "Arn").valueAsString;
      return {
        target: OutboxTarget.eventBridge(EventBus.fromEventBusName(stack, "One", Fn.select(0, names.valueAsList))),
        table: TableV2.fromTableAttributes(stack, "Table", { tableArn: arn, tableStreamArn: `${arn}/stream/1` }),
      };
    });
    const values = { "Fn::Join": ["", [{ Ref: "Arn" }, " ", { "Fn::Join": [",", { Ref: "Names" }] }]] };
    expect(described(template)).toEqual([values, values]);
  });

  test("and there is no description where they are told of no parameter", () => {
    expect(described(synthesize({}))).toEqual([undefined, undefined]);
  });

  test("for CloudFormation makes a version anew when its description changes", () => {
    expect(replacingPropertiesOf("AWS::Lambda::Version")).toContain("Description");
  });
});

test("what is changed in place makes no version: not even other code of a function that is the target", () => {
  const changes = changesOf(handler("one", false, "1"), handler("one", false, "2"));
  expect(changes.updated).toEqual(["Events"]);
  expect(changes.made).toEqual([]);
});

test("the properties that make a resource anew are those of CloudFormation's specification", () => {
  for (const [type, names] of Object.entries(REPLACING_PROPERTIES)) {
    expect([...replacingPropertiesOf(type)].toSorted(), type).toEqual([...names]);
  }
});
