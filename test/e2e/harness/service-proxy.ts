import type { IncomingMessage, ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { type Answer, errorAnswer, forward, readBody, sendAnswer } from "../../../lib/local/faults/http-messages.ts";
import { SwitchableServer } from "../../../lib/local/faults/switchable-server.ts";
import { AtLeast } from "../../setup/at-least.ts";

/**
 * What a service does to the calls of some of its operations, which the emulator never does: to all of them, or, drawn at random, to
 * this share at least.
 *
 * - `throttle`: takes this many calls a second, a second's worth at once, and refuses the others as the service does.
 * - `error`: answers with this status and code instead of taking the call.
 * - `hang`: takes the call and never answers; it is not forwarded.
 * - `cut`: cuts the connection, forwards nothing.
 * - `drop-answer`: forwards, and cuts the connection instead of answering.
 * - `slow`: forwards, and answers later by this much.
 */
export type ServiceFault = { readonly operations: readonly string[]; readonly share?: number } & (
  | { readonly kind: "throttle"; readonly callsPerSecond: number }
  | { readonly kind: "error"; readonly status: number; readonly code: string }
  | { readonly kind: "hang" }
  | { readonly kind: "cut" }
  | { readonly kind: "drop-answer" }
  | { readonly kind: "slow"; readonly delayMs: number }
);

/** A call as it came in. */
export interface BegunCall {
  readonly operation: string;
  readonly body: Buffer;
  readonly atMs: number;
}

/** How a call ended. */
export interface EndedCall {
  /** What the service behind the proxy answered, and when; undefined if it was not asked. */
  readonly taken: { readonly answer: Answer; readonly atMs: number } | undefined;
  /** Whether the caller was answered, by the service or in its name. */
  readonly told: boolean;
  readonly atMs: number;
}

/** Called for each call when it has come in. The returned function is called when the call ends. */
export type Watch = (call: BegunCall) => (end: EndedCall) => void;

/** The operations that relay and requeuer call on the table and the queue, by purpose. */
export const TABLE_READS = ["Scan", "BatchGetItem", "Query"] as const;
export const TABLE_DELETES = ["BatchWriteItem", "BatchExecuteStatement"] as const;
export const TABLE_MARKS = ["UpdateItem"] as const;
export const QUEUE_MESSAGES = [
  "ReceiveMessage",
  "SendMessageBatch",
  "DeleteMessageBatch",
  "ChangeMessageVisibilityBatch",
] as const;

/** How each service says that it throttles, by the prefix of its operations' names. */
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
  AWSEvents: errorAnswer(400, "ThrottlingException", "Rate exceeded"),
};
const BURST_SECONDS = 1;

export interface ServiceProxyOptions {
  /** The endpoint behind the proxy. */
  readonly upstream: string;
  readonly random: () => number;
  /** @default nobody watches */
  readonly watch?: Watch;
}

/** A proxy on 127.0.0.1 in front of the emulator's DynamoDB, SQS and EventBridge. It makes them fail as they do on a bad day. */
export class ServiceProxy {
  /** Calls of each operation that met a fault, and that were forwarded. */
  readonly struck = new Map<string, number>();
  readonly forwarded = new Map<string, number>();
  readonly #upstream: URL;
  readonly #atLeast: AtLeast;
  readonly #server: SwitchableServer;
  readonly #watch: Watch;
  #faults: readonly ServiceFault[] = [];
  #buckets = new Map<ServiceFault, { calls: number; atMs: number }>();
  #interruption: { readonly operation: string; readonly work: () => Promise<void> } | undefined;

  private constructor({ upstream, random, watch = () => () => {} }: ServiceProxyOptions, server: SwitchableServer) {
    this.#upstream = new URL(upstream);
    this.#atLeast = new AtLeast(random);
    this.#watch = watch;
    this.#server = server;
  }

  static async start(options: ServiceProxyOptions): Promise<ServiceProxy> {
    const server: SwitchableServer = await SwitchableServer.start((incoming, response) => {
      proxy.#serve(incoming, response).catch((error: unknown) => {
        // A caller that has given up cuts its request short. Nobody is left to answer.
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

  /**
   * Does something in the middle of the next call of an operation that is forwarded: after the service took it, and before the
   * caller is told. It replaces earlier work of this kind that was not done yet.
   */
  inNextCall(operation: string, work: () => Promise<void>): void {
    this.#interruption = { operation, work };
  }

  async #serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const atMs = Date.now();
    const body = await readBody(incoming);
    const [service = "", operation = ""] = String(incoming.headers["x-amz-target"]).split(".");
    const fault = this.#faults.find((each) => each.operations.includes(operation) && this.#strikes(each));
    const book = fault === undefined ? this.forwarded : this.struck;
    book.set(operation, (book.get(operation) ?? 0) + 1);
    const end = this.#watch({ operation, body, atMs });
    let taken: EndedCall["taken"];
    let told = false;
    try {
      if (isTaken(fault)) {
        taken = { answer: await forward(this.#upstream, incoming, body), atMs: Date.now() };
        await this.#interrupt(operation);
      }
      told = await tell(incoming, response, fault, taken?.answer ?? refusal(service, fault));
    } finally {
      end({ taken, told, atMs: Date.now() });
    }
  }

  async #interrupt(operation: string): Promise<void> {
    const interruption = this.#interruption;
    if (interruption?.operation !== operation) return;
    this.#interruption = undefined;
    await interruption.work();
  }

  #strikes(fault: ServiceFault): boolean {
    if (fault.kind !== "throttle") return this.#atLeast.strikes(fault, fault.share ?? 1);
    const nowMs = Date.now();
    const most = fault.callsPerSecond * BURST_SECONDS;
    const { calls, atMs } = this.#buckets.get(fault) ?? { calls: most, atMs: nowMs };
    const saved = Math.min(most, calls + ((nowMs - atMs) * fault.callsPerSecond) / 1_000);
    const struck = saved < 1;
    this.#buckets.set(fault, { calls: struck ? saved : saved - 1, atMs: nowMs });
    return struck;
  }
}

/** Whether the service behind the proxy gets the call. */
const isTaken = (fault: ServiceFault | undefined): boolean =>
  fault === undefined || fault.kind === "drop-answer" || fault.kind === "slow";

/** What the proxy answers in the name of the service; undefined where the fault leaves no answer. */
function refusal(service: string, fault: ServiceFault | undefined): Answer | undefined {
  if (fault?.kind === "error") return errorAnswer(fault.status, fault.code, "By the proxy.");
  if (fault?.kind !== "throttle") return undefined;
  const answer = THROTTLING[service];
  if (answer === undefined) throw new Error(`How ${service} throttles is not known here`);
  return answer;
}

/** Resolves with whether the caller was answered, as far as its connection tells. */
async function tell(
  incoming: IncomingMessage,
  response: ServerResponse,
  fault: ServiceFault | undefined,
  answer: Answer | undefined,
): Promise<boolean> {
  const closed = new Promise<void>((resolve) => response.once("close", resolve));
  switch (fault?.kind) {
    case "cut":
      incoming.socket.resetAndDestroy();
      return false;
    case "drop-answer":
      incoming.socket.destroy();
      return false;
    case "slow":
      await Promise.race([sleep(fault.delayMs), closed]);
  }
  if (answer !== undefined) sendAnswer(response, answer);
  // A hanging connection is closed by its caller, or with the proxy.
  if (!response.destroyed) await closed;
  return response.writableFinished;
}
