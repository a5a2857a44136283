import { describe, expect, test } from "vitest";
import { ALARM_NAMES } from "../../lib/cdk/monitoring/alarms.ts";
import { METRICS, METRICS_NAMESPACE, type MetricDefinition } from "../../lib/core/metrics.ts";
import { findResources, onlyResource, type Resource, synthesize } from "./fixtures.ts";

const ALARM = "AWS::CloudWatch::Alarm";
const template = synthesize();
const alarms = findResources(template, ALARM);
const catalogue = Object.entries<MetricDefinition>(METRICS);

function alarmOn(metricName: string, among: readonly Resource[] = alarms): Resource["Properties"] {
  const [alarm, ...others] = among.filter(({ Properties }) => Properties.MetricName === metricName);
  expect(others).toEqual([]);
  return alarm?.Properties;
}

describe("alarms", () => {
  test("there is one for each name, on one metric each", () => {
    expect(alarms).toHaveLength(ALARM_NAMES.length);
    for (const { Properties } of alarms) {
      // Metric math would not deploy on the emulator.
      expect(Properties).not.toHaveProperty("Metrics");
    }
  });

  test("say what they mean and what to do", () => {
    for (const { Properties } of alarms) {
      expect(Properties.AlarmDescription).toMatch(/^OutboxRelay: .{60,}\.$/s);
    }
  });

  test("an event that waits for five minutes", () => {
    expect(alarmOn("OldestUndeliveredAge")).toMatchObject({
      Namespace: METRICS_NAMESPACE,
      Dimensions: [{ Name: "service", Value: "OutboxRelay" }],
      ComparisonOperator: "GreaterThanOrEqualToThreshold",
      Statistic: "Maximum",
      Threshold: 300,
      Period: 60,
      EvaluationPeriods: 3,
      TreatMissingData: "ignore",
    });
  });

  test("an event that waits is no alarm before the sweep may take it", () => {
    const changed = findResources(synthesize({ minAgeSeconds: 1_800, requeueEverySeconds: 300 }), ALARM);
    expect(alarmOn("OldestUndeliveredAge", changed)).toMatchObject({ Threshold: 1_800, Period: 300 });
  });

  test("a dead-letter message half way to its expiry", () => {
    expect(alarmOn("ApproximateAgeOfOldestMessage")).toMatchObject({ Namespace: "AWS/SQS", Threshold: 7 * 86_400 });
  });

  test("dead-letter messages that nobody takes", () => {
    expect(alarmOn("ApproximateNumberOfMessagesVisible")).toMatchObject({
      Threshold: 1,
      Period: 300,
      EvaluationPeriods: 3,
    });
  });

  test("a relay that is behind its stream", () => {
    expect(alarmOn("IteratorAge")).toMatchObject({ Namespace: "AWS/Lambda", Threshold: 300_000, Statistic: "Maximum" });
  });

  test("a relay that crashes", () => {
    expect(alarmOn("Errors")).toMatchObject({
      Dimensions: [{ Name: "FunctionName", Value: { Ref: expect.stringMatching(/^RelayFunction/) } }],
      Threshold: 1,
      TreatMissingData: "notBreaching",
    });
  });

  test("a requeuer that does not run, which is known by its silence", () => {
    expect(alarmOn("RequeuerHeartbeat")).toMatchObject({
      ComparisonOperator: "LessThanThreshold",
      Threshold: 1,
      Period: 60,
      EvaluationPeriods: 3,
      TreatMissingData: "breaching",
    });
    const changed = findResources(synthesize({ requeueEverySeconds: 3_600 }), ALARM);
    expect(alarmOn("RequeuerHeartbeat", changed).Period).toBe(3_600);
  });

  test("a row that breaks the item contract", () => {
    expect(alarmOn("MalformedRecords")).toMatchObject({
      Threshold: 1,
      Statistic: "Sum",
      TreatMissingData: "notBreaching",
    });
  });

  test("a table with time to live or without new images, until a requeuer finds it repaired", () => {
    expect(alarmOn("TableMisconfigured")).toMatchObject({ Threshold: 1, Statistic: "Sum", TreatMissingData: "ignore" });
  });

  test("tell nobody, unless there is a topic, and then of both on and off", () => {
    const topic = "arn:aws:sns:us-east-1:123456789012:ops";
    for (const { Properties } of alarms) {
      expect(Properties).not.toHaveProperty("AlarmActions");
    }
    for (const { Properties } of findResources(synthesize({ alarmTopicArn: topic }), ALARM)) {
      expect([Properties.AlarmActions, Properties.OKActions]).toEqual([[topic], [topic]]);
    }
  });

  test("a composite one says that delivery is at risk", () => {
    const { AlarmRule, AlarmDescription } = onlyResource(template, "AWS::CloudWatch::CompositeAlarm").Properties;
    expect(AlarmDescription).toContain("delivery is at risk");
    for (const name of ["OldestUndeliveredAge", "RequeuerHeartbeatMissing", "DeadLetterAge", "TableMisconfigured"]) {
      expect(JSON.stringify(AlarmRule)).toContain(`Monitoring${name}`);
    }
  });

  test("the composite one can be left out", () => {
    synthesize({ alarms: { composite: false } }).resourceCountIs("AWS::CloudWatch::CompositeAlarm", 0);
  });
});

describe("the dashboard", () => {
  const { DashboardBody, DashboardName } = onlyResource(template, "AWS::CloudWatch::Dashboard").Properties;
  const body = JSON.stringify(DashboardBody);

  test("has a name of its own in each region", () => {
    expect(DashboardName).toEqual({ "Fn::Join": ["", ["OutboxRelay-", { Ref: "AWS::Region" }]] });
  });

  test("shows every metric of the catalogue", () => {
    expect(catalogue.map(([name]) => name).filter((name) => !body.includes(name))).toEqual([]);
  });

  test("searches for what a metric is broken down by", () => {
    for (const [name, { dimensions }] of catalogue) {
      if (dimensions !== undefined) {
        expect(body).toContain(`{OutboxRelay,service,${dimensions.join(",")}} MetricName=`);
        expect(body).toMatch(new RegExp(`MetricName=[\\\\"]+${name}[\\\\"]+ service=[\\\\"]+OutboxRelay[\\\\"]+`));
      }
    }
  });
});

test("no alarm and no graph is on a metric of ours that nobody emits", () => {
  const text = JSON.stringify(template.toJSON());
  const named = [
    ...alarms
      .filter(({ Properties }) => Properties.Namespace === METRICS_NAMESPACE)
      .map(({ Properties }) => Properties.MetricName),
    ...[...text.matchAll(/\[\\+"OutboxRelay\\+",\\+"(\w+)\\+"/g)].map(([, name]) => name),
  ];
  expect(named.length).toBeGreaterThan(catalogue.length);
  expect(named.filter((name) => !Object.hasOwn(METRICS, name))).toEqual([]);
});
