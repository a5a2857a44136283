import { publishingMs } from "./call-timeout.ts";
import { RELAY_CLOSING_MS } from "./closing-times.ts";
import { type EventTypes, readEventTypes } from "./event-types.ts";
import { type Fields, readFields, readInteger, readOneOf, refuse } from "./setting-reader.ts";

/**
 * How events are delivered: the settings that the construct takes, that synth checks, and that the functions read again
 * at start-up. Only this file has the defaults and limits.
 */
export interface DeliverySettings {
  /** Order of delivery. @default "none" */
  readonly ordering: Ordering;
  /** Retries inside one invocation. @default {@link DEFAULT_BACKOFF} */
  readonly backoff: BackoffSettings;
  /** Rounds of an event that failed by its own fault. @default {@link DEFAULT_REQUEUE_BACKOFF} */
  readonly requeueBackoff: RequeueBackoffSettings;
  /** Calls to the target at once, per process. @default 32, or 16 at 512 MB or less */
  readonly concurrency: number;
  /** Age in seconds at which the sweep may take a row. @default 300 */
  readonly minAgeSeconds: number;
  /** Events a second while the requeuer drains. @default no limit */
  readonly maxDrainRate?: number;
  /** The events that are this relay's, where several share one table. @default all */
  readonly eventTypes?: EventTypes;
  /** The relay's timeout, in seconds: how long one invocation may hold an event. @default 60 */
  readonly relayTimeoutSeconds: number;
}

/**
 * - `none`: every event by itself.
 * - `per-key`: the events of a key in the order of their sequence, also across failure.
 * - `strict`: like per-key, for sequences without gaps: each predecessor is looked for first.
 */
export type Ordering = "none" | "per-key" | "strict";
export const ORDERINGS: readonly Ordering[] = ["none", "per-key", "strict"];

const JITTERS = ["full", "equal", "decorrelated"] as const;
export type Jitter = (typeof JITTERS)[number];

export interface BackoffSettings {
  /** @default "full" */
  readonly jitter: Jitter;
  /** The ceiling of the first wait, in milliseconds. @default 100 */
  readonly baseMs: number;
  /** The ceiling of every wait, in milliseconds. @default 5000 */
  readonly capMs: number;
  /** Attempts in all, including the first. @default 5 */
  readonly attempts: number;
  /**
   * Time for all attempts and waits, in milliseconds: up to the relay's timeout less 6 s.
   *
   * @default 20000, or that where it is less
   */
  readonly budgetMs: number;
}

export interface RequeueBackoffSettings {
  /** The ceiling of the wait after the first failed round, in seconds. @default 60 */
  readonly baseSeconds: number;
  /** The ceiling of every wait, in seconds. @default 3600 */
  readonly capSeconds: number;
}

export const DEFAULT_BACKOFF: BackoffSettings = {
  jitter: "full",
  baseMs: 100,
  capMs: 5_000,
  attempts: 5,
  budgetMs: 20_000,
};
export const DEFAULT_REQUEUE_BACKOFF: RequeueBackoffSettings = { baseSeconds: 60, capSeconds: 3_600 };
export const DEFAULT_MIN_AGE_SECONDS = 300;
export const DEFAULT_RELAY_TIMEOUT_SECONDS = 60;

/** Sockets and open calls cost memory: functions of 512 MB or less start with half as many calls. */
export const defaultConcurrency = (memoryMb: number): number => (memoryMb <= 512 ? 16 : 32);

/** A row younger than one relay run plus this may still be in a relay's hands. */
export const MIN_AGE_MARGIN_SECONDS = 10;
/** SQS hides a message for 12 hours at most, so no backoff may ask for more. */
export const MAX_VISIBILITY_SECONDS = 43_200;

export const DELIVERY_SETTING_NAMES = [
  "ordering",
  "backoff",
  "requeueBackoff",
  "concurrency",
  "minAgeSeconds",
  "maxDrainRate",
  "eventTypes",
  "relayTimeoutSeconds",
] as const;
type DeliverySettingName = (typeof DELIVERY_SETTING_NAMES)[number];

/**
 * Checks delivery settings and fills in the defaults.
 *
 * @param memoryMb of the functions.
 * @throws SettingError naming the setting, the value and what is allowed.
 */
export function readDeliverySettings(path: string, value: unknown, memoryMb: number): DeliverySettings {
  const given = readFields<DeliverySettingName>(path, value, DELIVERY_SETTING_NAMES);
  const relayTimeoutSeconds = readRelayTimeout(path, given.relayTimeoutSeconds);
  const minAge = {
    min: relayTimeoutSeconds + MIN_AGE_MARGIN_SECONDS,
    max: 86_400,
    because: `the relay's timeout of ${relayTimeoutSeconds} s plus ${MIN_AGE_MARGIN_SECONDS} s at least, or the sweep would race the relay`,
  };
  return {
    ordering: readOrdering(path, given),
    backoff: readBackoff(`${path}.backoff`, given.backoff ?? {}, relayTimeoutSeconds),
    requeueBackoff: readRequeueBackoff(`${path}.requeueBackoff`, given.requeueBackoff ?? {}),
    concurrency: readInteger(`${path}.concurrency`, given.concurrency ?? defaultConcurrency(memoryMb), {
      min: 1,
      max: 256,
    }),
    minAgeSeconds: readInteger(
      `${path}.minAgeSeconds`,
      given.minAgeSeconds ?? Math.max(DEFAULT_MIN_AGE_SECONDS, minAge.min),
      minAge,
    ),
    ...(given.maxDrainRate === undefined
      ? {}
      : { maxDrainRate: readInteger(`${path}.maxDrainRate`, given.maxDrainRate, { min: 1, max: 1_000_000 }) }),
    ...(given.eventTypes === undefined ? {} : { eventTypes: readEventTypes(`${path}.eventTypes`, given.eventTypes) }),
    relayTimeoutSeconds,
  };
}

function readOrdering(path: string, { ordering, eventTypes }: Fields<"ordering" | "eventTypes">): Ordering {
  const read = readOneOf(`${path}.ordering`, ordering ?? "none", ORDERINGS);
  if (read === "none" || eventTypes === undefined) return read;
  const reason =
    "a key has one parked-key record, which two relays cannot share, so it must be none where eventTypes is set";
  return refuse(`${path}.ordering`, ordering, `${reason}: give each relay a table of its own`);
}

const readRelayTimeout = (path: string, value: unknown): number =>
  readInteger(`${path}.relayTimeoutSeconds`, value ?? DEFAULT_RELAY_TIMEOUT_SECONDS, {
    min: 15,
    max: 900,
    because: "Lambda's 15 minutes at most, and time for a few attempts at least",
  });

/** How long a newly parked key rests, in milliseconds: until every relay that saw no parked-key record is over. */
export const minParkedMsOf = ({ relayTimeoutSeconds }: Pick<DeliverySettings, "relayTimeoutSeconds">): number =>
  (relayTimeoutSeconds + MIN_AGE_MARGIN_SECONDS) * 1_000;

function readBackoff(path: string, value: unknown, relayTimeoutSeconds: number): BackoffSettings {
  const mostMs = publishingMs(relayTimeoutSeconds);
  const given = readFields(path, value, ["jitter", "baseMs", "capMs", "attempts", "budgetMs"]);
  const baseMs = readInteger(`${path}.baseMs`, given.baseMs ?? DEFAULT_BACKOFF.baseMs, { min: 1, max: 60_000 });
  return {
    jitter: readOneOf(`${path}.jitter`, given.jitter ?? DEFAULT_BACKOFF.jitter, JITTERS),
    baseMs,
    capMs: readInteger(`${path}.capMs`, given.capMs ?? Math.max(DEFAULT_BACKOFF.capMs, baseMs), {
      min: baseMs,
      max: 300_000,
      because: "baseMs at least",
    }),
    attempts: readInteger(`${path}.attempts`, given.attempts ?? DEFAULT_BACKOFF.attempts, { min: 1, max: 100 }),
    budgetMs: readInteger(`${path}.budgetMs`, given.budgetMs ?? Math.min(DEFAULT_BACKOFF.budgetMs, mostMs), {
      min: 1,
      max: mostMs,
      because: `the relayTimeoutSeconds of ${relayTimeoutSeconds} less ${RELAY_CLOSING_MS / 1_000} s to park, to delete and to answer`,
    }),
  };
}

function readRequeueBackoff(path: string, value: unknown): RequeueBackoffSettings {
  const given = readFields(path, value, ["baseSeconds", "capSeconds"]);
  const baseSeconds = readInteger(`${path}.baseSeconds`, given.baseSeconds ?? DEFAULT_REQUEUE_BACKOFF.baseSeconds, {
    min: 1,
    max: MAX_VISIBILITY_SECONDS,
  });
  return {
    baseSeconds,
    capSeconds: readInteger(
      `${path}.capSeconds`,
      given.capSeconds ?? Math.max(DEFAULT_REQUEUE_BACKOFF.capSeconds, baseSeconds),
      {
        min: baseSeconds,
        max: MAX_VISIBILITY_SECONDS,
        because: "baseSeconds at least, and 12 hours, the longest SQS hides a message, at most",
      },
    ),
  };
}
