import { awsSecrets } from "../../aws/secrets.ts";
import { onlyTo } from "../shared/run/destinations.ts";
import type { CreatePublisher } from "../shared/run/target-factory.ts";
import { cluster } from "./cluster.ts";
import { kafkaProducer } from "./producer.ts";
import { bytesOf } from "./record.ts";
import { security } from "./security.ts";
import { readKafkaConfig } from "./settings.ts";

/** A tenth of the pending deletes of a process, so that calls overlap. */
const MAX_ENTRIES = 100;

/**
 * Publishes to a topic of Apache Kafka or Amazon MSK; an event's `destination` names another topic. The ordering key is
 * the record's key, so the events of a key share a partition and keep their order.
 *
 * Errors are judged by the table in kafka/failures.ts.
 */
export const createPublisher: CreatePublisher = ({ config, path, concurrency, clock, secrets }) => {
  const settings = readKafkaConfig(path, config);
  const { brokers, topic: defaultTopic, alsoTo, maxBytes } = settings;
  const parts = { security: security(settings, secrets ?? awsSecrets(clock), clock), clock, concurrency };
  const producer = kafkaProducer(cluster({ ...parts, brokers }), clock);

  return onlyTo([defaultTopic, ...alsoTo], {
    limits: { maxEntries: MAX_ENTRIES, maxBytes },
    // The events of a key that share a call are in one batch of one partition, and Kafka appends a batch whole and in
    // order or not at all. Other keys of the call may be in other batches and end differently, which no key minds.
    atomicBatches: true,
    destinationOf: ({ destination }) => destination ?? defaultTopic,
    bytesOf,
    publish: producer.publish,
    // The brokers refuse a topic that does not exist: the relay does not ask for topics to be created.
  });
};
