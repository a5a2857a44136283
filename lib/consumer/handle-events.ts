import { inParallel } from "../core/parallel.ts";
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
  /** Events in work at once, where they may be: SQS messages of different groups. @default 10 */
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

/**
 * Makes a Lambda handler out of the handler of one event.
 *
 * From SQS and Kinesis it answers with a partial batch response, for event source mappings with `ReportBatchItemFailures`:
 * what succeeded does not come again. In a FIFO group, and in a shard, nothing overtakes what failed. From elsewhere a failure
 * is an error, and the whole invocation comes again.
 *
 * @throws the handler's error, NotACloudEventError; never for SQS and Kinesis, unless the invocation itself is malformed.
 */
export function handleEvents<Data = unknown>(
  handler: EventHandler<Data>,
  { concurrency = DEFAULT_CONCURRENCY, onFailure = reportFailure }: HandleEventsOptions = {},
): (invocation: unknown, context?: LambdaContext) => Promise<BatchResponse | undefined> {
  return async (invocation, lambda) => {
    const delivery = readDelivery(invocation);
    const context: HandlerContext =
      lambda === undefined ? {} : { deadlineMs: Date.now() + lambda.getRemainingTimeInMillis() };
    const handle = (record: ReceivedRecord) => handler(record.read() as CloudEvent<Data>, context);
    if (delivery.kind === "whole") {
      for (const record of delivery.records) await handle(record);
      return undefined;
    }
    const lanes = lanesOf(delivery);
    const failures = await inParallel(lanes, concurrency, (lane) => failuresOf(lane, handle, onFailure));
    return { batchItemFailures: batchItemFailures(delivery, failures.flat()) };
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

/** Works through a lane up to the first failure. That one, and what is behind it, has to come again. */
async function failuresOf(
  lane: readonly ReceivedRecord[],
  handle: (record: ReceivedRecord) => Promise<unknown>,
  onFailure: NonNullable<HandleEventsOptions["onFailure"]>,
): Promise<readonly ReceivedRecord[]> {
  for (const [index, record] of lane.entries()) {
    try {
      await handle(record);
    } catch (error) {
      onFailure(error, record.recordId);
      return lane.slice(index);
    }
  }
  return [];
}

function batchItemFailures(
  { kind }: Delivery,
  failures: readonly ReceivedRecord[],
): BatchResponse["batchItemFailures"] {
  // For a stream the first one says it all.
  const told = kind === "kinesis" ? failures.slice(0, 1) : failures;
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
