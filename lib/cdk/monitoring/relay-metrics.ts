import { Duration } from "aws-cdk-lib";
import { type IMetric, MathExpression, Metric } from "aws-cdk-lib/aws-cloudwatch";
import {
  DIMENSIONS,
  type DimensionName,
  METRICS,
  type MetricDefinition,
  type MetricName,
  RELAY_DIMENSION,
} from "../../contract/telemetry/metrics.ts";
import { METRICS_NAMESPACE } from "../../contract/telemetry/namespace.ts";

export interface RelayMetricOptions {
  /** @default "Sum" */
  readonly statistic?: string;
  /** @default one minute, as the functions report */
  readonly period?: Duration;
  /**
   * With a label the metric fits only a graph: an alarm on it would become one on metric math.
   *
   * @default the metric's name
   */
  readonly label?: string;
  /** A value for each dimension of the metric. */
  readonly dimensions?: Partial<Readonly<Record<DimensionName, string>>>;
}

/** The relay's own metrics, as the functions emit them under the relay's name. */
export interface RelayMetrics {
  /**
   * Names are typed by the catalogue in core, so a metric that no function emits does not compile.
   *
   * @throws if the dimensions are not those of the catalogue: such a metric would never have a value.
   */
  one(name: MetricName, options?: RelayMetricOptions): Metric;
  /** A line for each combination of the dimensions' values. */
  each(name: MetricName, options?: RelayMetricOptions): readonly IMetric[];
}

export function metricsOf(relayName: string): RelayMetrics {
  function one(name: MetricName, options: RelayMetricOptions = {}): Metric {
    const { statistic = "Sum", period = Duration.minutes(1), label, dimensions = {} } = options;
    const wanted = dimensionsOf(name).join();
    const given = dimensionsOf(name).filter((dimension) => dimensions[dimension] !== undefined);
    if (given.join() !== wanted || Object.keys(dimensions).length !== given.length) {
      throw new Error(`${name} has the dimensions (${wanted}), not (${Object.keys(dimensions).join()}).`);
    }
    return new Metric({
      namespace: METRICS_NAMESPACE,
      metricName: name,
      dimensionsMap: { [RELAY_DIMENSION]: relayName, ...dimensions },
      statistic,
      period,
      label,
    });
  }

  return {
    one,
    each(name, options = {}) {
      const names = dimensionsOf(name);
      const open = names.some((dimension) => !("values" in DIMENSIONS[dimension]));
      if (open) return [searchFor(name, [RELAY_DIMENSION, ...names], relayName, options)];
      const { combinations = combinationsOf(names) }: MetricDefinition = METRICS[name];
      return combinations.map((dimensions) =>
        one(name, { ...options, dimensions, label: Object.values(dimensions).join(" · ") }),
      );
    },
  };
}

function dimensionsOf(name: MetricName): readonly DimensionName[] {
  const { dimensions = [] }: MetricDefinition = METRICS[name];
  return dimensions;
}

function combinationsOf(names: readonly DimensionName[]): readonly Readonly<Record<string, string>>[] {
  return names.reduce<readonly Readonly<Record<string, string>>[]>(
    (combinations, name) => {
      const dimension: { readonly values?: readonly string[] } = { values: [], ...DIMENSIONS[name] };
      return combinations.flatMap((known) => (dimension.values ?? []).map((value) => ({ ...known, [name]: value })));
    },
    [{}],
  );
}

/** One line per value that exists, under its own name. Only for graphs, and at most 500 lines. */
function searchFor(
  name: MetricName,
  dimensions: readonly string[],
  relayName: string,
  { statistic = "Sum", period = Duration.minutes(1) }: RelayMetricOptions,
): IMetric {
  const schema = `{${METRICS_NAMESPACE},${dimensions.join(",")}}`;
  const terms = `MetricName="${name}" ${RELAY_DIMENSION}="${relayName}"`;
  return new MathExpression({
    expression: `SEARCH('${schema} ${terms}', '${statistic}', ${period.toSeconds()})`,
    usingMetrics: {},
    // Without a label CloudWatch names each line after what distinguishes it from the others.
    label: "",
    period,
  });
}
