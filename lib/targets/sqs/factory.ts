import type { IQueue } from "aws-cdk-lib/aws-sqs";
import { ARN_SHAPES } from "../../synth/arns.ts";
import { resourceByArn } from "../../synth/cdk-values.ts";
import { requireQueueUrlOf } from "../shared/synth/queue-url.ts";
import { listOf, optionsOf } from "../shared/synth/read-options.ts";
import { SqsTarget, type SqsTargetOptions } from "./construct.ts";

const readAnyQueue = resourceByArn<IQueue>(
  { shape: ARN_SHAPES.queue, arn: "queueArn", name: "queueName" },
  ["queueUrl"],
  "it must be a queue of the CDK's: a Queue, or Queue.fromQueueArn(this, id, arn)",
);

/** The relay is granted the ARN and sends to the URL. */
function readQueue(path: string, value: unknown): IQueue {
  const queue = readAnyQueue(path, value);
  requireQueueUrlOf(`${path}.queueUrl`, queue);
  return queue;
}

const readSqsOptions = optionsOf<SqsTargetOptions>({ alsoTo: listOf(readQueue) });

/** Reads what `OutboxTarget.sqs` is given, and makes the target. */
export function sqsTarget(queue: IQueue, options: SqsTargetOptions = {}): SqsTarget {
  const path = "OutboxTarget.sqs";
  return new SqsTarget(readQueue(`${path}(queue)`, queue), readSqsOptions(path, options));
}
