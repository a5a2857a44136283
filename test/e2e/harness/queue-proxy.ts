import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { errorAnswer, forward, jsonAnswer, readBody, sendAnswer } from "../../../lib/local/faults/http-messages.ts";
import { SwitchableServer } from "../../../lib/local/faults/switchable-server.ts";
import { AtLeast } from "../../setup/at-least.ts";

/** The share that each fault strikes at least, from 0 to 1: the first three of the calls, the last of the messages. */
export interface QueueFaults {
  /** Answers 503, forwards nothing. */
  readonly unavailable: number;
  /** Cuts the connection, forwards nothing. */
  readonly reset: number;
  /** Forwards, and cuts the connection instead of answering. */
  readonly dropAnswer: number;
  /** Fails a message of a call, and forwards the others. */
  readonly failMessage: number;
}

export const NO_QUEUE_FAULTS: QueueFaults = { unavailable: 0, reset: 0, dropAnswer: 0, failMessage: 0 };

/** A message that the queue took, as far as its sender can tell. SQS itself may drop it as a repetition. */
export interface Landing {
  readonly group: string;
  readonly id: string;
  /** The sender's connection. A process that dies closes all of its own, and a busy proxy may read a call of the dead. */
  readonly connection: Connection;
  readonly atMs: number;
  /** Whether the sender was told, as far as the connection shows: that of a sender who has just died looks alive for a moment. */
  readonly told: boolean;
}

export interface Connection {
  /** When the proxy saw that it was closed. Absent: it is open. */
  closedMs?: number;
}

export interface QueueProxyOptions {
  /** The queue behind the proxy. */
  readonly queueUrl: string;
  readonly random: () => number;
}

interface Message {
  readonly Id: string;
  readonly MessageGroupId: string;
  readonly MessageDeduplicationId: string;
}

/** A proxy on 127.0.0.1 in front of one FIFO queue. It fails calls of SendMessageBatch, and keeps a list of what landed. */
export class QueueProxy {
  readonly landings: Landing[] = [];
  /** The faults that struck, for people. */
  readonly struck: Record<keyof QueueFaults, number> = { ...NO_QUEUE_FAULTS };
  faults: QueueFaults = NO_QUEUE_FAULTS;
  readonly #options: QueueProxyOptions;
  readonly #upstream: URL;
  readonly #server: SwitchableServer;
  readonly #connections = new WeakMap<Socket, Connection>();
  readonly #atLeast: AtLeast;
  #interruption: (() => Promise<void>) | undefined;

  private constructor(options: QueueProxyOptions, server: SwitchableServer) {
    this.#options = options;
    this.#atLeast = new AtLeast(options.random);
    this.#upstream = new URL(options.queueUrl);
    this.#server = server;
  }

  static async start(options: QueueProxyOptions): Promise<QueueProxy> {
    const server: SwitchableServer = await SwitchableServer.start((incoming, response) => {
      proxy.#serve(incoming, response).catch((error: unknown) => {
        // A killed sender cuts its request short. Nobody is left to answer.
        if (!incoming.socket.destroyed) sendAnswer(response, errorAnswer(502, "BadGateway", String(error)));
      });
    });
    const proxy = new QueueProxy(options, server);
    return proxy;
  }

  /** The queue's URL by way of the proxy, under which functions reach it at the given host. */
  urlAt(host: string): string {
    return `http://${host}:${this.#server.port}${this.#upstream.pathname}`;
  }

  /** Does something in the middle of the next call, after the queue took its messages and before the sender is told. */
  inNextCall(work: () => Promise<void>): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#interruption = () => work().then(resolve, reject);
    });
  }

  close(): Promise<void> {
    return this.#server.stop();
  }

  async #serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const connection = this.#connectionOf(incoming);
    const { Entries: messages, ...request } = JSON.parse((await readBody(incoming)).toString("utf8")) as {
      readonly Entries: readonly Message[];
    };
    if (this.#strikes("unavailable")) {
      await this.#interrupt();
      return sendAnswer(response, errorAnswer(503, "ServiceUnavailable", "The proxy is in the way."));
    }
    if (this.#strikes("reset")) {
      incoming.socket.resetAndDestroy();
      return;
    }
    const passed = messages.filter(() => !this.#strikes("failMessage"));
    const taken = passed.length === 0 ? [] : await this.#send(incoming, request, passed);
    // Noted before anybody is killed: the queue took this call's messages while their sender was alive.
    const atMs = Date.now();
    await this.#interrupt();
    const told = !this.#strikes("dropAnswer") && !incoming.socket.destroyed;
    for (const { Id } of taken) {
      const message = messages.find((each) => each.Id === Id);
      if (message === undefined) throw new Error(`The queue took a message ${Id} that nobody sent`);
      this.landings.push({ group: message.MessageGroupId, id: message.MessageDeduplicationId, connection, atMs, told });
    }
    if (!told) {
      incoming.socket.destroy();
      return;
    }
    const failed = messages.filter(({ Id }) => !taken.some((each) => each.Id === Id));
    const Failed = failed.map(({ Id }) => ({
      Id,
      Code: "InternalError",
      Message: "By the proxy.",
      SenderFault: false,
    }));
    sendAnswer(response, jsonAnswer(200, Buffer.from(JSON.stringify({ Successful: taken, Failed }))));
  }

  #connectionOf({ socket }: IncomingMessage): Connection {
    const known = this.#connections.get(socket);
    if (known !== undefined) return known;
    const connection: Connection = {};
    socket.once("close", () => {
      connection.closedMs = Date.now();
    });
    this.#connections.set(socket, connection);
    return connection;
  }

  async #send(
    incoming: IncomingMessage,
    request: object,
    messages: readonly Message[],
  ): Promise<readonly { readonly Id: string }[]> {
    const body = JSON.stringify({ ...request, QueueUrl: this.#options.queueUrl, Entries: messages });
    const answer = await forward(this.#upstream, incoming, Buffer.from(body));
    if (answer.status !== 200) throw new Error(`The queue answered ${answer.status}: ${answer.body.toString("utf8")}`);
    const { Successful = [] } = JSON.parse(answer.body.toString("utf8")) as { Successful?: { readonly Id: string }[] };
    return Successful;
  }

  async #interrupt(): Promise<void> {
    const interruption = this.#interruption;
    this.#interruption = undefined;
    await interruption?.();
  }

  #strikes(fault: keyof QueueFaults): boolean {
    const share = this.faults[fault];
    // An outage between two times of the same faults does not begin the share anew.
    const strikes = this.#atLeast.strikes(`${fault} ${share}`, share);
    if (strikes) this.struck[fault] += 1;
    return strikes;
  }
}
