import { readFields, readInteger, readOneOf } from "../contract/setting-reader.ts";
import { groupedBy } from "../core/grouped.ts";
import { boundedMap } from "../core/parallel.ts";
import type { CloudEvent } from "./cloud-event.ts";
import type { Delivery, KafkaPosition, ReceivedRecord } from "./received-record.ts";
import { readDelivery } from "./records.ts";

/** What a handler may know besides the event. */
export interface HandlerContext {
  /** Epoch milliseconds: when the function is stopped, where it runs in Lambda. */
  readonly deadlineMs?: number | undefined;
}

/** Handles one event. To reject is to say: not done, bring it again. */
export type EventHandler<Data = unknown> = (event: CloudEvent<Data>, context: HandlerContext) => Promise<unknown>;

export interface HandleEventsOptions {
  /** Events in work at once, where they may be: SQS messages of different groups. A whole number, 1 to 1,000. @default 10 */
  readonly concurrency?: number | undefined;
  /**
   * `"partial"` answers Kafka with the first record that failed in each partition, so that only those from there on come again, and
   * no partition waits for another. Only for event source mappings in provisioned mode with `ReportBatchItemFailures`: any other
   * takes the answer for success, and the events are lost.
   *
   * @default a failure is an error, and the whole batch comes again
   */
  readonly kafka?: "partial" | undefined;
  /**
   * `"partial"` answers EventBridge Pipes with the records of SQS and Kinesis that failed. Only where the pipe invokes the function
   * and waits (`REQUEST_RESPONSE`): with `FIRE_AND_FORGET` nobody reads the answer, and the events are lost.
   *
   * @default a failure is an error, and the whole batch comes again
   */
  readonly pipes?: "partial" | undefined;
  /**
   * Hears of each record that is reported as failed, for Lambda is only told which. A record of Kafka is called
   * `my-topic-0@17`.
   *
   * @default a line of JSON on standard error, with no payload in it
   */
  readonly onFailure?: ((error: unknown, recordId: string | undefined) => void) | undefined;
}

/** Lambda's partial batch response. */
export interface BatchResponse {
  readonly batchItemFailures: { readonly itemIdentifier: string }[];
}

/** The same for Kafka, where a record is known by its place. */
export interface KafkaBatchResponse {
  readonly batchItemFailures: { readonly itemIdentifier: KafkaPosition | string }[];
}

/** As much of Lambda's context as is used here, and a test may leave that out. */
export interface LambdaContext {
  getRemainingTimeInMillis?(): number;
}

/** What Lambda invokes. Undefined is the answer where failures are told by an error. */
export type InvocationHandler<Response> = (
  invocation: unknown,
  context?: LambdaContext,
) => Promise<Response | undefined>;

const DEFAULT_CONCURRENCY = 10;
/** A batch from a queue holds 10,000 messages at most, and the handlers share one process. */
const MAX_CONCURRENCY = 1_000;
const OPTIONS = ["concurrency", "kafka", "pipes", "onFailure"] as const;
const PARTIAL = ["partial"] as const;

/**
 * Makes a Lambda handler out of the handler of one event.
 *
 * From SQS and Kinesis it answers with a partial batch response, for event source mappings with `ReportBatchItemFailures`:
 * what succeeded does not come again. In a FIFO group, and in a shard, nothing overtakes what failed. From elsewhere a failure
 * is an error, and the whole invocation comes again; see `kafka` and `pipes`.
 *
 * @throws SettingError, here and not in the handler, when an option cannot be used.
 * @throws (the handler that is made) the handler's error, NotACloudEventError; where a partial batch response is given, only
 * when the invocation itself is malformed.
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
    // Lambda deletes what is not reported, so whatever is not known to be handled is reported.
    const failed = delivery.records.filter((record) => !handled.has(record));
    const told = delivery.answer === "each" ? failed : firstOfMessageGroups(failed);
    // An identifier that Lambda does not know makes it bring everything again.
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
    onFailure,
  };
}

const messageGroupsOf = ({ records }: Delivery): readonly (readonly ReceivedRecord[])[] => [
  ...groupedBy(records, ({ messageGroup }) => messageGroup ?? Symbol("alone")).values(),
];

/**
 * Works through a message group up to the first failure, and tells what was handled. The failed record and what is behind
 * it have to come again.
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
  const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
  const told = { level: "ERROR", message: "An event was not handled", recordId, error: { name, message, stack } };
  console.error(JSON.stringify(told));
}
