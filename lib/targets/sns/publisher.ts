import { PublishBatchCommand, SNSClient } from "@aws-sdk/client-sns";
import { targetClientOptions } from "../../aws/aws-clients.ts";
import { type ErrorTable, refusedCall } from "../../aws/aws-failure.ts";
import { lean } from "../../aws/lean-client.ts";
import { sqsText } from "../../aws/sqs-text.ts";
import { readFields, readMatch, readOneOf } from "../../contract/settings/setting-reader.ts";
import { readSnsMessageBytes } from "../../contract/settings/sizes.ts";
import { TOPIC_ARN } from "../shared/arn-shapes.ts";
import { topicsOf } from "../shared/directory.ts";
import { callOptions } from "../shared/run/call-deadline.ts";
import { readDestinations, toDestinations } from "../shared/run/destinations.ts";
import { batchResults } from "../shared/run/entry-results.ts";
import type { CreatePublisher } from "../shared/run/target-factory.ts";
import { attributeBytes, messageAttributes } from "./attributes.ts";
import { entryOf } from "./entry.ts";

/** https://docs.aws.amazon.com/sns/latest/api/API_PublishBatch.html */
const MAX_ENTRIES = 10;

/**
 * The errors of calls and entries alike.
 *
 * https://docs.aws.amazon.com/sns/latest/api/API_PublishBatch.html#API_PublishBatch_Errors
 */
const ERRORS: ErrorTable = {
  Throttled: "throttled",
  KMSThrottling: "throttled",
  InternalError: "transient",
  // Somebody has to make the topic, allow the relay to publish, or repair the key: no event is at fault.
  NotFound: "permanent",
  AuthorizationError: "permanent",
  InvalidSecurity: "permanent",
  KMSAccessDenied: "permanent",
  KMSDisabled: "permanent",
  KMSInvalidState: "permanent",
  KMSNotFound: "permanent",
  KMSOptInRequired: "permanent",
  // Too large for this topic, or with characters that SNS does not take.
  InvalidParameter: "content",
  ParameterValueInvalid: "content",
  ValidationError: "content",
  BatchRequestTooLong: "content",
};

/**
 * Publishes to an SNS topic, standard or FIFO; an event's `destination` names another one, by its ARN, or by its name
 * if no other topic of the target has it. In a FIFO topic the group is the ordering key, or the id of an unordered
 * event, and the id deduplicates.
 */
export const createPublisher: CreatePublisher = ({ config, path, concurrency, clock }) => {
  const given = readFields(path, config, ["kind", "topicArn", "alsoTo", "maxMessageBytes"]);
  readOneOf(`${path}.kind`, given.kind, ["sns"]);
  const defaultArn = readMatch(`${path}.topicArn`, given.topicArn, TOPIC_ARN, "it must be the ARN of a topic");
  const maxBytes = readSnsMessageBytes(`${path}.maxMessageBytes`, given.maxMessageBytes);
  const topics = topicsOf([defaultArn, ...readDestinations(`${path}.alsoTo`, given.alsoTo)]);
  const client = lean(new SNSClient(targetClientOptions(concurrency)));

  return toDestinations(topics, {
    limits: { maxEntries: MAX_ENTRIES, maxBytes },
    // Entries of a call succeed and fail one by one, in a FIFO topic too.
    atomicBatches: false,
    bytesOf: (event) => Buffer.byteLength(sqsText(event.json)) + attributeBytes(messageAttributes(event)),
    async publish(topicArn, events, untilMs) {
      try {
        // The names of FIFO topics end in this, and no others.
        const isFifo = topicArn.endsWith(".fifo");
        const entries = events.map((event, index) => entryOf(event, index, isFifo));
        const command = new PublishBatchCommand({ TopicArn: topicArn, PublishBatchRequestEntries: entries });
        const answer = await client.send(command, callOptions(untilMs, clock));
        return batchResults("SNS", events.length, answer, ERRORS);
      } catch (error) {
        const result = refusedCall(error, ERRORS);
        return events.map(() => result);
      }
    },
    // Publishing to a topic that does not exist fails, so an acknowledgement is proof.
  });
};
