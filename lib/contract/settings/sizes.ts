import { readInteger } from "./setting-reader.ts";

/**
 * The most that SQS takes in a message, and in a call: 1 MiB since August 2025, 256 KiB before. A queue's attribute
 * MaximumMessageSize may say less. Not every creator of a queue sets it, but the queues made here do.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html
 */
export const SQS_MESSAGE_BYTES = 1_048_576;

const DEFAULT_SNS_MESSAGE_BYTES = 262_144;

/**
 * The bytes that an SNS topic takes in a message, and in a call: its attribute MaximumMessageSize.
 * https://docs.aws.amazon.com/sns/latest/dg/large-message-payloads.html
 */
export const readSnsMessageBytes = (path: string, value: unknown): number =>
  readInteger(path, value ?? DEFAULT_SNS_MESSAGE_BYTES, {
    min: 1_024,
    max: 1_048_576,
    because: "what a topic's MaximumMessageSize may say",
  });

const DEFAULT_KINESIS_RECORD_BYTES = 1_048_576;

/**
 * The bytes that a Kinesis stream takes in a record, including the partition key: its MaxRecordSize.
 * https://docs.aws.amazon.com/streams/latest/dg/large-records.html
 */
export const readKinesisRecordBytes = (path: string, value: unknown): number =>
  readInteger(path, value ?? DEFAULT_KINESIS_RECORD_BYTES, {
    min: 1_048_576,
    max: 10_485_760,
    because: "what a stream's MaxRecordSize may say",
  });

/** Below a broker's default limit for a batch (`message.max.bytes` 1,048,588), so that its header fits too. */
const DEFAULT_KAFKA_CALL_BYTES = 1_000_000;

/** The bytes of a call to Kafka. Kafka's `socket.request.max.bytes` is 100 MiB; more than half of it gains nothing. */
export const readKafkaCallBytes = (path: string, value: unknown): number =>
  readInteger(path, value ?? DEFAULT_KAFKA_CALL_BYTES, { min: 1_000, max: 50_000_000 });

/** A server's own default: https://docs.nats.io/running-a-nats-service/configuration#connectivity */
const DEFAULT_NATS_PAYLOAD_BYTES = 1_048_576;

/** The server warns above 8 MB and refuses to start above 64 MB. */
export const readNatsPayloadBytes = (path: string, value: unknown): number =>
  readInteger(path, value ?? DEFAULT_NATS_PAYLOAD_BYTES, { min: 1_024, max: 64 * 1_024 * 1_024 });

/**
 * A server's own default. A client is not told of another value: https://docs.nats.io/reference/config/max_control_line
 */
const DEFAULT_NATS_CONTROL_LINE_BYTES = 4_096;

export const readNatsControlLineBytes = (path: string, value: unknown): number =>
  readInteger(path, value ?? DEFAULT_NATS_CONTROL_LINE_BYTES, { min: 256, max: 1_024 * 1_024 });
