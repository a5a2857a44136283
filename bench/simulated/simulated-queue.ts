import type { DeadLetter, DeadLetterContent, ReceivedDeadLetter } from "../../lib/contract/dead-letter.ts";
import type { Clock, DeadLetterQueue } from "../../lib/core/ports.ts";
import type { Poll } from "../../lib/core/requeue/dead-letter-polls.ts";
import { TABLE_MS } from "../stub-server.ts";

interface Message {
  readonly content: DeadLetterContent;
  /** Of the last receive; an older one is worth nothing. */
  receipt: string;
  /** When it is visible again, in epoch milliseconds. */
  visibleAtMs: number;
}

/** A long poll of an empty queue takes this long. */
const LONG_POLL_MS = 1_000;
const LETTERS_A_RECEIVE = 10;
const MOST_PASSED = 10_000;

/** A dead-letter queue on simulated time that holds a hundred thousand dead letters. */
export class SimulatedQueue implements DeadLetterQueue {
  readonly #clock: Clock;
  /** Visible dead letters, from `#first` on. Cutting off each that is received would move all the others. */
  #line: Message[] = [];
  #first = 0;
  readonly #received = new Map<string, Message>();
  #receipts = 0;
  #size = 0;
  #visible = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#size;
  }

  put(content: DeadLetterContent): void {
    this.#line.push({ content, receipt: "", visibleAtMs: 0 });
    this.#size += 1;
    this.#visible += 1;
  }

  async send(deadLetters: readonly DeadLetter[]): Promise<readonly boolean[]> {
    await this.#clock.sleep(TABLE_MS);
    for (const { key, id } of deadLetters) this.put({ kind: "event", key, id });
    return deadLetters.map(() => true);
  }

  async receive(hiddenForSeconds: number, poll: Poll): Promise<readonly ReceivedDeadLetter[]> {
    await this.#clock.sleep(poll === "long" && this.#first === this.#line.length ? LONG_POLL_MS : TABLE_MS);
    const messages = this.#line.slice(this.#first, this.#first + LETTERS_A_RECEIVE);
    this.#first += messages.length;
    if (this.#first >= MOST_PASSED) {
      this.#line = this.#line.slice(this.#first);
      this.#first = 0;
    }
    return messages.map((message) => {
      this.#receipts += 1;
      message.receipt = String(this.#receipts);
      this.#received.set(message.receipt, message);
      this.#visible -= 1;
      this.#hideFor(message, hiddenForSeconds * 1_000);
      return { receipt: message.receipt, content: message.content };
    });
  }

  async delete(receipts: readonly string[]): Promise<void> {
    if (receipts.length === 0) return;
    await this.#clock.sleep(TABLE_MS);
    for (const receipt of receipts) if (this.#received.delete(receipt)) this.#size -= 1;
  }

  async hide(deadLetters: readonly { readonly receipt: string; readonly seconds: number }[]): Promise<void> {
    if (deadLetters.length === 0) return;
    await this.#clock.sleep(TABLE_MS);
    for (const { receipt, seconds } of deadLetters) {
      const message = this.#received.get(receipt);
      if (message !== undefined) this.#hideFor(message, seconds * 1_000);
    }
  }

  async depth() {
    await this.#clock.sleep(TABLE_MS);
    return { visible: this.#visible, hidden: this.#size - this.#visible };
  }

  #hideFor(message: Message, ms: number): void {
    const { receipt } = message;
    const atMs = this.#clock.now() + ms;
    message.visibleAtMs = atMs;
    void this.#clock.sleep(ms).then(() => {
      // Hidden anew since, or received by somebody else, or deleted.
      if (message.visibleAtMs !== atMs || !this.#received.delete(receipt)) return;
      this.#line.push(message);
      this.#visible += 1;
    });
  }
}
