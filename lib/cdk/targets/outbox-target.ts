import type { IEventBus } from "aws-cdk-lib/aws-events";
import type { IStream } from "aws-cdk-lib/aws-kinesis";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import type { ITopic } from "aws-cdk-lib/aws-sns";
import type { IQueue } from "aws-cdk-lib/aws-sqs";
import type { EventBridgeTargetOptions } from "../../targets/eventbridge/construct.ts";
import { eventBridgeTarget } from "../../targets/eventbridge/factory.ts";
import type { HttpTargetOptions } from "../../targets/http/construct.ts";
import { httpTarget } from "../../targets/http/factory.ts";
import type { KafkaTargetProps, MskTargetProps } from "../../targets/kafka/construct.ts";
import { kafkaTarget, mskTarget } from "../../targets/kafka/factory.ts";
import type { KinesisTargetOptions } from "../../targets/kinesis/construct.ts";
import { kinesisTarget } from "../../targets/kinesis/factory.ts";
import type { LambdaTargetOptions } from "../../targets/lambda/construct.ts";
import { lambdaTarget } from "../../targets/lambda/factory.ts";
import type { NakadiTargetOptions } from "../../targets/nakadi/construct.ts";
import { nakadiTarget } from "../../targets/nakadi/factory.ts";
import type { NatsTargetOptions } from "../../targets/nats/construct.ts";
import { natsTarget } from "../../targets/nats/factory.ts";
import type { RabbitMqTargetOptions } from "../../targets/rabbitmq/construct.ts";
import { rabbitMqTarget } from "../../targets/rabbitmq/factory.ts";
import type { OutboxTarget as Target } from "../../targets/shared/synth/outbox-target.ts";
import type { SnsTargetOptions } from "../../targets/sns/construct.ts";
import { snsTarget } from "../../targets/sns/factory.ts";
import type { SqsTargetOptions } from "../../targets/sqs/construct.ts";
import { sqsTarget } from "../../targets/sqs/factory.ts";

/** The target of a relay: made by one of these functions, passed to the construct as `target`. */
export type OutboxTarget = Target;

export const OutboxTarget = {
  /**
   * Publishes to an EventBridge bus of the stack's own region; to one of another account only with `unverified: true`.
   *
   * @param bus takes every event whose row names no `destination`.
   */
  eventBridge(bus: IEventBus, options?: EventBridgeTargetOptions): OutboxTarget {
    return eventBridgeTarget(bus, options);
  },

  /** Publishes to a topic of Apache Kafka, without a login or with a name and a password. */
  kafka(props: KafkaTargetProps): OutboxTarget {
    return kafkaTarget(props);
  },

  /** Publishes to a topic of Amazon MSK, as the functions' own IAM role. For MSK with SCRAM take {@link OutboxTarget.kafka}. */
  msk(props: MskTargetProps): OutboxTarget {
    return mskTarget(props);
  },

  /**
   * Publishes to an SQS queue, standard or FIFO.
   *
   * @param queue takes every event whose row names no `destination`. Where an imported queue is encrypted with a
   * customer-managed key, import it by `Queue.fromQueueAttributes` with `keyArn`, or sending is denied.
   */
  sqs(queue: IQueue, options?: SqsTargetOptions): OutboxTarget {
    return sqsTarget(queue, options);
  },

  /**
   * Publishes to an SNS topic, standard or FIFO.
   *
   * @param topic takes every event whose row names no `destination`. Where an imported topic is encrypted with a
   * customer-managed key, import it by `Topic.fromTopicAttributes` with `keyArn`, or publishing is denied.
   */
  sns(topic: ITopic, options?: SnsTargetOptions): OutboxTarget {
    return snsTarget(topic, options);
  },

  /**
   * Publishes to a Kinesis data stream.
   *
   * @param stream takes every event whose row names no `destination`. Where an imported stream is encrypted with a
   * customer-managed key, import it by `Stream.fromStreamAttributes` with `encryptionKey`, or writing is denied.
   */
  kinesis(stream: IStream, options?: KinesisTargetOptions): OutboxTarget {
    return kinesisTarget(stream, options);
  },

  /**
   * Invokes a Lambda function with a batch of events, or once per event.
   *
   * @param target takes every event whose row names no `destination`: a function, a version or an alias.
   */
  lambda(target: IFunction, options?: LambdaTargetOptions): OutboxTarget {
    return lambdaTarget(target, options);
  },

  /**
   * Publishes to RabbitMQ, Amazon MQ for RabbitMQ included: to an exchange, or to a queue. Both must exist, and be
   * durable if their messages are to survive the broker.
   */
  rabbitMq(options: RabbitMqTargetOptions): OutboxTarget {
    return rabbitMqTarget(options);
  },

  /** Publishes to a subject of NATS that a JetStream stream takes. */
  nats(options: NatsTargetOptions): OutboxTarget {
    return natsTarget(options);
  },

  /** Publishes CloudEvents to a webhook. */
  http(options: HttpTargetOptions): OutboxTarget {
    return httpTarget(options);
  },

  /** Publishes to an event type of Nakadi (https://nakadi.io). */
  nakadi(options: NakadiTargetOptions): OutboxTarget {
    return nakadiTarget(options);
  },
} as const;
