import { deadLetterText, readDeadLetter } from "../../lib/contract/dead-letter.ts";
import type { Clock, DeadLetterQueue, Poll } from "../../lib/core/ports.ts";
import { MessageStore } from "../engine/message-store.ts";
import { REQUEST_MS } from "./memory-table.ts";

const LONG_POLL_MS = 1_000;
/** SQS's own limit. https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html */
export const MESSAGE_BYTES = 1_048_576;

/** A dead-letter queue in memory. A long poll that finds nothing takes a second. */
export class MemoryQueue implements DeadLetterQueue {
  refusing = false;
  /** True: the servers hide dead letters. The count is zero, and short polls bring none. */
  shy = false;
  readonly polls: Poll[] = [];
  readonly #store = new MessageStore();
  readonly #clock: Clock;
  readonly #requestMs: number;

  constructor(clock: Clock, requestMs = REQUEST_MS) {
    this.#clock = clock;
    this.#requestMs = requestMs;
  }

  get messages() {
    return this.#store.messages;
  }

  get size(): number {
    return this.#store.size;
  }

  get bodies(): readonly Readonly<Record<string, unknown>>[] {
    return this.messages.map(({ body }) => JSON.parse(body));
  }

  put(body: string): void {
    this.#store.put(body);
  }

  purge(): void {
    this.#store.purge();
  }

  async #request(): Promise<void> {
    await this.#clock.sleep(this.#requestMs);
    if (this.refusing) throw new Error("The queue refuses");
  }

  async send(deadLetters: Parameters<DeadLetterQueue["send"]>[0]) {
    await this.#clock.sleep(this.#requestMs);
    if (this.refusing) return deadLetters.map(() => false);
    for (const deadLetter of deadLetters) this.put(deadLetterText(deadLetter, MESSAGE_BYTES));
    return deadLetters.map(() => true);
  }

  async receive(hiddenForSeconds: number, poll: Poll) {
    await this.#request();
    this.polls.push(poll);
    const nowMs = this.#clock.now();
    const received = this.shy && poll === "short" ? [] : this.#store.receive(nowMs, hiddenForSeconds);
    if (received.length === 0 && poll === "long") await this.#clock.sleep(LONG_POLL_MS);
    return received.map(({ receipt, body }) => ({ receipt, content: readDeadLetter(body) }));
  }

  async delete(receipts: readonly string[]) {
    if (receipts.length === 0) return;
    await this.#request();
    this.#store.delete(receipts);
  }

  async hide(deadLetters: Parameters<DeadLetterQueue["hide"]>[0]) {
    if (deadLetters.length === 0) return;
    await this.#request();
    this.#store.hide(this.#clock.now(), deadLetters);
  }

  async depth() {
    await this.#request();
    const { visible, hidden } = this.#store.depth(this.#clock.now());
    // Hidden dead letters are counted all the same.
    return { visible: this.shy ? 0 : visible, hidden };
  }
}
