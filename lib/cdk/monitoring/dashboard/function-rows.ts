import { Duration } from "aws-cdk-lib";
import type { IMetric } from "aws-cdk-lib/aws-cloudwatch";
import type { FunctionRole } from "../../../contract/deployment/function-role.ts";
import { DIMENSIONS } from "../../../contract/telemetry/metrics.ts";
import type { MonitoringProps } from "../monitoring-props.ts";
import type { RelayMetrics } from "../relay-metrics.ts";
import { graph, HALF, type Row, section, sums } from "./widgets.ts";

const QUARTER = HALF / 2;

/** The health of the two functions, and the requests that the table and its stream refuse. */
export function functionRows(metrics: RelayMetrics, props: MonitoringProps): readonly Row[] {
  const period = Duration.minutes(1);
  const each = (of: (name: FunctionRole) => readonly IMetric[]) => DIMENSIONS.function.values.flatMap(of);
  const own = (name: "ColdStarts" | "MemoryUsed", statistic: string) =>
    each((role) => [metrics.one(name, { statistic, dimensions: { function: role }, label: role })]);
  return [
    section(
      "Functions",
      `*Heartbeat* is 1 for every run of the requeuer, every ${props.settings.requeueEverySeconds} s; a run is *incomplete* ` +
        "where the table or the queue refused a part of it. *Errors* are crashes and timeouts, never a failing target: read " +
        "the function's log. *Throttles*: the account's concurrency is used up, or the function's was set to 0. " +
        `(Lambda's and the queue's own numbers are those of ${props.relayName}, whichever relay is selected.)`,
    ),
    [
      graph({
        title: "Duration",
        width: QUARTER,
        unit: "ms",
        left: each((role) =>
          ["p50", "Maximum"].map((statistic) =>
            props[role].metricDuration({ statistic, period, label: `${role} ${statistic}` }),
          ),
        ),
      }),
      graph({
        title: "Errors and throttles",
        width: QUARTER,
        unit: "invocations",
        left: each((role) => [
          props[role].metricErrors({ period, label: `${role} errors` }),
          props[role].metricThrottles({ period, label: `${role} throttles` }),
        ]),
      }),
      graph({
        title: "Invocations and heartbeat",
        width: QUARTER,
        unit: "invocations",
        left: [
          ...each((role) => [props[role].metricInvocations({ period, label: role })]),
          metrics.one("RequeuerHeartbeat", { label: "heartbeat" }),
          metrics.one("IncompleteRuns", { label: "incomplete runs" }),
        ],
      }),
      graph({
        title: "Concurrency and cold starts",
        width: QUARTER,
        unit: "at once",
        rightUnit: "cold starts",
        left: each((role) => [
          props[role].metric("ConcurrentExecutions", { statistic: "Maximum", period, label: role }),
        ]),
        right: own("ColdStarts", "Sum"),
      }),
    ],
    [
      graph({
        title: `Memory held, of ${props.settings.memoryMb} MB`,
        width: HALF,
        unit: "MB",
        left: own("MemoryUsed", "Maximum"),
      }),
      graph({
        title: "Breaker, bus, table and stream",
        width: HALF,
        unit: "count",
        left: [
          metrics.one("BreakerOpen", { statistic: "Maximum" }),
          metrics.one("UnprotectedBuses", { statistic: "Maximum" }),
          ...sums(metrics, "DeleteFailures", "StreamRecordsDiscarded", "TableMisconfigured"),
        ],
      }),
    ],
  ];
}
