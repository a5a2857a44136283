import type { OutcomeCounts } from "../../core/act.ts";
import type { AsidePlace, Tally } from "../../core/journal.ts";
import type { DiscardAsideOutcome, ReleaseOutcome, RetryOutcome, SetAsideOutcome } from "../../core/outcomes.ts";
import type { ReplayOutcome } from "../../core/replay/replay.ts";

/** How an outcome is told. The words are stored: they name it in `--json`, in the journal and on the screen. */
export interface OutcomeText {
  readonly words: string;
  /** Counts as done. A command that acts on events and has any other outcome exits with `partly`; `put` with `failed`. */
  readonly isDone: boolean;
}

export type OutcomeTexts<Outcome extends string> = Readonly<Record<Outcome, OutcomeText>>;

const done = (words: string): OutcomeText => ({ words, isDone: true });
const notDone = (words: string): OutcomeText => ({ words, isDone: false });

const GONE = "gone from the outbox: delivered, or taken out by somebody else";
const HELD = "held by another command";
const DRAINING = "being delivered now";
const NOT_THERE = "not in quarantine any more";

/** Whatever is under way or delivered needs no retry. */
export const RETRY_TEXTS: OutcomeTexts<RetryOutcome> = {
  "made-due": done("made due"),
  "due-already": done("due already"),
  "not-parked": done("not parked"),
  draining: done(DRAINING),
  gone: done(GONE),
  held: notDone(HELD),
};

export const setAsideTexts = (place: AsidePlace): OutcomeTexts<SetAsideOutcome> => ({
  "set-aside": done(place),
  gone: notDone(GONE),
  changed: notDone("changed by somebody else, left as they are"),
  "no-room": notDone(
    "too large to be held (400 KB), so it may be on its way now: pause the relay and the requeuer, and delete its row by hand",
  ),
  held: notDone(HELD),
  "place-taken": notDone("held up by the row at sort key 0 of its key: set that row aside first"),
  draining: notDone(DRAINING),
});

export const DISCARD_ASIDE_TEXTS: OutcomeTexts<DiscardAsideOutcome> = {
  discarded: done("discarded"),
  "not-there": notDone(NOT_THERE),
};

export const RELEASE_TEXTS: OutcomeTexts<ReleaseOutcome> = {
  "put-back": done("released"),
  occupied: notDone("left aside: another event has taken its place"),
  "not-there": notDone(NOT_THERE),
  overtaken: notDone("left aside: later events of its key may have been delivered (--out-of-order releases it)"),
  draining: notDone(DRAINING),
};

export const REPLAY_TEXTS: OutcomeTexts<ReplayOutcome> = {
  put: done("put again"),
  occupied: notDone("left alone: a row stands at their place"),
  busy: notDone("left out: their keys have events in the table"),
  "no-payload": notDone("without payload: archive.payload was off when they were acknowledged"),
  "set-aside": notDone("left aside: an operator has quarantined or discarded them since"),
  "no-destination": notDone(
    "without a destination: the relay knows none, or several, where they went (--send-to gives one)",
  ),
  foreign: notDone("of a type that is another relay's now"),
  unreadable: notDone("not as the relay wrote them into the archive"),
  "too-large": notDone("larger than DynamoDB takes a row"),
  "not-taken": notDone("refused by DynamoDB"),
};

/** What came of a test event in the time it was followed. */
export type PutOutcome = "delivered" | "not-delivered";

export const PUT_TEXTS: OutcomeTexts<PutOutcome> = {
  delivered: done("delivered"),
  "not-delivered": notDone("not delivered yet"),
};

/** The counts in words. */
export const tallyOf = <Outcome extends string>(
  outcomes: OutcomeCounts<Outcome>,
  texts: OutcomeTexts<Outcome>,
): Tally => Object.fromEntries([...outcomes.counts()].map(([outcome, count]) => [texts[outcome].words, count]));

export const isDone = <Outcome extends string>(
  outcomes: OutcomeCounts<Outcome>,
  texts: OutcomeTexts<Outcome>,
): boolean => [...outcomes.counts().keys()].every((outcome) => texts[outcome].isDone);
