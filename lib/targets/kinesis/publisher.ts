import { KinesisClient, PutRecordsCommand } from "@aws-sdk/client-kinesis";
import { targetClientOptions } from "../../aws/aws-clients.ts";
import { type ErrorTable, refusedCall } from "../../aws/aws-failure.ts";
import { lean } from "../../aws/lean-client.ts";
import { fieldsOf, listOf, textOf } from "../../contract/foreign-value.ts";
import { readFields, readMatch, readOneOf } from "../../contract/settings/setting-reader.ts";
import { readKinesisRecordBytes } from "../../contract/settings/sizes.ts";
import { type AcknowledgedResult, acknowledgedAs } from "../../core/ports.ts";
import { STREAM_ARN } from "../shared/arn-shapes.ts";
import { streamsOf } from "../shared/directory.ts";
import { callOptions } from "../shared/run/call-deadline.ts";
import { readDestinations, toDestinations } from "../shared/run/destinations.ts";
import { type EntryError, entryError, entryResults } from "../shared/run/entry-results.ts";
import type { CreatePublisher } from "../shared/run/target-factory.ts";
import { bytesOf, recordOf } from "./record.ts";

/** https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html */
const MAX_ENTRIES = 500;
const MAX_CALL_BYTES = 10_485_760;

/**
 * Errors of a call. A record has only two: ProvisionedThroughputExceededException (throttled) and InternalFailure.
 *
 * https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html#API_PutRecords_Errors
 * https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecordsResultEntry.html
 */
const ERRORS: ErrorTable = {
  ProvisionedThroughputExceededException: "throttled",
  KMSThrottlingException: "throttled",
  InternalFailureException: "transient",
  // A stream that is being made or deleted: soon it exists, or is missing.
  ResourceInUseException: "transient",
  ResourceNotFoundException: "permanent",
  AccessDeniedException: "permanent",
  KMSAccessDeniedException: "permanent",
  KMSDisabledException: "permanent",
  KMSInvalidStateException: "permanent",
  KMSNotFoundException: "permanent",
  KMSOptInRequired: "permanent",
  // A record larger than this stream takes.
  InvalidArgumentException: "content",
  ValidationException: "content",
};

/**
 * Publishes to a Kinesis data stream; an event's `destination` names another one, by its ARN, or by its name if no
 * other stream of the target has it. The partition key is the ordering key, or the id of an unordered event.
 */
export const createPublisher: CreatePublisher = ({ config, path, concurrency, clock }) => {
  const given = readFields(path, config, ["kind", "streamArn", "alsoTo", "maxRecordBytes"]);
  readOneOf(`${path}.kind`, given.kind, ["kinesis"]);
  const defaultArn = readMatch(`${path}.streamArn`, given.streamArn, STREAM_ARN, "it must be the ARN of a stream");
  const maxEntryBytes = readKinesisRecordBytes(`${path}.maxRecordBytes`, given.maxRecordBytes);
  const streams = streamsOf([defaultArn, ...readDestinations(`${path}.alsoTo`, given.alsoTo)]);
  const client = lean(new KinesisClient(targetClientOptions(concurrency)));

  return toDestinations(streams, {
    limits: { maxEntries: MAX_ENTRIES, maxBytes: MAX_CALL_BYTES, maxEntryBytes },
    // Records of a call succeed and fail one by one: a later one of a key may be in the stream before an earlier one.
    atomicBatches: false,
    bytesOf,
    async publish(streamArn, events, untilMs) {
      try {
        const command = new PutRecordsCommand({ StreamARN: streamArn, Records: events.map(recordOf) });
        const answer = await client.send(command, callOptions(untilMs, clock));
        const answers = events.map((_event, index) => recordAnswer(listOf(answer.Records)[index]));
        return entryResults(answers, () => false, ERRORS);
      } catch (error) {
        const result = refusedCall(error, ERRORS);
        return events.map(() => result);
      }
    },
    // Writing to a stream that does not exist fails, so an acknowledgement is proof.
  });
};

/** Only a sequence number acknowledges a record: a record with neither number nor error was not taken. */
function recordAnswer(record: unknown): EntryError | AcknowledgedResult {
  const { SequenceNumber, ShardId, ErrorCode, ErrorMessage } = fieldsOf(record);
  const sequenceNumber = textOf(SequenceNumber);
  if (sequenceNumber !== undefined && (ErrorCode ?? undefined) === undefined) {
    return acknowledgedAs({ shardId: textOf(ShardId), sequenceNumber });
  }
  return entryError(ErrorCode, ErrorMessage, "Kinesis gave no result for this record");
}
