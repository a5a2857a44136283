import { DescribeKeyCommand, GetKeyPolicyCommand } from "@aws-sdk/client-kms";
import { GetTopicAttributesCommand } from "@aws-sdk/client-sns";
import { type PolicyVerdict, policyVerdict } from "../../../core/operate/policy-verdict.ts";
import { ENVIRONMENT } from "../../environment.ts";
import type { OperatorClients } from "../clients.ts";
import { isMissing } from "../deployment-fault.ts";
import { explained } from "../operator-error.ts";
import { type ReportingAlarm, reportingAlarms } from "./alarm-topics.ts";
import { type Check, type Found, fine, notCheckable, unknown, wrong } from "./finding.ts";

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
    const publish = { action: "sns:Publish", resourceArn: arn };
    const parts = [
      admission(policy, [publish], alarms, {
        denied: `the policy of ${name} does not let CloudWatch publish`,
        unclear: `whether the policy of ${name} lets CloudWatch publish cannot be read off it`,
        fix: `allow ${CLOUDWATCH} sns:Publish in the topic's policy`,
      }),
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

interface AdmissionWords {
  readonly denied: string;
  readonly unclear: string;
  readonly fix: string;
}

/** Whether a policy lets CloudWatch do all of this for each of the alarms. */
function admission(
  policy: string | undefined,
  asked: readonly { readonly action: string; readonly resourceArn: string }[],
  alarms: readonly ReportingAlarm[],
  words: AdmissionWords,
): Found {
  const verdicts = alarms.flatMap(({ arn }) =>
    asked.map((each): PolicyVerdict => {
      const account = arn.split(":")[4] ?? "";
      const context = {
        "aws:sourcearn": arn,
        "aws:sourceaccount": account,
        // As a topic's default policy spells it.
        "aws:sourceowner": account,
        "aws:securetransport": "true",
      };
      return policy === undefined ? "unclear" : policyVerdict(policy, { service: CLOUDWATCH, ...each, context });
    }),
  );
  if (verdicts.includes("denied")) return wrong(words.denied, words.fix);
  return verdicts.includes("unclear") ? unknown(words.unclear, words.fix) : fine("");
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
  const { KeyMetadata: key } = await clients.kms.send(new DescribeKeyCommand({ KeyId: keyId }));
  if (key?.KeyManager === "AWS") return aws;
  if (key?.KeyState !== "Enabled") {
    return wrong(
      `the key ${keyId} of ${topic} is ${key?.KeyState}, so nothing is published`,
      "enable it, or give the topic another",
    );
  }
  const { Policy: policy } = await clients.kms.send(
    new GetKeyPolicyCommand({ KeyId: key.KeyId, PolicyName: "default" }),
  );
  const asked = KEY_ACTIONS.map((action) => ({ action, resourceArn: key.Arn ?? "" }));
  return admission(policy, asked, alarms, {
    denied: `the policy of the key ${keyId} of ${topic} does not let CloudWatch use it`,
    unclear: `whether the policy of the key ${keyId} of ${topic} lets CloudWatch use it cannot be read off it`,
    fix: `allow ${CLOUDWATCH} kms:Decrypt and kms:GenerateDataKey* in the key's policy`,
  });
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
