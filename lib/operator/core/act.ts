import type { Item } from "../../contract/codec/item.ts";
import type { RowKey } from "../../contract/event.ts";
import type { Random } from "../../core/resilience/backoff.ts";
import type { CommandPorts, Journal } from "./operator-ports.ts";

/** What an operator can do that changes something. */
export type ActName = "retry" | "quarantine" | "release" | "discard" | "pause" | "resume" | "put";

/** The record of one command. It is written before the command changes anything. */
export interface Act {
  readonly id: string;
  readonly name: ActName;
  /** Epoch milliseconds. */
  readonly atMs: number;
  /** Who: the caller's identity, an ARN. */
  readonly who: string;
  /** Why, in the operator's words. */
  readonly why?: string;
  /** What was asked for: the filter, the ids or the part, in words. */
  readonly what: string;
  /** Events that the command set out to change. */
  readonly events: number;
}

export interface ActEnd {
  readonly atMs: number;
  readonly how: "done" | "stopped" | "failed";
  readonly tally: Tally;
}

/** How many events came to which outcome, in the words that the journal keeps for people. */
export type Tally = Readonly<Record<string, number>>;

/** The place of a set-aside event: quarantined to come back, or discarded for good. */
export type AsidePlace = "quarantined" | "discarded";

/** An event taken out of the outbox by an operator, whole. */
export interface AsideEvent {
  /** Orders and names it within its place. */
  readonly entryId: string;
  readonly place: AsidePlace;
  readonly key: RowKey;
  readonly id?: string;
  readonly type?: string;
  readonly actId: string;
  readonly atMs: number;
  readonly who: string;
  readonly why: string;
  /** Why it was not delivered, as its row had it. */
  readonly reason?: string;
  /** An event of an ordering key, under a relay that keeps order. */
  readonly ordered: boolean;
  /**
   * The version of its key's record when it was moved. While the record has this version, no other actor has come to
   * the key since.
   */
  readonly gateVersion?: number;
  /** The row as it stood, the relay's own marks included. */
  readonly item: Item;
}

/**
 * A short id that people can type. It begins with the time, which makes it unique enough for commands typed by hand.
 */
export const actIdOf = (nowMs: number, random: Random): string =>
  `${nowMs.toString(36)}${Math.floor(random() * 36 ** 3)
    .toString(36)
    .padStart(3, "0")}`;

/**
 * Notes an act in the journal before the work changes anything, and how it ended, also when the work throws.
 *
 * @param tally what the work has come to. Called once the work has ended, also when it threw.
 */
export async function recorded(
  act: Act,
  { journal, clock, stopped }: CommandPorts & { readonly journal: Journal },
  work: () => Promise<void>,
  tally: () => Tally,
): Promise<ActEnd> {
  await journal.begin(act);
  let how: ActEnd["how"] = "failed";
  try {
    await work();
    how = stopped() ? "stopped" : "done";
  } finally {
    await journal.end(act, { atMs: clock.now(), how, tally: tally() });
  }
  return { atMs: clock.now(), how, tally: tally() };
}

/** Is told what came of each event that a command is about. */
export interface Outcomes<Outcome extends string> {
  /** @param by so many events. @default 1 */
  add(outcome: Outcome, by?: number): void;
}

/** Counts the outcomes of one command. */
export interface OutcomeCounts<Outcome extends string> extends Outcomes<Outcome> {
  /** In the order in which the outcomes came up first. */
  counts(): ReadonlyMap<Outcome, number>;
}

export function outcomeCounts<Outcome extends string>(): OutcomeCounts<Outcome> {
  const counts = new Map<Outcome, number>();
  return {
    add: (outcome, by = 1) => void counts.set(outcome, (counts.get(outcome) ?? 0) + by),
    counts: () => counts,
  };
}
