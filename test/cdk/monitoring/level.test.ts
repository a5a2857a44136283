import { Topic } from "aws-cdk-lib/aws-sns";
import { expect, test } from "vitest";
import { readEnvironment } from "../../../lib/contract/deployment/environment.ts";
import { JUDGED_METRICS, METRICS } from "../../../lib/contract/telemetry/metrics.ts";
import { METRICS_NAMESPACE } from "../../../lib/contract/telemetry/namespace.ts";
import {
  createOwnStack,
  createRelay,
  findResources,
  onlyResource,
  type Resource,
  synthesize,
  synthesizeOwn,
} from "../fixtures.ts";

const ALARM = "AWS::CloudWatch::Alarm";
const COMPOSITE = "AWS::CloudWatch::CompositeAlarm";
const DASHBOARD = "AWS::CloudWatch::Dashboard";

const full = synthesize();
const alarms = synthesize({ monitoring: "alarms" });
const none = synthesize({ monitoring: "none" });

const countsIn = (template: typeof full) =>
  [ALARM, COMPOSITE, DASHBOARD].map((type) => findResources(template, type).length);

/** The metrics that the functions are told to publish. */
const publishedIn = (template: typeof full): readonly unknown[] =>
  findResources(template, "AWS::Lambda::Function").flatMap(({ Properties }) => {
    const variables: Readonly<Record<string, unknown>> | undefined = Properties.Environment?.Variables;
    if (variables?.["OUTBOX_TABLE_NAME"] === undefined) return [];
    return [variables["OUTBOX_RELAY_METRICS"]];
  });

/** The relay's own metrics that a template's alarms watch. */
const alarmedIn = (template: typeof full): readonly string[] => {
  interface Metric {
    readonly Namespace?: string;
    readonly MetricName?: string;
  }
  const ofMath = (math: readonly { readonly MetricStat?: { readonly Metric: Metric } }[]) =>
    math.flatMap(({ MetricStat }) => (MetricStat === undefined ? [] : [MetricStat.Metric]));
  const metrics = findResources(template, ALARM).flatMap(({ Properties }): readonly Metric[] =>
    Properties.Metrics === undefined ? [Properties] : ofMath(Properties.Metrics),
  );
  const own = metrics.filter(({ Namespace }) => Namespace === METRICS_NAMESPACE);
  return [...new Set(own.map(({ MetricName }) => String(MetricName)))].sort();
};

const publishedForAlarms = () => [...new Set([...alarmedIn(full), ...JUDGED_METRICS])].sort();

test("everything is there unless less is asked for", () => {
  expect(countsIn(full)).toEqual([expect.any(Number), 1, 1]);
  expect(synthesize({ monitoring: "full" }).toJSON()).toEqual(full.toJSON());
  expect(publishedIn(full)).toEqual([undefined, undefined]);
});

test("alarms are the same without a dashboard, and of the metrics those are published that they or `status` go by", () => {
  // Their descriptions link to the dashboard, where there is one.
  const ruleOf = ({ Properties }: Resource) => ({ ...Properties, AlarmDescription: undefined });
  for (const type of [ALARM, COMPOSITE])
    expect(findResources(alarms, type).map(ruleOf)).toEqual(findResources(full, type).map(ruleOf));
  expect(findResources(alarms, DASHBOARD)).toEqual([]);
  const expected = publishedForAlarms();
  expect(expected.length).toBeGreaterThan(3);
  expect(expected.length).toBeLessThan(Object.keys(METRICS).length / 2);
  expect(publishedIn(alarms)).toEqual([JSON.stringify(expected), JSON.stringify(expected)]);
});

test("none has neither alarm nor dashboard nor metric", () => {
  expect(countsIn(none)).toEqual([0, 0, 0]);
  expect(publishedIn(none)).toEqual(["[]", "[]"]);
});

test("the mapping's metrics, which stand on no alarm, go with the dashboard", () => {
  const metricsOf = (template: typeof full) =>
    onlyResource(template, "AWS::Lambda::EventSourceMapping").Properties.MetricsConfig;
  expect(metricsOf(full)).toEqual({ Metrics: ["EventCount"] });
  expect([metricsOf(alarms), metricsOf(none)]).toEqual([undefined, undefined]);
});

test("the rest of the relay is the same at each level", () => {
  const others = (template: typeof full) => {
    // A version is named after the function's configuration, which includes the metrics to publish.
    const { Resources } = JSON.parse(JSON.stringify(template.toJSON()).replace(/CurrentVersion\w+/g, "CurrentVersion"));
    const kept = Object.entries<{ readonly Type: string }>(Resources).filter(
      ([, { Type }]) => !/CloudWatch|Lambda::(Function|Version|EventSourceMapping)$/.test(Type),
    );
    return Object.fromEntries(kept);
  };
  expect(others(alarms)).toEqual(others(full));
  expect(others(none)).toEqual(others(full));
});

test("the output that names the dashboard is there as long as the dashboard is", () => {
  const outputs = (template: typeof full) => Object.keys(template.toJSON()["Outputs"]);
  expect(outputs(full)).toContain("DashboardName");
  expect(outputs(alarms)).toEqual(outputs(full).filter((name) => name !== "DashboardName"));
});

test.each(["alarmTopic", "pageTopic"] as const)("%s, which would hear of nothing, is refused", (name) => {
  const stack = createOwnStack();
  expect(() => createRelay(stack, { monitoring: "none", [name]: new Topic(stack, "Topic") })).toThrow(
    `Orders/Relay.monitoring is "none": there are no alarms then, and ${name} would hear of nothing; leave the topic out, or let monitoring be "alarms" or "full".`,
  );
});

test("a topic hears of the alarms where there is no dashboard", () => {
  const stack = createOwnStack();
  const alarmTopic = new Topic(stack, "Topic");
  createRelay(stack, { monitoring: "alarms", alarmTopic }, "Heard");
  expect(onlyResource(synthesizeOwn(stack), COMPOSITE).Properties.AlarmActions).toHaveLength(1);
});

test("the functions understand what they are told to publish", () => {
  const variables = (list?: string) => ({
    OUTBOX_TABLE_NAME: "outbox",
    DEAD_LETTER_QUEUE_URL: "https://sqs.us-east-1.amazonaws.com/123456789012/letters",
    POWERTOOLS_SERVICE_NAME: "orders",
    OUTBOX_RELAY_SETTINGS: "{}",
    OUTBOX_RELAY_TARGET: "{}",
    ...(list === undefined ? {} : { OUTBOX_RELAY_METRICS: list }),
  });
  const published = (list?: string) => readEnvironment(variables(list)).publishedMetrics;
  expect(published()).toBeUndefined();
  expect(published("[]")).toEqual(new Set());
  expect(published(String(publishedIn(alarms)[0]))).toEqual(new Set(publishedForAlarms()));
});
