import { deadLetterText, readDeadLetter } from "../../../lib/contract/dead-letter.ts";
import { SQS_MESSAGE_BYTES } from "../../../lib/contract/settings/sizes.ts";
import type { DeadLetterQueue, Poll } from "../../../lib/core/ports.ts";
import { MessageStore } from "../../engine/message-store.ts";
import type { Actor } from "../scheduler.ts";
import { ServiceError, type World } from "../world.ts";

export interface QueueOptions {
  /** How likely a long poll finds a visible dead letter. */
  readonly visibleProbability?: number;
  /** How likely a short poll finds one. @default as likely as a long poll */
  readonly shortGlimpse?: number;
  /** Whether the queue's count includes visible dead letters; that of SQS may lag. @default true */
  readonly counts?: boolean;
}

/** The dead-letter queue: a standard queue, in no order, with receipts that a later receive replaces. */
export class SimulatedQueue {
  readonly store = new MessageStore();
  readonly #sent = new Set<string | undefined>();
  readonly #world: World;
  readonly #glimpses: Readonly<Record<Poll, number>>;
  readonly #counts: boolean;

  constructor(
    world: World,
    { visibleProbability = 0.9, shortGlimpse = visibleProbability, counts = true }: QueueOptions = {},
  ) {
    this.#world = world;
    this.#glimpses = { short: shortGlimpse, long: visibleProbability };
    this.#counts = counts;
  }

  get size(): number {
    return this.store.size;
  }

  put(text: string): void {
    this.store.put(text);
  }

  purge(): void {
    this.store.purge();
  }

  /** Whether it ever took a dead letter of this event. */
  hadDeadLetter(id: string): boolean {
    return this.#sent.has(id);
  }

  for(actor: Actor): DeadLetterQueue {
    const { scheduler, faults, ledger, random } = this.#world;
    const call = <Answer>(name: string, effect: () => Answer, detail = "") =>
      scheduler.call(
        actor,
        name,
        () => {
          if (faults.happens("queue unreachable")) throw new ServiceError("The queue cannot be reached");
          return effect();
        },
        detail,
      );
    return {
      send: (deadLetters) =>
        scheduler.call(
          actor,
          "send",
          () =>
            deadLetters.map((deadLetter) => {
              if (faults.happens("send failed")) return false;
              this.#sent.add(deadLetter.id);
              if (!faults.happens("dead letter lost")) this.put(deadLetterText(deadLetter, SQS_MESSAGE_BYTES));
              return true;
            }),
          deadLetters.map(({ id }) => id).join(" "),
        ),
      receive: (hiddenForSeconds, poll) =>
        call("receive", () => {
          const meets = () => random() < this.#glimpses[poll];
          const visible = this.store.visible(scheduler.nowMs);
          const received = this.store.receive(scheduler.nowMs, hiddenForSeconds, meets);
          const shown = new Set(received.map(({ body }) => body));
          ledger.leftOut(actor.name, poll === "short" ? visible.filter((body) => !shown.has(body)).flatMap(pkIn) : []);
          return received.map(({ receipt, body }) => ({ receipt, content: readDeadLetter(body) }));
        }),
      delete: async (receipts) => {
        if (receipts.length === 0) return;
        await call("delete", () => this.store.delete(receipts), receipts.join(" "));
      },
      hide: async (deadLetters) => {
        if (deadLetters.length === 0) return;
        await call(
          "hide",
          () => this.store.hide(scheduler.nowMs, deadLetters),
          deadLetters.map(({ receipt, seconds }) => `${receipt} for ${seconds} s`).join(", "),
        );
      },
      depth: () =>
        call("depth", () => {
          const { visible, hidden } = this.store.depth(scheduler.nowMs);
          return { visible: this.#counts ? visible : 0, hidden };
        }),
    };
  }
}

function pkIn(body: string): readonly string[] {
  const content = readDeadLetter(body);
  return content.kind === "event" ? [content.key.pk] : [];
}
