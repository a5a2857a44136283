import { Grant, type IGrantable } from "aws-cdk-lib/aws-iam";
import type { IQueue } from "aws-cdk-lib/aws-sqs";
import { refuse } from "../../core/setting-reader.ts";
import type { TargetEnvironment } from "./outbox-target.ts";

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
  readonly targetName: string;
  readonly environment: TargetEnvironment;
  readonly #queues: readonly IQueue[];

  /** @throws SettingError when a further queue is FIFO and the first is not, or the other way round. */
  constructor(queue: IQueue, { alsoTo = [] }: SqsTargetOptions) {
    for (const other of alsoTo) {
      if (other.fifo !== queue.fifo) {
        // The two take different requests: a FIFO queue refuses a message without a group.
        refuse("alsoTo", other.queueName, `it must be a ${queue.fifo ? "FIFO" : "standard"} queue like the first one`);
      }
    }
    this.targetName = queue.queueUrl;
    this.environment = {
      kind: this.kind,
      queueUrl: queue.queueUrl,
      ...(alsoTo.length === 0 ? {} : { alsoTo: alsoTo.map(({ queueName }) => queueName) }),
    };
    this.#queues = [queue, ...alsoTo];
  }

  grantPublish(grantee: IGrantable): void {
    Grant.addToPrincipal({
      grantee,
      actions: ["sqs:SendMessage"],
      resourceArns: this.#queues.map(({ queueArn }) => queueArn),
    });
    for (const { encryptionMasterKey } of this.#queues) {
      // SQS encrypts with the sender's permissions. The CDK's own grant asks for kms:GenerateDataKey* and kms:ReEncrypt*.
      encryptionMasterKey?.grant(grantee, "kms:GenerateDataKey", "kms:Decrypt");
    }
  }
}
