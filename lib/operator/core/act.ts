import type { Random } from "../../core/ports.ts";
import type { Act, ActEnd, Tally } from "./journal.ts";
import type { CommandPorts, Journal } from "./operator-ports.ts";

/**
 * A short id that people can type. It begins with the time, which makes it unique enough for commands typed by hand.
 */
export const actIdOf = (nowMs: number, random: Random): string =>
  `${nowMs.toString(36)}${Math.floor(random() * 36 ** RANDOM_DIGITS)
    .toString(36)
    .padStart(RANDOM_DIGITS, "0")}`;

const RANDOM_DIGITS = 3;

/** Epoch milliseconds: when the act of this id began. Undefined: no act has such an id. */
export function actTimeOf(id: string): number | undefined {
  const digits = id.slice(0, -RANDOM_DIGITS);
  const ms = /^[0-9a-z]+$/.test(digits) ? Number.parseInt(digits, 36) : Number.NaN;
  return ms <= MAX_DATE_MS ? ms : undefined;
}

/** The last day that has a date in JavaScript. */
const MAX_DATE_MS = 8_640_000_000_000_000;

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
