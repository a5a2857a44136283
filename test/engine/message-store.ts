/** A message of a standard queue. What its text says is for the product's own reader to find out. */
interface Message {
  readonly body: string;
  /** Epoch milliseconds: the message is hidden until then. */
  visibleAtMs: number;
  /** The receipt of the last receive. An older receipt is not valid. Empty before the first receive. */
  receipt: string;
}

/** How many messages one receive brings at most. */
const MOST_RECEIVED = 10;

/** A standard queue: visibility, and receipts that a later receive replaces. It holds a hundred thousand messages. */
export class MessageStore {
  readonly #messages = new Set<Message>();
  readonly #byReceipt = new Map<string, Message>();
  #receipts = 0;

  /** In the order in which they came. */
  get messages(): readonly Readonly<Message>[] {
    return [...this.#messages];
  }

  get size(): number {
    return this.#messages.size;
  }

  put(body: string): void {
    this.#messages.add({ body, visibleAtMs: 0, receipt: "" });
  }

  purge(): void {
    this.#messages.clear();
    this.#byReceipt.clear();
  }

  /** The visible messages, the oldest first. SQS keeps no order, and may leave out any of them. */
  *#visible(nowMs: number): Generator<Message> {
    for (const message of this.#messages) if (message.visibleAtMs <= nowMs) yield message;
  }

  /** The texts of visible messages. */
  visible(nowMs: number): readonly string[] {
    return [...this.#visible(nowMs)].map(({ body }) => body);
  }

  /** `meets`: whether the receive finds a visible message; asked once for each. @default the receive finds the first ones */
  receive(nowMs: number, hiddenForSeconds: number, meets?: () => boolean) {
    const met: Message[] = [];
    for (const message of this.#visible(nowMs)) {
      if (meets === undefined && met.length === MOST_RECEIVED) break;
      if (meets === undefined || meets()) met.push(message);
    }
    return met.slice(0, MOST_RECEIVED).map((message) => {
      this.#byReceipt.delete(message.receipt);
      this.#receipts += 1;
      message.visibleAtMs = nowMs + hiddenForSeconds * 1_000;
      message.receipt = String(this.#receipts);
      this.#byReceipt.set(message.receipt, message);
      return { receipt: message.receipt, body: message.body };
    });
  }

  delete(receipts: readonly string[]): void {
    for (const receipt of receipts) {
      const message = this.#byReceipt.get(receipt);
      this.#byReceipt.delete(receipt);
      if (message !== undefined) this.#messages.delete(message);
    }
  }

  hide(nowMs: number, messages: readonly { readonly receipt: string; readonly seconds: number }[]): void {
    for (const { receipt, seconds } of messages) {
      const message = this.#byReceipt.get(receipt);
      if (message !== undefined) message.visibleAtMs = nowMs + seconds * 1_000;
    }
  }

  depth(nowMs: number): { readonly visible: number; readonly hidden: number } {
    const visible = [...this.#visible(nowMs)].length;
    return { visible, hidden: this.#messages.size - visible };
  }
}

/** What an event source mapping sends when it gives up records: where they are in the stream, and none of them. */
export const positionsText = (records: number): string =>
  JSON.stringify({
    requestContext: { condition: "RetryAttemptsExhausted" },
    DDBStreamBatchInfo: { shardId: "shardId-1", startSequenceNumber: "1", endSequenceNumber: "2", batchSize: records },
  });
