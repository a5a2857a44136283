import { readFields, readInteger, readOneOf } from "../contract/settings/setting-reader.ts";
import { readThrown } from "../contract/telemetry/thrown.ts";
import { groupedBy } from "../core/grouped.ts";
import { boundedMap } from "../core/parallel.ts";
import type { CloudEvent } from "./cloud-event.ts";
import { readFunction } from "./option-readers.ts";
import type { Delivery, KafkaPosition, ReceivedRecord } from "./received-record.ts";
import { readDelivery } from "./records.ts";

/** What a handler gets besides the event. */
export interface HandlerContext {
  /** When Lambda stops the function, in epoch milliseconds. Undefined outside of Lambda. */
  readonly deadlineMs?: number | undefined;
}

/** Handles one event. If it rejects, the event was not handled and comes again. */
export type EventHandler<Data = unknown> = (event: CloudEvent<Data>, context: HandlerContext) => Promise<unknown>;

export interface HandleEventsOptions {
  /**
   * How many events are handled at once, if their order allows it: SQS messages of different groups. A whole number, 1
   * to 1,000.
   *
   * @default 10
   */
  readonly concurrency?: number | undefined;
  /**
   * `"partial"` answers Kafka with the first record that failed in each partition, so that only the records from there
   * on come again, and no partition waits for another. Use it only with event source mappings in provisioned mode with
   * `ReportBatchItemFailures`: any other mapping takes the answer for success, and the events are lost.
   *
   * @default a failure is an error, and the whole batch comes again
   */
  readonly kafka?: "partial" | undefined;
  /**
   * `"partial"` answers EventBridge Pipes with the records of SQS and Kinesis that failed. Use it only if the pipe
   * waits for the function (`REQUEST_RESPONSE`): with `FIRE_AND_FORGET` nobody reads the answer, and the events are
   * lost.
   *
   * @default a failure is an error, and the whole batch comes again
   */
  readonly pipes?: "partial" | undefined;
  /**
   * Called with the error of each record that is reported as failed: Lambda gets only the record's id. The id of a
   * Kafka record is `my-topic-0@17`.
   *
   * @default a line of JSON on standard error, with no payload in it
   */
  readonly onFailure?: ((error: unknown, recordId: string | undefined) => void) | undefined;
}

/** Lambda's partial batch response. */
export interface BatchResponse {
  readonly batchItemFailures: { readonly itemIdentifier: string }[];
}

/** The same for Kafka, which identifies a record by its position. */
export interface KafkaBatchResponse {
  readonly batchItemFailures: { readonly itemIdentifier: KafkaPosition | string }[];
}

/** The part of Lambda's context that is used here. A test may leave it out. */
export interface LambdaContext {
  getRemainingTimeInMillis?(): number;
}

/** The handler that Lambda invokes. It resolves with undefined where a failure is reported by an error. */
export type InvocationHandler<Response> = (
  invocation: unknown,
  context?: LambdaContext,
) => Promise<Response | undefined>;

const DEFAULT_CONCURRENCY = 10;
/** A batch from a queue holds up to 10,000 messages, and all handlers share one process. */
const MAX_CONCURRENCY = 1_000;
const OPTIONS = ["concurrency", "kafka", "pipes", "onFailure"] as const;
const PARTIAL = ["partial"] as const;

/**
 * Makes a Lambda handler from a handler of one event.
 *
 * For SQS and Kinesis it returns a partial batch response, so the event source mapping needs `ReportBatchItemFailures`:
 * events that succeeded do not come again. In a FIFO group, and in a shard, no event overtakes a failed one. For other
 * sources a failure is an error, and the whole invocation comes again; see `kafka` and `pipes`.
 *
 * @throws SettingError, here and not in the handler, when an option cannot be used.
 * @throws (from the returned handler) the event handler's error, or NotACloudEventError. With a partial batch response,
 * only when the invocation itself is malformed.
 */
export function handleEvents<Data = unknown>(
  handler: EventHandler<Data>,
  options?: HandleEventsOptions & { readonly kafka?: undefined },
): InvocationHandler<BatchResponse>;
export function handleEvents<Data = unknown>(
  handler: EventHandler<Data>,
  options: HandleEventsOptions,
): InvocationHandler<KafkaBatchResponse>;
export function handleEvents<Data>(
  handler: EventHandler<Data>,
  options: HandleEventsOptions = {},
): InvocationHandler<BatchResponse | KafkaBatchResponse> {
  readFunction("handleEvents.handler", handler);
  const { concurrency, onFailure, partial } = readOptions(options);
  return async (invocation, lambda) => {
    const delivery = readDelivery(invocation, partial);
    const remainingMs = lambda?.getRemainingTimeInMillis?.();
    const context: HandlerContext = remainingMs === undefined ? {} : { deadlineMs: Date.now() + remainingMs };
    const handle = (record: ReceivedRecord) => handler(record.read() as CloudEvent<Data>, context);
    if (delivery.answer === "error") {
      for (const record of delivery.records) await handle(record);
      return undefined;
    }
    const handled = new Set<ReceivedRecord>();
    await boundedMap(messageGroupsOf(delivery), concurrency, async (messageGroup) => {
      for (const record of await handledOf(messageGroup, handle, onFailure)) handled.add(record);
    });
    // Lambda deletes records that are not reported, so every record not known to be handled is reported.
    const failed = delivery.records.filter((record) => !handled.has(record));
    const told = delivery.answer === "each" ? failed : firstOfMessageGroups(failed);
    // If Lambda does not know an identifier, it brings the whole batch again.
    return { batchItemFailures: told.map(({ identifier }) => ({ itemIdentifier: identifier ?? "" })) };
  };
}

function readOptions(options: HandleEventsOptions) {
  readFields("handleEvents", options, OPTIONS);
  const { concurrency = DEFAULT_CONCURRENCY, kafka, pipes, onFailure = reportFailure } = options;
  return {
    concurrency: readInteger("handleEvents.concurrency", concurrency, { min: 1, max: MAX_CONCURRENCY }),
    partial: {
      kafka: kafka === undefined ? undefined : readOneOf("handleEvents.kafka", kafka, PARTIAL),
      pipes: pipes === undefined ? undefined : readOneOf("handleEvents.pipes", pipes, PARTIAL),
    },
    onFailure: readFunction("handleEvents.onFailure", onFailure),
  };
}

const messageGroupsOf = ({ records }: Delivery): readonly (readonly ReceivedRecord[])[] => [
  ...groupedBy(records, ({ messageGroup }) => messageGroup ?? Symbol("alone")).values(),
];

/**
 * Handles a message group up to the first failure, and returns the records that were handled. The failed record and
 * those behind it have to come again.
 */
async function handledOf(
  messageGroup: readonly ReceivedRecord[],
  handle: (record: ReceivedRecord) => Promise<unknown>,
  onFailure: NonNullable<HandleEventsOptions["onFailure"]>,
): Promise<readonly ReceivedRecord[]> {
  for (const [index, record] of messageGroup.entries()) {
    try {
      await handle(record);
    } catch (error) {
      onFailure(error, nameOf(record));
      return messageGroup.slice(0, index);
    }
  }
  return messageGroup;
}

const firstOfMessageGroups = (records: readonly ReceivedRecord[]): readonly ReceivedRecord[] =>
  [...groupedBy(records, ({ messageGroup }) => messageGroup).values()].flatMap((messageGroup) =>
    messageGroup.slice(0, 1),
  );

const nameOf = ({ identifier }: ReceivedRecord): string | undefined =>
  typeof identifier === "object" ? `${identifier.partition}@${identifier.offset}` : identifier;

function reportFailure(error: unknown, recordId: string | undefined): void {
  const { name, message, stack } = readThrown(error);
  const told = { level: "ERROR", message: "An event was not handled", recordId, error: { name, message, stack } };
  console.error(JSON.stringify(told));
}
