import type { Dashboard, IAlarm } from "aws-cdk-lib/aws-cloudwatch";
import { Construct } from "constructs";
import { createAlarms } from "./alarms.ts";
import { createDashboard } from "./dashboard.ts";
import type { MonitoringProps } from "./monitoring-props.ts";

/** One dashboard and the alarms that say that somebody has to act. */
export class Monitoring extends Construct {
  readonly dashboard: Dashboard;
  readonly alarms: readonly IAlarm[];

  constructor(scope: Construct, id: string, props: MonitoringProps) {
    super(scope, id);
    this.alarms = createAlarms(this, props);
    this.dashboard = createDashboard(this, props, this.alarms);
  }
}
