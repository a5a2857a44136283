import { Annotations, Stack, Token, TokenComparison } from "aws-cdk-lib";
import type { ITopic } from "aws-cdk-lib/aws-sns";
import type { Construct } from "constructs";
import { ARN_SHAPES, readArn } from "../../synth/arns.ts";
import { requireSamePlace } from "../../synth/same-place.ts";
import type { MonitoringLevel } from "../relay-settings.ts";

/**
 * Checks the topics that alarms report to, as far as the CDK can see them. The command `outbox-relay doctor` checks the
 * rest: their keys, policies and subscriptions.
 *
 * @param scope the construct; its path names it in messages.
 * @throws SettingError for a topic in another region: CloudWatch would refuse it in the middle of a deployment.
 */
export function guardTopics(scope: Construct, topics: Readonly<Record<string, ITopic | undefined>>): void {
  for (const [prop, topic] of Object.entries(topics)) {
    if (topic === undefined) continue;
    const path = `${scope.node.path}.${prop}`;
    const { topicArn } = topic;
    const place = readArn(`${path}.topicArn`, topicArn, ARN_SHAPES.topic) ?? topic.env;
    const name = Token.isUnresolved(topicArn) ? topic.node.path : topicArn;
    const fix = "an alarm reports within its own region; give a topic there";
    requireSamePlace(scope, `${prop.charAt(0).toUpperCase()}${prop.slice(1)}In`, { path, name, place, fix }, [
      "region",
    ]);
    const { account } = Stack.of(scope);
    if (Token.compareStrings(place.account, account) === TokenComparison.DIFFERENT) {
      // Its policy cannot be seen here, and a topic's default policy admits only the alarms of its own account.
      Annotations.of(scope).addWarningV2(
        `dynamodb-outbox-relay:${prop}OfAnotherAccount`,
        `${path} is ${name}, of another account: its policy must allow cloudwatch.amazonaws.com to sns:Publish, with ` +
          `aws:SourceAccount ${account}, or nobody hears of an alarm.`,
      );
    }
  }
}

/** The warning's id, by which `Annotations.of(relay).acknowledgeWarning(id)` silences it. */
export const NO_ALARM_TOPIC = "dynamodb-outbox-relay:noAlarmTopic";

/**
 * Warns at synth of alarms that nobody hears of. It is a warning and no refusal: somebody may watch the dashboard, or
 * give the alarms actions by an Aspect.
 */
export function warnOfSilentAlarms(
  scope: Construct,
  topics: Readonly<Record<string, ITopic | undefined>>,
  monitoring: MonitoringLevel,
): void {
  if (monitoring === "none" || Object.values(topics).some((topic) => topic !== undefined)) return;
  Annotations.of(scope).addWarningV2(
    NO_ALARM_TOPIC,
    `${scope.node.path} has no alarmTopic: its alarms change colour and nobody is told. Give alarmTopic, a standard SNS ` +
      "topic of the stack's region (alarmTopicArn in the app's settings). If nobody is to be told, say so: " +
      `Annotations.of(relay).acknowledgeWarning("${NO_ALARM_TOPIC}").`,
  );
}
