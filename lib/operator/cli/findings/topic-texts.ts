import type { TopicFound, TopicsFound } from "../../aws/doctor/deployment-findings.ts";
import type { FindingText, FindingTexts } from "./finding-text.ts";

export const TOPIC_TEXTS: FindingTexts<TopicsFound> = {
  "alarms-none": () => ({ what: "there are no alarms, as the setting monitoring says" }),
  "alarms-untold": ({ stackName }) => ({
    what: `no alarm of the stack ${stackName} can be told to be this relay's`,
    fix: `aws cloudwatch describe-alarms --alarm-name-prefix ${stackName}- shows those that there are`,
  }),
  "alarms-silenced": ({ names }) => ({
    what: `${names.join(", ")} ${names.length === 1 ? "tells" : "tell"} nobody: the actions are switched off`,
    fix: `aws cloudwatch enable-alarm-actions --alarm-names ${names.join(" ")}`,
  }),
  "topics-none": () => ({ what: "the alarms report to no topic: alarmTopic and pageTopic set one" }),
  "topics-right": ({ topics }) => ({ what: topics.map((topic) => topicText(topic).what).join("; ") }),
  "topics-wrong": ({ topics }) => combined(topics),
  "topics-unclear": ({ topics }) => combined(topics),
};

/** One text of several; each fix is named once. */
function combined(topics: readonly TopicFound[]): FindingText {
  const texts = topics.map(topicText);
  const fixes = new Set(texts.flatMap(({ fix }) => fix ?? []));
  return { what: texts.map(({ what }) => what).join("; "), fix: [...fixes].join("; ") };
}

/** Who publishes what an alarm reports. */
const CLOUDWATCH = "cloudwatch.amazonaws.com";
const ALLOW_PUBLISHING = `allow ${CLOUDWATCH} sns:Publish in the topic's policy`;
const ALLOW_KEY = `allow ${CLOUDWATCH} kms:Decrypt and kms:GenerateDataKey* in the key's policy`;
const ALLOW_LOOKING =
  "look as somebody who may sns:GetTopicAttributes on the topic, and kms:DescribeKey and kms:GetKeyPolicy on its key";

function topicText(found: TopicFound): FindingText {
  const topic = `the topic ${found.arn}`;
  switch (found.code) {
    case "reports":
      return { what: `${topic} takes what ${found.alarms} ${found.alarms === 1 ? "alarm reports" : "alarms report"}` };
    case "missing":
      return { what: `${topic} does not exist`, fix: "make it again, or give alarmTopic another and deploy" };
    case "policy-denies":
      return { what: `the policy of ${topic} does not let CloudWatch publish`, fix: ALLOW_PUBLISHING };
    case "policy-unclear":
      return {
        what: `whether the policy of ${topic} lets CloudWatch publish cannot be read off it`,
        fix: ALLOW_PUBLISHING,
      };
    case "aws-key":
      return {
        what: `${topic} is encrypted with AWS's own key ${found.keyId}, which CloudWatch may not use`,
        fix: "encrypt it with a key of your own whose policy allows it, or not at all",
      };
    case "key-missing":
      return {
        what: `the key ${found.keyId} of ${topic} does not exist, so nothing is published`,
        fix: "give the topic another",
      };
    case "key-out-of-use":
      return {
        what: `the key ${found.keyId} of ${topic} is ${found.keyState}, so nothing is published`,
        fix: "enable it, or give the topic another",
      };
    case "key-denied":
      return {
        what: `the policy of the key ${found.keyId} of ${topic} does not let CloudWatch use it`,
        fix: ALLOW_KEY,
      };
    case "key-unclear":
      return {
        what: `whether the policy of the key ${found.keyId} of ${topic} lets CloudWatch use it cannot be read off it`,
        fix: ALLOW_KEY,
      };
    case "subscriptions-untold":
      return { what: `how many subscribe to ${topic} is not told` };
    case "nobody-subscribes":
      return found.pending > 0
        ? {
            what: `of ${topic} no subscription is confirmed, and ${found.pending} ${found.pending === 1 ? "waits" : "wait"}, so nobody hears of an alarm`,
            fix: "confirm it by the link in the mail that SNS sent, or subscribe again",
          }
        : { what: `nobody subscribes to ${topic}, so nobody hears of an alarm`, fix: "aws sns subscribe" };
    case "not-shown":
      return { what: `${topic} could not be looked at: ${found.message}`, fix: ALLOW_LOOKING };
  }
}
