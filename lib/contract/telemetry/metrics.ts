import { NONCONFORMITIES } from "../codec/conformance.ts";
import { FUNCTION_ROLES } from "../deployment/function-role.ts";
import { FAILURE_CLASSES, FAILURE_KINDS, FAILURE_SCOPES } from "../failure.ts";

/**
 * Every metric the system emits: the telemetry adapter, the dashboard and the alarms all read this catalogue,
 * so a name exists in one place only.
 */

/** The dimension that every metric carries: the relay's name, so that several relays share an account. */
export const RELAY_DIMENSION = "service";

export type MetricUnit = "Count" | "Milliseconds" | "Seconds" | "Megabytes";

/**
 * The values of the dimensions beside {@link RELAY_DIMENSION}. CloudWatch bills every combination of values as a metric
 * of its own, so an id, a key or a string from outside can never be a value: see {@link dimensionValue}.
 */
export const DIMENSIONS = {
  class: { values: FAILURE_CLASSES },
  scope: { values: FAILURE_SCOPES },
  /** How an event breaks CloudEvents that is delivered all the same. */
  reason: { values: NONCONFORMITIES },
  cause: { values: ["ambiguous-publish", "delete-failed", "unconfirmed"] },
  function: { values: FUNCTION_ROLES },
  /** The target's own error codes: nobody knows them all beforehand, so only this many are told apart. */
  code: { atMost: 30 },
} as const satisfies Record<string, ClosedDimension | BoundedDimension>;

interface ClosedDimension {
  readonly values: readonly string[];
}
interface BoundedDimension {
  readonly atMost: number;
}

export type DimensionName = keyof typeof DIMENSIONS;

/** Takes the place of a value that a dimension does not allow. */
export const OTHER_VALUE = "other";
const CODE = /^[\w.:-]{1,64}$/;

/**
 * The value that a metric may carry in a dimension: the given one, or {@link OTHER_VALUE} if the dimension does not
 * have it or too many are known already. The caller keeps `known`, one for each dimension.
 */
export function dimensionValue(name: DimensionName, value: string | undefined, known: Set<string>): string {
  const dimension: ClosedDimension | BoundedDimension = DIMENSIONS[name];
  if (value === undefined) return OTHER_VALUE;
  if ("values" in dimension) return dimension.values.includes(value) ? value : OTHER_VALUE;
  if (!CODE.test(value) || (!known.has(value) && known.size >= dimension.atMost)) return OTHER_VALUE;
  known.add(value);
  return value;
}

export interface MetricDefinition {
  readonly unit: MetricUnit;
  readonly meaning: string;
  /** Dimensions beside {@link RELAY_DIMENSION}. */
  readonly dimensions?: readonly DimensionName[];
  /** The possible sets of their values. @default all */
  readonly combinations?: readonly Partial<Readonly<Record<DimensionName, string>>>[];
}

const metric = (unit: MetricUnit, meaning: string, dimensions?: readonly DimensionName[]): MetricDefinition =>
  dimensions === undefined ? { unit, meaning } : { unit, meaning, dimensions };

export const METRICS = {
  EventsWritten: metric("Count", "New rows that the stream brought and the relay is through with, each row once"),
  EventsPublished: metric("Count", "Events the target acknowledged, by the relay and the requeuer together"),
  PublishRetries: metric("Count", "Entries sent again after a failure inside one round of backoff"),
  PublishFailures: {
    ...metric("Count", "Entries that were not acknowledged, or that no call can hold", ["class", "scope"]),
    combinations: FAILURE_KINDS,
  },
  FailuresByCode: metric("Count", "The same failures by the error's own code", ["code"]),
  EventsParked: metric("Count", "Events handed to the requeuer through the dead-letter queue"),
  ParkFailures: metric("Count", "Dead-letter messages that SQS did not take; the sweep delivers their rows"),
  EventsRequeued: metric("Count", "Parked events delivered from a dead-letter message"),
  RequeueFailures: metric("Count", "Parked events that failed again in the requeuer"),
  EventsSwept: metric("Count", "Rows nobody had delivered, delivered by the sweep"),
  DuplicatesAvoided: metric("Count", "Wake-ups whose row was delivered already, and so was not published"),
  DuplicatesPossible: metric("Count", "Events that may have been delivered twice", ["cause"]),
  DuplicatesDropped: metric("Count", "Events that the target said it had already, and dropped"),
  DeleteFailures: metric("Count", "Deletes of acknowledged rows that DynamoDB did not take at once"),
  ReceiptsMissing: metric(
    "Count",
    "Lines that the archive did not take in time; an audit of their hour leaves events without a receipt undecided",
  ),
  AuditRuns: metric("Count", "1 for every audit of the schedule that came to its end"),
  AuditUnaccounted: metric(
    "Count",
    "What audits of the schedule could not account for: events that are removed, undecided or in flight, and objects that cannot be read; at least 1 where lines of the window are missing",
  ),
  AuditRemoved: metric("Count", "Of these, events whose row was removed without a receipt"),
  ExistenceChecks: metric("Count", "Checks whether the target exists; each DescribeEventBus is an event of CloudTrail"),
  TargetUnverified: metric(
    "Count",
    "Checks after which nobody knew whether the target exists, and nothing is published to it; 0 where all checks of an invocation told",
  ),
  UnprotectedBuses: metric(
    "Count",
    "Buses with a customer key and no dead-letter queue, told by each run of the requeuer: what they acknowledge is lost once the key cannot be used",
  ),
  StreamRecordsDiscarded: metric(
    "Count",
    "Stream records the event source mapping gave up; the sweep delivers their rows",
  ),
  MalformedRecords: metric("Count", "Rows that break the item contract, parked with the reason"),
  NonconformingEvents: metric(
    "Count",
    "Events of other writers that break CloudEvents and are delivered as they are, counted once for each reason",
    ["reason"],
  ),
  KeysParked: metric(
    "Count",
    "Ordering keys parked behind a parked-key record, because an event of theirs was not delivered",
  ),
  KeysFreed: metric(
    "Count",
    "Parked ordering keys whose events were all delivered, and whose parked-key record is gone",
  ),
  GateTouches: metric("Count", "Keys found parked by the relay, whose new events wait behind the parked-key record"),
  ParkedKeys: metric("Count", "Ordering keys behind a parked-key record among the rows sampled; of a small table, all"),
  OldestParkedAge: metric(
    "Seconds",
    "Age of the oldest row that failed by its own fault, or waits behind one of its key that did; 0 when there is none",
  ),
  BreakerOpen: metric("Count", "1 when an invocation ended with an open circuit breaker, else 0"),
  EndToEndLatency: metric("Milliseconds", "From the row's write to the target's acknowledgement"),
  TargetCallTime: metric("Milliseconds", "One call to the target, from request to answer or failure"),
  StreamDelay: metric(
    "Milliseconds",
    "From a row's write to the start of the invocation that brought it, the last of a batch",
  ),
  OldestUndeliveredAge: metric(
    "Seconds",
    "Age of the oldest undelivered row among those that a run sampled, or any sweep passed; 0 when there is none",
  ),
  OldestForeignAge: metric(
    "Seconds",
    "Age of the oldest row whose type is not this relay's, where it has only some; 0 when there is none",
  ),
  UndeliveredEvents: metric("Count", "Undelivered rows as of the last full pass over the table"),
  TableMisconfigured: metric("Count", "Settings of the table that break the promise, as the last look at them found"),
  RequeuerHeartbeat: metric("Count", "1 for every run of the requeuer that came to its end"),
  IncompleteRuns: metric("Count", "1 for a run of the requeuer of which the table or the queue refused a part, else 0"),
  ColdStarts: metric("Count", "Processes that met their first invocation", ["function"]),
  MemoryUsed: metric("Megabytes", "Memory that the process holds when an invocation ends", ["function"]),
} as const satisfies Record<string, MetricDefinition>;

export type MetricName = keyof typeof METRICS;

/** The metrics that the command `outbox-relay status` judges by: published wherever any metric is. */
export const JUDGED_METRICS = [
  "BreakerOpen",
  "EventsPublished",
  "RequeuerHeartbeat",
] as const satisfies readonly MetricName[];
export type JudgedMetric = (typeof JUDGED_METRICS)[number];
