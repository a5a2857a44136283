import type { TargetKind } from "../../contract/deployment/target-kind.ts";
import { shownDestination } from "../../contract/shown-destination.ts";

/**
 * What OpenTelemetry calls the targets. Those without a value of its registry have one made alike.
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

/** Attributes that hold the whole address, where the registry has one for it. */
const ADDRESSES: Partial<Readonly<Record<TargetKind, string>>> = {
  sqs: "aws.sqs.queue.url",
  sns: "aws.sns.topic.arn",
};

/** The name of a destination of AWS, out of its ARN or URL: what stands behind the last colon or slash. */
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
  /** Of few values: destinations are configured. */
  readonly destinationName: string;
  readonly attributes: Readonly<Record<string, string>>;
}

/**
 * What every span about a call to a destination says of it. A row may name any, and a setting a URL with a token in it; a
 * span leaves the account.
 */
export function messagingCall(kind: TargetKind | undefined, named: string, isDeployed: boolean): MessagingCall {
  const destination = shownDestination(named, isDeployed);
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
