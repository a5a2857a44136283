import { METRICS_NAMESPACE } from "../contract/telemetry/namespace.ts";
import type { Outcome } from "./outcome.ts";

/**
 * A line in CloudWatch's embedded metric format: one event that a consumer's inbox let through, or knew already. Both counts
 * are in it, so that neither lacks data while the other has some.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export function inboxLine(consumer: string, outcome: Outcome, nowMs: number): string {
  const Metrics = [
    { Name: "InboxHandled", Unit: "Count" },
    { Name: "InboxDuplicates", Unit: "Count" },
  ];
  return JSON.stringify({
    _aws: {
      Timestamp: nowMs,
      CloudWatchMetrics: [{ Namespace: METRICS_NAMESPACE, Dimensions: [["consumer"]], Metrics }],
    },
    consumer,
    InboxHandled: outcome === "handled" ? 1 : 0,
    InboxDuplicates: outcome === "duplicate" ? 1 : 0,
  });
}
