import { type EventTypes, patternOf } from "./event-types.ts";

/** How the table's stream is brought to the relay, as far as no setting says it: deployed, and looked for by the doctor. */
export const STREAM_MAPPING = {
  /** LATEST misses what is written while the mapping is created or changed. */
  startingPosition: "TRIM_HORIZON",
  /** One batch at a time per shard; the relay is concurrent inside a batch, where it sees the target's limits. */
  parallelizationFactor: 1,
  /** No waiting for a fuller batch: it would add to every event's latency and save next to nothing. */
  maxBatchingWindowSeconds: 0,
  /** A batch that kills the process is halved until the record that does so stands alone. */
  bisectBatchOnError: true,
  /**
   * How often a batch that failed whole (a crash, a timeout) is tried again. Few, so that such a record does not hold the
   * shard up: its row stays, and the sweep will come.
   */
  retryAttempts: 3,
  /** As long as the stream keeps a record. */
  maxRecordAgeSeconds: 86_400,
} as const;

/**
 * Only new rows are events: the relay's own deletes and marks must not invoke it. The types save invocations for other
 * relays' events; the function leaves them out in any case. What `except` says is not told to the mapping: a row without
 * a readable type has to come through.
 */
export function streamFilter(eventTypes: EventTypes | undefined): Readonly<Record<string, unknown>> {
  const inserts = { eventName: ["INSERT"] };
  if (eventTypes === undefined || "except" in eventTypes) return inserts;
  const rules = eventTypes.only.map(patternOf).map((pattern) => ("type" in pattern ? pattern.type : pattern));
  return { ...inserts, dynamodb: { NewImage: { type: { S: rules } } } };
}
