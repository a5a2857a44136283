import type { Dashboard, IAlarm } from "aws-cdk-lib/aws-cloudwatch";
import { Construct } from "constructs";
import { createAlarms } from "./alarms.ts";
import { createDashboard } from "./dashboard.ts";
import type { MonitoringProps } from "./monitoring-props.ts";
import { publishedMetrics } from "./published-metrics.ts";

/** The dashboard, and the alarms on which somebody has to act, as far as the settings want them. */
export class Monitoring extends Construct {
  readonly dashboard: Dashboard | undefined;
  readonly alarms: readonly IAlarm[];

  constructor(scope: Construct, id: string, props: MonitoringProps) {
    super(scope, id);
    const { relay, requeuer, audit, settings } = props;
    const { monitoring } = settings;
    this.alarms = monitoring === "none" ? [] : createAlarms(this, props);
    this.dashboard = monitoring === "full" ? createDashboard(this, props, this.alarms) : undefined;
    const published = publishedMetrics(monitoring, this.alarms);
    if (published === undefined) return;
    const functions = audit === undefined ? [relay, requeuer] : [relay, requeuer, audit.function];
    for (const each of functions) each.addEnvironment("OUTBOX_RELAY_METRICS", JSON.stringify(published));
  }
}
