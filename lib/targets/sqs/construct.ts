import type { IQueue } from "aws-cdk-lib/aws-sqs";
import type { Construct } from "constructs";
import { refuse } from "../../contract/settings/setting-reader.ts";
import { grantPublishTo } from "../../synth/grants.ts";
import { besideTheFirst, placedIn } from "../shared/synth/aws-destinations.ts";
import type { DeployedTarget } from "../shared/synth/outbox-target.ts";

export interface SqsTargetOptions {
  /**
   * Further queues, of the same type as the first, that rows may name as their `destination`.
   *
   * @default none: a row that names another queue is parked
   */
  readonly alsoTo?: readonly IQueue[];
}

export class SqsTarget {
  readonly kind = "sqs";
  readonly #queues: readonly IQueue[];

  /** @throws SettingError if queues are of different types (FIFO and standard). */
  constructor(queue: IQueue, { alsoTo = [] }: SqsTargetOptions) {
    for (const [index, other] of alsoTo.entries()) {
      if (other.fifo !== queue.fifo) {
        // The two types take different requests: a FIFO queue refuses a message without a group.
        refuse(
          `OutboxTarget.sqs.alsoTo[${index}]`,
          other.queueName,
          `it must be a ${queue.fifo ? "FIFO" : "standard"} queue like the first one`,
        );
      }
    }
    this.#queues = [queue, ...alsoTo];
  }

  /** @throws SettingError for a queue of another region. */
  deployedIn(scope: Construct): DeployedTarget {
    const queues = placedIn(
      scope,
      this.#queues.map((resource) => {
        const { queueArn: arn, queueName: name, queueUrl: address } = resource;
        return { resource, arn, name, address };
      }),
    );
    const { first: queueUrl, ...alsoTo } = besideTheFirst(queues);
    const resourceArns = queues.map(({ arn }) => arn);
    const keys = this.#queues.map(({ encryptionMasterKey }) => encryptionMasterKey);
    return {
      targetName: queueUrl,
      environment: { kind: this.kind, queueUrl, ...alsoTo },
      resourceArns,
      keyArns: keys.flatMap((key) => key?.keyArn ?? []),
      grantPublish: (grantee) => grantPublishTo(grantee, this.kind, resourceArns, keys),
    };
  }
}
