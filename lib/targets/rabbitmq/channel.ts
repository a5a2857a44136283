import { type ConfirmChannel, IllegalOperationError } from "amqplib";
import { within } from "../shared/run/call-deadline.ts";
import { type RabbitMessage, returnedId } from "./message.ts";

/** A message on its way through an exchange, known by its event's id. */
export interface RabbitSend extends RabbitMessage {
  readonly eventId: string;
  readonly exchange: string;
  readonly routingKey: string;
}

/** The result of one message. */
export type Sent =
  | { readonly kind: "confirmed" }
  /** The broker sent the message back: no queue takes it. */
  | { readonly kind: "returned" }
  | { readonly kind: "refused" }
  /** The message cannot be put into frames; nothing was sent. */
  | { readonly kind: "unsendable"; readonly error: unknown }
  /** The channel was closed already. */
  | { readonly kind: "not-sent" }
  /** The channel closed before the confirm: by the broker, with its reason, or else with the connection. */
  | { readonly kind: "cut-off"; readonly by?: ChannelClosure }
  /** Time ran out before the confirm. */
  | { readonly kind: "unconfirmed" };

/** Why the broker closed a channel: an AMQP reply code, and words. */
export interface ChannelClosure {
  readonly replyCode: number;
  readonly message: string;
}

/**
 * A channel in confirm mode, for one call at a time: the broker closes a channel for the fault of one message, and
 * takes everything else on that channel along.
 */
export class RabbitChannel {
  readonly #channel: ConfirmChannel;
  readonly #returned = new Set<string>();
  #closure: ChannelClosure | undefined;
  #isOpen = true;

  constructor(channel: ConfirmChannel) {
    this.#channel = channel;
    channel.on("error", (error: Error & { readonly code?: unknown }) => {
      if (typeof error.code === "number") this.#closure = { replyCode: error.code, message: error.message };
    });
    // Must run before amqplib's own listener, which tells the calls under way.
    channel.prependListener("close", () => {
      this.#isOpen = false;
    });
    // A return comes before the confirm of its message, and amqplib reports both in the order of their frames.
    channel.on("return", ({ properties }) => {
      const id = returnedId(properties.headers);
      if (id !== undefined) this.#returned.add(id);
    });
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Sends messages in order and waits for the confirm of each. Never rejects. */
  async send(messages: readonly RabbitSend[], signal: AbortSignal): Promise<readonly Sent[]> {
    this.#returned.clear();
    const outcomes = messages.map((): Sent => ({ kind: "unconfirmed" }));
    const confirms = messages.map((message, index) =>
      this.#publish(message).then((outcome) => {
        outcomes[index] = outcome;
      }),
    );
    // Running late is an outcome like the others, and is recorded already.
    await within(signal, Promise.all(confirms)).catch(() => undefined);
    return [...outcomes];
  }

  #publish({ exchange, routingKey, content, options, eventId }: RabbitSend): Promise<Sent> {
    return new Promise((resolve) => {
      try {
        this.#channel.publish(exchange, routingKey, content, options, (error: unknown) =>
          resolve(this.#outcomeOf(eventId, error)),
        );
      } catch (error) {
        resolve(error instanceof IllegalOperationError ? { kind: "not-sent" } : { kind: "unsendable", error });
      }
    });
  }

  #outcomeOf(eventId: string, error: unknown): Sent {
    if (error === null) return { kind: this.#returned.has(eventId) ? "returned" : "confirmed" };
    if (this.#isOpen) return { kind: "refused" };
    return { kind: "cut-off", ...(this.#closure === undefined ? {} : { by: this.#closure }) };
  }
}
