import { type ChannelModel, connect, type SocketOptions } from "amqplib";
import { RabbitChannel } from "./channel.ts";

export interface RabbitAddress {
  readonly url: URL;
  readonly username?: string;
  readonly password?: string;
  /** PEM certificate authorities to trust instead of the well-known ones. */
  readonly ca?: string;
}

/** For the socket, TLS and the AMQP handshake: six round trips, and RabbitMQ may ask an LDAP server. */
const OPEN_WITHIN_MS = 4_000;
/**
 * RabbitMQ closes a connection whose client was silent for twice this time, and so drops clients that Lambda froze or
 * killed. 5 to 20 s suit most networks: https://www.rabbitmq.com/docs/heartbeats
 */
const HEARTBEAT_SECONDS = 20;
/** The time for a proper close. A broker that does not answer, or is blocked, is left all the same. */
const CLOSE_WITHIN_MS = 1_000;

/** A connection to RabbitMQ and its channels, each lent to one call at a time. */
export class RabbitConnection {
  readonly #model: ChannelModel;
  readonly #ended: AbortController;
  readonly #idle: RabbitChannel[] = [];
  #isOpen = true;
  #blocked: { readonly reason: string; readonly over: Promise<void>; readonly end: () => void } | undefined;

  private constructor(model: ChannelModel, ended: AbortController) {
    this.#model = model;
    this.#ended = ended;
    // The calls under way learn of the error from their channels; without a listener it would end the process.
    model.on("error", () => undefined);
    model.on("close", () => {
      this.#isOpen = false;
      this.#blocked?.end();
    });
    model.on("blocked", (reason) => {
      let end = (): void => undefined;
      const over = new Promise<void>((resolve) => {
        end = resolve;
      });
      this.#blocked = { reason, over, end };
    });
    model.on("unblocked", () => {
      this.#blocked?.end();
      this.#blocked = undefined;
    });
  }

  /** Rejects with amqplib's or Node's own error, and then leaves nothing open. */
  static async open({ url, username, password, ca }: RabbitAddress): Promise<RabbitConnection> {
    const ended = new AbortController();
    const options: SocketOptions & { readonly signal: AbortSignal } = {
      // The relay waits for confirms, so small frames must not be held back.
      noDelay: true,
      timeout: OPEN_WITHIN_MS,
      signal: ended.signal,
      clientProperties: { connection_name: "dynamodb-outbox-relay" },
      ...(ca === undefined ? {} : { ca }),
    };
    const secure = url.protocol === "amqps:";
    const model = await connect(
      {
        protocol: secure ? "amqps" : "amqp",
        hostname: url.hostname.replace(/^\[|\]$/g, ""),
        port: url.port === "" ? (secure ? 5671 : 5672) : Number(url.port),
        // The path is the virtual host, as in https://www.rabbitmq.com/docs/uri-spec; without one it is "/".
        vhost: url.pathname.length > 1 ? url.pathname.slice(1) : "/",
        heartbeat: HEARTBEAT_SECONDS,
        ...(username === undefined ? {} : { username }),
        ...(password === undefined ? {} : { password }),
      },
      options,
    );
    return new RabbitConnection(model, ended);
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** The largest frame that both sides agreed on, its ends included. */
  get frameMaxBytes(): number {
    const { frameMax } = this.#model.connection as { readonly frameMax?: unknown };
    return typeof frameMax === "number" ? frameMax : Number.POSITIVE_INFINITY;
  }

  /** Why the broker takes no messages at the moment, if it said so: its memory or disk is short. */
  get blockedBy(): string | undefined {
    return this.#blocked?.reason;
  }

  /** Resolves when the broker takes messages again, or the connection is over. */
  async unblocked(): Promise<void> {
    await this.#blocked?.over;
  }

  async takeChannel(): Promise<RabbitChannel> {
    for (let idle = this.#idle.pop(); idle !== undefined; idle = this.#idle.pop()) {
      if (idle.isOpen) return idle;
    }
    return new RabbitChannel(await this.#model.createConfirmChannel());
  }

  /** Takes back a channel on which nothing is under way. */
  giveBack(channel: RabbitChannel): void {
    if (channel.isOpen) this.#idle.push(channel);
  }

  close(): void {
    const end = () => this.#ended.abort();
    setTimeout(end, CLOSE_WITHIN_MS).unref();
    // A connection that is already closed rejects here.
    this.#model.close().then(end, end);
  }
}
