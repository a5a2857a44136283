import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { App } from "aws-cdk-lib";
import { RetentionDays } from "aws-cdk-lib/aws-logs";
import { describe, expect, test } from "vitest";
import { readAppSettings } from "../../../lib/cdk/settings.ts";
import { readEnvironment } from "../../../lib/contract/deployment/environment.ts";
import { DEFAULT_BACKOFF, DEFAULT_REQUEUE_BACKOFF } from "../../../lib/contract/settings/settings.ts";
import {
  allRowsFilter,
  createOwnStack,
  createRelay,
  createStack,
  findResources,
  onlyResource,
  RELAY_FUNCTION,
  REQUEUER_FUNCTION,
  synthesize,
  synthesizeRelay,
} from "../fixtures.ts";

const FUNCTION = "AWS::Lambda::Function";
const template = synthesize();

/** The logical id of a function's alias. */
function onlyAlias(prefix: string): string {
  const [alias = "", ...others] = Object.keys(template.findResources("AWS::Lambda::Alias")).filter((id) =>
    id.startsWith(prefix),
  );
  expect(others).toEqual([]);
  return alias;
}

/** The part of the alias's ARN behind an index. CloudFormation tells nothing but the ARN of an alias. */
const partOf = (alias: string, place: number) => ({ "Fn::Select": [place, { "Fn::Split": [":", { Ref: alias }] }] });
const qualifierOf = (alias: string) => partOf(alias, 7);
const nameOf = (alias: string) => ({ "Fn::Join": ["", [partOf(alias, 6), ":live"]] });

describe("both functions", () => {
  test.each([RELAY_FUNCTION, REQUEUER_FUNCTION])("%s runs on nodejs24.x and arm64 with 1024 MB", (prefix) => {
    const { Properties } = onlyResource(template, FUNCTION, prefix);
    expect(Properties).toMatchObject({
      Runtime: "nodejs24.x",
      Architectures: ["arm64"],
      Handler: "index.handler",
      MemorySize: 1024,
    });
  });

  test.each([RELAY_FUNCTION, REQUEUER_FUNCTION])("%s is told all that it needs to know", (prefix) => {
    const variables = onlyResource(template, FUNCTION, prefix).Properties.Environment.Variables;
    expect(variables).toEqual({
      OUTBOX_TABLE_NAME: { Ref: "OutboxTable" },
      DEAD_LETTER_QUEUE_URL: { Ref: expect.stringContaining("DeadLetterQueue") },
      OUTBOX_RELAY_SETTINGS: expect.any(String),
      OUTBOX_RELAY_TARGET: {
        "Fn::Join": [
          "",
          [
            ...['{"kind":"eventbridge","busName":"', { Ref: expect.stringMatching(/^Bus/) }, '","home":"arn:'],
            ...[{ Ref: "AWS::Partition" }, ":events:", { Ref: "AWS::Region" }, ":", { Ref: "AWS::AccountId" }],
            ':event-bus/"}',
          ],
        ],
      },
      POWERTOOLS_SERVICE_NAME: "OutboxRelay",
      POWERTOOLS_METRICS_NAMESPACE: "OutboxRelay",
      POWERTOOLS_LOGGER_SAMPLE_RATE: "0.01",
    });
    expect(JSON.parse(variables.OUTBOX_RELAY_SETTINGS)).toEqual({
      ordering: "none",
      backoff: DEFAULT_BACKOFF,
      requeueBackoff: DEFAULT_REQUEUE_BACKOFF,
      concurrency: 32,
      minAgeSeconds: 300,
      relayTimeoutSeconds: 60,
    });
  });

  test("understand what they are told", () => {
    const { relay, target } = readAppSettings({ minAgeSeconds: 70, maxDrainRate: 5 });
    const template = synthesize({ minAgeSeconds: 70, maxDrainRate: 5 });
    const { Properties } = onlyResource(template, FUNCTION, RELAY_FUNCTION);
    const variables = Object.entries<unknown>(Properties.Environment.Variables).map(([name, value]) => [
      name,
      // The value that CloudFormation puts in place of a reference.
      typeof value === "string" ? value : name === "OUTBOX_RELAY_TARGET" ? '{"kind":"eventbridge"}' : "resolved",
    ]);
    const config = readEnvironment(Object.fromEntries(variables));
    expect(config.settings).toEqual(relay.delivery);
    expect(config.target).toEqual(target);
    expect(config.relayName).toBe("OutboxRelay");
  });

  test("write to log groups of their own, which forget after a month", () => {
    const groups = findResources(template, "AWS::Logs::LogGroup");
    expect(groups.map(({ Properties }) => Properties.RetentionInDays)).toEqual([30, 30]);
    for (const { Properties } of findResources(template, FUNCTION)) {
      expect(Properties.LoggingConfig.LogGroup.Ref).toMatch(/Logs/);
    }
  });

  test("keep logs for another time where one is given", () => {
    const template = synthesizeRelay({ logRetention: RetentionDays.ONE_YEAR });
    const groups = findResources(template, "AWS::Logs::LogGroup");
    expect(groups.map(({ Properties }) => Properties.RetentionInDays)).toEqual([365, 365]);
  });

  test("hold and load no tracer, unless a collector's layer is configured", () => {
    const collectorLayerArn = "arn:aws:lambda:us-east-1:123456789012:layer:aws-otel-nodejs-arm64-ver-1-30-2:1";
    const traced = synthesize({ collectorLayerArn });
    for (const { Properties } of findResources(traced, FUNCTION)) {
      expect(Properties.Layers).toEqual([collectorLayerArn]);
      expect(Properties.Environment.Variables).toMatchObject({
        OUTBOX_RELAY_TRACING: "opentelemetry",
        AWS_LAMBDA_EXEC_WRAPPER: "/opt/otel-handler",
      });
    }
    for (const { Properties } of findResources(template, FUNCTION)) {
      expect(Properties).not.toHaveProperty("Layers");
      expect(Properties.Environment.Variables).not.toHaveProperty("OUTBOX_RELAY_TRACING");
    }
    expect(filesOfAssets({})).toEqual(["index.js", "package.json"]);
    expect(filesOfAssets({ collectorLayerArn })).toEqual(["index.js", "package.json", "tracing.mjs"]);
  });

  /** The names of all files that are deployed as the functions' code. */
  function filesOfAssets(context: object): readonly string[] {
    const { root } = createStack(context).node;
    const { directory } = (root as App).synth();
    const assets = readdirSync(directory).filter((name) => name.startsWith("asset."));
    return [...new Set(assets.flatMap((name) => readdirSync(join(directory, name))))].sort();
  }

  test("start only after their roles may do what they need", () => {
    for (const { DependsOn } of findResources(template, FUNCTION)) {
      expect(DependsOn).toContainEqual(expect.stringContaining("RoleDefaultPolicy"));
    }
  });

  test("refuse to be deployed without their code", () => {
    expect(() => createRelay(createOwnStack(), { bundlesFolder: "/nowhere" })).toThrow(
      "The relay's bundle for the target eventbridge, /nowhere/relay-eventbridge/index.js, is missing: run npm run build.",
    );
  });

  test("take what the settings say", () => {
    const changed = synthesize({ memoryMb: 512, relayTimeoutSeconds: 120, backoff: { attempts: 3 }, maxDrainRate: 50 });
    for (const { Properties } of findResources(changed, FUNCTION)) {
      expect(Properties.MemorySize).toBe(512);
      expect(JSON.parse(Properties.Environment.Variables.OUTBOX_RELAY_SETTINGS)).toMatchObject({
        backoff: { ...DEFAULT_BACKOFF, attempts: 3 },
        concurrency: 16,
        maxDrainRate: 50,
      });
    }
    expect(onlyResource(changed, FUNCTION, RELAY_FUNCTION).Properties.Timeout).toBe(120);
  });
});

describe("the relay", () => {
  test("has a minute", () => {
    expect(onlyResource(template, FUNCTION, RELAY_FUNCTION).Properties.Timeout).toBe(60);
  });

  test("reads the stream with every option set on purpose", () => {
    expect(onlyResource(template, "AWS::Lambda::EventSourceMapping").Properties).toEqual({
      FunctionName: nameOf(onlyAlias("RelayLive")),
      EventSourceArn: { "Fn::GetAtt": ["OutboxTable", "StreamArn"] },
      Enabled: true,
      StartingPosition: "TRIM_HORIZON",
      FilterCriteria: allRowsFilter("OutboxRelay"),
      BatchSize: 1000,
      MaximumBatchingWindowInSeconds: 0,
      ParallelizationFactor: 1,
      FunctionResponseTypes: ["ReportBatchItemFailures"],
      BisectBatchOnFunctionError: true,
      MaximumRetryAttempts: 3,
      MaximumRecordAgeInSeconds: 86_400,
      DestinationConfig: {
        OnFailure: { Destination: { "Fn::GetAtt": [expect.stringContaining("DeadLetterQueue"), "Arn"] } },
      },
      MetricsConfig: { Metrics: ["EventCount"] },
    });
  });

  test("takes batches of another size where one is set", () => {
    const { Properties } = onlyResource(synthesize({ batchSize: 25 }), "AWS::Lambda::EventSourceMapping");
    expect(Properties.BatchSize).toBe(25);
  });
});

describe("the requeuer", () => {
  test("has a minute, and no concurrency reserved, which a new account would refuse", () => {
    const { Properties } = onlyResource(template, FUNCTION, REQUEUER_FUNCTION);
    expect(Properties.Timeout).toBe(60);
    expect(Properties).not.toHaveProperty("ReservedConcurrentExecutions");
  });

  test("has its concurrency reserved where that is set", () => {
    const { Properties } = onlyResource(synthesize({ requeuerReservedConcurrency: 1 }), FUNCTION, REQUEUER_FUNCTION);
    expect(Properties.ReservedConcurrentExecutions).toBe(1);
  });

  test("is never run again for a run that failed or waited", () => {
    expect(onlyResource(template, "AWS::Lambda::EventInvokeConfig").Properties).toMatchObject({
      FunctionName: { Ref: expect.stringMatching(/^RelayRequeuerFunction/) },
      Qualifier: qualifierOf(onlyAlias("RelayRequeuerLive")),
      MaximumRetryAttempts: 0,
      MaximumEventAgeInSeconds: 60,
    });
  });

  test("runs every minute, without retries by the schedule", () => {
    expect(onlyResource(template, "AWS::Scheduler::Schedule").Properties).toMatchObject({
      ScheduleExpression: "rate(1 minute)",
      FlexibleTimeWindow: { Mode: "OFF" },
      State: "ENABLED",
      Target: {
        Arn: { Ref: onlyAlias("RelayRequeuerLive") },
        RetryPolicy: { MaximumRetryAttempts: 0, MaximumEventAgeInSeconds: 60 },
      },
    });
  });

  test("runs as often as is set", () => {
    const { Properties } = onlyResource(synthesize({ requeueEverySeconds: 300 }), "AWS::Scheduler::Schedule");
    expect(Properties.ScheduleExpression).toBe("rate(5 minutes)");
  });
});

test("the construct exposes its parts", () => {
  const { outboxRelay } = createStack();
  expect(outboxRelay.table.node.path).toBe("OutboxRelay/Relay/Table");
  expect(outboxRelay.deadLetterQueue.node.path).toBe("OutboxRelay/Relay/DeadLetterQueue");
  expect(outboxRelay.relay.node.path).toBe("OutboxRelay/Relay/Relay/Function");
  expect(outboxRelay.requeuer.node.path).toBe("OutboxRelay/Relay/Requeuer/Function");
});
