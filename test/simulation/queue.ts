import type { DeadLetterContent } from "../../lib/contract/dead-letter.ts";
import type { DeadLetterQueue } from "../../lib/core/ports.ts";
import type { Poll } from "../../lib/core/requeue/dead-letter-polls.ts";
import type { Actor } from "./scheduler.ts";
import { ServiceError, type World } from "./world.ts";

interface Message {
  readonly content: DeadLetterContent;
  visibleAtMs: number;
  receipt: string;
}

export interface QueueOptions {
  /** How likely a long poll sees a dead letter that is visible. */
  readonly visibleProbability?: number;
  /** The same of a short one. @default as likely as a long one */
  readonly shortGlimpse?: number;
  /** Whether its count tells of visible dead letters: SQS's may lag. @default true */
  readonly counts?: boolean;
}

/** The dead-letter queue: a standard queue, in no order, with receipts that a later receive replaces. */
export class SimulatedQueue {
  messages: Message[] = [];
  #receipts = 0;
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

  put(content: DeadLetterContent): void {
    this.messages.push({ content, visibleAtMs: 0, receipt: "" });
  }

  /** Whether it ever took a dead letter of this event. */
  hadDeadLetter(id: string): boolean {
    return this.#sent.has(id);
  }

  for(actor: Actor): DeadLetterQueue {
    const { scheduler, faults, random } = this.#world;
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
            deadLetters.map(({ key, id, content }) => {
              if (faults.happens("send failed")) return false;
              // The copy of the event is for eyes only, and for the mutant that looks at it.
              const copy = { row: { key, content, marks: { attempts: 0 } } };
              this.#sent.add(id);
              if (!faults.happens("dead letter lost"))
                this.put(Object.assign({ kind: "event", key, id } as const, copy));
              return true;
            }),
          deadLetters.map(({ id }) => id).join(" "),
        ),
      receive: (hiddenForSeconds, poll) =>
        call("receive", () => {
          const visible = this.messages.filter(({ visibleAtMs }) => visibleAtMs <= scheduler.nowMs);
          const received = visible.filter(() => random() < this.#glimpses[poll]).slice(0, 10);
          for (const message of received) {
            message.visibleAtMs = scheduler.nowMs + hiddenForSeconds * 1_000;
            this.#receipts += 1;
            message.receipt = String(this.#receipts);
          }
          return received.map(({ receipt, content }) => ({ receipt, content }));
        }),
      delete: async (receipts) => {
        if (receipts.length === 0) return;
        const remove = () => {
          this.messages = this.messages.filter(({ receipt }) => !receipts.includes(receipt));
        };
        await call("delete", remove, receipts.join(" "));
      },
      hide: async (deadLetters) => {
        if (deadLetters.length === 0) return;
        const conceal = () => {
          for (const { receipt, seconds } of deadLetters) {
            const message = this.messages.find((each) => each.receipt === receipt);
            if (message !== undefined) message.visibleAtMs = scheduler.nowMs + seconds * 1_000;
          }
        };
        await call(
          "hide",
          conceal,
          deadLetters.map(({ receipt, seconds }) => `${receipt} for ${seconds} s`).join(", "),
        );
      },
      depth: () =>
        call("depth", () => {
          const hidden = this.messages.filter(({ visibleAtMs }) => visibleAtMs > scheduler.nowMs).length;
          return { visible: this.#counts ? this.messages.length - hidden : 0, hidden };
        }),
    };
  }
}
