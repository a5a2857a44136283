import type { LetterContent } from "../../lib/core/delivery/dead-letter.ts";
import type { DeadLetterQueue } from "../../lib/core/ports.ts";
import type { Poll } from "../../lib/core/requeue/letter-polls.ts";
import type { Actor } from "./scheduler.ts";
import { ServiceError, type World } from "./world.ts";

interface Message {
  readonly content: LetterContent;
  visibleAtMs: number;
  receipt: string;
}

export interface QueueOptions {
  /** How likely a long poll sees a letter that is visible. */
  readonly glimpse?: number;
  /** The same of a short one. @default as likely as a long one */
  readonly shortGlimpse?: number;
  /** Whether its count tells of visible letters: SQS's may lag. @default true */
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

  constructor(world: World, { glimpse = 0.9, shortGlimpse = glimpse, counts = true }: QueueOptions = {}) {
    this.#world = world;
    this.#glimpses = { short: shortGlimpse, long: glimpse };
    this.#counts = counts;
  }

  put(content: LetterContent): void {
    this.messages.push({ content, visibleAtMs: 0, receipt: "" });
  }

  /** Whether it ever took a letter of this event. */
  hadLetter(id: string): boolean {
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
      send: (letters) =>
        scheduler.call(
          actor,
          "send",
          () =>
            letters.map(({ key, id, content }) => {
              if (faults.happens("send failed")) return false;
              // The copy of the event is for eyes only, and for the mutant that looks at it.
              const copy = { row: { key, content, marks: { attempts: 0 } } };
              this.#sent.add(id);
              if (!faults.happens("letter lost")) this.put(Object.assign({ kind: "event", key, id } as const, copy));
              return true;
            }),
          letters.map(({ id }) => id).join(" "),
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
      hide: async (letters) => {
        if (letters.length === 0) return;
        const conceal = () => {
          for (const { receipt, seconds } of letters) {
            const message = this.messages.find((each) => each.receipt === receipt);
            if (message !== undefined) message.visibleAtMs = scheduler.nowMs + seconds * 1_000;
          }
        };
        await call("hide", conceal, letters.map(({ receipt, seconds }) => `${receipt} for ${seconds} s`).join(", "));
      },
      depth: () =>
        call("depth", () => {
          const hidden = this.messages.filter(({ visibleAtMs }) => visibleAtMs > scheduler.nowMs).length;
          return { visible: this.#counts ? this.messages.length - hidden : 0, hidden };
        }),
    };
  }
}
