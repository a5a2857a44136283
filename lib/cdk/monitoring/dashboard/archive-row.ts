import { Duration } from "aws-cdk-lib";
import type { MonitoringProps } from "../monitoring-props.ts";
import type { RelayMetrics } from "../relay-metrics.ts";
import { COLUMNS, graph, type Row, section } from "./widgets.ts";

/** What the archive lacks. Nothing where there is none. */
export function archiveRow(metrics: RelayMetrics, { command, hasArchive, audit }: MonitoringProps): readonly Row[] {
  if (!hasArchive) return [];
  return [
    section(
      "Archive",
      "Every row that the relay met and every acknowledgement is a line in S3. A line that S3 did not take within 2 s may be " +
        `missing, and its hour is noted: \`${command} audit\` then calls what has no receipt undecided, never delivered.`,
    ),
    [
      graph({
        title: "Lines that may be missing",
        width: audit === undefined ? COLUMNS : COLUMNS / 2,
        unit: "lines",
        left: [metrics.one("ReceiptsMissing", { period: Duration.minutes(5) })],
      }),
      ...(audit === undefined ? [] : [auditGraph(metrics, audit.everyHours)]),
    ],
  ];
}

const auditGraph = (metrics: RelayMetrics, everyHours: number) =>
  graph({
    title: `Not accounted for by the audit, which runs every ${everyHours === 1 ? "hour" : `${everyHours} hours`}`,
    width: COLUMNS / 2,
    unit: "events",
    left: (["AuditUnaccounted", "AuditRemoved", "AuditRuns"] as const).map((name) =>
      metrics.one(name, { statistic: "Maximum", period: Duration.minutes(5) }),
    ),
  });
