import type { Item } from "../../../lib/contract/codec/item.ts";
import { readDeadLetter } from "../../../lib/contract/dead-letter.ts";
import { MARKS } from "../../../lib/contract/item-contract.ts";
import { decodeParkedKey } from "../../../lib/contract/parked-key.ts";
import { rowOf } from "../../engine/item-store.ts";
import type { Ledger } from "../ledger.ts";
import type { Process, Services } from "../process.ts";
import type { Pending, Scheduler } from "../scheduler.ts";
import type { ChosenFaults } from "./choices.ts";
import { type Digest, digestOf } from "./digest.ts";

/** One process, and whether its work has ended, by success or failure. */
export interface ActorState {
  readonly process: Process;
  isOver: boolean;
}

/**
 * What every actor has learnt so far, in its order and with the time. The code is deterministic, so this decides the state of
 * an actor and its pending operations. Immutable.
 */
export class Learnt {
  static readonly NOTHING = new Learnt(new Map());
  readonly #digests: ReadonlyMap<string, Digest>;

  private constructor(digests: ReadonlyMap<string, Digest>) {
    this.#digests = digests;
  }

  after({ actor, name, detail, serial, result }: Pending, nowMs: number): Learnt {
    const digests = new Map(this.#digests);
    const text = `${serial} ${name} ${detail} ${nowMs} ${result?.()}`;
    return new Learnt(digests.set(actor.name, digestOf(text, digests.get(actor.name))));
  }

  of(name: string): string {
    return this.#digests.get(name)?.join(" ") ?? "";
  }
}

export interface StateParts {
  readonly scheduler: Scheduler;
  readonly services: Services;
  readonly ledger: Ledger;
  readonly actors: readonly ActorState[];
  readonly faults: ChosenFaults;
  readonly learnt: Learnt;
}

/**
 * The state of a world as a string: all that the rest of a run, and the verdict on it, can depend on. That is the shared
 * services, the actors, the pending operations, the faults that may still happen, the time and the ledger.
 *
 * Only what cannot matter is left out: the history of an actor without pending operations, and the remaining faults once no
 * fault happens any more.
 */
export function stateText({ scheduler, services, ledger, actors, faults, learnt }: StateParts, isEnd: boolean): string {
  const { pending } = scheduler;
  const gone = new Set<string>();
  const parts: string[] = [isEnd ? "end" : `${faults.left}`, `${scheduler.nowMs}`];
  for (const { process, isOver } of actors) {
    const { name, dead } = process.actor;
    const isGone = isOver && (dead || !pending.some(({ actor }) => actor === process.actor));
    if (isGone) gone.add(name);
    parts.push(isGone ? `${name} gone` : `${name} ${isOver} ${learnt.of(name)}`);
  }
  const onTheirWay = pending.map(
    ({ actor, name, detail, serial, atMs, result }) =>
      `${actor.name} ${serial} ${name} ${detail} ${atMs} ${result?.() ?? ""}`,
  );
  parts.push(...onTheirWay.sort(), sharedText(services), ledger.fingerprint(gone));
  return parts.join("\n");
}

/**
 * Everything that the services hold. A value without a form of its own here is taken as it is, so that a new field is not
 * forgotten.
 */
function sharedText({ table, queue, target }: Services): string {
  return [
    ...[...table.store.items.values()].map(itemText).sort(),
    plainText(table),
    ...queue.store.messages.map(({ body, visibleAtMs, receipt }) => `${wakeUpText(body)} ${visibleAtMs} ${receipt}`),
    plainText(queue),
    plainText(target),
  ].join("\n");
}

/** Items are replaced and never changed, so each is turned into a string once. */
const itemTexts = new WeakMap<Item, string>();

/** The attributes that the protocol reads. The reason of a failure is for people. */
function itemText(item: Item): string {
  const known = itemTexts.get(item);
  if (known !== undefined) return known;
  const { [MARKS.reason]: _reason, ...rest } = item;
  const text = JSON.stringify(decodeParkedKey(item) ?? rowOf(rest));
  itemTexts.set(item, text);
  return text;
}

/** What the protocol reads of a dead letter. Its history is for people. */
const wakeUpTexts = new Map<string, string>();

function wakeUpText(body: string): string {
  const known = wakeUpTexts.get(body);
  if (known !== undefined) return known;
  const content = readDeadLetter(body);
  const text = content.kind === "event" ? `${content.key.pk} ${content.key.sk} ${content.id}` : content.kind;
  wakeUpTexts.set(body, text);
  return text;
}

function plainText(value: object): string {
  return JSON.stringify(value, (_name, part: unknown) => {
    if (part instanceof Map) return [...part].sort(([one], [other]) => (String(one) < String(other) ? -1 : 1));
    if (part instanceof Set) return [...part].sort();
    return part;
  });
}
