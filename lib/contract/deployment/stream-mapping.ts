import { leaseKeyOf, PARTITION_KEY, SORT_KEY } from "../item-contract.ts";
import { type EventTypes, patternOf } from "../settings/event-types.ts";

/**
 * How the table's stream is brought to the relay, as far as no setting decides: the construct deploys it, and the
 * doctor checks it.
 */
export const STREAM_MAPPING = {
  /** LATEST misses rows written while the mapping is created or changed. */
  startingPosition: "TRIM_HORIZON",
  /** One batch at a time per shard; the relay is concurrent inside a batch, where it sees the target's limits. */
  parallelizationFactor: 1,
  /** No waiting for a fuller batch: it would add to every event's latency and save next to nothing. */
  maxBatchingWindowSeconds: 0,
  /** A batch that kills the process is halved until only the record to blame is left. */
  bisectBatchOnError: true,
  /**
   * How often a batch that failed whole (a crash, a timeout) is tried again. Few times, so that such a record does not
   * hold up the shard: its row stays, and the sweep will come.
   */
  retryAttempts: 3,
  /** As long as the stream keeps a record. */
  maxRecordAgeSeconds: 86_400,
} as const;

const INSERTS = { eventName: ["INSERT"] };

/**
 * Only new rows are events: the relay's own deletes and marks must not invoke it, nor the lease that its requeuer takes
 * at each run. The types save invocations for other relays' events, which the function leaves out in any case. `except`
 * is not part of the filter: a row without a readable type must come through.
 *
 * A record comes through when one of the patterns matches it. The lease is named by its whole key, since Lambda
 * documents `anything-but` only for whole values:
 * https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html
 */
export function streamFilters(
  relayName: string,
  eventTypes: EventTypes | undefined,
): readonly Readonly<Record<string, unknown>>[] {
  if (eventTypes === undefined || "except" in eventTypes) {
    const { pk, sk } = leaseKeyOf(relayName);
    return [
      { ...INSERTS, dynamodb: { Keys: { [PARTITION_KEY]: { S: [{ "anything-but": [pk] }] } } } },
      { ...INSERTS, dynamodb: { Keys: { [SORT_KEY]: { N: [{ "anything-but": [sk] }] } } } },
    ];
  }
  return [typesFilter(eventTypes.only)];
}

/** Only new rows of some types. A lease has no type, so it is left out too. */
export function typesFilter(only: readonly string[]): Readonly<Record<string, unknown>> {
  const rules = only.map(patternOf).map((pattern) => ("type" in pattern ? pattern.type : pattern));
  return { ...INSERTS, dynamodb: { NewImage: { type: { S: rules } } } };
}
