import { GetMetricDataCommand, type MetricDataQuery } from "@aws-sdk/client-cloudwatch";
import { DIMENSIONS, type MetricName, RELAY_DIMENSION } from "../../contract/telemetry/metrics.ts";
import { METRICS_NAMESPACE } from "../../contract/telemetry/namespace.ts";
import type { OperatorClients } from "./clients.ts";

/** What CloudWatch knows of the last while. A number is absent where it has no data. */
export type Measured = Readonly<Partial<Record<Measurement, number>>> & {
  readonly DuplicatesPossible?: DuplicatesPossible;
};
/** Events that may have been delivered twice, by cause. */
type DuplicatesPossible = Readonly<Partial<Record<DuplicateCause, number>>>;
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

const OF_FUNCTIONS: readonly (readonly [
  Exclude<Measurement, MeasuredMetric>,
  "Sum" | "Maximum",
  metric: string,
  "relayFunctionName" | "requeuerFunctionName",
])[] = [
  ["RequeuerInvocations", "Sum", "Invocations", "requeuerFunctionName"],
  ["RequeuerErrors", "Sum", "Errors", "requeuerFunctionName"],
  ["RelayErrors", "Sum", "Errors", "relayFunctionName"],
  ["IteratorAge", "Maximum", "IteratorAge", "relayFunctionName"],
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
  const { relayName, nowMs, windowMs } = options;
  const relay = { [RELAY_DIMENSION]: relayName };
  const { MetricDataResults: results = [] } = await cloudwatch.send(
    new GetMetricDataCommand({
      MetricDataQueries: [
        ...OWN.map(([name, statistic]) => query(idOf(name), METRICS_NAMESPACE, name, statistic, relay)),
        ...CAUSES.map((cause) =>
          query(causeId(cause), METRICS_NAMESPACE, "DuplicatesPossible", "Sum", { ...relay, cause }),
        ),
        ...OF_FUNCTIONS.map(([name, statistic, metric, owner]) =>
          query(idOf(name), "AWS/Lambda", metric, statistic, { FunctionName: options[owner] }),
        ),
      ],
      StartTime: new Date(nowMs - windowMs),
      EndTime: new Date(nowMs + 60_000),
    }),
  );
  const byId = new Map(results.map((result) => [result.Id, result]));
  const found = (name: string, id: string, statistic: "Sum" | "Maximum") => {
    const { Values: values = [] } = byId.get(id) ?? {};
    if (values.length === 0) return [];
    return [[name, statistic === "Maximum" ? Math.max(...values) : values.reduce((sum, each) => sum + each, 0)]];
  };
  const possible = CAUSES.flatMap((cause) => found(cause, causeId(cause), "Sum"));
  const measured: Measured = {
    ...Object.fromEntries([...OWN, ...OF_FUNCTIONS].flatMap(([name, statistic]) => found(name, idOf(name), statistic))),
    ...(possible.length === 0 ? {} : { DuplicatesPossible: Object.fromEntries(possible) }),
  };
  const published = byId.get(idOf("EventsPublished"));
  const minutes = (published?.Timestamps ?? []).filter((_minute, index) => (published?.Values?.[index] ?? 0) > 0);
  if (minutes.length === 0) return measured;
  return { ...measured, LastPublishedMinute: Math.max(...minutes.map((minute) => minute.getTime())) };
}

/** Ids of queries begin in lower case, and hold no hyphen. */
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
