import { Logger } from "@aws-lambda-powertools/logger";
import { Metrics } from "@aws-lambda-powertools/metrics";
import { METRICS, METRICS_NAMESPACE, type MetricDefinition, type MetricName } from "../core/metrics.ts";
import type { Telemetry } from "../core/ports.ts";

/** Telemetry that is told at the end of each invocation. */
export interface InvocationTelemetry extends Telemetry {
  /** Writes all metrics of the invocation as embedded metric format, and forgets them. */
  flush(): void;
}

interface Total {
  readonly metric: MetricName;
  readonly dimensions: Readonly<Record<string, string>>;
  sum: number;
}

/** Structured logs and CloudWatch metrics, by Powertools. Log level by POWERTOOLS_LOG_LEVEL. */
export function powertoolsTelemetry(relayName: string): InvocationTelemetry {
  const logger = new Logger({ serviceName: relayName });
  const metrics = new Metrics({ serviceName: relayName, namespace: METRICS_NAMESPACE });
  /** Added up here: a batch of a thousand events is one number, not a thousand. */
  const totals = new Map<string, Total>();
  const measured: { readonly metric: MetricName; readonly value: number }[] = [];

  return {
    count(metric, by = 1, dimensions = {}) {
      const key = `${metric}${Object.values(dimensions).join()}`;
      const total = totals.get(key);
      if (total === undefined) totals.set(key, { metric, dimensions, sum: by });
      else total.sum += by;
    },
    measure(metric, value) {
      measured.push({ metric, value });
    },
    log(level, message, fields = {}) {
      logger[level](message, { ...fields });
    },
    flush() {
      for (const { metric, dimensions, sum } of totals.values()) {
        const { unit, dimensions: allowed = [] }: MetricDefinition = METRICS[metric];
        const scope = allowed.length === 0 ? metrics : metrics.singleMetric();
        for (const name of allowed) scope.addDimension(name, dimensions[name] ?? "unknown");
        scope.addMetric(metric, unit, sum);
      }
      for (const { metric, value } of measured) metrics.addMetric(metric, METRICS[metric].unit, value);
      totals.clear();
      measured.length = 0;
      if (metrics.hasStoredMetrics()) metrics.publishStoredMetrics();
    },
  };
}
