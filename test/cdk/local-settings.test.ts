import { App, Annotations as Given, Stack } from "aws-cdk-lib";
import { Annotations, Match, Template } from "aws-cdk-lib/assertions";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { NO_ALARM_TOPIC } from "../../lib/cdk/monitoring/alarm-topics.ts";
import type { OutboxRelayProps } from "../../lib/cdk/outbox-relay-props.ts";
import { readContextSettings } from "../../lib/cdk/settings.ts";
import { LOCAL_CONTEXT } from "../../lib/contract/deployment/local-run.ts";
import { LOCAL_SETTINGS } from "../../lib/local/deploy.ts";
import { createRelay } from "./fixtures.ts";

/** What the emulator's CloudFormation refuses, and a layer that it does not have. */
const REFUSED = [
  "AWS::CloudWatch::CompositeAlarm",
  "an AWS::CloudWatch::Alarm on Metrics",
  "an AWS::Lambda::Function with Layers",
] as const;

const LAYER = "arn:aws:lambda:us-east-1:615299751070:layer:AWSOpenTelemetryDistroJs:6";

function relayIn(context: Readonly<Record<string, unknown>>, props: Partial<OutboxRelayProps> = {}) {
  const stack = new Stack(new App({ context }), "Orders", { env: { account: "123456789012", region: "us-east-1" } });
  Given.of(stack).acknowledgeWarning(NO_ALARM_TOPIC);
  createRelay(stack, props);
  return stack;
}

function refusedIn(stack: Stack): readonly string[] {
  const { Resources } = Template.fromStack(stack).toJSON() as {
    readonly Resources: Readonly<
      Record<string, { readonly Type: string; readonly Properties?: Readonly<Record<string, unknown>> }>
    >;
  };
  const found = Object.values(Resources).map(({ Type, Properties = {} }) => {
    if (Properties["Metrics"] !== undefined) return `an ${Type} on Metrics`;
    return Properties["Layers"] === undefined ? Type : `an ${Type} with Layers`;
  });
  return REFUSED.filter((each) => found.includes(each));
}

/** What the functions of a stack are told. */
function settingsIn(stack: Stack): Readonly<Record<string, unknown>> {
  const functions = Object.values(Template.fromStack(stack).findResources("AWS::Lambda::Function"));
  const [settings] = functions.flatMap(({ Properties }) => {
    const variables = Properties.Environment?.Variables as Readonly<Record<string, string>> | undefined;
    return variables?.["OUTBOX_RELAY_SETTINGS"] ?? [];
  });
  return JSON.parse(settings ?? "{}");
}

describe("an app that is synthesized for the emulator", () => {
  test.each([true, "true"])("leaves out what the emulator refuses, where the context says %j", (value) => {
    const props = { collectorLayerArn: LAYER, alarms: { composite: true, metricMath: true } };
    expect(refusedIn(relayIn({}, props))).toEqual(REFUSED);
    expect(refusedIn(relayIn({ [LOCAL_CONTEXT]: value }, props))).toEqual([]);
  });

  test.each([undefined, false, "false"])("is like any other where the context says %j", (value) => {
    expect(Template.fromStack(relayIn({ [LOCAL_CONTEXT]: value })).toJSON()).toEqual(
      Template.fromStack(relayIn({})).toJSON(),
    );
  });

  test.each(["yes", "", "TRUE", 1])("is refused where the context says %j, with what is allowed", (value) => {
    expect(() => relayIn({ [LOCAL_CONTEXT]: value })).toThrow(
      `outboxRelayLocal is ${JSON.stringify(value)}: it must be true or false, as in -c outboxRelayLocal=true.`,
    );
  });

  test("waits for less long, where the app does not say", () => {
    expect(settingsIn(relayIn({ [LOCAL_CONTEXT]: true }))).toMatchObject({
      relayTimeoutSeconds: 60,
      minAgeSeconds: 70,
      backoff: { baseMs: 50, capMs: 500, attempts: 3, budgetMs: 3_000 },
      requeueBackoff: { baseSeconds: 1, capSeconds: 5 },
    });
    expect(settingsIn(relayIn({ [LOCAL_CONTEXT]: true }, { relayTimeoutSeconds: 100 }))).toMatchObject({
      relayTimeoutSeconds: 100,
      minAgeSeconds: 110,
    });
  });

  test("waits as long as the app says", () => {
    const props = { minAgeSeconds: 200, backoff: { baseMs: 700 }, requeueBackoff: { baseSeconds: 30 } };
    const told = settingsIn(relayIn({ [LOCAL_CONTEXT]: true }, props));
    expect(told).toEqual(settingsIn(relayIn({}, props)));
    expect(told).toMatchObject({ minAgeSeconds: 200, backoff: { baseMs: 700 }, requeueBackoff: { baseSeconds: 30 } });
  });

  test("is checked like any other", () => {
    for (const props of [
      { relayTimeoutSeconds: "60" },
      { alarms: true },
      { alarms: { compound: true } },
      { backoff: 7 },
    ]) {
      const messageOf = (context: object) => {
        try {
          relayIn({ ...context }, props as never);
        } catch (error) {
          return (error as Error).message;
        }
        return "not refused";
      };
      expect(messageOf({ [LOCAL_CONTEXT]: true })).toBe(messageOf({}));
      expect(messageOf({})).toContain("Orders/Relay");
    }
  });

  test("reads its settings from the context alike", () => {
    const { node } = new App({ context: { [LOCAL_CONTEXT]: "true", outboxRelay: JSON.stringify(LOCAL_SETTINGS) } });
    const { relay } = readContextSettings(node);
    expect(relay.alarms).toEqual({ composite: false, metricMath: false, undeliveredSeconds: 30 });
    expect(relay.delivery).toMatchObject({ minAgeSeconds: 25, requeueBackoff: { baseSeconds: 1, capSeconds: 5 } });
  });
});

describe("a shell whose endpoint is an emulator", () => {
  const before = process.env["AWS_ENDPOINT_URL"];
  beforeEach(() => {
    process.env["AWS_ENDPOINT_URL"] = "http://127.0.0.1:4566";
  });
  afterEach(() => {
    if (before === undefined) delete process.env["AWS_ENDPOINT_URL"];
    else process.env["AWS_ENDPOINT_URL"] = before;
  });

  const warnings = (stack: Stack) =>
    Annotations.fromStack(stack)
      .findWarning("*", Match.stringLikeRegexp("AWS_ENDPOINT_URL"))
      .map(({ entry }) => String(entry.data));

  test("is told of the context that the deployment needs", () => {
    expect(warnings(relayIn({}))).toEqual([
      expect.stringContaining(
        "AWS_ENDPOINT_URL is http://127.0.0.1:4566, an emulator, which refuses the composite alarm and those on metric math: " +
          "deploy with -c outboxRelayLocal=true, which leaves them out.",
      ),
    ]);
  });

  test("is told nothing where the context is set, and so is one whose endpoint is AWS's", () => {
    expect(warnings(relayIn({ [LOCAL_CONTEXT]: true }))).toEqual([]);
    for (const endpoint of ["", "nonsense", "https://dynamodb.eu-central-1.amazonaws.com"]) {
      process.env["AWS_ENDPOINT_URL"] = endpoint;
      expect(warnings(relayIn({}))).toEqual([]);
    }
  });
});
