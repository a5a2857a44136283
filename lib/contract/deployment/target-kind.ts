/** The targets that a relay can publish to. */
export const TARGET_KINDS = [
  "eventbridge",
  "sqs",
  "sns",
  "kinesis",
  "lambda",
  "http",
  "nakadi",
  "rabbitmq",
  "nats",
  "kafka",
] as const;
export type TargetKind = (typeof TARGET_KINDS)[number];

/** The targets that are resources of AWS, known by an ARN. */
export type AwsTargetKind = Extract<TargetKind, "eventbridge" | "sqs" | "sns" | "kinesis" | "lambda">;
