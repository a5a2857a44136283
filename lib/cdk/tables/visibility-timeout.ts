import { Reference, Token, Tokenization } from "aws-cdk-lib";
import type { CfnEventSourceMapping, CfnFunction } from "aws-cdk-lib/aws-lambda";
import type { CfnQueue } from "aws-cdk-lib/aws-sqs";
import { Construct, type IConstruct } from "constructs";
import { isResource } from "../../synth/cfn-resource.ts";

/** SQS's default: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html */
const DEFAULT_VISIBILITY_SECONDS = 30;
/** Lambda's default: https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html */
const DEFAULT_TIMEOUT_SECONDS = 3;
/** "at least six times": https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html */
const ADVISED_FACTOR = 6;

/**
 * Makes synth fail if a queue brings a message again while its consumer may still work at it. Lambda refuses that too,
 * but only when the mapping is made or changed, not when the function's timeout is raised later. Functions and queues
 * of other apps cannot be seen here.
 */
export function refuseShortVisibility(consumer: unknown): void {
  if (!Construct.isConstruct(consumer)) return;
  const { defaultChild } = consumer.node;
  if (!isResource<CfnFunction>(defaultChild, "AWS::Lambda::Function")) return;
  consumer.node.addValidation({
    validate: () => queuesOf(defaultChild).flatMap((queue) => problemOf(defaultChild, queue)),
  });
}

function queuesOf(consumer: CfnFunction): readonly CfnQueue[] {
  return consumer.node.root.node.findAll().flatMap((node) => {
    if (!isResource<CfnEventSourceMapping>(node, "AWS::Lambda::EventSourceMapping")) return [];
    if (!referredTo(node.functionName).includes(consumer)) return [];
    return referredTo(node.eventSourceArn).filter((source) => isResource<CfnQueue>(source, "AWS::SQS::Queue"));
  });
}

function problemOf(consumer: CfnFunction, queue: CfnQueue): readonly string[] {
  const { timeout = DEFAULT_TIMEOUT_SECONDS } = consumer;
  const { visibilityTimeout = DEFAULT_VISIBILITY_SECONDS } = queue;
  if (Token.isUnresolved(timeout) || Token.isUnresolved(visibilityTimeout) || visibilityTimeout >= timeout) return [];
  return [
    `The queue ${queue.node.path} hides a message for ${visibilityTimeout} s, and the function ${consumer.node.path} may work at ` +
      `it for ${timeout} s: the message would come again meanwhile. Set the queue's visibilityTimeout to ${timeout} s at least; ` +
      `AWS advises ${ADVISED_FACTOR * timeout} s.`,
  ];
}

/** The construct of this app to which a value refers: by its ARN, or by a name with more behind, as `NAME:ALIAS`. */
function referredTo(value: string | undefined): readonly IConstruct[] {
  if (value === undefined || !Token.isUnresolved(value)) return [];
  const { tokens } = Tokenization.reverseString(value);
  return tokens.filter((token): token is Reference => Reference.isReference(token)).map(({ target }) => target);
}
