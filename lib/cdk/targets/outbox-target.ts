import type { ISecurityGroup, IVpc, SubnetSelection } from "aws-cdk-lib/aws-ec2";
import type { IEventBus } from "aws-cdk-lib/aws-events";
import type { IGrantable } from "aws-cdk-lib/aws-iam";
import type { IStream } from "aws-cdk-lib/aws-kinesis";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import type { ITopic } from "aws-cdk-lib/aws-sns";
import type { IQueue } from "aws-cdk-lib/aws-sqs";
import type { Construct } from "constructs";
import type { CallTimeout } from "../../contract/call-timeout.ts";
import type { TargetKind } from "../../contract/target-kind.ts";
import { readTopic } from "../../synth/cdk-values.ts";
import { EventBridgeTarget, type EventBridgeTargetOptions } from "../../targets/eventbridge/construct.ts";
import { HttpTarget, type HttpTargetOptions } from "../../targets/http/construct.ts";
import { KafkaTarget, type KafkaTargetProps, type MskTargetProps } from "../../targets/kafka/construct.ts";
import { KinesisTarget, type KinesisTargetOptions } from "../../targets/kinesis/construct.ts";
import { LambdaTarget, type LambdaTargetOptions } from "../../targets/lambda/construct.ts";
import { NakadiTarget, type NakadiTargetOptions } from "../../targets/nakadi/construct.ts";
import { NatsTarget, type NatsTargetOptions } from "../../targets/nats/construct.ts";
import { RabbitMqTarget, type RabbitMqTargetOptions } from "../../targets/rabbitmq/construct.ts";
import { SnsTarget, type SnsTargetOptions } from "../../targets/sns/construct.ts";
import { SqsTarget, type SqsTargetOptions } from "../../targets/sqs/construct.ts";
import {
  readBus,
  readEventBridgeOptions,
  readFunction,
  readHttpOptions,
  readKafkaOptions,
  readKinesisOptions,
  readLambdaOptions,
  readMskOptions,
  readNakadiOptions,
  readNatsOptions,
  readQueue,
  readRabbitMqOptions,
  readSnsOptions,
  readSqsOptions,
  readStream,
} from "./read-options.ts";

/** Where a relay publishes to: made by {@link OutboxTarget}'s functions, given to the construct as `target`. */
export interface OutboxTarget {
  /** Chooses the functions' bundle: each holds one target's client. */
  readonly kind: TargetKind;
  /** Where the functions must run to reach the target. Absent: outside any VPC. */
  readonly network?: TargetNetwork;
  /** How long a call may take, where that is a setting of the target's. The relay must have the time. */
  readonly callTimeout?: CallTimeout;
  /**
   * The target as a relay in this place has it: what is in the same account and region needs less to be found.
   *
   * @throws SettingError where the relay cannot reach it from there.
   */
  deployedIn(scope: Construct): DeployedTarget;
}

export interface DeployedTarget {
  /** What people know the target by: the bus's or stream's name, the queue's URL, the topic's or function's ARN, the ARN where it is in another account. The stack's output `TargetName`. */
  readonly targetName: string;
  /** What the functions are told, as the environment variable `OUTBOX_RELAY_TARGET` holds it. Never a secret. */
  readonly environment: TargetEnvironment;
  /** The resources of AWS that it publishes to, by which an operator may see that they are there. Absent: none of AWS. */
  readonly resourceArns?: readonly string[];
  /** The customer-managed keys of those, as far as the app knows them. Absent: it knows of none. */
  readonly keyArns?: readonly string[];
  /** Whether the functions look if it exists, since it would acknowledge what is for one that does not. @default false */
  readonly hasExistenceChecks?: boolean;
  /** Allows a function to publish, and nothing more. */
  grantPublish(grantee: IGrantable): void;
}

/** JSON, with tokens in its texts, that the target's publisher reads when a function starts. */
export type TargetEnvironment = Readonly<Record<string, unknown>> & { readonly kind: TargetKind };

/**
 * A place in a VPC. From there the functions must also reach DynamoDB, SQS, CloudWatch Logs and where their secrets are:
 * by VPC endpoints or a NAT gateway.
 */
export interface TargetNetwork {
  readonly vpc: IVpc;
  /** @default the VPC's private subnets */
  readonly subnets?: SubnetSelection;
  /** The functions' own security groups, which the target's must let in. @default one is made that may connect anywhere */
  readonly securityGroups?: readonly ISecurityGroup[];
}

export const OutboxTarget = {
  /**
   * Publishes to an EventBridge bus of the stack's own region; to one of another account with `unverified: true` alone.
   *
   * @param bus takes every event whose row names no `destination`.
   */
  eventBridge(bus: IEventBus, options: EventBridgeTargetOptions = {}): OutboxTarget {
    const path = "OutboxTarget.eventBridge";
    return new EventBridgeTarget(readBus(`${path}(bus)`, bus), readEventBridgeOptions(path, options));
  },

  /** Publishes to a topic of Apache Kafka, without a login or with a name and a password. */
  kafka(props: KafkaTargetProps): OutboxTarget {
    return KafkaTarget.kafka(readKafkaOptions("OutboxTarget.kafka", props));
  },

  /** Publishes to a topic of Amazon MSK, as the functions' own IAM role. For MSK with SCRAM take {@link OutboxTarget.kafka}. */
  msk(props: MskTargetProps): OutboxTarget {
    return KafkaTarget.msk(readMskOptions("OutboxTarget.msk", props));
  },

  /**
   * Publishes to an SQS queue, standard or FIFO.
   *
   * @param queue takes every event whose row names no `destination`. Where an imported queue is encrypted with a
   * customer-managed key, import it by `Queue.fromQueueAttributes` with `keyArn`, or sending is denied.
   */
  sqs(queue: IQueue, options: SqsTargetOptions = {}): OutboxTarget {
    const path = "OutboxTarget.sqs";
    return new SqsTarget(readQueue(`${path}(queue)`, queue), readSqsOptions(path, options));
  },

  /**
   * Publishes to an SNS topic, standard or FIFO.
   *
   * @param topic takes every event whose row names no `destination`. Where an imported topic is encrypted with a
   * customer-managed key, import it by `Topic.fromTopicAttributes` with `keyArn`, or publishing is denied.
   */
  sns(topic: ITopic, options: SnsTargetOptions = {}): OutboxTarget {
    const path = "OutboxTarget.sns";
    return new SnsTarget(readTopic(`${path}(topic)`, topic), readSnsOptions(path, options));
  },

  /**
   * Publishes to a Kinesis data stream.
   *
   * @param stream takes every event whose row names no `destination`. Where an imported stream is encrypted with a
   * customer-managed key, import it by `Stream.fromStreamAttributes` with `encryptionKey`, or writing is denied.
   */
  kinesis(stream: IStream, options: KinesisTargetOptions = {}): OutboxTarget {
    const path = "OutboxTarget.kinesis";
    return new KinesisTarget(readStream(`${path}(stream)`, stream), readKinesisOptions(path, options));
  },

  /**
   * Invokes a Lambda function, with a batch of events or with each by itself.
   *
   * @param target takes every event whose row names no `destination`: a function, a version or an alias.
   */
  lambda(target: IFunction, options: LambdaTargetOptions = {}): OutboxTarget {
    const path = "OutboxTarget.lambda";
    return new LambdaTarget(readFunction(`${path}(target)`, target), readLambdaOptions(path, options));
  },

  /**
   * Publishes to RabbitMQ, Amazon MQ for RabbitMQ included: to an exchange, or to a queue. Both must be there, and durable
   * where what they hold is to outlive the broker.
   */
  rabbitMq(options: RabbitMqTargetOptions): OutboxTarget {
    return new RabbitMqTarget(readRabbitMqOptions("OutboxTarget.rabbitMq", options));
  },

  /** Publishes to a subject of NATS that a JetStream stream takes. */
  nats(options: NatsTargetOptions): OutboxTarget {
    return new NatsTarget(readNatsOptions("OutboxTarget.nats", options));
  },

  /** Publishes CloudEvents to a webhook. */
  http(options: HttpTargetOptions): OutboxTarget {
    return new HttpTarget(readHttpOptions("OutboxTarget.http", options));
  },

  /** Publishes to an event type of Nakadi (https://nakadi.io). */
  nakadi(options: NakadiTargetOptions): OutboxTarget {
    return new NakadiTarget(readNakadiOptions("OutboxTarget.nakadi", options));
  },
} as const;
