import { deadLetterText, readDeadLetter } from "../../lib/contract/dead-letter.ts";
import type { Clock, DeadLetterQueue } from "../../lib/core/ports.ts";
import type { Poll } from "../../lib/core/requeue/dead-letter-polls.ts";

interface Message {
  readonly body: string;
  visibleAtMs: number;
  receipt: string;
}

const LONG_POLL_MS = 1_000;

/** A standard queue in memory, with visibility and receipts. Each request takes 5 ms, and a long poll for nothing a second. */
export class MemoryQueue implements DeadLetterQueue {
  messages: Message[] = [];
  refusing = false;
  /** Its servers hide dead letters: the count tells of none, and short polls bring none. */
  shy = false;
  readonly polls: Poll[] = [];
  #receipts = 0;
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  put(body: string): void {
    this.messages.push({ body, visibleAtMs: 0, receipt: "" });
  }

  get bodies(): readonly Readonly<Record<string, unknown>>[] {
    return this.messages.map(({ body }) => JSON.parse(body));
  }

  async #request(): Promise<void> {
    await this.#clock.sleep(5);
    if (this.refusing) throw new Error("The queue refuses");
  }

  async send(deadLetters: Parameters<DeadLetterQueue["send"]>[0]) {
    await this.#clock.sleep(5);
    if (this.refusing) return deadLetters.map(() => false);
    for (const deadLetter of deadLetters) this.put(deadLetterText(deadLetter, 1_048_576));
    return deadLetters.map(() => true);
  }

  async receive(hiddenForSeconds: number, poll: Poll) {
    await this.#request();
    this.polls.push(poll);
    const nowMs = this.#clock.now();
    const visible = this.messages.filter(({ visibleAtMs }) => visibleAtMs <= nowMs);
    const received = this.shy && poll === "short" ? [] : visible.slice(0, 10);
    if (received.length === 0 && poll === "long") await this.#clock.sleep(LONG_POLL_MS);
    for (const message of received) {
      message.visibleAtMs = nowMs + hiddenForSeconds * 1_000;
      this.#receipts += 1;
      message.receipt = `receipt-${this.#receipts}`;
    }
    return received.map(({ receipt, body }) => ({ receipt, content: readDeadLetter(body) }));
  }

  async delete(receipts: readonly string[]) {
    if (receipts.length === 0) return;
    await this.#request();
    this.messages = this.messages.filter(({ receipt }) => !receipts.includes(receipt));
  }

  async hide(deadLetters: Parameters<DeadLetterQueue["hide"]>[0]) {
    if (deadLetters.length === 0) return;
    await this.#request();
    for (const { receipt, seconds } of deadLetters) {
      const message = this.messages.find((each) => each.receipt === receipt);
      if (message !== undefined) message.visibleAtMs = this.#clock.now() + seconds * 1_000;
    }
  }

  async depth() {
    await this.#request();
    const nowMs = this.#clock.now();
    const visible = this.messages.filter(({ visibleAtMs }) => visibleAtMs <= nowMs).length;
    return { visible: this.shy ? 0 : visible, hidden: this.messages.length - visible };
  }
}
