import type { ITopic } from "aws-cdk-lib/aws-sns";
import type { Construct } from "constructs";
import { refuse } from "../../contract/settings/setting-reader.ts";
import { grantPublishTo } from "../../synth/grants.ts";
import { besideTheFirst, placedIn } from "../shared/synth/aws-destinations.ts";
import type { DeployedTarget } from "../shared/synth/outbox-target.ts";

export interface SnsTargetOptions {
  /**
   * Further topics, of the same type as the first, that rows may name as their `destination`.
   *
   * @default none: a row that names another topic is parked
   */
  readonly alsoTo?: readonly ITopic[];
  /**
   * The largest message of the topics, in bytes, from 1,024 to 1,048,576: their attribute MaximumMessageSize.
   *
   * @default 262144
   */
  readonly maxMessageBytes?: number;
}

export class SnsTarget {
  readonly kind = "sns";
  readonly #topics: readonly ITopic[];
  readonly #sizes: { readonly maxMessageBytes?: number };

  /** @throws SettingError if topics are of different types (FIFO and standard), or for an impossible size. */
  constructor(topic: ITopic, { alsoTo = [], maxMessageBytes }: SnsTargetOptions) {
    for (const [index, other] of alsoTo.entries()) {
      if (other.fifo !== topic.fifo) {
        // Deduplication and order must not depend on the topic that a row names.
        refuse(
          `OutboxTarget.sns.alsoTo[${index}]`,
          other.topicName,
          `it must be a ${topic.fifo ? "FIFO" : "standard"} topic like the first one`,
        );
      }
    }
    this.#topics = [topic, ...alsoTo];
    this.#sizes = maxMessageBytes === undefined ? {} : { maxMessageBytes };
  }

  /** @throws SettingError for a topic of another region. */
  deployedIn(scope: Construct): DeployedTarget {
    const topics = placedIn(
      scope,
      this.#topics.map((resource) => {
        const { topicArn: arn, topicName: name } = resource;
        return { resource, arn, name, address: arn };
      }),
    );
    const { first: topicArn, ...alsoTo } = besideTheFirst(topics);
    const resourceArns = topics.map(({ arn }) => arn);
    const keys = this.#topics.map(({ masterKey }) => masterKey);
    return {
      targetName: topicArn,
      environment: { kind: this.kind, topicArn, ...alsoTo, ...this.#sizes },
      resourceArns,
      keyArns: keys.flatMap((key) => key?.keyArn ?? []),
      grantPublish: (grantee) => grantPublishTo(grantee, this.kind, resourceArns, keys),
    };
  }
}
