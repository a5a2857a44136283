import type { Poll } from "../../ports.ts";

/**
 * Chooses the poll that a run begins with, for as long as the process lives: a run with nothing to do should not wait a
 * second to learn that, a thousand times a day. Once dead letters come, the rest of the run makes long polls.
 *
 * - The queue counts dead letters: long. Its count is approximate and may lag by a minute, so "none" is no proof
 *   either.
 * - It counts none: short, {@link SHORT_POLLS} times in a row, and then long. A process begins with a long one.
 *
 * So the fifth run at the latest makes a long poll, which finds a waiting dead letter. The sweep may deliver its row
 * sooner.
 */
export interface DeadLetterPolls {
  /** @param visible how many dead letters the queue counts, approximately. */
  next(visible: number): Poll;
}

export const SHORT_POLLS = 4;

export function deadLetterPolls(): DeadLetterPolls {
  let left = 0;
  return {
    next(visible) {
      if (visible > 0 || left === 0) {
        left = SHORT_POLLS;
        return "long";
      }
      left -= 1;
      return "short";
    },
  };
}
