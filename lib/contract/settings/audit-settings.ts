import { readFields, readInteger, refuse } from "./setting-reader.ts";

/** When audits run, and what they audit. */
export interface AuditSettings {
  /** Time between runs, in hours. */
  readonly everyHours: number;
  /** How much of the time before a run it audits, in hours. */
  readonly windowHours: number;
}

const DEFAULT_EVERY_HOURS = 24;
/** A run that was missed is told within a day. */
const MOST_EVERY_HOURS = 24;
/** What is read grows with the window: a week is as far back as a schedule should look. */
const MOST_WINDOW_HOURS = 7 * 24;

/**
 * How much longer a window is than the time between runs. A window ends a few minutes before its run, for lines that may
 * be on their way (`auditWindow`): up to 16, with the longest timeout of the relay. A run that Lambda tries again begins
 * up to 35 minutes late. Windows overlap all the same, so no event falls between two.
 */
export const WINDOW_OVERLAP_HOURS = 1;

/** Reads the setting `audit`: `true`, or an object. */
export function readAuditSettings(path: string, value: unknown): AuditSettings {
  if (value === false) refuse(path, value, "it must be true or an object; leave it out where no schedule is wanted");
  const given = readFields(path, value === true ? {} : value, ["everyHours", "windowHours"]);
  const every = given.everyHours ?? DEFAULT_EVERY_HOURS;
  const everyHours = readInteger(`${path}.everyHours`, every, { min: 1, max: MOST_EVERY_HOURS });
  if (given.windowHours === undefined) return { everyHours, windowHours: everyHours + WINDOW_OVERLAP_HOURS };
  const windowHours = readWindowHours(`${path}.windowHours`, given.windowHours);
  if (windowHours >= everyHours + WINDOW_OVERLAP_HOURS) return { everyHours, windowHours };
  const least = `everyHours, ${everyHours}, and ${WINDOW_OVERLAP_HOURS} more`;
  return refuse(
    `${path}.windowHours`,
    windowHours,
    `it must be at least ${least}, or an event may fall between two windows`,
  );
}

export const readWindowHours = (path: string, value: unknown): number =>
  readInteger(path, value, { min: 1 + WINDOW_OVERLAP_HOURS, max: MOST_WINDOW_HOURS });
