const RFC_3339 =
  /^(\d{4}-(?:0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01]))[Tt](([01]\d|2[0-4]):[0-5]\d):([0-5]\d|60)(\.\d+)?(?:[Zz]|([+-])([01]\d|2[0-3]):([0-5]\d))$/;

/** The time that a string in the form of RFC 3339 names. */
export interface NamedTime {
  /**
   * Epoch milliseconds. Absent: no such time ever was, such as 30 February, 24:00, or a 61st second at any time but
   * 23:59 UTC.
   */
  readonly ms?: number;
}

const NO_INSTANT: NamedTime = {};
const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

/**
 * Reads a time by [RFC 3339](https://www.rfc-editor.org/rfc/rfc3339#section-5.6), a `t` and a `z` of either case. A
 * leap second counts as the second after it, for computer clocks have none. Undefined for a string of any other form.
 */
export function readTime(text: string): NamedTime | undefined {
  const parts = RFC_3339.exec(text);
  if (parts === null) return undefined;
  const [, date = "", day, hourAndMinute = "", hour, second, fraction = "", sign, offsetHours, offsetMinutes] = parts;
  const leaps = second === "60";
  if (hour === "24") return hourAndMinute === "24:00" && Number(second) === 0 ? NO_INSTANT : undefined;
  const localMs = Date.parse(`${date}T${hourAndMinute}:${leaps ? "59" : `${second}${fraction}`}Z`);
  // JavaScript takes the 31st day of a shorter month for the first of the next.
  if (new Date(localMs).getUTCDate() !== Number(day)) return NO_INSTANT;
  const offsetMs = (Number(offsetHours ?? 0) * 60 + Number(offsetMinutes ?? 0)) * MINUTE_MS * (sign === "-" ? -1 : 1);
  const ms = localMs - offsetMs;
  if (!leaps) return { ms };
  const nextMs = ms + 1_000;
  return nextMs % DAY_MS === 0 ? { ms: nextMs } : NO_INSTANT;
}

/** Epoch milliseconds of an RFC 3339 time, undefined for any other string and for a time that never was. */
export const timeOf = (text: string | undefined): number | undefined =>
  text === undefined ? undefined : readTime(text)?.ms;
