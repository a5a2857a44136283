import { Duration } from "aws-cdk-lib";
import {
  EventSourceMapping,
  FilterCriteria,
  FilterRule,
  type Function as LambdaFunction,
  MetricType,
  StartingPosition,
} from "aws-cdk-lib/aws-lambda";
import { Construct } from "constructs";
import { patternOf } from "../core/event-types.ts";
import { acknowledgeRelayFindings } from "./acknowledgements.ts";
import { grantRelay } from "./grants.ts";
import { createFunction, type OutboxFunctionProps } from "./outbox-function.ts";

/** How often a batch that failed whole (a crash, a timeout) is tried again before it is left to the sweep. */
export const STREAM_RETRY_ATTEMPTS = 3;
/** As long as the stream keeps a record. */
export const STREAM_MAX_RECORD_AGE = Duration.hours(24);

/** The relay: a function that the table's stream invokes. */
export class RelayFunction extends Construct {
  readonly function: LambdaFunction;
  /** Brings the table's new rows to the function. */
  readonly mapping: EventSourceMapping;

  constructor(scope: Construct, id: string, props: OutboxFunctionProps) {
    super(scope, id);
    this.function = createFunction(this, props, {
      name: "relay",
      description: `${props.relayName}: publishes new rows of the outbox table and deletes them once acknowledged`,
      timeout: Duration.seconds(props.settings.relayTimeoutSeconds),
    });
    grantRelay(this.function, props);
    acknowledgeRelayFindings(this);
    this.mapping = createMapping(this, this.function, props);
  }
}

/**
 * Saves invocations for other relays' events; the function leaves them out in any case. What `except` says is not told
 * to the mapping: a row without a readable type has to come through.
 */
function typeFilter({ delivery: { eventTypes } }: OutboxFunctionProps["settings"]): Record<string, unknown> {
  if (eventTypes === undefined || "except" in eventTypes) return {};
  const rules = eventTypes.only.map(patternOf).map((pattern) => ("type" in pattern ? pattern.type : pattern));
  return { dynamodb: { NewImage: { type: { S: rules } } } };
}

function createMapping(scope: Construct, target: LambdaFunction, props: OutboxFunctionProps): EventSourceMapping {
  return new EventSourceMapping(scope, "Stream", {
    target,
    eventSourceArn: props.streamArn,
    enabled: true,
    // LATEST misses what is written while the mapping is created or changed.
    startingPosition: StartingPosition.TRIM_HORIZON,
    // Only new rows are events. The relay's own deletes and marks must not invoke it.
    filters: [FilterCriteria.filter({ eventName: FilterRule.isEqual("INSERT"), ...typeFilter(props.settings) })],
    // One invocation handles 1,000 records in about 0.2 s, and a shard delivers at most 1,000 a second.
    batchSize: props.settings.batchSize,
    // No waiting for a fuller batch: it would add to every event's latency and save next to nothing.
    maxBatchingWindow: Duration.seconds(0),
    // One batch at a time per shard; the relay is concurrent inside a batch, where it sees the target's limits.
    parallelizationFactor: 1,
    // The relay answers with the first record that it had no time for. Without this it would have to fail the batch.
    reportBatchItemFailures: true,
    // A batch that kills the process is halved until the record that does so stands alone.
    bisectBatchOnError: true,
    // Few, so that such a record does not hold the shard up: its row stays, and the sweep will come.
    retryAttempts: STREAM_RETRY_ATTEMPTS,
    maxRecordAge: STREAM_MAX_RECORD_AGE,
    // Such a message names stream positions, no events. The requeuer counts and deletes it.
    onFailure: { bind: () => ({ destination: props.deadLetterQueue.queueArn }) },
    // Tells records that the filter dropped from records that were given up.
    metricsConfig: { metrics: [MetricType.EVENT_COUNT] },
    // No tumblingWindow: it carries state from batch to batch, and the relay has none.
  });
}
