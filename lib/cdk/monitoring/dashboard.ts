import { Aws, Duration } from "aws-cdk-lib";
import {
  Dashboard,
  DashboardVariable,
  DefaultValue,
  type IAlarm,
  PeriodOverride,
  Values,
  VariableInputType,
  VariableType,
} from "aws-cdk-lib/aws-cloudwatch";
import type { Construct } from "constructs";
import { type MetricName, RELAY_DIMENSION } from "../../contract/telemetry/metrics.ts";
import { METRICS_NAMESPACE } from "../../contract/telemetry/namespace.ts";
import { archiveRow } from "./dashboard/archive-row.ts";
import { costRow } from "./dashboard/cost-row.ts";
import { duplicateRow } from "./dashboard/duplicate-row.ts";
import { failureRows } from "./dashboard/failure-rows.ts";
import { flowRows } from "./dashboard/flow-rows.ts";
import { functionRows } from "./dashboard/function-rows.ts";
import { headline } from "./dashboard/headline.ts";
import { parkedRows } from "./dashboard/parked-rows.ts";
import { runbookRows } from "./dashboard/runbook-rows.ts";
import { tableRows } from "./dashboard/table-rows.ts";
import type { MonitoringProps } from "./monitoring-props.ts";
import { metricsOf } from "./relay-metrics.ts";
import { dashboardNameOf } from "./runbook.ts";

const HEARTBEAT: MetricName = "RequeuerHeartbeat";

/** What happens to events, in the order in which a person asks: from "is anything wrong?" down to single failures. */
export function createDashboard(scope: Construct, props: MonitoringProps, alarms: readonly IAlarm[]): Dashboard {
  const metrics = metricsOf(props.relayName);
  const dashboard = new Dashboard(scope, "Dashboard", {
    dashboardName: dashboardNameOf(props.relayName, Aws.REGION),
    defaultInterval: Duration.hours(3),
    // Keeps a period of one minute at every zoom, or "per minute" would be wrong.
    periodOverride: PeriodOverride.INHERIT,
    widgets: [
      ...headline(metrics, props, alarms),
      ...flowRows(metrics, props),
      ...failureRows(metrics),
      ...duplicateRow(metrics),
      ...archiveRow(metrics, props),
      ...parkedRows(metrics, props),
      ...functionRows(metrics, props),
      ...costRow(metrics, props),
      ...tableRows(props),
      ...runbookRows(props, alarms),
    ].map((row) => [...row]),
  });
  dashboard.addVariable(relayVariable(props.relayName));
  return dashboard;
}

/** A variable that shows another relay of the account and region, found by its heartbeat. */
function relayVariable(relayName: string): DashboardVariable {
  return new DashboardVariable({
    id: "relay",
    label: "Relay",
    type: VariableType.PROPERTY,
    value: RELAY_DIMENSION,
    inputType: VariableInputType.SELECT,
    values: Values.fromSearchComponents({
      namespace: METRICS_NAMESPACE,
      dimensions: [RELAY_DIMENSION],
      metricName: HEARTBEAT,
      populateFrom: RELAY_DIMENSION,
    }),
    defaultValue: DefaultValue.value(relayName),
    visible: true,
  });
}
