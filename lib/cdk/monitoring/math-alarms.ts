import { Duration } from "aws-cdk-lib";
import { MathExpression, TreatMissingData } from "aws-cdk-lib/aws-cloudwatch";
import { type AlarmDefinition, AT_LEAST } from "./alarm-definition.ts";
import { auditMissing } from "./audit-alarms.ts";
import { HEARTBEAT_MISSING, MISSED_HEARTBEATS } from "./delivery-alarms.ts";
import type { MonitoringProps } from "./monitoring-props.ts";
import { metricsOf } from "./relay-metrics.ts";

/** How long an event that failed by its own fault waits before the alarm: by then it was tried again. */
const PARKED_FOR = Duration.minutes(5);
/** The period for metrics of an invocation or a run; a run's interval, if that is longer. */
const WINDOW = Duration.minutes(5);

/** Alarms on metric math. Each is on while its expression gives 1 or more. */
export function mathAlarms(props: MonitoringProps) {
  return {
    RequeuerHeartbeatMissing: heartbeatMissing(props),
    PermanentFailures: permanentFailures(props),
    DeadLetterDepth: deadLetterDepth(props),
    ...auditMissing(props),
  } as const satisfies Record<string, AlarmDefinition>;
}

/**
 * On when functions of this stack ran in one window, and no run of the requeuer ended in the next. Silence alone proves
 * nothing, since a new stack is silent too; but once any function has run for a window, the requeuer must have run.
 */
function heartbeatMissing({ relayName, settings, relay, requeuer }: MonitoringProps): AlarmDefinition {
  const period = Duration.seconds(MISSED_HEARTBEATS * settings.requeueEverySeconds);
  const ran = new MathExpression({
    expression: "FILL(relayed, 0) + FILL(requeued, 0)",
    usingMetrics: {
      relayed: relay.metricInvocations({ statistic: "Sum", period }),
      requeued: requeuer.metricInvocations({ statistic: "Sum", period }),
    },
    period,
  });
  const ranBefore = new MathExpression({ expression: "RUNNING_SUM(ran) - ran", usingMetrics: { ran }, period });
  return {
    ...HEARTBEAT_MISSING,
    metric: new MathExpression({
      // 1 without a heartbeat, less with one, and nothing where nothing ran before.
      expression: "before / (before + FILL(heartbeats, 0))",
      usingMetrics: {
        before: ranBefore,
        heartbeats: metricsOf(relayName).one("RequeuerHeartbeat", { period }),
      },
      label: "without a heartbeat",
      period,
    }),
    comparison: AT_LEAST,
    threshold: 1,
    periods: 2,
    datapoints: 1,
    // A longer silence gives no value at all, which counts as breaching until a run ends.
    missingData: TreatMissingData.IGNORE,
  };
}

/**
 * On for as long as such an event is parked, not on each attempt: a refused event is tried ever more rarely, and a
 * notification per attempt would say nothing new.
 */
function permanentFailures({ relayName, settings }: MonitoringProps): AlarmDefinition {
  const metrics = metricsOf(relayName);
  const period = windowOf(settings.requeueEverySeconds);
  const parkedSeconds = Math.max(PARKED_FOR.toSeconds(), MISSED_HEARTBEATS * settings.requeueEverySeconds);
  return {
    metric: new MathExpression({
      expression: `parked / ${parkedSeconds} + FILL(target, 0)`,
      usingMetrics: {
        parked: metrics.one("OldestParkedAge", { statistic: "Maximum", period }),
        target: metrics.one("PublishFailures", { period, dimensions: { class: "permanent", scope: "target" } }),
      },
      label: "permanent failures",
      period,
    }),
    comparison: AT_LEAST,
    threshold: 1,
    periods: 1,
    // Without a run nothing new is known of parked events; the heartbeat's alarm reports the silence.
    missingData: TreatMissingData.IGNORE,
    command: "list --class permanent",
    description:
      "something fails in a way that another attempt will meet again, until a person changes it. Either an event has failed " +
      `by its own fault for ${Duration.seconds(parkedSeconds).toMinutes()} minutes: the target refuses it, or its row breaks ` +
      "the contract; its dead-letter message names the reason. Or the target itself is missing, or calling it is forbidden.",
  };
}

/** On when dead letters are due and none is received: a working requeuer receives some in each run, even in an outage. */
function deadLetterDepth({ settings, deadLetterQueue }: MonitoringProps): AlarmDefinition {
  const period = windowOf(settings.requeueEverySeconds);
  return {
    metric: new MathExpression({
      // 1 where messages are due and none was received, less where some were, and nothing where none is due.
      expression: "due / (due + FILL(received, 0))",
      usingMetrics: {
        due: deadLetterQueue.metricApproximateNumberOfMessagesVisible({ statistic: "Maximum", period }),
        received: deadLetterQueue.metricNumberOfMessagesReceived({ statistic: "Sum", period }),
      },
      label: "due and not taken",
      period,
    }),
    comparison: AT_LEAST,
    threshold: 1,
    periods: 3,
    missingData: TreatMissingData.NOT_BREACHING,
    command: "status",
    description:
      "parked events are due and nobody takes them. The requeuer does not run, or cannot read the dead-letter queue. See " +
      "RequeuerHeartbeatMissing and IncompleteRuns, and the requeuer's log.",
  };
}

const windowOf = (runSeconds: number): Duration => Duration.seconds(Math.max(WINDOW.toSeconds(), runSeconds));
