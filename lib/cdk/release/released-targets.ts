import { EventBus } from "aws-cdk-lib/aws-events";
import { Stream } from "aws-cdk-lib/aws-kinesis";
import { Secret } from "aws-cdk-lib/aws-secretsmanager";
import { Topic } from "aws-cdk-lib/aws-sns";
import { Queue } from "aws-cdk-lib/aws-sqs";
import type { Construct } from "constructs";
import { OutboxTarget } from "../targets/outbox-target.ts";
import { parameter } from "./parameters.ts";

/** The longest address of a target; with the longest name of a table it fits into a version's description. */
const ADDRESS_CHARACTERS = 175;
/** The longest URL beside the name of a secret, and beside that of a table too. */
const URL_CHARACTERS = { own: 190, given: 110 } as const;
const SECRET_NAME_CHARACTERS = 64;

/** What a template's target depends on beside its parameters. */
export interface TargetVariant {
  /** Order per key needs a FIFO queue or topic. */
  readonly isOrdered: boolean;
  readonly table: "own" | "given";
}

type MakeTarget = (scope: Construct, variant: TargetVariant) => OutboxTarget;

const arnOf = (service: string, resource: string): string => `arn:[\\w-]+:${service}:[a-z0-9-]+:\\d{12}:${resource}`;

/** The names of queues and topics that keep an order end in `.fifo`. */
const fifo = ({ isOrdered }: TargetVariant, name: string): string => `${name}${isOrdered ? "\\.fifo" : "(\\.fifo)?"}`;

/** The targets of the released templates, by the beginnings of their names. */
export const RELEASED_TARGETS = {
  eventbridge: (scope) => {
    const busName = parameter(scope, "BusName", {
      description: "The EventBridge bus, of the stack's account and region",
      allowedPattern: "[\\w./-]+",
      maxLength: ADDRESS_CHARACTERS,
    });
    return OutboxTarget.eventBridge(EventBus.fromEventBusName(scope, "Bus", busName));
  },
  sqs: (scope, variant) => {
    const queueArn = parameter(scope, "QueueArn", {
      description: `The SQS queue${variant.isOrdered ? ", a FIFO queue" : ""}, of the stack's region`,
      allowedPattern: arnOf("sqs", fifo(variant, "[\\w-]{1,80}")),
      maxLength: ADDRESS_CHARACTERS,
    });
    const queue = Queue.fromQueueAttributes(scope, "Queue", { queueArn, fifo: variant.isOrdered });
    return OutboxTarget.sqs(queue);
  },
  sns: (scope, variant) => {
    const topicArn = parameter(scope, "TopicArn", {
      description: `The SNS topic${variant.isOrdered ? ", a FIFO topic" : ""}, of the stack's region`,
      allowedPattern: arnOf("sns", fifo(variant, "[\\w-]+")),
      maxLength: ADDRESS_CHARACTERS,
    });
    return OutboxTarget.sns(Topic.fromTopicArn(scope, "Topic", topicArn));
  },
  kinesis: (scope) => {
    const streamArn = parameter(scope, "KinesisStreamArn", {
      description: "The Kinesis data stream, of the stack's region",
      allowedPattern: arnOf("kinesis", "stream/[\\w.-]+"),
      maxLength: ADDRESS_CHARACTERS,
    });
    return OutboxTarget.kinesis(Stream.fromStreamArn(scope, "KinesisStream", streamArn));
  },
  http: (scope, { table }) => {
    const signing = secretNamed(scope, "SigningKeyName", "with the secret that signs calls, whsec_ and base64");
    return OutboxTarget.http({ url: urlOf(scope, table), signing: [signing] });
  },
  "http-bearer": (scope, { table }) => {
    const token = secretNamed(scope, "BearerTokenName", "with the token that calls bear");
    return OutboxTarget.http({ url: urlOf(scope, table), auth: { kind: "bearer", token } });
  },
} as const satisfies Readonly<Record<string, MakeTarget>>;

export type ReleasedTarget = keyof typeof RELEASED_TARGETS;

const urlOf = (scope: Construct, table: TargetVariant["table"]): string =>
  parameter(scope, "Url", {
    description: "The webhook, without credentials in it",
    allowedPattern: 'https://[A-Za-z0-9.-]+(:[0-9]+)?([/?][^\\s"\\\\#]*)?',
    constraintDescription: "it must be a URL with https, without credentials, fragment, quotation marks or backslashes",
    maxLength: URL_CHARACTERS[table],
  });

function secretNamed(scope: Construct, id: string, what: string) {
  const name = parameter(scope, id, {
    description: `The secret of Secrets Manager ${what}, by its name, of the stack's account and region`,
    allowedPattern: "[\\w/+=.@-]+",
    maxLength: SECRET_NAME_CHARACTERS,
  });
  return { secret: Secret.fromSecretNameV2(scope, id.replace(/Name$/, "Import"), name) };
}
