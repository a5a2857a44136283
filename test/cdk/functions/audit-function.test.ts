import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { App } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { Vpc } from "aws-cdk-lib/aws-ec2";
import { Key } from "aws-cdk-lib/aws-kms";
import { RetentionDays } from "aws-cdk-lib/aws-logs";
import { AwsSolutionsChecks, ServerlessChecks } from "cdk-nag";
import { describe, expect, test } from "vitest";
import { OutboxTarget } from "../../../lib/cdk/targets/outbox-target.ts";
import { TABLE_KEY_ACTIONS } from "../../../lib/contract/deployment/permissions.ts";
import {
  actionsOf,
  createOwnStack,
  createRelay,
  createStack,
  findResources,
  onlyResource,
  type Statement,
  statementsOf,
  synthesize,
  synthesizeOwn,
  synthesizeRelay,
} from "../fixtures.ts";

const FUNCTION = "AWS::Lambda::Function";
const AUDIT = "RelayAuditFunction";
const ROLE = "RelayAuditRoleDefaultPolicy";
const SETTINGS = { archive: true, audit: true };

const template = synthesize(SETTINGS);
const arnOf = (id: RegExp) => ({ "Fn::GetAtt": [expect.stringMatching(id), "Arn"] });
const WRITE_LOGS = { actions: ["logs:CreateLogStream", "logs:PutLogEvents"], Resource: arnOf(/^RelayAuditLogs/) };

const allowed = (among: Template) =>
  statementsOf(among, ROLE).map(({ Effect: _effect, Action: _action, ...rest }, index) => ({
    actions: actionsOf(statementsOf(among, ROLE)[index] as Statement),
    ...rest,
  }));

describe("the function that audits", () => {
  test("is not there without the setting, and then nothing of it", () => {
    const without = JSON.stringify(synthesize({ archive: true }).toJSON());
    for (const part of ["RelayAudit", "OUTBOX_RELAY_AUDIT", "AuditRuns", "AuditFunctionName"]) {
      expect(without).not.toContain(part);
    }
    expect(createStack({ archive: true }).outboxRelay.audit).toBeUndefined();
  });

  test.each([
    ["the app", () => synthesize({ audit: true }), "outboxRelay.audit is true"],
    ["the construct", () => synthesizeRelay({ audit: { everyHours: 6 } }), 'Orders/Relay.audit is {"everyHours":6}'],
  ])("is refused by %s without an archive, with what to do", (_by, synth, shown) => {
    expect(synth).toThrow(`${shown}: an audit reads the archive, and there is none: give archive too.`);
  });

  test("has a processor and more, as long as Lambda gives, room for what it reads, and no reservation", () => {
    const { Properties } = onlyResource(template, FUNCTION, AUDIT);
    expect(Properties).toMatchObject({
      Runtime: "nodejs24.x",
      Architectures: ["arm64"],
      Handler: "index.handler",
      MemorySize: 2_048,
      Timeout: 900,
      EphemeralStorage: { Size: 4_096 },
    });
    for (const absent of ["ReservedConcurrentExecutions", "Layers", "VpcConfig"]) {
      expect(Properties).not.toHaveProperty(absent);
    }
  });

  test("is told the table, the archive and its window, and nothing of the target or the queue", () => {
    const { Variables } = onlyResource(template, FUNCTION, AUDIT).Properties.Environment;
    expect(Object.keys(Variables).sort()).toEqual([
      "OUTBOX_RELAY_ARCHIVE",
      "OUTBOX_RELAY_AUDIT",
      "OUTBOX_RELAY_SETTINGS",
      "OUTBOX_TABLE_NAME",
      "POWERTOOLS_METRICS_NAMESPACE",
      "POWERTOOLS_SERVICE_NAME",
    ]);
    expect(Variables.OUTBOX_RELAY_AUDIT).toBe('{"windowHours":25}');
    const relay = onlyResource(template, FUNCTION, "RelayFunction").Properties.Environment.Variables;
    for (const same of ["OUTBOX_RELAY_ARCHIVE", "OUTBOX_RELAY_SETTINGS", "OUTBOX_TABLE_NAME"]) {
      expect(Variables[same]).toEqual(relay[same]);
    }
  });

  test("publishes the metrics that its alarms need where there is no dashboard, and none where there are no alarms", () => {
    const metricsAt = (monitoring: string) =>
      JSON.parse(
        onlyResource(synthesize({ ...SETTINGS, monitoring }), FUNCTION, AUDIT).Properties.Environment.Variables
          .OUTBOX_RELAY_METRICS,
      );
    expect(metricsAt("alarms")).toEqual(expect.arrayContaining(["AuditRuns", "AuditUnaccounted"]));
    expect(metricsAt("none")).toEqual([]);
  });

  test("is one bundle for all targets, without the files beside those of the others", () => {
    const stack = createStack({ ...SETTINGS, target: { kind: "sqs" } });
    const { directory } = (stack.node.root as App).synth();
    const assets = readdirSync(directory).filter((name) => name.startsWith("asset."));
    const files = assets.map((name) => readdirSync(join(directory, name)).sort().join());
    expect(files.sort()).toEqual([
      "archive.mjs,index.js,package.json",
      "archive.mjs,index.js,package.json",
      "index.js,package.json",
    ]);
  });

  test("is named by an output, and is the construct's to hand on", () => {
    const stack = createStack(SETTINGS);
    const { Outputs } = Template.fromStack(stack).toJSON();
    expect(Outputs.AuditFunctionName.Value).toEqual(stack.resolve(stack.outboxRelay.audit?.functionName));
  });

  test("keeps its log for as long as the others, and is in their network", () => {
    const stack = createOwnStack({ env: { region: "us-east-1", account: "123456789012" } });
    const vpc = new Vpc(stack, "Vpc");
    const target = OutboxTarget.http({ url: "https://example.com", network: { vpc } });
    createRelay(stack, { archive: true, audit: true, target, logRetention: RetentionDays.ONE_DAY });
    const among = synthesizeOwn(stack);
    expect(onlyResource(among, "AWS::Logs::LogGroup", "RelayAuditLogs").Properties.RetentionInDays).toBe(1);
    const subnets = findResources(among, FUNCTION, "Relay").map(({ Properties }) => Properties.VpcConfig?.SubnetIds);
    expect(subnets.length).toBe(3);
    for (const each of subnets) expect(each).toEqual(subnets[0]);
    const network = allowed(among).filter(({ actions }) => actions.includes("ec2:CreateNetworkInterface"));
    expect(network).toHaveLength(1);
  });

  test("has no layer with a collector, for it would make a span of each object", () => {
    const collectorLayerArn = "arn:aws:lambda:us-east-1:615299751070:layer:AWSOpenTelemetryDistroJs:6";
    const among = synthesizeRelay(
      { collectorLayerArn, archive: true, audit: true },
      { env: { region: "us-east-1", account: "123456789012" } },
    );
    const { Properties } = onlyResource(among, FUNCTION, AUDIT);
    expect(Properties).not.toHaveProperty("Layers");
    expect(Properties.Environment.Variables).not.toHaveProperty("AWS_LAMBDA_EXEC_WRAPPER");
  });
});

describe("its schedule", () => {
  test.each([
    [true, "rate(1 day)"],
    [{ everyHours: 1 }, "rate(1 hour)"],
    [{ everyHours: 6 }, "rate(6 hours)"],
  ])("%j invokes the version that is live, and gives up before the windows would no longer overlap", (audit, rate) => {
    const among = synthesize({ archive: true, audit });
    const { Properties, DependsOn } = onlyResource(among, "AWS::Scheduler::Schedule", "RelayAudit");
    expect(Properties).toMatchObject({
      ScheduleExpression: rate,
      State: "ENABLED",
      FlexibleTimeWindow: { Mode: "OFF" },
      Target: {
        Arn: { Ref: expect.stringMatching(/^RelayAuditLive/) },
        RetryPolicy: { MaximumRetryAttempts: 5, MaximumEventAgeInSeconds: 300 },
      },
    });
    // The first run follows at once.
    expect(DependsOn).toEqual(expect.arrayContaining([expect.stringMatching(/^RelayAuditSchedulerRoleDefaultPolicy/)]));
    expect(onlyResource(among, "AWS::Lambda::EventInvokeConfig", "RelayAudit").Properties).toMatchObject({
      MaximumRetryAttempts: 1,
      MaximumEventAgeInSeconds: 1_800,
    });
  });

  test("may invoke that alias, and nothing else", () => {
    expect(statementsOf(template, "RelayAuditSchedulerRole")).toEqual([
      { Effect: "Allow", Action: "lambda:InvokeFunction", Resource: { Ref: expect.stringMatching(/^RelayAuditLive/) } },
    ]);
  });
});

describe("its role", () => {
  const bucketArn = arnOf(/^RelayArchive/);
  const readArchive = (bucket: unknown, objects: unknown) => [
    {
      actions: ["s3:ListBucket"],
      Resource: bucket,
      Condition: { StringLike: { "s3:prefix": ["relay=OutboxRelay/*"] } },
    },
    { actions: ["s3:GetLifecycleConfiguration"], Resource: bucket },
    { actions: ["s3:GetObject"], Resource: objects },
  ];

  test("reads the table, the journal and the relay's own objects, writes its log, and may do nothing else", () => {
    expect(allowed(template)).toEqual([
      WRITE_LOGS,
      { actions: ["dynamodb:Scan"], Resource: { "Fn::GetAtt": ["OutboxTable", "Arn"] } },
      { actions: ["dynamodb:Query"], Resource: arnOf(/^RelayJournal/) },
      ...readArchive(bucketArn, { "Fn::Join": ["", [bucketArn, "/relay=OutboxRelay/*"]] }),
    ]);
  });

  test("decrypts with the key of an existing bucket", () => {
    const keyArn = "arn:aws:kms:us-east-1:123456789012:key/0f1e2d3c";
    const among = synthesize({ archive: { bucket: "receipts", keyArn }, audit: true });
    expect(allowed(among).at(-1)).toEqual({ actions: ["kms:Decrypt"], Resource: keyArn });
  });

  test("uses the customer-managed key of what it reads", () => {
    const stack = createOwnStack({ env: { region: "us-east-1" } });
    createRelay(stack, { encryptionKey: new Key(stack, "Key"), archive: true, audit: true });
    const keyed = allowed(synthesizeOwn(stack)).filter(({ actions }) =>
      actions.some((action) => action.startsWith("kms:")),
    );
    expect(keyed).toEqual([{ actions: [...TABLE_KEY_ACTIONS], Resource: arnOf(/^Key/) }]);
  });

  test.each([
    ["of the stack", true],
    ["that exists, with a key", { bucket: "receipts", keyArn: "arn:aws:kms:us-east-1:123456789012:key/0f1e2d3c" }],
  ])("leaves cdk-nag no finding without its reason, with a bucket %s", (_what, archive) => {
    const stack = createStack({ archive, audit: true });
    const packs = [new AwsSolutionsChecks(), new ServerlessChecks()];
    expect(packs.flatMap((pack) => pack.validateScope(stack).violations)).toEqual([]);
  });
});
