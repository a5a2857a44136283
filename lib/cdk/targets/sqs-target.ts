import type { IGrantable } from "aws-cdk-lib/aws-iam";
import type { IKey } from "aws-cdk-lib/aws-kms";
import type { IQueue } from "aws-cdk-lib/aws-sqs";
import { refuse } from "../../core/setting-reader.ts";
import { grantPublishTo } from "../grants.ts";
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
  readonly resourceArns: readonly string[];
  readonly #keys: readonly (IKey | undefined)[];

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
    const queues = [queue, ...alsoTo];
    this.resourceArns = queues.map(({ queueArn }) => queueArn);
    this.#keys = queues.map(({ encryptionMasterKey }) => encryptionMasterKey);
  }

  grantPublish(grantee: IGrantable): void {
    grantPublishTo(grantee, this.kind, this.resourceArns, this.#keys);
  }
}
