import { Duration } from "aws-cdk-lib";
import { MathExpression, TreatMissingData } from "aws-cdk-lib/aws-cloudwatch";
import { type AlarmDefinition, AT_LEAST, BELOW } from "./alarm-definition.ts";
import type { MonitoringProps } from "./monitoring-props.ts";
import { metricsOf } from "./relay-metrics.ts";

/** CloudWatch looks back up to 7 days by hours, and up to one by less. */
const HOUR = Duration.hours(1);
/** A run takes up to 15 minutes, and may be tried again: it ends in the hour of its schedule, or in the next one. */
const LATE_HOURS = 2;

/** Alarms on the audit of a schedule. None for a relay without one: nothing is counted there. */
export function auditAlarms({ relayName, audit }: MonitoringProps): {
  readonly AuditUnaccounted?: AlarmDefinition;
  readonly AuditMissing?: AlarmDefinition;
} {
  if (audit === undefined) return {};
  const metrics = metricsOf(relayName);
  const { everyHours, windowHours } = audit;
  const missedHours = everyHours + LATE_HOURS;
  return {
    AuditUnaccounted: {
      metric: metrics.one("AuditUnaccounted", { statistic: "Maximum", period: Duration.minutes(5) }),
      comparison: AT_LEAST,
      threshold: 1,
      periods: 1,
      // Until the next audit tells its own number, this one stands.
      missingData: TreatMissingData.IGNORE,
      command: `audit --from ${windowHours}h`,
      description:
        "the last audit could not account for all that the relay met. An event has neither a receipt nor a row: somebody deleted " +
        "it, or wrote another one over it. Or lines of the archive are missing or cannot be read. The audit's log names the " +
        "first events, and the command all of them.",
    },
    // With metric math another rule takes its place: this one is also on before the first audit has ended.
    AuditMissing: {
      metric: metrics.one("AuditRuns", { period: HOUR }),
      comparison: BELOW,
      threshold: 1,
      periods: missedHours,
      missingData: TreatMissingData.BREACHING,
      command: `audit --from ${windowHours + missedHours}h`,
      description:
        `for ${missedHours} hours no audit came to its end. Events are delivered all the same. The audit's log names the error: a ` +
        "permission that is missing, a bucket that is gone, or too many events for 15 minutes, in which case audit.everyHours " +
        "should be lower. Run the audit of that time by hand.",
    },
  };
}

/** On when the requeuer ran in each of these hours, and no audit came to its end in any. An hour before the stack was there has no value. */
export function auditMissing(props: MonitoringProps): { readonly AuditMissing?: AlarmDefinition } {
  const { AuditMissing: plain } = auditAlarms(props);
  if (plain === undefined) return {};
  return {
    AuditMissing: {
      ...plain,
      metric: new MathExpression({
        // 1 without an audit, less with one, and nothing where the requeuer did not run.
        expression: "requeued / (requeued + FILL(audits, 0))",
        usingMetrics: {
          requeued: props.requeuer.metricInvocations({ statistic: "Sum", period: HOUR }),
          audits: metricsOf(props.relayName).one("AuditRuns", { period: HOUR }),
        },
        label: "without an audit",
        period: HOUR,
      }),
      comparison: AT_LEAST,
      missingData: TreatMissingData.NOT_BREACHING,
    },
  };
}
