import { GetMetricDataCommand, type MetricDataQuery } from "@aws-sdk/client-cloudwatch";
import { METRICS_NAMESPACE, type MetricName, RELAY_DIMENSION } from "../../contract/telemetry/metrics.ts";
import type { OperatorClients } from "./clients.ts";

/** What CloudWatch knows of the last while. A number is absent where it has no data. */
export type Measured = Readonly<Partial<Record<Measurement, number>>>;
export type Measurement =
  | MeasuredMetric
  /** Epoch milliseconds: when the latest minute began in which the target took an event. */
  | "LastPublishedMinute"
  | "RequeuerInvocations"
  | "RequeuerErrors"
  | "RelayErrors"
  | "IteratorAge";
type MeasuredMetric = Extract<
  MetricName,
  | "EventsPublished"
  | "EventsParked"
  | "EventsRequeued"
  | "EventsSwept"
  | "PublishRetries"
  | "BreakerOpen"
  | "RequeuerHeartbeat"
>;

const OWN: readonly (readonly [MeasuredMetric, "Sum" | "Maximum"])[] = [
  ["EventsPublished", "Sum"],
  ["EventsParked", "Sum"],
  ["EventsRequeued", "Sum"],
  ["EventsSwept", "Sum"],
  ["PublishRetries", "Sum"],
  ["BreakerOpen", "Maximum"],
  ["RequeuerHeartbeat", "Sum"],
];

export interface MeasureOptions {
  readonly relayName: string;
  readonly relayFunctionName: string;
  readonly requeuerFunctionName: string;
  /** Epoch milliseconds. */
  readonly nowMs: number;
  readonly windowMs: number;
}

/** Asks CloudWatch for the last window of each measurement, added up or at its highest. */
export async function measure({ cloudwatch }: OperatorClients, options: MeasureOptions): Promise<Measured> {
  const { relayName, relayFunctionName, requeuerFunctionName, nowMs, windowMs } = options;
  const ofFunction = (id: Measurement, metric: string, functionName: string, statistic: string) =>
    query(id, "AWS/Lambda", metric, statistic, { FunctionName: functionName });
  const queries = [
    ...OWN.map(([name, statistic]) =>
      query(name, METRICS_NAMESPACE, name, statistic, { [RELAY_DIMENSION]: relayName }),
    ),
    ofFunction("RequeuerInvocations", "Invocations", requeuerFunctionName, "Sum"),
    ofFunction("RequeuerErrors", "Errors", requeuerFunctionName, "Sum"),
    ofFunction("RelayErrors", "Errors", relayFunctionName, "Sum"),
    ofFunction("IteratorAge", "IteratorAge", relayFunctionName, "Maximum"),
  ];
  const { MetricDataResults: results = [] } = await cloudwatch.send(
    new GetMetricDataCommand({
      MetricDataQueries: queries,
      StartTime: new Date(nowMs - windowMs),
      EndTime: new Date(nowMs + 60_000),
    }),
  );
  const highest = new Set(["BreakerOpen", "IteratorAge"]);
  const measured = Object.fromEntries(
    results.flatMap(({ Id: id = "", Values: values = [] }) => {
      const name = `${id.slice(0, 1).toUpperCase()}${id.slice(1)}`;
      if (values.length === 0) return [];
      const value = highest.has(name) ? Math.max(...values) : values.reduce((sum, each) => sum + each, 0);
      return [[name, value]];
    }),
  );
  const published = results.find(({ Id: id }) => id === idOf("EventsPublished"));
  const minutes = (published?.Timestamps ?? []).filter((_minute, index) => (published?.Values?.[index] ?? 0) > 0);
  if (minutes.length === 0) return measured;
  return { ...measured, LastPublishedMinute: Math.max(...minutes.map((minute) => minute.getTime())) };
}

/** Ids of queries begin with a lower-case letter. */
const idOf = (name: Measurement): string => `${name.slice(0, 1).toLowerCase()}${name.slice(1)}`;

const PERIOD_SECONDS = 60;

const query = (
  name: Measurement,
  namespace: string,
  metric: string,
  statistic: string,
  dimensions: Readonly<Record<string, string>>,
): MetricDataQuery => ({
  Id: idOf(name),
  MetricStat: {
    Metric: {
      Namespace: namespace,
      MetricName: metric,
      Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
    },
    Period: PERIOD_SECONDS,
    Stat: statistic,
  },
  ReturnData: true,
});
