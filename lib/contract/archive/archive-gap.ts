import { timeText } from "./archive-line.ts";

/**
 * The journal's items that say of which hours the archive may lack lines. An item is written before a row is deleted
 * without its receipt, so that nobody takes a missing receipt for an event that was not delivered.
 */

/** The partition key of them all. */
export const GAP_PARTITION = "archive-gap";
/** S: when the first line of the hour was missed. */
export const NOTED_AT = "notedAt";

export const HOUR_MS = 3_600_000;

/** Epoch milliseconds: the beginning of the hour that holds this time. */
export const hourOf = (ms: number): number => Math.floor(ms / HOUR_MS) * HOUR_MS;

/** The item of the hour that holds this time, in epoch milliseconds. */
export const gapKeyOf = (ms: number) => ({ pk: GAP_PARTITION, sk: timeText(hourOf(ms)) }) as const;

/** Epoch milliseconds: the beginning of the hour that an item's sort key names. Undefined for any other sort key. */
export function gapHourOf(sk: string): number | undefined {
  const ms = Date.parse(sk);
  return !Number.isNaN(ms) && gapKeyOf(ms).sk === sk ? ms : undefined;
}
