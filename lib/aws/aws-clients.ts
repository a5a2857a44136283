import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { SQSClient } from "@aws-sdk/client-sqs";
import { NodeHttpHandler, type NodeHttpHandlerOptions } from "@smithy/node-http-handler";
import type { CallDeadlines } from "../core/call-deadlines.ts";
import { guardedAgents } from "./guarded-agents.ts";
import { lean } from "./lean-client.ts";

/**
 * Options that every client shares. The SDK only *warns* of a slow request unless told to throw, and sets no timeout of
 * its own; an endless call would hold its place until the function dies.
 */
export interface CallTimeouts {
  readonly connectMs: number;
  readonly requestMs: number;
}

const TABLE_TIMEOUTS: CallTimeouts = { connectMs: 1_000, requestMs: 3_000 };
/** A receive waits up to a second for a dead letter, so a request may take longer than one to the table. */
const QUEUE_TIMEOUTS: CallTimeouts = { connectMs: 1_000, requestMs: 5_000 };
/** One call to a target: long enough for a slow one, and four fit in the default backoff budget of 20 s. */
export const TARGET_TIMEOUTS: CallTimeouts = { connectMs: 1_000, requestMs: 5_000 };

const MAX_SOCKETS = 64;

/** When the requests of the running invocation must be over, in epoch milliseconds. */
export type RequestsEnd = Pick<CallDeadlines, "lastMs">;

type Handle = NodeHttpHandler["handle"];

/**
 * A handler whose requests end with their invocation. The end is set here and not as an option of each call, for which
 * the SDK would rebuild all its middleware. A request whose own timeouts end it earlier is sent without a signal.
 */
class EndingHandler extends NodeHttpHandler {
  readonly #end: RequestsEnd;
  readonly #ownMs: number;

  constructor(options: NodeHttpHandlerOptions, end: RequestsEnd, ownMs: number) {
    super(options);
    this.#end = end;
    this.#ownMs = ownMs;
  }

  override handle(...[request, options]: Parameters<Handle>): ReturnType<Handle> {
    const leftMs = this.#end.lastMs - Date.now();
    if (leftMs > this.#ownMs) return super.handle(request, options);
    const ending = leftMs > 0 ? AbortSignal.timeout(leftMs) : AbortSignal.abort();
    return super.handle(request, { ...options, abortSignal: options?.abortSignal ?? ending });
  }
}

const NEVER: RequestsEnd = { lastMs: Number.POSITIVE_INFINITY };

export function httpHandler(
  { connectMs, requestMs }: CallTimeouts,
  maxSockets: number,
  end: RequestsEnd = NEVER,
): NodeHttpHandler {
  const { plain, secure } = guardedAgents({ maxSockets });
  const options: NodeHttpHandlerOptions = {
    connectionTimeout: connectMs,
    requestTimeout: requestMs,
    throwOnRequestTimeout: true,
    // The request's timeout ends with the answer's headers; this one catches a body that never comes.
    socketTimeout: requestMs,
    httpsAgent: secure,
    httpAgent: plain,
  };
  return new EndingHandler(options, end, connectMs + 2 * requestMs);
}

/** Only the relay uses the table and the queue, so the SDK's own three attempts with full jitter serve them. */
const ownClientOptions = (timeouts: CallTimeouts, end?: RequestsEnd) => ({
  requestHandler: httpHandler(timeouts, MAX_SOCKETS, end),
  maxAttempts: 3,
  cacheMiddleware: true,
});

export const tableClient = (end?: RequestsEnd): DynamoDBClient =>
  lean(new DynamoDBClient(ownClientOptions(TABLE_TIMEOUTS, end)));

/** Dead letters are not checked by MD5: TLS protects them, and the row is published, never the dead letter. */
export const queueClient = (end?: RequestsEnd): SQSClient =>
  lean(new SQSClient({ ...ownClientOptions(QUEUE_TIMEOUTS, end), md5: false }));

/** Options for a target's client: no retries, for the relay's own backoff is the only layer of them. */
export const targetClientOptions = (concurrency: number, timeouts = TARGET_TIMEOUTS) => ({
  requestHandler: httpHandler(timeouts, concurrency),
  maxAttempts: 1,
  cacheMiddleware: true,
});
