import { Alarm, type IAlarm, type IMetric } from "aws-cdk-lib/aws-cloudwatch";
import { JUDGED_METRICS } from "../../contract/telemetry/metrics.ts";
import { METRICS_NAMESPACE } from "../../contract/telemetry/namespace.ts";
import type { MonitoringLevel } from "../relay-settings.ts";

/**
 * The relay's own metrics that its functions publish. CloudWatch bills each one, so a count that no widget, alarm or
 * verdict uses is not published; it is in the log all the same.
 *
 * @returns undefined for every metric.
 */
export function publishedMetrics(level: MonitoringLevel, alarms: readonly IAlarm[]): readonly string[] | undefined {
  if (level === "full") return undefined;
  if (level === "none") return [];
  const names = alarms.flatMap((alarm) => (alarm instanceof Alarm ? ownNamesIn(alarm.metric) : []));
  return [...new Set([...names, ...JUDGED_METRICS])].sort();
}

function ownNamesIn(metric: IMetric): readonly string[] {
  const { metricStat, mathExpression } = metric.toMetricConfig();
  if (metricStat !== undefined) return metricStat.namespace === METRICS_NAMESPACE ? [metricStat.metricName] : [];
  return Object.values(mathExpression?.usingMetrics ?? {}).flatMap(ownNamesIn);
}
