import { Duration } from "aws-cdk-lib";
import {
  type Alias,
  EventSourceMapping,
  FilterCriteria,
  type Function as LambdaFunction,
  MetricType,
  StartingPosition,
} from "aws-cdk-lib/aws-lambda";
import { Construct } from "constructs";
import { STREAM_MAPPING, streamFilters } from "../../contract/deployment/stream-mapping.ts";
import { acknowledgeRelayFindings } from "../../synth/acknowledgements.ts";
import { grantRelay } from "../../synth/grants.ts";
import { publishLive } from "./live-alias.ts";
import { createFunction, type OutboxFunctionProps } from "./outbox-function.ts";

/** The relay: a function that the table's stream invokes. */
export class RelayFunction extends Construct {
  readonly function: LambdaFunction;
  /** Names the version that is invoked. */
  readonly live: Alias;
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
    this.live = publishLive(this, this.function);
    this.mapping = createMapping(this, this.live, props);
  }
}

function createMapping(scope: Construct, target: Alias, props: OutboxFunctionProps): EventSourceMapping {
  return new EventSourceMapping(scope, `Stream${props.settings.streamMapping?.id ?? ""}`, {
    target,
    eventSourceArn: props.streamArn,
    enabled: true,
    startingPosition: StartingPosition[STREAM_MAPPING.startingPosition],
    filters: streamFilters(props.relayName, props.settings.delivery.eventTypes).map((pattern) =>
      FilterCriteria.filter({ ...pattern }),
    ),
    // One invocation handles 1,000 records in about 0.2 s, and a shard delivers at most 1,000 a second.
    batchSize: props.settings.batchSize,
    maxBatchingWindow: Duration.seconds(STREAM_MAPPING.maxBatchingWindowSeconds),
    parallelizationFactor: STREAM_MAPPING.parallelizationFactor,
    // The relay returns the first record that it had no time for. Without this it would have to fail the whole batch.
    reportBatchItemFailures: true,
    bisectBatchOnError: STREAM_MAPPING.bisectBatchOnError,
    retryAttempts: STREAM_MAPPING.retryAttempts,
    maxRecordAge: Duration.seconds(STREAM_MAPPING.maxRecordAgeSeconds),
    // Such a message names stream positions, not events. The requeuer counts and deletes it.
    onFailure: { bind: () => ({ destination: props.deadLetterQueue.queueArn }) },
    // Separates records that the filter dropped from records that were given up, for people: no alarm uses it.
    ...(props.settings.monitoring === "full" ? { metricsConfig: { metrics: [MetricType.EVENT_COUNT] } } : {}),
    // No tumblingWindow: it carries state from batch to batch, and the relay has none.
  });
}
