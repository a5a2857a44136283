import { readInteger } from "../setting-reader.ts";

/**
 * The most that SQS takes in a message, and in a call: 1 MiB since August 2025, 256 KiB before. A queue's attribute
 * MaximumMessageSize may say less, and whoever makes it does not always name it, so the queues made here do.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html
 */
export const SQS_MESSAGE_BYTES = 1_048_576;

const DEFAULT_SNS_MESSAGE_BYTES = 262_144;

/**
 * The bytes that an SNS topic takes in a message, and in a call. What a topic takes is its attribute MaximumMessageSize.
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
 * The bytes that a Kinesis stream takes in a record, its partition key included. What a stream takes is its MaxRecordSize.
 * https://docs.aws.amazon.com/streams/latest/dg/large-records.html
 */
export const readKinesisRecordBytes = (path: string, value: unknown): number =>
  readInteger(path, value ?? DEFAULT_KINESIS_RECORD_BYTES, {
    min: 1_048_576,
    max: 10_485_760,
    because: "what a stream's MaxRecordSize may say",
  });
