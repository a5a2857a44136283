import type { IncomingMessage, ServerResponse } from "node:http";
import { type Answer, errorAnswer, forward, readBody, sendAnswer } from "../../../lib/local/http-messages.ts";
import { SwitchableServer } from "../../../lib/local/switchable-server.ts";

/**
 * What a service does to the calls of some of its operations, which the emulator never does.
 *
 * - `throttle`: takes so many calls a second, those of a second at once, and refuses the others as the service does.
 * - `error`: answers with this status and code instead of taking the call.
 * - `hang`: takes the call and never answers; it is not forwarded.
 */
export type ServiceFault = { readonly operations: readonly string[]; readonly probability?: number } & (
  | { readonly kind: "throttle"; readonly callsPerSecond: number }
  | { readonly kind: "error"; readonly status: number; readonly code: string }
  | { readonly kind: "hang" }
);

/** What relay and requeuer ask of the table and of the queue, by what it is for. */
export const TABLE_READS = ["Scan", "BatchGetItem", "Query"] as const;
export const TABLE_DELETES = ["BatchWriteItem", "BatchExecuteStatement"] as const;
export const TABLE_MARKS = ["UpdateItem"] as const;
export const QUEUE_MESSAGES = [
  "ReceiveMessage",
  "SendMessageBatch",
  "DeleteMessageBatch",
  "ChangeMessageVisibilityBatch",
] as const;

/** How each service says that it is asked too much, by the prefix of its operations' names. */
const THROTTLING: Readonly<Record<string, Answer>> = {
  DynamoDB_20120810: errorAnswer(
    400,
    "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException",
    "The level of configured provisioned throughput for the table was exceeded.",
  ),
  AmazonSQS: errorAnswer(
    400,
    "com.amazonaws.sqs#RequestThrottled",
    "The request was denied due to request throttling.",
  ),
};
const BURST_SECONDS = 1;

export interface ServiceProxyOptions {
  /** The endpoint behind the proxy. */
  readonly upstream: string;
  readonly random: () => number;
}

/** A proxy on 127.0.0.1 in front of the emulator's DynamoDB and SQS: the table and the queue as they are on a bad day. */
export class ServiceProxy {
  /** Calls of each operation that met a fault, and that were forwarded. */
  readonly struck = new Map<string, number>();
  readonly forwarded = new Map<string, number>();
  readonly #upstream: URL;
  readonly #random: () => number;
  readonly #server: SwitchableServer;
  #faults: readonly ServiceFault[] = [];
  #buckets = new Map<ServiceFault, { calls: number; atMs: number }>();

  private constructor({ upstream, random }: ServiceProxyOptions, server: SwitchableServer) {
    this.#upstream = new URL(upstream);
    this.#random = random;
    this.#server = server;
  }

  static async start(options: ServiceProxyOptions): Promise<ServiceProxy> {
    const server: SwitchableServer = await SwitchableServer.start((incoming, response) => {
      proxy.#serve(incoming, response).catch((error: unknown) => {
        // A caller that has given up cuts its request short; nobody is left to hear of it.
        if (!incoming.socket.destroyed) sendAnswer(response, errorAnswer(502, "BadGateway", String(error)));
      });
    });
    const proxy = new ServiceProxy(options, server);
    return proxy;
  }

  get port(): number {
    return this.#server.port;
  }

  setFaults(...faults: readonly ServiceFault[]): void {
    this.#faults = faults;
    this.#buckets = new Map();
  }

  close(): Promise<void> {
    return this.#server.stop();
  }

  async #serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readBody(incoming);
    const [service = "", operation = ""] = String(incoming.headers["x-amz-target"]).split(".");
    const fault = this.#faults.find((each) => each.operations.includes(operation) && this.#strikes(each));
    const book = fault === undefined ? this.forwarded : this.struck;
    book.set(operation, (book.get(operation) ?? 0) + 1);
    switch (fault?.kind) {
      case undefined:
        return sendAnswer(response, await forward(this.#upstream, incoming, body));
      case "throttle": {
        const answer = THROTTLING[service];
        if (answer === undefined) throw new Error(`How ${service} throttles is not known here`);
        return sendAnswer(response, answer);
      }
      case "error":
        return sendAnswer(response, errorAnswer(fault.status, fault.code, "By the proxy."));
      case "hang":
        return;
    }
  }

  #strikes(fault: ServiceFault): boolean {
    if (fault.kind !== "throttle") return this.#random() < (fault.probability ?? 1);
    const nowMs = Date.now();
    const most = fault.callsPerSecond * BURST_SECONDS;
    const { calls, atMs } = this.#buckets.get(fault) ?? { calls: most, atMs: nowMs };
    const saved = Math.min(most, calls + ((nowMs - atMs) * fault.callsPerSecond) / 1_000);
    const struck = saved < 1;
    this.#buckets.set(fault, { calls: struck ? saved : saved - 1, atMs: nowMs });
    return struck;
  }
}
