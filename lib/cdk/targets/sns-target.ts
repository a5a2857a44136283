import type { IGrantable } from "aws-cdk-lib/aws-iam";
import type { IKey } from "aws-cdk-lib/aws-kms";
import type { ITopic } from "aws-cdk-lib/aws-sns";
import { refuse } from "../../core/setting-reader.ts";
import { readSnsMessageBytes } from "../../core/targets/sizes.ts";
import { grantPublishTo } from "../grants.ts";
import type { TargetEnvironment } from "./outbox-target.ts";

export interface SnsTargetOptions {
  /**
   * Further topics, of the same type as the first, that rows may name as their `destination`.
   *
   * @default none: a row that names another topic is parked
   */
  readonly alsoTo?: readonly ITopic[];
  /**
   * What the topics take in a message, in bytes, from 1,024 to 1,048,576: their attribute MaximumMessageSize.
   *
   * @default 262144
   */
  readonly maxMessageBytes?: number;
}

export class SnsTarget {
  readonly kind = "sns";
  readonly targetName: string;
  readonly environment: TargetEnvironment;
  readonly resourceArns: readonly string[];
  readonly #keys: readonly (IKey | undefined)[];

  /** @throws SettingError when a further topic is FIFO and the first is not, or the other way round, or for a size no topic has. */
  constructor(topic: ITopic, { alsoTo = [], maxMessageBytes }: SnsTargetOptions) {
    for (const other of alsoTo) {
      if (other.fifo !== topic.fifo) {
        // Whether an event is deduplicated and in order must not depend on the topic that its row names.
        refuse("alsoTo", other.topicName, `it must be a ${topic.fifo ? "FIFO" : "standard"} topic like the first one`);
      }
    }
    this.targetName = topic.topicArn;
    this.environment = {
      kind: this.kind,
      topicArn: topic.topicArn,
      ...(alsoTo.length === 0 ? {} : { alsoTo: alsoTo.map(({ topicName }) => topicName) }),
      ...(maxMessageBytes === undefined
        ? {}
        : { maxMessageBytes: readSnsMessageBytes("maxMessageBytes", maxMessageBytes) }),
    };
    const topics = [topic, ...alsoTo];
    this.resourceArns = topics.map(({ topicArn }) => topicArn);
    this.#keys = topics.map(({ masterKey }) => masterKey);
  }

  grantPublish(grantee: IGrantable): void {
    grantPublishTo(grantee, this.kind, this.resourceArns, this.#keys);
  }
}
