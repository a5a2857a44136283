import { MAX_VISIBILITY_SECONDS } from "../../../contract/settings/settings.ts";
import type { DeadLetterQueue } from "../../ports.ts";

/** Past this many hidden dead letters those of resting rows are deleted: SQS counts hidden ones as in flight, up to 120,000. */
const MAX_HIDDEN_DEAD_LETTERS = 50_000;
/** The 12 hours count from the receive, so the last minutes cannot be asked for. */
export const LONGEST_HIDE_MS = (MAX_VISIBILITY_SECONDS - 300) * 1_000;
/**
 * How long a dead letter is hidden whose row, key or destination this run leaves alone. It must not come back at once, or the run
 * would receive it again and again; the next run receives it.
 */
export const LOOK_AGAIN_MS = 30_000;

/** A dead letter to hide, and for how long from now. */
export interface Hiding {
  readonly receipt: string;
  readonly ms: number;
}

/** Hides dead letters until there is something to do about them, and counts how many are hidden. */
export interface HiddenDeadLetters {
  hide(some: readonly Hiding[]): Promise<void>;
  /** How many more may be hidden. Those beyond are deleted: the sweep finds their rows. */
  room(): number;
}

/** @param hiddenBefore dead letters hidden when the run began. */
export function hiddenDeadLetters(deadLetters: Pick<DeadLetterQueue, "hide">, hiddenBefore: number): HiddenDeadLetters {
  let hidden = hiddenBefore;
  return {
    async hide(some) {
      if (some.length === 0) return;
      hidden += some.length;
      await deadLetters.hide(
        some.map(({ receipt, ms }) => ({
          receipt,
          seconds: Math.max(1, Math.ceil(Math.min(LONGEST_HIDE_MS, ms) / 1_000)),
        })),
      );
    },
    room: () => Math.max(0, MAX_HIDDEN_DEAD_LETTERS - hidden),
  };
}
