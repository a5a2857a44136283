import { type CfnTopic, FifoThroughputScope, Topic } from "aws-cdk-lib/aws-sns";
import type { Construct } from "constructs";
import { readFields, readFlag, readMatch, refuse } from "../../contract/settings/setting-reader.ts";
import { readSnsMessageBytes } from "../../contract/settings/sizes.ts";
import { readKeyOf, refuseKeyOfNothing } from "../../synth/key-setting.ts";
import { TOPIC_ARN } from "../shared/arn-shapes.ts";
import type { OutboxTarget } from "../shared/synth/outbox-target.ts";
import { snsTarget } from "./factory.ts";

export interface SnsSettings {
  readonly kind: "sns";
  /** @default the stack makes a topic */
  readonly topicArn?: string;
  readonly fifo: boolean;
  /** The customer-managed key of an existing topic. @default it has none */
  readonly keyArn?: string;
  /** The largest message of an existing topic, in bytes. @default 262144 */
  readonly maxMessageBytes?: number;
}

export function readSnsSettings(path: string, value: unknown): SnsSettings {
  const given = readFields(path, value, ["kind", "topicArn", "fifo", "maxMessageBytes", "keyArn"]);
  if (given.topicArn === undefined) {
    refuseKeyOfNothing(path, given.keyArn, "topicArn");
    if (given.maxMessageBytes !== undefined) {
      refuse(
        `${path}.maxMessageBytes`,
        given.maxMessageBytes,
        "it says what the topic at topicArn takes: give that too",
      );
    }
    return { kind: "sns", fifo: readFlag(`${path}.fifo`, given.fifo ?? false) };
  }
  const allowed = "it must be the ARN of a topic, arn:<partition>:sns:<region>:<account>:<name>";
  const topicArn = readMatch(`${path}.topicArn`, given.topicArn, TOPIC_ARN, allowed);
  const isFifo = topicArn.endsWith(".fifo");
  if (readFlag(`${path}.fifo`, given.fifo ?? isFifo) !== isFifo) {
    const reason = `the topic's name says ${isFifo}: leave fifo out where topicArn is given`;
    return refuse(`${path}.fifo`, given.fifo, reason);
  }
  return {
    kind: "sns",
    topicArn,
    fifo: isFifo,
    ...readKeyOf(path, given.keyArn),
    ...(given.maxMessageBytes === undefined
      ? {}
      : { maxMessageBytes: readSnsMessageBytes(`${path}.maxMessageBytes`, given.maxMessageBytes) }),
  };
}

export function snsFromSettings(
  scope: Construct,
  { topicArn, fifo, maxMessageBytes, keyArn }: SnsSettings,
): OutboxTarget {
  return topicArn === undefined
    ? snsTarget(createTargetTopic(scope, fifo))
    : snsTarget(
        Topic.fromTopicAttributes(scope, "Topic", { topicArn, ...(keyArn !== undefined && { keyArn }) }),
        maxMessageBytes === undefined ? {} : { maxMessageBytes },
      );
}

function createTargetTopic(scope: Construct, fifo: boolean): Topic {
  const topic = new Topic(scope, "Topic", {
    enforceSSL: true,
    ...(fifo
      ? {
          fifo: true,
          // Off: the relay sets the event's id for deduplication, since equal content is not the same event.
          contentBasedDeduplication: false,
          // An event never changes its group, so this loses nothing and lifts the limit of 3,000 messages a second.
          fifoThroughputScope: FifoThroughputScope.MESSAGE_GROUP,
        }
      : {}),
  });
  // Encrypts at rest with the AWS managed key of SNS, whose policy admits every publisher. As the CDK's masterKey it
  // would come with grants, which nobody can make on that key.
  (topic.node.defaultChild as CfnTopic).kmsMasterKeyId = "alias/aws/sns";
  return topic;
}
