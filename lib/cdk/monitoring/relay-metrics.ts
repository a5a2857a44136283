import { Duration } from "aws-cdk-lib";
import { type IMetric, MathExpression, Metric } from "aws-cdk-lib/aws-cloudwatch";
import {
  METRICS,
  METRICS_NAMESPACE,
  type MetricDefinition,
  type MetricName,
  RELAY_DIMENSION,
} from "../../core/metrics.ts";

export interface RelayMetricOptions {
  /** @default "Sum" */
  readonly statistic?: string;
  /** @default one minute, as the functions report */
  readonly period?: Duration;
  /** Where one is given, the metric fits a graph alone: an alarm would become one on metric math. @default the metric's name */
  readonly label?: string;
}

/** Names are typed by the catalogue in core, so a metric that nobody emits does not compile. */
export type RelayMetrics = (name: MetricName, options?: RelayMetricOptions) => IMetric;

/** The relay's own metrics, as the functions emit them under the relay's name. */
export function metricsOf(relayName: string): RelayMetrics {
  return (name, { statistic = "Sum", period = Duration.minutes(1), label } = {}) => {
    const { dimensions }: MetricDefinition = METRICS[name];
    return dimensions === undefined
      ? new Metric({
          namespace: METRICS_NAMESPACE,
          metricName: name,
          dimensionsMap: { [RELAY_DIMENSION]: relayName },
          statistic,
          period,
          label,
        })
      : searchFor(name, [RELAY_DIMENSION, ...dimensions], relayName, statistic, period);
  };
}

/** One line for every combination of the further dimensions that exists, under its values' names. For graphs alone. */
function searchFor(
  name: MetricName,
  dimensions: readonly string[],
  relayName: string,
  statistic: string,
  period: Duration,
): IMetric {
  const schema = `{${METRICS_NAMESPACE},${dimensions.join(",")}}`;
  const terms = `MetricName="${name}" ${RELAY_DIMENSION}="${relayName}"`;
  return new MathExpression({
    expression: `SEARCH('${schema} ${terms}', '${statistic}', ${period.toSeconds()})`,
    usingMetrics: {},
    // Without a label of its own each line is named after what tells it from the others.
    label: "",
    period,
  });
}
