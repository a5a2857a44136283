/** What one receive brings at most. */
export const RECEIVED = 10;
/** Ten receives make a round of a hundred rows: one consistent batch read. */
const MAX_RECEIVES = 10;
/** A round is a read, a publish, an existence check and deletes, one after the other: this many fill the time. */
export const ROUNDS_AT_ONCE = 12;
/** A round with more characters makes the next one smaller: a hundred of the largest rows would be 40 MB. */
const ROUND_CHARACTERS = 4_000_000;

/**
 * How many receives the next round makes: twice as many, while their rows are small.
 *
 * @param characters of all rows that were read in this round.
 */
export const widthAfter = (width: number, characters: number): number =>
  characters > ROUND_CHARACTERS ? Math.max(1, Math.floor(width / 2)) : Math.min(MAX_RECEIVES, width * 2);
