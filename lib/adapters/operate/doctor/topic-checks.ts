import { GetTopicAttributesCommand } from "@aws-sdk/client-sns";
import { policyVerdict, type ServiceRequest } from "../../../core/operate/policy-verdict.ts";
import { ENVIRONMENT } from "../../environment.ts";
import type { OperatorClients } from "../clients.ts";
import { isMissing } from "../deployment-fault.ts";
import { explained } from "../operator-error.ts";
import { type ReportingAlarm, reportingAlarms } from "./alarm-topics.ts";
import { type Check, type Found, fine, notCheckable, unknown, wrong } from "./finding.ts";
import { keyUse } from "./key-use.ts";

/** Who publishes what an alarm reports. */
const CLOUDWATCH = "cloudwatch.amazonaws.com";
/** https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html#compatibility-with-aws-services */
const KEY_ACTIONS = ["kms:Decrypt", "kms:GenerateDataKey"] as const;

/** Whether what the alarms say reaches anybody: nothing else tells of one that does not but the alarm's own history. */
export const checkTopics: Check = async (checked) => {
  const alarms = await reportingAlarms(checked);
  const { variables, stackName } = checked.deployment;
  if (alarms.length === 0) {
    return variables[ENVIRONMENT.metrics] === "[]"
      ? fine("there are no alarms, as the setting monitoring says")
      : notCheckable(
          `no alarm of the stack ${stackName} can be told to be this relay's`,
          `aws cloudwatch describe-alarms --alarm-name-prefix ${stackName}- shows those that there are`,
        );
  }
  const silenced = alarms.filter(({ enabled }) => !enabled);
  if (silenced.length > 0) {
    return wrong(
      `${silenced.map(({ name }) => name).join(", ")} ${silenced.length === 1 ? "tells" : "tell"} nobody: the actions are switched off`,
      `aws cloudwatch enable-alarm-actions --alarm-names ${silenced.map(({ name }) => name).join(" ")}`,
    );
  }
  const topics = [...new Set(alarms.flatMap((alarm) => alarm.topics))].toSorted();
  if (topics.length === 0) return fine("the alarms report to no topic: alarmTopic and pageTopic set one");
  const found = await Promise.all(
    topics.map((arn) =>
      checkTopic(
        checked.clients,
        arn,
        alarms.filter((alarm) => alarm.topics.includes(arn)),
      ),
    ),
  );
  return (
    combined(
      found.filter(({ state }) => state === "wrong"),
      wrong,
    ) ??
    combined(
      found.filter(({ state }) => state === "unknown"),
      unknown,
    ) ??
    fine(found.map(({ what }) => what).join("; "))
  );
};

/** One finding of several; the fixes are named once each. */
function combined(found: readonly Found[], make: (what: string, fix: string) => Found): Found | undefined {
  if (found.length === 0) return undefined;
  const fixes = new Set(found.flatMap(({ fix }) => fix ?? []));
  return make(found.map(({ what }) => what).join("; "), [...fixes].join("; "));
}

async function checkTopic(clients: OperatorClients, arn: string, alarms: readonly ReportingAlarm[]): Promise<Found> {
  const name = `the topic ${arn}`;
  try {
    const { Attributes: attributes = {} } = await clients.sns.send(new GetTopicAttributesCommand({ TopicArn: arn }));
    const { Policy: policy, KmsMasterKeyId: keyId } = attributes;
    const parts = [
      checkPolicy(policy, requestsOf(alarms, "sns:Publish", arn), name),
      ...(keyId === undefined || keyId === "" ? [] : [await checkKey(clients, keyId, name, alarms)]),
      subscriptions(name, attributes["SubscriptionsConfirmed"], attributes["SubscriptionsPending"]),
    ];
    return (
      parts.find(({ state }) => state === "wrong") ??
      parts.find(({ state }) => state === "unknown") ??
      fine(`${name} takes what ${alarms.length} ${alarms.length === 1 ? "alarm reports" : "alarms report"}`)
    );
  } catch (error) {
    if (isMissing(error))
      return wrong(`${name} does not exist`, "make it again, or give alarmTopic another and deploy");
    const explanation = explained(error);
    if (explanation === undefined) throw error;
    return unknown(`${name} could not be looked at: ${explanation.message}`, ALLOW_LOOKING);
  }
}

const ALLOW_LOOKING =
  "look as somebody who may sns:GetTopicAttributes on the topic, and kms:DescribeKey and kms:GetKeyPolicy on its key";

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

function checkPolicy(policy: string | undefined, requests: readonly ServiceRequest[], topic: string): Found {
  const verdicts = requests.map((request) => (policy === undefined ? "unclear" : policyVerdict(policy, request)));
  const fix = `allow ${CLOUDWATCH} sns:Publish in the topic's policy`;
  if (verdicts.includes("denied")) return wrong(`the policy of ${topic} does not let CloudWatch publish`, fix);
  return verdicts.includes("unclear")
    ? unknown(`whether the policy of ${topic} lets CloudWatch publish cannot be read off it`, fix)
    : fine("");
}

async function checkKey(
  clients: OperatorClients,
  keyId: string,
  topic: string,
  alarms: readonly ReportingAlarm[],
): Promise<Found> {
  const aws = wrong(
    `${topic} is encrypted with AWS's own key ${keyId}, which CloudWatch may not use`,
    "encrypt it with a key of your own whose policy allows it, or not at all",
  );
  if (/(^|:)alias\/aws\//.test(keyId)) return aws;
  const use = await keyUse(clients, keyId, (keyArn) =>
    KEY_ACTIONS.flatMap((action) => requestsOf(alarms, action, keyArn)),
  );
  const fix = `allow ${CLOUDWATCH} kms:Decrypt and kms:GenerateDataKey* in the key's policy`;
  switch (use.kind) {
    case "usable":
      return fine("");
    case "aws-managed":
      return aws;
    case "missing":
      return wrong(`the key ${keyId} of ${topic} does not exist, so nothing is published`, "give the topic another");
    case "out-of-use":
      return wrong(
        `the key ${keyId} of ${topic} is ${use.state}, so nothing is published`,
        "enable it, or give the topic another",
      );
    case "denied":
      return wrong(`the policy of the key ${keyId} of ${topic} does not let CloudWatch use it`, fix);
    case "unclear":
      return unknown(
        `whether the policy of the key ${keyId} of ${topic} lets CloudWatch use it cannot be read off it`,
        fix,
      );
  }
}

function subscriptions(topic: string, confirmed: string | undefined, pending: string | undefined): Found {
  if (confirmed === undefined) return unknown(`how many subscribe to ${topic} is not told`);
  if (Number(confirmed) > 0) return fine("");
  const waiting = Number(pending ?? 0);
  return waiting > 0
    ? wrong(
        `of ${topic} no subscription is confirmed, and ${waiting} ${waiting === 1 ? "waits" : "wait"}, so nobody hears of an alarm`,
        "confirm it by the link in the mail that SNS sent, or subscribe again",
      )
    : wrong(`nobody subscribes to ${topic}, so nobody hears of an alarm`, "aws sns subscribe");
}
