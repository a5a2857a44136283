import { shownDestination } from "../../contract/shown-value.ts";
import type { TargetKind } from "../../contract/target-kind.ts";

/**
 * OpenTelemetry's names for the targets. Targets missing from its registry have a name in the same style.
 *
 * @see https://opentelemetry.io/docs/specs/semconv/registry/attributes/messaging/
 */
const SYSTEMS: Readonly<Record<TargetKind, string>> = {
  eventbridge: "aws.eventbridge",
  sqs: "aws_sqs",
  sns: "aws.sns",
  kinesis: "aws.kinesis",
  lambda: "aws.lambda",
  http: "http",
  nakadi: "nakadi",
  rabbitmq: "rabbitmq",
  nats: "nats",
  kafka: "kafka",
};

/** Attributes for the whole address, where the registry has one. */
const ADDRESSES: Partial<Readonly<Record<TargetKind, string>>> = {
  sqs: "aws.sqs.queue.url",
  sns: "aws.sns.topic.arn",
};

/** The name of an AWS destination, out of its ARN or URL: the part behind the last colon or slash. */
function nameOf(kind: TargetKind | undefined, destination: string): string {
  switch (kind) {
    case "eventbridge":
    case "sqs":
    case "sns":
    case "kinesis":
      return /[^:/]+$/.exec(destination)?.[0] ?? destination;
    case "lambda":
      // A version or an alias belongs to the name.
      return destination.split(":function:").at(-1) ?? destination;
    default:
      return destination;
  }
}

export interface MessagingCall {
  /** Has few values: destinations are configured. */
  readonly destinationName: string;
  readonly attributes: Readonly<Record<string, string>>;
}

/** The attributes of every span about a call to a destination. */
export function messagingCall(kind: TargetKind | undefined, destination: string): MessagingCall {
  const destinationName = nameOf(kind, destination);
  const address = kind === undefined ? undefined : ADDRESSES[kind];
  return {
    destinationName,
    attributes: {
      ...(kind === undefined ? {} : { "messaging.system": SYSTEMS[kind] }),
      "messaging.operation.name": "publish",
      "messaging.operation.type": "send",
      "messaging.destination.name": destinationName,
      ...(address === undefined ? {} : { [address]: destination }),
    },
  };
}
