import { SendMessageBatchCommand, SQSClient } from "@aws-sdk/client-sqs";
import { targetClientOptions } from "../../aws/aws-clients.ts";
import { refusedCall } from "../../aws/aws-failure.ts";
import { lean } from "../../aws/lean-client.ts";
import { sqsText } from "../../aws/sqs-text.ts";
import { readFields, readOneOf, readText } from "../../contract/settings/setting-reader.ts";
import { SQS_MESSAGE_BYTES } from "../../contract/settings/sizes.ts";
import { queuesOf } from "../shared/directory.ts";
import { callOptions } from "../shared/run/call-deadline.ts";
import { readDestinations, toDestinations } from "../shared/run/destinations.ts";
import { batchResults } from "../shared/run/entry-results.ts";
import type { CreatePublisher } from "../shared/run/target-factory.ts";
import { entryOf } from "./entry.ts";

/** Ten entries, 1 MiB in all. */
const LIMITS = { maxEntries: 10, maxBytes: SQS_MESSAGE_BYTES };

/**
 * Publishes to an SQS queue, standard or FIFO; an event's `destination` names another one, by its URL, or by its name
 * if no other queue of the target has it. In a FIFO queue the group is the ordering key, or the id of an unordered
 * event, and the id deduplicates.
 */
export const createPublisher: CreatePublisher = ({ config, path, concurrency, clock }) => {
  const given = readFields(path, config, ["kind", "queueUrl", "alsoTo"]);
  readOneOf(`${path}.kind`, given.kind, ["sqs"]);
  const defaultUrl = readText(`${path}.queueUrl`, given.queueUrl);
  const queues = queuesOf([defaultUrl, ...readDestinations(`${path}.alsoTo`, given.alsoTo)]);
  // Checking the MD5 from SQS costs 7 % of the CPU; TLS already protects the message on its way.
  const client = lean(new SQSClient({ ...targetClientOptions(concurrency), md5: false }));

  return toDestinations(queues, {
    limits: LIMITS,
    // Entries of a call succeed and fail one by one, also in a FIFO queue: a later one of a group may pass.
    atomicBatches: false,
    bytesOf: ({ json }) => Buffer.byteLength(sqsText(json)),
    async publish(queueUrl, events, untilMs) {
      try {
        // The names of FIFO queues end in this, and no others.
        const isFifo = queueUrl.endsWith(".fifo");
        const entries = events.map((event, index) => entryOf(event, index, isFifo));
        const command = new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries: entries });
        const answer = await client.send(command, callOptions(untilMs, clock));
        return batchResults("SQS", events.length, answer);
      } catch (error) {
        const result = refusedCall(error);
        return events.map(() => result);
      }
    },
    // Sending to a queue that does not exist fails, so an acknowledgement is proof.
  });
};
