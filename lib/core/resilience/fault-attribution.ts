import type { Failure } from "../../contract/failure.ts";

/**
 * Whose fault it is that calls to one destination fail, as far as one invocation of the relay or one run of the
 * requeuer can tell. A failed call does not say which of its events is the cause: the receiver may be down, or one
 * event may make it answer 500 for all. So nobody is blamed for a failed call of several events; they are tried alone
 * instead:
 *
 *   trusted -- a call fails, nobody knows why ----------------------> doubted
 *   doubted -- an event is acknowledged ----------------------------> trusted; events that failed alone are to blame
 *   doubted -- a third different event fails alone, none in between -> the target's fault
 *   target's fault -- an event is acknowledged after all -----------> trusted
 *
 * - *Trusted*: calls go as the destination's breaker and concurrency allow.
 * - *Doubted*: at most three calls or events go at once, so that not every event pays for an outage. A failed call is
 *   first repeated whole, once, for most failures are a blip; then its events go alone, before everything else.
 * - *Target's fault*: no further event goes. No event is blamed.
 *
 * An event that failed alone is to blame itself if a neighbour was acknowledged since its first failure. Otherwise its
 * verdict waits until one is, until the target is known to be to blame, or until no call is left that could tell. Then
 * an acknowledgement from before its failure still speaks against the event; without any, nothing is decided, and the
 * failure is treated as the target's: no event is marked on suspicion.
 *
 * Failures that name their own cause take no part: see `isDoubtful` in `failure.ts`.
 */
export interface Evidence {
  /** Acknowledgements so far. */
  readonly passes: number;
  /** A call failed since the last acknowledgement, nobody knows by whose fault. */
  readonly doubted: boolean;
  /** Ids of the different events that failed alone since then; only as many are kept as the verdict needs. */
  readonly failedAlone: ReadonlySet<string>;
}

/**
 * - `event`: the event is to blame.
 * - `target`: no event is to blame.
 * - `undecided`: nobody could tell; treated as the target's fault.
 */
export type Blame = "event" | "target" | "undecided";

/** This many different events that fail alone, with none acknowledged in between, make it the target's fault. */
const DIFFERENT_EVENTS = 3;
/** Attempts that the events of a call make together before they go alone. */
export const WHOLE_ATTEMPTS = 2;

export const NO_EVIDENCE: Evidence = { passes: 0, doubted: false, failedAlone: new Set() };

export const afterPass = ({ passes }: Evidence): Evidence => ({ ...NO_EVIDENCE, passes: passes + 1 });

export const afterDoubt = (evidence: Evidence): Evidence =>
  evidence.doubted ? evidence : { ...evidence, doubted: true };

export function afterFailedAlone(evidence: Evidence, eventId: string): Evidence {
  if (isTargetsFault(evidence)) return evidence;
  return { ...evidence, doubted: true, failedAlone: new Set([...evidence.failedAlone, eventId]) };
}

export const isTargetsFault = ({ failedAlone }: Evidence): boolean => failedAlone.size >= DIFFERENT_EVENTS;

/** Whether a neighbour was acknowledged since the first failure. `doubtedAt`: the number of passes at that time. */
export const isSpared = ({ passes }: Evidence, doubtedAt: number | undefined): boolean =>
  doubtedAt !== undefined && passes > doubtedAt;

/** @param quiet no call is left that could tell. */
export function blameOf(evidence: Evidence, doubtedAt: number, quiet: boolean): Blame | "not-known-yet" {
  if (isSpared(evidence, doubtedAt)) return "event";
  if (isTargetsFault(evidence)) return "target";
  if (!quiet) return "not-known-yet";
  return evidence.passes > 0 ? "event" : "undecided";
}

/** How many calls or events may go at once to a doubted destination: three, less those that failed alone already. */
export const atOnce = ({ failedAlone }: Evidence): number => DIFFERENT_EVENTS - failedAlone.size;

/** How many may go at once when a run of the requeuer meets a destination: one, and after its failure two more. */
export const probesAtOnce = (evidence: Evidence): number => (evidence.failedAlone.size === 0 ? 1 : atOnce(evidence));

/** Whether a probe has used its one attempt. A destination that throttles it takes events, so the probe goes on. */
export const isSpentProbe = ({ scope, class: kind, route }: Failure): boolean =>
  scope === "target" && (kind !== "throttled" || route !== undefined);

/**
 * How often an event goes alone to a destination that has acknowledged none since it failed. Three such events and the
 * two attempts of their call make three more attempts than one event has, or one more than that: the extra cost of an
 * outage, compared with trying the call again and again.
 */
export const triesAlone = (attempts: number): number => Math.max(1, Math.floor((attempts + 2) / DIFFERENT_EVENTS));
