import { letterText, readLetter } from "../../lib/core/delivery/dead-letter.ts";
import type { Clock, DeadLetterQueue } from "../../lib/core/ports.ts";

interface Message {
  readonly body: string;
  visibleAtMs: number;
  receipt: string;
}

/** A standard queue in memory, with visibility and receipts. Each request takes 5 ms. */
export class MemoryQueue implements DeadLetterQueue {
  messages: Message[] = [];
  refusing = false;
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

  async send(letters: Parameters<DeadLetterQueue["send"]>[0]) {
    await this.#clock.sleep(5);
    if (this.refusing) return letters.map(() => false);
    for (const letter of letters) this.put(letterText(letter, 1_048_576));
    return letters.map(() => true);
  }

  async receive(hiddenForSeconds: number) {
    await this.#request();
    const nowMs = this.#clock.now();
    const received = this.messages.filter(({ visibleAtMs }) => visibleAtMs <= nowMs).slice(0, 10);
    for (const message of received) {
      message.visibleAtMs = nowMs + hiddenForSeconds * 1_000;
      this.#receipts += 1;
      message.receipt = `receipt-${this.#receipts}`;
    }
    return received.map(({ receipt, body }) => ({ receipt, content: readLetter(body) }));
  }

  async delete(receipts: readonly string[]) {
    if (receipts.length === 0) return;
    await this.#request();
    this.messages = this.messages.filter(({ receipt }) => !receipts.includes(receipt));
  }

  async hide(letters: Parameters<DeadLetterQueue["hide"]>[0]) {
    if (letters.length === 0) return;
    await this.#request();
    for (const { receipt, seconds } of letters) {
      const message = this.messages.find((each) => each.receipt === receipt);
      if (message !== undefined) message.visibleAtMs = this.#clock.now() + seconds * 1_000;
    }
  }

  async depth() {
    await this.#request();
    const nowMs = this.#clock.now();
    const visible = this.messages.filter(({ visibleAtMs }) => visibleAtMs <= nowMs).length;
    return { visible, hidden: this.messages.length - visible };
  }
}
