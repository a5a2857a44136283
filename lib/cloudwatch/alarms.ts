import { type AlarmRule, isComparison, type MissingData } from "./alarm-rule.ts";
import type { Query } from "./metric-query.ts";
import { type References, resourcesOf, type Template } from "./template.ts";

/** An alarm of the synthesized template. */
export type Alarm = MetricAlarm | CompositeAlarm;

interface CommonAlarm {
  readonly id: string;
  /** The construct's id, the alarm's name for people. */
  readonly name: string;
  readonly description: string;
}
export interface MetricAlarm extends CommonAlarm {
  readonly kind: "metric";
  readonly queries: readonly Query[];
  readonly rule: AlarmRule;
  readonly periodSeconds: number;
}
export interface CompositeAlarm extends CommonAlarm {
  readonly kind: "composite";
  readonly rule: string;
}

/** Reads all alarms of a template; composite ones come last, since they depend on others. */
export function alarmsOf(template: Template, references: References): readonly Alarm[] {
  return [
    ...resourcesOf(template, "AWS::CloudWatch::Alarm", references).map(([id, properties]) =>
      metricAlarm(id, properties),
    ),
    ...resourcesOf(template, "AWS::CloudWatch::CompositeAlarm", references).map(
      ([id, { AlarmDescription, AlarmRule }]): Alarm => ({
        ...common(id, AlarmDescription),
        kind: "composite",
        rule: String(AlarmRule),
      }),
    ),
  ];
}

/** The CDK puts the path before a construct's id, and eight characters of hash behind. */
const common = (id: string, description: unknown) => ({
  id,
  name: /Monitoring(\w+?)[0-9A-F]{8}$/.exec(id)?.[1] ?? id,
  description: String(description),
});

interface MetricProperties {
  readonly Namespace: string;
  readonly MetricName: string;
  readonly Dimensions?: readonly { readonly Name: string; readonly Value: string }[];
}
interface AlarmProperties extends MetricProperties {
  readonly AlarmDescription: string;
  readonly ComparisonOperator: string;
  readonly Threshold: number;
  readonly EvaluationPeriods: number;
  readonly DatapointsToAlarm?: number;
  readonly TreatMissingData?: MissingData;
  readonly Statistic?: string;
  readonly ExtendedStatistic?: string;
  readonly Period?: number;
  readonly Metrics?: readonly AlarmMetric[];
}
interface AlarmMetric {
  readonly Id: string;
  readonly Label?: string;
  readonly Expression?: string;
  readonly Period?: number;
  readonly ReturnData?: boolean;
  readonly MetricStat?: { readonly Metric: MetricProperties; readonly Period: number; readonly Stat: string };
}

function metricAlarm(id: string, given: Readonly<Record<string, unknown>>): MetricAlarm {
  const properties = given as unknown as AlarmProperties;
  const { ComparisonOperator: comparison, EvaluationPeriods: evaluationPeriods, Metrics: parts } = properties;
  if (!isComparison(comparison)) throw new Error(`The alarm ${id} compares by ${comparison}, which is not known here.`);
  const queries = parts === undefined ? [plainQuery(properties)] : parts.map((part) => queryOf(part, parts));
  return {
    ...common(id, properties.AlarmDescription),
    kind: "metric",
    queries,
    periodSeconds: Math.max(...queries.map(({ periodSeconds }) => periodSeconds)),
    rule: {
      comparison,
      threshold: properties.Threshold,
      evaluationPeriods,
      datapointsToAlarm: properties.DatapointsToAlarm ?? evaluationPeriods,
      missingData: properties.TreatMissingData ?? "missing",
    },
  };
}

function plainQuery(properties: AlarmProperties): Query {
  const { Statistic, ExtendedStatistic, Period = 60 } = properties;
  const statistic = Statistic ?? ExtendedStatistic ?? "Average";
  return { kind: "metric", metric: metricOf(properties), statistic, periodSeconds: Period, returned: true };
}

function queryOf(
  { Id: id, Label, Expression, Period, ReturnData, MetricStat }: AlarmMetric,
  siblings: readonly AlarmMetric[],
): Query {
  const common = { id, returned: ReturnData ?? true, ...(Label === undefined ? {} : { label: Label }) };
  if (MetricStat !== undefined) {
    const { Metric, Stat: statistic, Period: periodSeconds } = MetricStat;
    return { ...common, kind: "metric", metric: metricOf(Metric), statistic, periodSeconds };
  }
  // All metrics of an expression share one period, which is also the expression's.
  const periodSeconds = Period ?? Math.max(...siblings.map((sibling) => sibling.MetricStat?.Period ?? 0));
  return { ...common, kind: "expression", expression: Expression ?? "", periodSeconds };
}

const metricOf = ({ Namespace, MetricName, Dimensions = [] }: MetricProperties) => ({
  namespace: Namespace,
  name: MetricName,
  dimensions: Object.fromEntries(Dimensions.map(({ Name, Value }) => [Name, Value])),
});
