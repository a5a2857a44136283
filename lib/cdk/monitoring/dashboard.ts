import { Aws, Duration } from "aws-cdk-lib";
import {
  type Alarm,
  AlarmStatusWidget,
  Dashboard,
  GraphWidget,
  type IMetric,
  type IWidget,
} from "aws-cdk-lib/aws-cloudwatch";
import type { Construct } from "constructs";
import type { MetricName } from "../../core/metrics.ts";
import type { MonitoringProps } from "./monitoring-props.ts";
import { metricsOf, type RelayMetrics } from "./relay-metrics.ts";

/** What happens to events, from the row to the acknowledgement, in the order in which a person asks. */
export function createDashboard(scope: Construct, props: MonitoringProps, alarms: readonly Alarm[]): Dashboard {
  const metric = metricsOf(props.relayName);
  return new Dashboard(scope, "Dashboard", {
    // Dashboards are global: two regions with one relay each must not share a name.
    dashboardName: `${props.relayName}-${Aws.REGION}`,
    defaultInterval: Duration.hours(3),
    widgets: [
      [new AlarmStatusWidget({ title: "Alarms", alarms: [...alarms], width: 24, height: 3 })],
      deliveryRow(metric),
      waitingRow(metric, props),
      failureRow(metric),
      duplicateRow(metric),
      functionRow(metric, props),
    ],
  });
}

function deliveryRow(metric: RelayMetrics): IWidget[] {
  return [
    graph("Delivered", sums(metric, "EventsPublished", "EventsRequeued", "EventsSwept")),
    graph(
      "From write to acknowledgement, in milliseconds",
      ["p50", "p99", "Maximum"].map((statistic) => metric("EndToEndLatency", { statistic, label: statistic })),
    ),
  ];
}

function waitingRow(metric: RelayMetrics, { settings, deadLetterQueue }: MonitoringProps): IWidget[] {
  // These are gauges, reported once a run. A sum would count a waiting event once for every run.
  const gauge = { statistic: "Maximum", period: Duration.seconds(settings.requeueEverySeconds) };
  return [
    graph(
      "Waiting: age of the oldest in seconds, and how many as of the last full pass",
      [metric("OldestUndeliveredAge", gauge)],
      [metric("UndeliveredEvents", gauge)],
    ),
    graph(
      "Dead-letter queue: messages, and age of the oldest in seconds",
      [
        deadLetterQueue.metricApproximateNumberOfMessagesVisible({ statistic: "Maximum", label: "due" }),
        deadLetterQueue.metricApproximateNumberOfMessagesNotVisible({ statistic: "Maximum", label: "waiting" }),
      ],
      [deadLetterQueue.metricApproximateAgeOfOldestMessage({ statistic: "Maximum", label: "age" })],
    ),
  ];
}

function failureRow(metric: RelayMetrics): IWidget[] {
  return [
    graph(
      "Failures to publish, by class and scope",
      [metric("PublishFailures"), metric("PublishRetries")],
      [metric("BreakerOpen", { statistic: "Maximum" }), metric("TargetUnverified")],
    ),
    graph(
      "Parked: events, and ordering keys",
      sums(metric, "EventsParked", "ParkFailures", "RequeueFailures", "MalformedRecords"),
      sums(metric, "KeysParked", "KeysFreed", "GateTouches"),
    ),
  ];
}

function duplicateRow(metric: RelayMetrics): IWidget[] {
  return [
    graph("Duplicates: possible by cause, and avoided", [metric("DuplicatesPossible"), metric("DuplicatesAvoided")]),
    graph("Table and stream", sums(metric, "DeleteFailures", "StreamRecordsDiscarded", "TableMisconfigured")),
  ];
}

function functionRow(metric: RelayMetrics, { relay, requeuer, settings }: MonitoringProps): IWidget[] {
  return [
    graph(
      "Relay: errors and throttles, and how far behind its stream in milliseconds",
      [relay.metricErrors(), relay.metricThrottles()],
      [relay.metric("IteratorAge", { statistic: "Maximum" })],
    ),
    graph(
      "Requeuer: completed runs, errors and throttles",
      [
        metric("RequeuerHeartbeat", { period: Duration.seconds(settings.requeueEverySeconds) }),
        requeuer.metricErrors(),
        requeuer.metricThrottles(),
      ],
      [requeuer.metricDuration({ statistic: "Maximum", label: "duration in milliseconds" })],
    ),
  ];
}

const sums = (metric: RelayMetrics, ...names: readonly MetricName[]): IMetric[] => names.map((name) => metric(name));

/** Half of the console's grid of 24 columns. */
const graph = (title: string, left: IMetric[], right: IMetric[] = []): IWidget =>
  new GraphWidget({ title, left, right, width: 12, height: 6, leftYAxis: { min: 0 }, rightYAxis: { min: 0 } });
