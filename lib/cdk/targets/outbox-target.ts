import type { IEventBus } from "aws-cdk-lib/aws-events";
import type { IGrantable } from "aws-cdk-lib/aws-iam";
import type { IQueue } from "aws-cdk-lib/aws-sqs";
import type { TargetKind } from "../bundles.ts";
import { EventBridgeTarget, type EventBridgeTargetOptions } from "./eventbridge-target.ts";
import { SqsTarget, type SqsTargetOptions } from "./sqs-target.ts";

/** Where a relay publishes to: made by {@link OutboxTarget}'s functions, given to the construct as `target`. */
export interface OutboxTarget {
  /** Chooses the functions' bundle: each holds one target's client. */
  readonly kind: TargetKind;
  /** What people know the target by: the bus's name or the queue's URL. The stack's output `TargetName`. */
  readonly targetName: string;
  /** What the functions are told, as the environment variable `OUTBOX_RELAY_TARGET` holds it. */
  readonly environment: Readonly<Record<string, string>>;
  /** Allows a function to publish, and nothing more. */
  grantPublish(grantee: IGrantable): void;
}

export const OutboxTarget = {
  /**
   * Publishes to an EventBridge bus of the stack's own region.
   *
   * @param bus takes every event whose row names no `destination`.
   */
  eventBridge(bus: IEventBus, options: EventBridgeTargetOptions = {}): OutboxTarget {
    return new EventBridgeTarget(bus, options);
  },

  /**
   * Publishes to an SQS queue, standard or FIFO.
   *
   * @param queue takes every event whose row names no `destination`. Where an imported queue is encrypted with a
   * customer-managed key, import it by `Queue.fromQueueAttributes` with `keyArn`, or sending is denied.
   */
  sqs(queue: IQueue, options: SqsTargetOptions = {}): OutboxTarget {
    return new SqsTarget(queue, options);
  },
} as const;
