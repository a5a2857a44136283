import { GetMetricDataCommand, type MetricDataQuery } from "@aws-sdk/client-cloudwatch";
import { DIMENSIONS, type MetricName, RELAY_DIMENSION } from "../../contract/telemetry/metrics.ts";
import { METRICS_NAMESPACE } from "../../contract/telemetry/namespace.ts";
import type { OperatorClients } from "./clients.ts";

/** What CloudWatch knows of the last while. A number is absent where it has no data. */
export type Measured = Readonly<Partial<Record<Measurement, number>>> & {
  readonly DuplicatesPossible?: DuplicatesPossible;
};
/** Events that may have been delivered twice, by cause. */
export type DuplicatesPossible = Readonly<Partial<Record<DuplicateCause, number>>>;
type DuplicateCause = (typeof CAUSES)[number];

const CAUSES = DIMENSIONS.cause.values;
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
  | "DuplicatesDropped"
  | "BreakerOpen"
  | "RequeuerHeartbeat"
>;

const OWN: readonly (readonly [MeasuredMetric, "Sum" | "Maximum"])[] = [
  ["EventsPublished", "Sum"],
  ["EventsParked", "Sum"],
  ["EventsRequeued", "Sum"],
  ["EventsSwept", "Sum"],
  ["PublishRetries", "Sum"],
  ["DuplicatesDropped", "Sum"],
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
  const ofFunction = (name: Measurement, metric: string, functionName: string, statistic: string) =>
    query(idOf(name), "AWS/Lambda", metric, statistic, { FunctionName: functionName });
  const queries = [
    ...OWN.map(([name, statistic]) =>
      query(idOf(name), METRICS_NAMESPACE, name, statistic, { [RELAY_DIMENSION]: relayName }),
    ),
    ...CAUSES.map((cause) =>
      query(causeId(cause), METRICS_NAMESPACE, "DuplicatesPossible", "Sum", { [RELAY_DIMENSION]: relayName, cause }),
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
  const valuesOf = (id: string) => results.find(({ Id }) => Id === id)?.Values ?? [];
  const one = <Name extends string>(name: Name, id: string, isHighest = false) => {
    const values = valuesOf(id);
    if (values.length === 0) return [];
    return [[name, isHighest ? Math.max(...values) : values.reduce((sum, each) => sum + each, 0)] as const];
  };
  const possible = CAUSES.flatMap((cause) => one(cause, causeId(cause)));
  const measured: Measured = {
    ...Object.fromEntries(ALL.flatMap((name) => one(name, idOf(name), HIGHEST.has(name)))),
    ...(possible.length === 0 ? {} : { DuplicatesPossible: Object.fromEntries(possible) }),
  };
  const published = results.find(({ Id: id }) => id === idOf("EventsPublished"));
  const minutes = (published?.Timestamps ?? []).filter((_minute, index) => (published?.Values?.[index] ?? 0) > 0);
  if (minutes.length === 0) return measured;
  return { ...measured, LastPublishedMinute: Math.max(...minutes.map((minute) => minute.getTime())) };
}

const ALL: readonly Exclude<Measurement, "LastPublishedMinute">[] = [
  ...OWN.map(([name]) => name),
  ...(["RequeuerInvocations", "RequeuerErrors", "RelayErrors", "IteratorAge"] as const),
];
const HIGHEST: ReadonlySet<Measurement> = new Set(["BreakerOpen", "IteratorAge"]);

/** Ids of queries begin with a lower-case letter, and hold no hyphen. */
const idOf = (name: Measurement): string => `${name.slice(0, 1).toLowerCase()}${name.slice(1)}`;
const causeId = (cause: DuplicateCause): string => `duplicates_${cause.replaceAll("-", "_")}`;

const PERIOD_SECONDS = 60;

const query = (
  id: string,
  namespace: string,
  metric: string,
  statistic: string,
  dimensions: Readonly<Record<string, string>>,
): MetricDataQuery => ({
  Id: id,
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
