import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Template } from "aws-cdk-lib/assertions";
import { describe, expect, test } from "vitest";
import { BUNDLE_FILE, bundleFolder } from "../../../lib/cdk/functions/bundles.ts";
import { OutboxRelayStack } from "../../../lib/cdk/outbox-relay-stack.ts";
import { readAppSettings } from "../../../lib/cdk/settings.ts";
import {
  bundlesFolder,
  createApp,
  createBundles,
  findResources,
  onlyResource,
  RELAY_FUNCTION,
  REQUEUER_FUNCTION,
  synthesize,
  synthesizeOwn,
} from "../fixtures.ts";

const VERSION = "AWS::Lambda::Version";
const ALIAS = "AWS::Lambda::Alias";
const ALIASES = ["RelayLive", "RelayRequeuerLive"];
const TABLE_ARN = "arn:aws:dynamodb:us-east-1:123456789012:table/Orders";

/** The logical ids of both functions' versions. Another id is another version, which CloudFormation makes. */
const versionsIn = (template: Template): readonly string[] => Object.keys(template.findResources(VERSION)).sort();

const at = (version: string | undefined) => ({ "Fn::GetAtt": [version, "Version"] });
const GOES = { DeletionPolicy: "Delete", UpdateReplacePolicy: "Delete" };

describe("what is invoked is a version that was published with its code and its settings", () => {
  const template = synthesize();

  test("named by the alias live of each function", () => {
    const [relay, requeuer] = versionsIn(template);
    expect(ALIASES.map((prefix) => onlyResource(template, ALIAS, prefix).Properties)).toMatchObject([
      { Name: "live", FunctionName: { Ref: expect.stringMatching(/^RelayFunction/) }, FunctionVersion: at(relay) },
      {
        Name: "live",
        FunctionName: { Ref: expect.stringMatching(/^RelayRequeuerFunction/) },
        FunctionVersion: at(requeuer),
      },
    ]);
  });

  test("and the version before is deleted, once the alias has left it", () => {
    const versions = findResources(template, VERSION);
    expect(versions).toHaveLength(2);
    for (const version of versions) expect(version).toMatchObject(GOES);
  });

  test("nothing but the aliases is invoked: no mapping, schedule or grant names a function itself", () => {
    const text = JSON.stringify([
      ...findResources(template, "AWS::Lambda::EventSourceMapping"),
      ...findResources(template, "AWS::Scheduler::Schedule"),
      ...findResources(template, "AWS::IAM::Policy", "RelayRequeuerSchedulerRole"),
    ]);
    for (const prefix of ALIASES) expect(text).toContain(`{"Ref":"${prefix}`);
    expect(text).not.toMatch(/"(Ref|Fn::GetAtt)":\[?"Relay(Requeuer)?Function/);
  });

  test("by its alias the requeuer has asynchronous settings, which belong to one name of a function alone", () => {
    const [config, ...others] = findResources(template, "AWS::Lambda::EventInvokeConfig");
    expect(others).toEqual([]);
    expect(JSON.stringify(config?.Properties.Qualifier)).toContain("RelayRequeuerLive");
  });
});

describe("a change is another version", () => {
  const before = versionsIn(synthesize());

  test.each<[string, object]>([
    ["a delivery setting", { concurrency: 7 }],
    ["ordering", { ordering: "per-key" }],
    ["the target's kind", { target: { kind: "sqs" } }],
    ["the target's address", { target: { kind: "eventbridge", busName: "orders" } }],
    ["memory", { memoryMb: 512 }],
    ["a layer", { collectorLayerArn: "arn:aws:lambda:us-east-1:123456789012:layer:otel:1" }],
    ["the table", { table: { arn: TABLE_ARN, streamArn: `${TABLE_ARN}/stream/2026-01-31T12:00:00.000` } }],
  ])("%s", (_what, settings) => {
    const after = versionsIn(synthesize(settings));
    expect(after).toHaveLength(2);
    expect(after.filter((id) => before.includes(id))).toEqual([]);
  });

  test("another version of a layer", () => {
    const layer = (version: number) =>
      synthesize({ collectorLayerArn: `arn:aws:lambda:us-east-1:123456789012:layer:otel:${version}` });
    expect(versionsIn(layer(2))).not.toEqual(versionsIn(layer(1)));
  });

  test("the relay's timeout, which the requeuer reckons with", () => {
    expect(versionsIn(synthesize({ relayTimeoutSeconds: 120 }))).not.toEqual(before);
  });

  test("the code", () => {
    const folder = createBundles();
    writeFileSync(join(bundleFolder(folder, "relay", "eventbridge"), BUNDLE_FILE), "exports.handler = 2;");
    const [relay, requeuer] = versionsIn(templateOf(folder));
    expect(relay).not.toBe(before[0]);
    expect(requeuer).toBe(before[1]);
  });
});

describe("no change is no other version, for Lambda refuses to publish what it has published", () => {
  const before = versionsIn(synthesize());

  test("the same settings", () => {
    expect(versionsIn(templateOf(bundlesFolder))).toEqual(before);
  });

  test.each<[string, object]>([
    ["the batch size, which is the mapping's", { batchSize: 25 }],
    ["the schedule's period", { requeueEverySeconds: 300 }],
    ["a reserved concurrency, which is the whole function's", { requeuerReservedConcurrency: 1 }],
    ["alarms", { alarms: { undeliveredSeconds: 600 } }],
  ])("%s", (_what, settings) => {
    expect(versionsIn(synthesize(settings))).toEqual(before);
  });
});

test("numbers of a function are looked at by its name alone, which adds up those of all its versions and aliases", () => {
  // https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics.html: "View aggregate metrics for all versions and aliases"
  const template = synthesize();
  const dimensions = findResources(template, "AWS::CloudWatch::Alarm").flatMap(({ Properties }) =>
    Properties.Namespace === "AWS/Lambda" ? [Properties.Dimensions.map(({ Name }: { Name: string }) => Name)] : [],
  );
  expect(dimensions.length).toBeGreaterThan(0);
  for (const names of dimensions) expect(names).toEqual(["FunctionName"]);
  const dashboard = JSON.stringify(onlyResource(template, "AWS::CloudWatch::Dashboard").Properties);
  expect(dashboard).toMatch(/AWS\/Lambda[^A-Za-z]+Errors[^A-Za-z]+FunctionName/);
  expect(dashboard).not.toMatch(/FunctionName[^A-Za-z]+[^{}]*(Resource|ExecutedVersion)\W/);
  expect(dashboard).not.toContain("ExecutedVersion");
});

test("a version is made after the role may do what it needs", () => {
  const template = synthesize();
  for (const [prefix, policy] of [
    [RELAY_FUNCTION, "RelayRoleDefaultPolicy"],
    [REQUEUER_FUNCTION, "RelayRequeuerRoleDefaultPolicy"],
  ] as const) {
    const { DependsOn: dependencies = [] } = onlyResource(template, "AWS::Lambda::Function", prefix);
    expect(dependencies.some((id) => id.startsWith(policy))).toBe(true);
  }
});

const templateOf = (folder: string): Template =>
  synthesizeOwn(
    new OutboxRelayStack(createApp(), "OutboxRelay", { settings: readAppSettings({}), bundlesFolder: folder }),
  );
