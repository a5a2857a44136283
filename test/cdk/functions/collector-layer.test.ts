import type { Template } from "aws-cdk-lib/assertions";
import { AwsSolutionsChecks, ServerlessChecks } from "cdk-nag";
import { describe, expect, test } from "vitest";
import {
  actionsOf,
  createStack,
  findResources,
  ROLES,
  statementsOf,
  synthesize,
  synthesizeRelay,
} from "../fixtures.ts";

const layer = (name: string) => `arn:aws:lambda:eu-west-1:615299751070:layer:${name}:7`;
const FUNCTION = "AWS::Lambda::Function";

/** How Lambda starts the functions, and whether X-Ray's daemon is beside them. */
const startedBy = (template: Template) =>
  findResources(template, FUNCTION).map(({ Properties }) => [
    Properties.Environment.Variables.AWS_LAMBDA_EXEC_WRAPPER,
    Properties.TracingConfig?.Mode,
  ]);
const tracesOf = (template: Template, role: string) =>
  [...new Set(statementsOf(template, role).flatMap(actionsOf))]
    .filter((action) => action.startsWith("xray:"))
    .toSorted();
const signalsOf = (template: Template, role: string) =>
  statementsOf(template, role).filter(({ Resource }) => JSON.stringify(Resource).includes("application-signals"));

describe("a layer of OpenTelemetry", () => {
  test.each([
    ["AWSOpenTelemetryDistroJs", "/opt/otel-instrument", "Active"],
    ["aws-otel-nodejs-arm64-ver-1-30-2", "/opt/otel-handler", undefined],
    ["opentelemetry-nodejs-0_20_0", "/opt/otel-handler", undefined],
    ["ours", "/opt/otel-handler", undefined],
  ])("%s is started by its own wrapper", (name, wrapper, mode) => {
    const started = [wrapper, mode];
    expect(startedBy(synthesize({ collectorLayerArn: layer(name) }))).toEqual([started, started]);
    const said = synthesize({ collectorLayerArn: layer(name), collectorWrapper: wrapper });
    expect(startedBy(said)).toEqual([started, started]);
  });

  test("that nobody knows is started by the wrapper that is named", () => {
    const template = synthesize({ collectorLayerArn: layer("ours"), collectorWrapper: "/opt/bin/start.sh" });
    expect(startedBy(template).map(([wrapper]) => wrapper)).toEqual(["/opt/bin/start.sh", "/opt/bin/start.sh"]);
  });

  test.each([
    [
      "AWSOpenTelemetryDistroJs",
      "/opt/otel-handler",
      "the layer AWSOpenTelemetryDistroJs has /opt/otel-instrument: leave it out",
    ],
    ["aws-otel-nodejs-arm64-ver-1-30-2", "/opt/otel-instrument", "has /opt/otel-handler: leave it out"],
    ["opentelemetry-nodejs-0_20_0", "/opt/otel-instrument", "has /opt/otel-handler: leave it out"],
    ["ours", "otel-handler", "it must be the path of a script in the layer"],
    ["AWSOpenTelemetryDistroPython", undefined, "it has no OpenTelemetry SDK for Node.js"],
    ["AWSOpenTelemetryDistroJava", "/opt/otel-instrument", "it has no OpenTelemetry SDK for Node.js"],
    ["aws-otel-collector-arm64-ver-0-117-0", undefined, "it has no OpenTelemetry SDK for Node.js"],
    ["aws-otel-python-arm64-ver-1-32-0", undefined, "it has no OpenTelemetry SDK for Node.js"],
    ["opentelemetry-collector-arm64-0_15_0", undefined, "it has no OpenTelemetry SDK for Node.js"],
    ["aws-otel-nodejs-amd64-ver-1-30-2", undefined, "the functions are for arm64"],
  ])("%s with the wrapper %s is refused at synth", (name, collectorWrapper, why) => {
    expect(() => synthesize({ collectorLayerArn: layer(name), collectorWrapper })).toThrow(why);
  });

  test("of another region than the stack's is refused, at synth or else before CloudFormation makes anything", () => {
    const collectorLayerArn = layer("AWSOpenTelemetryDistroJs");
    const made = (region?: string) => {
      const template = synthesizeRelay({ collectorLayerArn }, region === undefined ? {} : { env: { region } });
      const { Rules: rules } = template.toJSON() as {
        readonly Rules: Readonly<Record<string, { readonly Assertions: readonly { readonly Assert: object }[] }>>;
      };
      return Object.entries(rules)
        .filter(([id]) => id.startsWith("RelayCollectorLayerIn"))
        .flatMap(([, { Assertions }]) => Assertions.map(({ Assert }) => Assert));
    };
    expect(() => made("us-east-1")).toThrow(
      `Orders/Relay.collectorLayerArn is "${collectorLayerArn}": it is in the region eu-west-1, and the stack in us-east-1; ` +
        "a function takes layers of its own region; give the ARN that the layer has there",
    );
    expect(made("eu-west-1")).toEqual([]);
    expect(made()).toEqual([{ "Fn::Equals": [{ Ref: "AWS::Region" }, "eu-west-1"] }]);
  });

  test("is needed for a wrapper", () => {
    expect(() => synthesize({ collectorWrapper: "/opt/otel-handler" })).toThrow(
      "there is no collectorLayerArn that has it",
    );
  });
});

describe("what a layer sends", () => {
  const X_RAY = ["xray:PutTelemetryRecords", "xray:PutTraceSegments"];

  test("of AWS's is allowed to both functions: to X-Ray, and to Application Signals where it has them", () => {
    const today = synthesize({ collectorLayerArn: layer("AWSOpenTelemetryDistroJs") });
    const before = synthesize({ collectorLayerArn: layer("aws-otel-nodejs-arm64-ver-1-30-2") });
    for (const role of ROLES) {
      expect(tracesOf(today, role)).toEqual(X_RAY);
      expect(signalsOf(today, role).map(actionsOf)).toEqual([
        ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
      ]);
      expect(tracesOf(before, role)).toEqual(X_RAY);
      expect(signalsOf(before, role)).toEqual([]);
    }
  });

  test("of another's, and without one, is allowed nothing", () => {
    for (const template of [synthesize(), synthesize({ collectorLayerArn: layer("ours") })]) {
      for (const role of ROLES) expect([tracesOf(template, role), signalsOf(template, role)]).toEqual([[], []]);
    }
  });

  test.each(["AWSOpenTelemetryDistroJs", "aws-otel-nodejs-arm64-ver-1-30-2"])(
    "by %s leaves cdk-nag with nothing to find",
    (name) => {
      const stack = createStack({ collectorLayerArn: layer(name) });
      for (const pack of [new AwsSolutionsChecks(), new ServerlessChecks()]) {
        expect(pack.validateScope(stack).violations).toEqual([]);
      }
    },
  );
});
