import { GetTopicAttributesCommand } from "@aws-sdk/client-sns";
import { ENVIRONMENT } from "../../../contract/deployment/environment.ts";
import { policyVerdict, type ServiceRequest } from "../../core/policy-verdict.ts";
import type { OperatorClients } from "../clients.ts";
import { isMissing } from "../deployment-fault.ts";
import { explained } from "../operator-error.ts";
import { type ReportingAlarm, reportingAlarms } from "./alarm-topics.ts";
import type { TopicFound } from "./deployment-findings.ts";
import type { Check } from "./finding.ts";
import type { FindingState } from "./finding-state.ts";
import { keyUse } from "./key-use.ts";

/** Who publishes what an alarm reports. */
const CLOUDWATCH = "cloudwatch.amazonaws.com";
/** https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html#compatibility-with-aws-services */
const KEY_ACTIONS = ["kms:Decrypt", "kms:GenerateDataKey"] as const;

/** Whether the alarms reach anybody. An alarm that reaches nobody shows only in its own history. */
export const checkTopics: Check = async (checked) => {
  const alarms = await reportingAlarms(checked);
  const { variables, stackName } = checked.deployment;
  if (alarms.length === 0) {
    return variables[ENVIRONMENT.metrics] === "[]"
      ? { state: "fine", code: "alarms-none" }
      : { state: "out of sight", code: "alarms-untold", stackName };
  }
  const silenced = alarms.filter(({ enabled }) => !enabled);
  if (silenced.length > 0) {
    return { state: "wrong", code: "alarms-silenced", names: silenced.map(({ name }) => name) };
  }
  const arns = [...new Set(alarms.flatMap((alarm) => alarm.topics))].toSorted();
  if (arns.length === 0) return { state: "fine", code: "topics-none" };
  const topics = await Promise.all(
    arns.map((arn) =>
      checkTopic(
        checked.clients,
        arn,
        alarms.filter((alarm) => alarm.topics.includes(arn)),
      ),
    ),
  );
  const inState = (state: FindingState) => topics.filter((topic) => topic.state === state);
  if (inState("wrong").length > 0) return { state: "wrong", code: "topics-wrong", topics: inState("wrong") };
  if (inState("unknown").length > 0) return { state: "unknown", code: "topics-unclear", topics: inState("unknown") };
  return { state: "fine", code: "topics-right", topics };
};

async function checkTopic(
  clients: OperatorClients,
  arn: string,
  alarms: readonly ReportingAlarm[],
): Promise<TopicFound> {
  try {
    const { Attributes: attributes = {} } = await clients.sns.send(new GetTopicAttributesCommand({ TopicArn: arn }));
    const { Policy: policy, KmsMasterKeyId: keyId } = attributes;
    const troubles = [
      ...checkPolicy(arn, policy, requestsOf(alarms, "sns:Publish", arn)),
      ...(keyId === undefined || keyId === "" ? [] : await checkKey(clients, arn, keyId, alarms)),
      ...checkSubscriptions(arn, attributes["SubscriptionsConfirmed"], attributes["SubscriptionsPending"]),
    ];
    return (
      troubles.find(({ state }) => state === "wrong") ??
      troubles[0] ?? { arn, state: "fine", code: "reports", alarms: alarms.length }
    );
  } catch (error) {
    if (isMissing(error)) return { arn, state: "wrong", code: "missing" };
    const explanation = explained(error);
    if (explanation === undefined) throw error;
    return { arn, state: "unknown", code: "not-shown", message: explanation.message };
  }
}

/** What CloudWatch asks for on behalf of each alarm. */
const requestsOf = (
  alarms: readonly ReportingAlarm[],
  action: string,
  resourceArn: string,
): readonly ServiceRequest[] =>
  alarms.map(({ arn }) => {
    const account = arn.split(":")[4] ?? "";
    const context = {
      "aws:sourcearn": arn,
      "aws:sourceaccount": account,
      // As a topic's default policy spells it.
      "aws:sourceowner": account,
      "aws:securetransport": "true",
    };
    return { service: CLOUDWATCH, action, resourceArn, context };
  });

function checkPolicy(
  arn: string,
  policy: string | undefined,
  requests: readonly ServiceRequest[],
): readonly TopicFound[] {
  const verdicts = requests.map((request) => (policy === undefined ? "unclear" : policyVerdict(policy, request)));
  if (verdicts.includes("denied")) return [{ arn, state: "wrong", code: "policy-denies" }];
  return verdicts.includes("unclear") ? [{ arn, state: "unknown", code: "policy-unclear" }] : [];
}

async function checkKey(
  clients: OperatorClients,
  arn: string,
  keyId: string,
  alarms: readonly ReportingAlarm[],
): Promise<readonly TopicFound[]> {
  const aws: TopicFound = { arn, state: "wrong", code: "aws-key", keyId };
  if (/(^|:)alias\/aws\//.test(keyId)) return [aws];
  const use = await keyUse(clients, keyId, (keyArn) =>
    KEY_ACTIONS.flatMap((action) => requestsOf(alarms, action, keyArn)),
  );
  switch (use.kind) {
    case "usable":
      return [];
    case "aws-managed":
      return [aws];
    case "missing":
      return [{ arn, state: "wrong", code: "key-missing", keyId }];
    case "out-of-use":
      return [{ arn, state: "wrong", code: "key-out-of-use", keyId, keyState: use.state }];
    case "denied":
      return [{ arn, state: "wrong", code: "key-denied", keyId }];
    case "unclear":
      return [{ arn, state: "unknown", code: "key-unclear", keyId }];
  }
}

function checkSubscriptions(
  arn: string,
  confirmed: string | undefined,
  pending: string | undefined,
): readonly TopicFound[] {
  if (confirmed === undefined) return [{ arn, state: "unknown", code: "subscriptions-untold" }];
  if (Number(confirmed) > 0) return [];
  return [{ arn, state: "wrong", code: "nobody-subscribes", pending: Number(pending ?? 0) }];
}
