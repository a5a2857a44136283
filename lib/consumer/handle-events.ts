import { inParallel } from "../core/parallel.ts";
import { readFields, readInteger } from "../core/setting-reader.ts";
import type { CloudEvent } from "./cloud-event.ts";
import { type Delivery, type ReceivedRecord, readDelivery } from "./records.ts";

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
   * Hears of each record that is reported as failed, for Lambda is only told which.
   *
   * @default a line of JSON on standard error, with no payload in it
   */
  readonly onFailure?: ((error: unknown, recordId: string | undefined) => void) | undefined;
}

/** Lambda's partial batch response. */
export interface BatchResponse {
  readonly batchItemFailures: { readonly itemIdentifier: string }[];
}

/** As much of Lambda's context as is used here. */
export interface LambdaContext {
  getRemainingTimeInMillis(): number;
}

const DEFAULT_CONCURRENCY = 10;
/** A batch from a queue holds 10,000 messages at most, and the handlers share one process. */
const MAX_CONCURRENCY = 1_000;
const OPTIONS = ["concurrency", "onFailure"] as const;

/**
 * Makes a Lambda handler out of the handler of one event.
 *
 * From SQS and Kinesis it answers with a partial batch response, for event source mappings with `ReportBatchItemFailures`:
 * what succeeded does not come again. In a FIFO group, and in a shard, nothing overtakes what failed. From elsewhere a failure
 * is an error, and the whole invocation comes again.
 *
 * @throws SettingError, here and not in the handler, when an option cannot be used.
 * @throws (the handler that is made) the handler's error, NotACloudEventError; never for SQS and Kinesis, unless the invocation
 * itself is malformed.
 */
export function handleEvents<Data = unknown>(
  handler: EventHandler<Data>,
  options: HandleEventsOptions = {},
): (invocation: unknown, context?: LambdaContext) => Promise<BatchResponse | undefined> {
  readFields("handleEvents", options, OPTIONS);
  const { onFailure = reportFailure } = options;
  const concurrency = readInteger("handleEvents.concurrency", options.concurrency ?? DEFAULT_CONCURRENCY, {
    min: 1,
    max: MAX_CONCURRENCY,
  });
  return async (invocation, lambda) => {
    const delivery = readDelivery(invocation);
    const context: HandlerContext =
      lambda === undefined ? {} : { deadlineMs: Date.now() + lambda.getRemainingTimeInMillis() };
    const handle = (record: ReceivedRecord) => handler(record.read() as CloudEvent<Data>, context);
    if (delivery.kind === "whole") {
      for (const record of delivery.records) await handle(record);
      return undefined;
    }
    const handled = new Set<ReceivedRecord>();
    await inParallel(lanesOf(delivery), concurrency, async (lane) => {
      for (const record of await handledOf(lane, handle, onFailure)) handled.add(record);
    });
    // Lambda deletes what is not reported, so whatever is not known to be handled is reported.
    return { batchItemFailures: batchItemFailures(delivery, (record) => !handled.has(record)) };
  };
}

function lanesOf({ records }: Delivery): readonly (readonly ReceivedRecord[])[] {
  const lanes = new Map<string | symbol, ReceivedRecord[]>();
  for (const record of records) {
    const lane = record.lane ?? Symbol("alone");
    lanes.set(lane, [...(lanes.get(lane) ?? []), record]);
  }
  return [...lanes.values()];
}

/** Works through a lane up to the first failure, and tells what was handled. That one, and what is behind it, has to come again. */
async function handledOf(
  lane: readonly ReceivedRecord[],
  handle: (record: ReceivedRecord) => Promise<unknown>,
  onFailure: NonNullable<HandleEventsOptions["onFailure"]>,
): Promise<readonly ReceivedRecord[]> {
  for (const [index, record] of lane.entries()) {
    try {
      await handle(record);
    } catch (error) {
      onFailure(error, record.recordId);
      return lane.slice(0, index);
    }
  }
  return lane;
}

function batchItemFailures(
  { kind, records }: Delivery,
  isFailed: (record: ReceivedRecord) => boolean,
): BatchResponse["batchItemFailures"] {
  const failed = records.filter(isFailed);
  // For a stream the first one says it all.
  const told = kind === "kinesis" ? failed.slice(0, 1) : failed;
  return told.map(({ recordId }) => {
    // An identifier that Lambda does not know makes it bring everything again.
    return { itemIdentifier: recordId ?? "" };
  });
}

function reportFailure(error: unknown, recordId: string | undefined): void {
  const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
  const told = { level: "ERROR", message: "An event was not handled", recordId, error: { name, message, stack } };
  console.error(JSON.stringify(told));
}
