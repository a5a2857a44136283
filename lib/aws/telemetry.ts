import { createHash } from "node:crypto";
import { Logger } from "@aws-lambda-powertools/logger";
import { Metrics } from "@aws-lambda-powertools/metrics";
import { LOG_MESSAGES } from "../contract/telemetry/log-messages.ts";
import {
  type DimensionName,
  dimensionValue,
  METRICS,
  type MetricDefinition,
  type MetricName,
} from "../contract/telemetry/metrics.ts";
import { METRICS_NAMESPACE } from "../contract/telemetry/namespace.ts";
import type { LogFields, Telemetry } from "../core/ports.ts";
import { onFirstUse } from "./first-use.ts";

/** Telemetry that is told at the end of each invocation. */
export interface InvocationTelemetry extends Telemetry {
  /**
   * Writes all metrics of the invocation as embedded metric format, and one line with its counts; then forgets them.
   *
   * @param fields are added to that line.
   */
  flush(fields?: LogFields): void;
}

interface Total {
  readonly metric: MetricName;
  readonly dimensions: readonly (readonly [DimensionName, string])[];
  readonly values: number[];
}

/**
 * Structured logs and CloudWatch metrics, by Powertools. The log level comes from POWERTOOLS_LOG_LEVEL, and
 * POWERTOOLS_LOGGER_SAMPLE_RATE is the share of invocations that write debug lines too.
 *
 * @param published the metrics to publish, since CloudWatch bills each; the log has the counts of all.
 */
export function powertoolsTelemetry(relayName: string, published?: ReadonlySet<string>): InvocationTelemetry {
  const logger = onFirstUse(() => new Logger({ serviceName: relayName }));
  const metrics = onFirstUse(() => new Metrics({ serviceName: relayName, namespace: METRICS_NAMESPACE }));
  /** Added up here: a batch of a thousand events is one number, not a thousand. */
  const counted = new Map<string, Total>();
  const measured = new Map<string, Total>();
  /** The values that open dimensions have had in this process. */
  const known = new Map<DimensionName, Set<string>>();

  function dimensionsOf(metric: MetricName, given: Readonly<Record<string, string>>): Total["dimensions"] {
    const { dimensions = [] }: MetricDefinition = METRICS[metric];
    return dimensions.map((name) => {
      const values = known.get(name) ?? new Set<string>();
      known.set(name, values);
      return [name, dimensionValue(name, given[name], values)] as const;
    });
  }

  function totalIn(totals: Map<string, Total>, metric: MetricName, given: Readonly<Record<string, string>>): Total {
    const dimensions = dimensionsOf(metric, given);
    const key = [metric, ...dimensions.map(([, value]) => value)].join();
    const total = totals.get(key) ?? { metric, dimensions, values: [] };
    totals.set(key, total);
    return total;
  }

  return {
    count(metric, by = 1, dimensions = {}) {
      const { values } = totalIn(counted, metric, dimensions);
      values[0] = (values[0] ?? 0) + by;
    },
    measure(metric, value, dimensions = {}) {
      totalIn(measured, metric, dimensions).values.push(value);
    },
    log(level, message, fields = {}) {
      logger()[level](message, written(fields));
    },
    flush(fields = {}) {
      for (const { metric, dimensions, values } of [...counted.values(), ...measured.values()]) {
        if (published?.has(metric) === false) continue;
        const scope = dimensions.length === 0 ? metrics() : metrics().singleMetric();
        for (const [name, value] of dimensions) scope.addDimension(name, value);
        for (const value of values) scope.addMetric(metric, METRICS[metric].unit, value);
      }
      logger().info(LOG_MESSAGES.invocation, { ...written(fields), counts: sumsOf([...counted.values()]) });
      counted.clear();
      measured.clear();
      if (metrics().hasStoredMetrics()) metrics().publishStoredMetrics();
      logger().refreshSampleRateCalculation();
    },
  };
}

/** Counts other than zero, added up over their dimensions. */
function sumsOf(totals: readonly Total[]): Readonly<Record<string, number>> {
  const sums: Record<string, number> = {};
  for (const { metric, values } of totals) {
    for (const value of values) if (value !== 0) sums[metric] = (sums[metric] ?? 0) + value;
  }
  return sums;
}

/** An ordering key may name a customer, so a log holds enough of its hash to find lines of the same key. */
function written({ key, ...fields }: LogFields): LogFields {
  if (key === undefined) return fields;
  return { ...fields, keyHash: createHash("sha256").update(String(key)).digest("hex").slice(0, 16) };
}
