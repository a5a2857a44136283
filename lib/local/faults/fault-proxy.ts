import type { IncomingMessage, ServerResponse } from "node:http";
import { type Fault, faultFor } from "./faults.ts";
import { type Answer, errorAnswer, errorFor, forward, jsonAnswer, readBody, sendAnswer } from "./http-messages.ts";
import { countRequests, type ProxyCounts } from "./proxy-counts.ts";
import { acknowledgedIds, answerOf, type EntryResult, readEntries, readResults } from "./put-events.ts";
import { SwitchableServer } from "./switchable-server.ts";

export interface FaultProxyOptions {
  /** The endpoint behind the proxy, for example `http://127.0.0.1:4566`. */
  readonly upstream: string;
  /** Random numbers from 0 up to 1 that decide which requests fail. Seeded, so that a run can be repeated. */
  readonly random: () => number;
}

/** A request in progress. */
interface Exchange {
  readonly incoming: IncomingMessage;
  readonly response: ServerResponse;
  readonly body: Buffer;
  /** Call it when the caller is told that the bus exists. Undefined for a request that does not ask. */
  readonly confirmBus: ((isThere: boolean) => void) | undefined;
}

/** An HTTP proxy on 127.0.0.1 and a free port in front of one endpoint. It passes everything until a fault is set. */
export class FaultProxy {
  readonly #upstream: URL;
  readonly #random: () => number;
  readonly #books = countRequests();
  readonly #server: SwitchableServer;
  /** Requests that will end by themselves, with an answer or a cut connection. Hanging ones are not included. */
  readonly #underWay = new Set<Promise<void>>();
  #fault: Fault = { kind: "pass" };
  /** An entry was acknowledged since the fault came into force. */
  #hasAcknowledged = false;
  /** PutEvents calls since the fault came into force. */
  #publishes = 0;

  private constructor({ upstream, random }: FaultProxyOptions, server: SwitchableServer) {
    this.#upstream = new URL(upstream);
    this.#random = random;
    this.#server = server;
  }

  static async start(options: FaultProxyOptions): Promise<FaultProxy> {
    const server: SwitchableServer = await SwitchableServer.start((incoming, response) => {
      const serving = proxy.#serveOrFail(incoming, response).finally(() => proxy.#underWay.delete(serving));
      proxy.#underWay.add(serving);
    });
    const proxy = new FaultProxy(options, server);
    return proxy;
  }

  get port(): number {
    return this.#server.port;
  }

  get counts(): ProxyCounts {
    return this.#books.counts;
  }

  /** Resolves once the fault is in force. Earlier requests keep the fault they met. */
  async setFault(fault: Fault): Promise<void> {
    this.#fault = fault;
    this.#hasAcknowledged = false;
    this.#publishes = 0;
    await (fault.kind === "refuse" ? this.close() : this.#server.listen());
  }

  close(): Promise<void> {
    return this.#server.stop(Promise.all(this.#underWay));
  }

  async #serveOrFail(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      await this.#serve(incoming, response);
    } catch (error) {
      if (!incoming.complete) {
        // The caller cut the connection while still sending: nothing was forwarded, and nobody waits for an answer.
        return;
      }
      this.#books.upstreamFailed();
      const message = `The endpoint behind the proxy did not answer: ${String(error)}`;
      sendAnswer(response, errorAnswer(502, "BadGatewayException", message));
    }
  }

  async #serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readBody(incoming);
    const confirmBus = targetOf(incoming)?.endsWith(".DescribeEventBus") === true ? this.#books.look() : undefined;
    const exchange: Exchange = { incoming, response, body, confirmBus };
    const fault = this.#spares(incoming) ? PASS : faultFor(this.#fault, this.#random);
    // A request that arrived just before the listener closed is cut off like a reset one.
    this.#books.request(fault.kind === "refuse" ? "reset" : fault.kind);
    switch (fault.kind) {
      case "pass":
        return this.#answer(exchange, await forward(this.#upstream, incoming, exchange.body));
      case "unavailable":
        return sendAnswer(response, errorFor(incoming, 503, "ServiceUnavailableException", UNAVAILABLE));
      case "deny":
        // The permission to publish is revoked, but not the permission to describe the bus.
        if (confirmBus !== undefined) return this.#answer(exchange, await forward(this.#upstream, incoming, body));
        return sendAnswer(response, errorFor(incoming, 403, "AccessDeniedException", DENIED));
      case "lose-bus":
        if (confirmBus !== undefined && this.#hasAcknowledged) return this.#answer(exchange, BUS_IS_LOST);
        return this.#answer(exchange, await forward(this.#upstream, incoming, body));
      case "throttle-entries":
        return this.#failEntries(exchange, fault.probability ?? 1, THROTTLED);
      case "fail-entries":
        return this.#failEntries(exchange, fault.probability ?? 1, resultWith(fault.code));
      case "drop-answer":
        return this.#dropAnswer(exchange);
      case "hang":
        return;
      case "reset":
      case "refuse":
        incoming.socket.resetAndDestroy();
        return;
    }
  }

  /** The fault in force strikes so many calls to publish, and this is none of them. */
  #spares(incoming: IncomingMessage): boolean {
    const isPublish = targetOf(incoming)?.endsWith(".PutEvents") === true;
    if (isPublish) this.#publishes += 1;
    if (this.#fault.kind !== "drop-answer" || this.#fault.publishes === undefined) return false;
    return !isPublish || this.#publishes > this.#fault.publishes;
  }

  async #dropAnswer({ incoming, body }: Exchange): Promise<void> {
    const answer = await forward(this.#upstream, incoming, body);
    this.#books.dropped(acknowledged(incoming, body, answer));
    incoming.socket.destroy();
  }

  async #failEntries(exchange: Exchange, probability: number, result: EntryResult): Promise<void> {
    const { incoming, body } = exchange;
    const entries = readEntries(targetOf(incoming), body);
    if (entries === undefined) {
      return this.#answer(exchange, await forward(this.#upstream, incoming, body));
    }
    const refused = entries.map(() => this.#random() < probability);
    const passed = entries.filter((_, index) => refused[index] !== true);
    if (result === THROTTLED) this.#books.throttled(entries.length - passed.length);
    if (passed.length === 0) {
      return this.#answer(exchange, jsonAnswer(200, answerOf(merge(refused, [], result))));
    }
    const request = JSON.parse(body.toString("utf8")) as object;
    const forwarded = Buffer.from(JSON.stringify({ ...request, Entries: passed }));
    const answer = await forward(this.#upstream, incoming, forwarded);
    const merged =
      answer.status === 200 ? jsonAnswer(200, answerOf(merge(refused, readResults(answer.body), result))) : answer;
    this.#answer(exchange, merged);
  }

  /** Answers the caller. If the caller has stopped listening, the target's acknowledgements came too late. */
  #answer({ incoming, response, body, confirmBus }: Exchange, answer: Answer): void {
    const ids = acknowledged(incoming, body, answer);
    if (incoming.socket.destroyed) {
      this.#books.late(ids);
      return;
    }
    confirmBus?.(answer.status === 200);
    if (ids.length > 0) this.#hasAcknowledged = true;
    this.#books.acknowledged(ids);
    sendAnswer(response, answer);
  }
}

const PASS: Fault = { kind: "pass" };
const UNAVAILABLE = "The fault proxy is in the way.";
const DENIED = "The fault proxy denies this call: its caller is not authorized to perform it.";
const BUS_IS_LOST = errorAnswer(400, "ResourceNotFoundException", "The fault proxy hides the event bus.");
const THROTTLED: EntryResult = { ErrorCode: "ThrottlingException", ErrorMessage: "Throttled by the fault proxy." };

const resultWith = (code: string | undefined): EntryResult =>
  code === undefined ? {} : { ErrorCode: code, ErrorMessage: "Failed by the fault proxy." };

/** Puts the results of forwarded entries and of failed ones back into the order of the request. */
function merge(refused: readonly boolean[], results: readonly EntryResult[], result: EntryResult): EntryResult[] {
  const remaining = [...results];
  return refused.map((isRefused) =>
    isRefused
      ? result
      : (remaining.shift() ?? { ErrorCode: "InternalFailure", ErrorMessage: "The endpoint gave no result for it." }),
  );
}

function targetOf(incoming: IncomingMessage): string | undefined {
  const target = incoming.headers["x-amz-target"];
  return typeof target === "string" ? target : undefined;
}

function acknowledged(incoming: IncomingMessage, body: Buffer, answer: Answer): string[] {
  const entries = readEntries(targetOf(incoming), body) ?? [];
  return answer.status === 200 ? acknowledgedIds(entries, readResults(answer.body)) : [];
}
