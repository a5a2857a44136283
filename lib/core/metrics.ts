/**
 * Every metric the system emits: the telemetry adapter, the dashboard and the alarms all read this catalogue,
 * so a name exists in one place only.
 */

export const METRICS_NAMESPACE = "OutboxRelay";
/** The dimension that every metric carries: the relay's name, so that several relays share an account. */
export const RELAY_DIMENSION = "service";

export type MetricUnit = "Count" | "Milliseconds" | "Seconds";

export interface MetricDefinition {
  readonly unit: MetricUnit;
  readonly meaning: string;
  /** Dimensions beside {@link RELAY_DIMENSION}. Their values come from small closed sets. */
  readonly dimensions?: readonly string[];
}

const metric = (unit: MetricUnit, meaning: string, dimensions?: readonly string[]): MetricDefinition =>
  dimensions === undefined ? { unit, meaning } : { unit, meaning, dimensions };

export const METRICS = {
  EventsPublished: metric("Count", "Events the target acknowledged, by the relay and the requeuer together"),
  PublishRetries: metric("Count", "Entries sent again after a failure inside one round of backoff"),
  PublishFailures: metric("Count", "Entries a call did not get acknowledged", ["class", "scope"]),
  EventsParked: metric("Count", "Events handed to the requeuer through the dead-letter queue"),
  ParkFailures: metric("Count", "Dead-letter messages that SQS did not take; the sweep delivers their rows"),
  EventsRequeued: metric("Count", "Parked events delivered from a dead-letter message"),
  RequeueFailures: metric("Count", "Parked events that failed again in the requeuer"),
  EventsSwept: metric("Count", "Rows nobody had delivered, delivered by the sweep"),
  DuplicatesAvoided: metric("Count", "Wake-ups whose row was delivered already, and so was not published"),
  DuplicatesPossible: metric("Count", "Events that may have been delivered twice", ["cause"]),
  DeleteFailures: metric("Count", "Deletes of acknowledged rows that DynamoDB did not take at once"),
  TargetUnverified: metric("Count", "Looks at the target that proved neither that it exists nor that it is missing"),
  StreamRecordsDiscarded: metric(
    "Count",
    "Stream records the event source mapping gave up; the sweep delivers their rows",
  ),
  MalformedRecords: metric("Count", "Rows that break the item contract, parked with the reason"),
  KeysParked: metric("Count", "Ordering keys parked behind a gate, because an event of theirs was not delivered"),
  KeysFreed: metric("Count", "Parked ordering keys whose events were all delivered, and whose gate is gone"),
  GateTouches: metric("Count", "Keys found parked by the relay, whose new events wait behind the gate"),
  BreakerOpen: metric("Count", "1 when an invocation ended with an open circuit breaker, else 0"),
  EndToEndLatency: metric("Milliseconds", "From the row's write to the target's acknowledgement"),
  OldestUndeliveredAge: metric(
    "Seconds",
    "Age of the oldest undelivered row among those sampled; 0 when there is none",
  ),
  UndeliveredEvents: metric("Count", "Undelivered rows as of the last full pass over the table"),
  TableMisconfigured: metric("Count", "Settings of the table that break the promise, found when a requeuer started"),
  RequeuerHeartbeat: metric("Count", "1 for every completed run of the requeuer"),
} as const satisfies Record<string, MetricDefinition>;

export type MetricName = keyof typeof METRICS;
