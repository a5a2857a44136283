import { describe, expect, test } from "vitest";
import { ALARM_NAMES } from "../../../lib/cdk/monitoring/alarms.ts";
import { METRICS_NAMESPACE } from "../../../lib/contract/telemetry/namespace.ts";
import { findResources, onlyResource, type Resource, synthesize } from "../fixtures.ts";

const ALARM = "AWS::CloudWatch::Alarm";
/** Relays that share a table have one alarm more, and so has one with an archive; its audit has two. */
const EVENT_TYPES = { except: ["parcel.*"] };
const ALL = { eventTypes: EVENT_TYPES, archive: true, audit: true };
const template = synthesize(ALL);
const alarms = findResources(template, ALARM);

function alarmNamed(name: string, among = template): Resource["Properties"] {
  // A name may be the beginning of another one. In a logical id eight characters of hash follow it.
  const found = Object.entries(among.findResources(ALARM)).filter(([id]) =>
    new RegExp(`^RelayMonitoring${name}[0-9A-F]{8}$`).test(id),
  );
  expect(found).toHaveLength(1);
  return found.map(([, resource]) => (resource as Resource).Properties)[0];
}

describe("alarms", () => {
  test("there is one for each name", () => {
    expect(alarms).toHaveLength(ALARM_NAMES.length);
    for (const name of ALARM_NAMES) alarmNamed(name);
  });

  test("an event that waits for five minutes", () => {
    expect(alarmNamed("OldestUndeliveredAge")).toMatchObject({
      Namespace: METRICS_NAMESPACE,
      MetricName: "OldestUndeliveredAge",
      Dimensions: [{ Name: "service", Value: "OutboxRelay" }],
      ComparisonOperator: "GreaterThanOrEqualToThreshold",
      Statistic: "Maximum",
      Threshold: 300,
      Period: 60,
      EvaluationPeriods: 30,
      DatapointsToAlarm: 5,
      TreatMissingData: "ignore",
    });
  });

  test.each([
    [60, 30, 5],
    [300, 6, 3],
    [900, 3, 3],
  ])(
    "an event that waits is told once while its target comes and goes, by runs each %i s",
    (run, periods, datapoints) => {
      expect(alarmNamed("OldestUndeliveredAge", synthesize({ requeueEverySeconds: run }))).toMatchObject({
        EvaluationPeriods: periods,
        DatapointsToAlarm: datapoints,
      });
    },
  );

  test("an event that waits longer than the objective, but for no less than the sweep needs", () => {
    const threshold = (context: unknown) => alarmNamed("OldestUndeliveredAge", synthesize(context)).Threshold;
    expect(threshold({ alarms: { undeliveredSeconds: 900 } })).toBe(900);
    expect(threshold({ minAgeSeconds: 1_800 })).toBe(1_800);
  });

  test("an event that waits for half a day", () => {
    expect(alarmNamed("OldestUndeliveredAgeCritical")).toMatchObject({
      MetricName: "OldestUndeliveredAge",
      Threshold: 12 * 3_600,
      EvaluationPeriods: 1,
    });
  });

  test("a row that is not this relay's, at three times the age at which a sweep takes one", () => {
    expect(alarmNamed("OldestForeignAge")).toMatchObject({
      MetricName: "OldestForeignAge",
      Threshold: 900,
      Period: 60,
      EvaluationPeriods: 1,
      Statistic: "Maximum",
      TreatMissingData: "ignore",
    });
    expect(alarmNamed("OldestForeignAge", synthesize({ eventTypes: EVENT_TYPES, minAgeSeconds: 120 })).Threshold).toBe(
      360,
    );
    expect(JSON.stringify(synthesize({ monitoring: "alarms" }).toJSON())).not.toContain("OldestForeignAge");
  });

  test("an event that is parked for half of the 14 days that SQS keeps its message, by the relay's own word", () => {
    expect(alarmNamed("DeadLetterAge")).toMatchObject({
      Namespace: METRICS_NAMESPACE,
      MetricName: "OldestParkedAge",
      Threshold: 7 * 86_400,
      TreatMissingData: "ignore",
    });
  });

  test.each([
    [60, 300],
    [3_600, 3_600],
  ])("dead-letter messages that nobody takes, with a run every %d s", (requeueEverySeconds, Period) => {
    const { Metrics, ...alarm } = alarmNamed("DeadLetterDepth", synthesize({ requeueEverySeconds }));
    expect(alarm).toMatchObject({ Threshold: 1, EvaluationPeriods: 3, TreatMissingData: "notBreaching" });
    expect(Metrics).toMatchObject([
      { Expression: "due / (due + FILL(received, 0))" },
      { MetricStat: { Metric: { MetricName: "ApproximateNumberOfMessagesVisible" }, Stat: "Maximum", Period } },
      { MetricStat: { Metric: { MetricName: "NumberOfMessagesReceived" }, Stat: "Sum", Period } },
    ]);
  });

  test.each([
    ["IteratorAgeLate", 60_000, 5],
    ["IteratorAgeHigh", 3_600_000, 3],
    ["IteratorAgeCritical", 43_200_000, 1],
  ])("%s: a relay that is %d ms behind its stream", (name, Threshold, EvaluationPeriods) => {
    const expected = { Namespace: "AWS/Lambda", MetricName: "IteratorAge", Threshold, EvaluationPeriods };
    expect(alarmNamed(name)).toMatchObject({ ...expected, Statistic: "Maximum", Period: 60 });
  });

  test.each([
    ["RelayErrors", "Errors", 1],
    ["RelayThrottles", "Throttles", 3],
  ])("%s: a relay that crashes, or may not run", (name, MetricName, EvaluationPeriods) => {
    expect(alarmNamed(name)).toMatchObject({
      MetricName,
      EvaluationPeriods,
      Dimensions: [{ Name: "FunctionName", Value: { Ref: expect.stringMatching(/^RelayFunction/) } }],
      Threshold: 1,
      Period: 300,
      TreatMissingData: "notBreaching",
    });
  });

  test.each([
    [60, 180],
    [3_600, 10_800],
  ])(
    "a requeuer that does not run, which is known by its silence, with a run every %d s",
    (requeueEverySeconds, Period) => {
      const { Metrics, ...alarm } = alarmNamed("RequeuerHeartbeatMissing", synthesize({ requeueEverySeconds }));
      expect(alarm).toMatchObject({
        ...{ ComparisonOperator: "GreaterThanOrEqualToThreshold", Threshold: 1, TreatMissingData: "ignore" },
        ...{ EvaluationPeriods: 2, DatapointsToAlarm: 1 },
      });
      const metrics = Metrics.flatMap(({ MetricStat }: Resource["Properties"]) => MetricStat ?? []);
      expect(metrics.map(({ Metric }: Resource["Properties"]) => Metric.MetricName)).toEqual([
        "Invocations",
        "Invocations",
        "RequeuerHeartbeat",
      ]);
      for (const each of metrics) expect(each.Period).toBe(Period);
    },
  );

  test("a requeuer that does not run, without metric math: silence alone, of a new stack too", () => {
    expect(alarmNamed("RequeuerHeartbeatMissing", synthesize({ alarms: { metricMath: false } }))).toMatchObject({
      MetricName: "RequeuerHeartbeat",
      ComparisonOperator: "LessThanThreshold",
      Threshold: 1,
      Period: 60,
      EvaluationPeriods: 3,
      TreatMissingData: "breaching",
    });
  });

  test.each([
    [60, 30, 15],
    [600, 3, 2],
    [3_600, 1, 1],
  ])(
    "a breaker that is open for half of half an hour, with a run every %d s",
    (requeueEverySeconds, periods, datapoints) => {
      expect(alarmNamed("BreakerOpen", synthesize({ requeueEverySeconds }))).toMatchObject({
        Threshold: 1,
        Statistic: "Maximum",
        Period: requeueEverySeconds,
        EvaluationPeriods: periods,
        DatapointsToAlarm: datapoints,
      });
    },
  );

  test.each([
    [60, 300, 300],
    [3_600, 3_600, 10_800],
  ])("a failure that is permanent, while it stands, with a run every %d s", (requeueEverySeconds, Period, seconds) => {
    const { Metrics, ...alarm } = alarmNamed("PermanentFailures", synthesize({ requeueEverySeconds }));
    expect(alarm).toMatchObject({ Threshold: 1, TreatMissingData: "ignore" });
    expect(Metrics).toMatchObject([
      { Expression: `parked / ${seconds} + FILL(target, 0)` },
      { Id: "parked", MetricStat: { Metric: { MetricName: "OldestParkedAge" }, Stat: "Maximum", Period } },
      { Id: "target", MetricStat: { Metric: { MetricName: "PublishFailures" }, Stat: "Sum", Period } },
    ]);
  });

  test("metric math can be left out, and two alarms with it", () => {
    const without = findResources(synthesize({ ...ALL, alarms: { metricMath: false } }), ALARM);
    expect(without).toHaveLength(ALARM_NAMES.length - 2);
    for (const { Properties } of without) expect(Properties).not.toHaveProperty("Metrics");
  });

  test("a row that breaks the item contract", () => {
    expect(alarmNamed("MalformedRecords")).toMatchObject({
      Threshold: 1,
      Statistic: "Sum",
      TreatMissingData: "notBreaching",
    });
  });

  test("a table with time to live or without new images, until a requeuer finds it repaired", () => {
    expect(alarmNamed("TableMisconfigured")).toMatchObject({
      Threshold: 1,
      Statistic: "Sum",
      TreatMissingData: "ignore",
    });
  });

  test("a bus that loses what it acknowledges once its key is gone, until a run sees it repaired", () => {
    expect(alarmNamed("UnprotectedBuses", synthesize({ requeueEverySeconds: 600 }))).toMatchObject({
      Threshold: 1,
      Statistic: "Maximum",
      Period: 600,
      EvaluationPeriods: 1,
      TreatMissingData: "ignore",
    });
  });

  test.each([
    [60, 10],
    [240, 3],
    [900, 2],
    [3_600, 2],
  ])(
    "a target that nobody can verify, by runs each %i s: in %i in a row, whose checks tell 0 as well",
    (run, periods) => {
      expect(
        alarmNamed("TargetUnverified", synthesize({ requeueEverySeconds: run, monitoring: "alarms" })),
      ).toMatchObject({
        Threshold: 1,
        Statistic: "Minimum",
        Period: run,
        EvaluationPeriods: periods,
        DatapointsToAlarm: periods,
        TreatMissingData: "ignore",
        AlarmDescription: expect.stringContaining(`for ${(periods * run) / 60} minutes nobody could tell`),
      });
    },
  );

  test.each(["sqs", "sns", "kinesis"])("of existence are none for %s, where nobody looks", (kind) => {
    const ids = Object.keys(synthesize({ ...ALL, target: { kind } }).findResources(ALARM));
    expect(ids).toHaveLength(ALARM_NAMES.length - 2);
    expect(ids.filter((id) => /TargetUnverified|UnprotectedBuses/.test(id))).toEqual([]);
  });

  test("a line that the archive did not take in time, however rare, and none where nothing is kept", () => {
    expect(alarmNamed("ReceiptsMissing")).toMatchObject({
      Namespace: METRICS_NAMESPACE,
      MetricName: "ReceiptsMissing",
      Threshold: 1,
      Statistic: "Sum",
      Period: 300,
      EvaluationPeriods: 6,
      DatapointsToAlarm: 1,
      TreatMissingData: "notBreaching",
    });
    const ids = Object.keys(synthesize({ eventTypes: EVENT_TYPES }).findResources(ALARM));
    expect(ids).toHaveLength(ALARM_NAMES.length - 3);
    expect(ids.filter((id) => id.includes("ReceiptsMissing"))).toEqual([]);
  });

  test("an audit that could not account for all, until the next one tells its own number", () => {
    expect(alarmNamed("AuditUnaccounted")).toMatchObject({
      Namespace: METRICS_NAMESPACE,
      MetricName: "AuditUnaccounted",
      ComparisonOperator: "GreaterThanOrEqualToThreshold",
      Threshold: 1,
      Statistic: "Maximum",
      Period: 300,
      EvaluationPeriods: 1,
      DatapointsToAlarm: 1,
      TreatMissingData: "ignore",
    });
  });

  test.each([
    [{ everyHours: 1 }, 3, "2h", "5h"],
    [true, 26, "25h", "51h"],
    [{ everyHours: 6, windowHours: 48 }, 8, "48h", "56h"],
  ])("an audit that did not come to its end for its schedule, and two hours: %j", (audit, hours, window, since) => {
    const among = synthesize({ ...ALL, audit });
    const { Metrics, ...rule } = alarmNamed("AuditMissing", among);
    expect(rule).toMatchObject({
      ComparisonOperator: "GreaterThanOrEqualToThreshold",
      Threshold: 1,
      EvaluationPeriods: hours,
      DatapointsToAlarm: hours,
      TreatMissingData: "notBreaching",
    });
    expect(JSON.stringify(Metrics)).toContain("requeued / (requeued + FILL(audits, 0))");
    expect(JSON.stringify(Metrics).match(/"Period":3600/g)).toHaveLength(2);
    const plain = synthesize({ ...ALL, audit, alarms: { metricMath: false } });
    expect(alarmNamed("AuditMissing", plain)).toMatchObject({
      MetricName: "AuditRuns",
      ComparisonOperator: "LessThanThreshold",
      Threshold: 1,
      Statistic: "Sum",
      Period: 3_600,
      EvaluationPeriods: hours,
      DatapointsToAlarm: hours,
      TreatMissingData: "breaching",
    });
    const commandOf = (name: string) => JSON.stringify(alarmNamed(name, among).AlarmDescription);
    expect(commandOf("AuditUnaccounted")).toContain(`audit --from ${window}\``);
    expect(commandOf("AuditMissing")).toContain(`audit --from ${since}\``);
  });

  test("of audits are none without one", () => {
    const ids = Object.keys(synthesize({ eventTypes: EVENT_TYPES, archive: true }).findResources(ALARM));
    expect(ids).toHaveLength(ALARM_NAMES.length - 2);
    expect(ids.filter((id) => id.includes("Audit"))).toEqual([]);
  });

  test("tell nobody, unless there is a topic, and then of both on and off", () => {
    const topic = "arn:aws:sns:us-east-1:123456789012:ops";
    for (const { Properties } of alarms) {
      expect(Properties).not.toHaveProperty("AlarmActions");
    }
    const reporting = synthesize({ alarmTopicArn: topic });
    const all = [...findResources(reporting, ALARM), onlyResource(reporting, "AWS::CloudWatch::CompositeAlarm")];
    for (const { Properties } of all) {
      expect([Properties.AlarmActions, Properties.OKActions]).toEqual([[topic], [topic]]);
    }
  });

  test("a composite one says that delivery is at risk", () => {
    const { AlarmRule, AlarmDescription } = onlyResource(template, "AWS::CloudWatch::CompositeAlarm").Properties;
    expect(JSON.stringify(AlarmDescription)).toContain("delivery is at risk");
    const rule = JSON.stringify(AlarmRule);
    for (const name of ["OldestUndeliveredAge", "RequeuerHeartbeatMissing", "DeadLetterAge", "TableMisconfigured"]) {
      expect(rule).toContain(`Monitoring${name}`);
    }
    for (const name of [
      "MalformedRecords",
      "RelayErrors",
      "BreakerOpen",
      "ReceiptsMissing",
      "AuditUnaccounted",
      "AuditMissing",
    ])
      expect(rule).not.toContain(name);
  });

  test("the composite one can be left out", () => {
    synthesize({ alarms: { composite: false } }).resourceCountIs("AWS::CloudWatch::CompositeAlarm", 0);
  });
});
