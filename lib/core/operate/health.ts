import { FOREIGN_AGES } from "../event-types.ts";
import type { SwitchState } from "./switches.ts";
import { FIX_OF_MALFORMED, type KnownFailure, type WaitingEvent } from "./waiting-event.ts";

/** What `status` knows. A number is absent where nobody could tell, and what a part tells where that part is gone. */
export interface HealthFacts {
  readonly nowMs: number;
  /** Parts that are gone or not as they must be. */
  readonly faults: readonly Problem[];
  readonly relay: PartFacts;
  readonly requeuer: PartFacts;
  readonly backlog?: Backlog;
  /** Rows of the table that are not this relay's. Absent: every row is. */
  readonly foreign?: ForeignRows;
  readonly letters?: { readonly visible: number; readonly hidden: number };
  readonly quarantined?: { readonly events: number; readonly more: boolean };
  /** Runs that the requeuer completed in the window. Absent: CloudWatch has heard of none. */
  readonly heartbeats?: number;
  readonly requeuerErrors?: number;
  readonly relayErrors?: number;
  readonly iteratorAgeMs?: number;
  readonly breakerOpen?: boolean;
  /**
   * Epoch milliseconds: the target has taken an event at this time or later. Absent: nobody knows of a delivery, or the relay
   * has several destinations, of which one says nothing of another.
   */
  readonly deliveredMs?: number;
  /** Failures of the target of late, by what they say. */
  readonly failures: readonly SeenFailure[];
  readonly windowMs: number;
  readonly minAgeMs: number;
}

export type PartFacts = Pick<SwitchState, "on" | "words" | "fault">;

export interface SeenFailure extends KnownFailure {
  readonly count: number;
  readonly lastMs: number;
  /** The event that failed so, alone, where nobody could tell whether it or the target is to blame. */
  readonly undecidedId?: string;
}

export type ForeignRows = Pick<Backlog, "undelivered" | "oldestMs" | "ageless">;

/** The undelivered events, added up in one look at the table. */
export interface Backlog {
  readonly undelivered: number;
  readonly oldestMs?: number;
  /** Of whom nobody knows since when they wait. */
  readonly ageless: number;
  readonly resting: number;
  readonly parkedKeys: number;
  readonly behind: number;
  readonly held: number;
  readonly malformed: number;
  /** Rest, or are the first of a parked key, by their own fault. Malformed rows are not among them. */
  readonly refused: number;
  /** Epoch milliseconds: since when the oldest waits of those that nothing but the target keeps here. */
  readonly oldestForTargetMs?: number;
  /** Of events that rest or are parked, by what they say, the most frequent first. */
  readonly failures: readonly SeenFailure[];
}

export function backlogOf(): { readonly see: (event: WaitingEvent) => void; readonly backlog: () => Backlog } {
  const states = new Map<string, number>();
  const failures = new Map<string, { -readonly [Name in keyof SeenFailure]: SeenFailure[Name] }>();
  let oldestMs: number | undefined;
  let undelivered = 0;
  let oldestForTargetMs: number | undefined;
  let malformed = 0;
  let refused = 0;
  let ageless = 0;
  return {
    see(event) {
      const { state, sinceMs, failure, type } = event;
      undelivered += 1;
      if (type === undefined) malformed += 1;
      else if (isRefused(event)) refused += 1;
      else if (waitsForTarget(event) && sinceMs !== undefined) {
        oldestForTargetMs = Math.min(oldestForTargetMs ?? sinceMs, sinceMs);
      }
      states.set(state, (states.get(state) ?? 0) + 1);
      if (sinceMs === undefined) ageless += 1;
      else oldestMs = Math.min(oldestMs ?? sinceMs, sinceMs);
      if (failure === undefined) return;
      const text = `${failure.class}/${failure.code}/${failure.message}`;
      const seen = failures.get(text) ?? { ...failure, count: 0, lastMs: 0 };
      seen.count += 1;
      if (failures.has(text) || failures.size < MAX_FAILURES) failures.set(text, seen);
    },
    backlog: () => ({
      undelivered,
      ...(oldestMs === undefined ? {} : { oldestMs }),
      ageless,
      resting: states.get("resting") ?? 0,
      parkedKeys: states.get("parked") ?? 0,
      behind: states.get("behind") ?? 0,
      held: states.get("held") ?? 0,
      malformed,
      refused,
      ...(oldestForTargetMs === undefined ? {} : { oldestForTargetMs }),
      failures: [...failures.values()].sort((one, other) => other.count - one.count).slice(0, SHOWN_FAILURES),
    }),
  };
}

/** It failed by its own fault, whether or not its mark says so in words. */
const isRefused = ({ state, failure }: WaitingEvent): boolean =>
  (state === "resting" || state === "parked") && failure?.scope !== "target";

/** What stands behind another event waits for that one, and what a command holds for the command. */
const waitsForTarget = ({ state }: WaitingEvent): boolean => state !== "behind" && state !== "held";

const MAX_FAILURES = 1_000;
const SHOWN_FAILURES = 5;

const NOTHING_SEEN = backlogOf().backlog();
const MINUTE_MS = 60_000;

export interface Problem {
  readonly what: string;
  /** What to do about it: a command, or where to look. */
  readonly fix: string;
}

/** Says what is wrong, the cause before its consequences. Nothing is wrong: an empty list. */
export function problemsOf(facts: HealthFacts): readonly Problem[] {
  const { backlog = NOTHING_SEEN, relay, requeuer, failures, heartbeats = 0, nowMs, minAgeMs, windowMs } = facts;
  const problems: Problem[] = [...facts.faults];
  const tell = (wrong: boolean, what: string, fix: string) => {
    if (wrong) problems.push({ what, fix });
  };
  tell(
    !relay.on && relay.fault === undefined,
    `The relay is switched off (${relay.words})`,
    "outbox-relay resume relay --yes",
  );
  tell(
    !requeuer.on && requeuer.fault === undefined,
    `The requeuer is switched off (${requeuer.words})`,
    "outbox-relay resume requeuer --yes",
  );
  tell(
    requeuer.on && heartbeats === 0,
    `The requeuer has not completed a run in ${windowMs / MINUTE_MS} minutes`,
    "outbox-relay doctor; where it was deployed or resumed just now, wait for its next run",
  );
  const foreignMs = facts.foreign?.oldestMs === undefined ? 0 : nowMs - facts.foreign.oldestMs;
  tell(
    foreignMs >= FOREIGN_AGES * minAgeMs,
    "Rows of other types than this relay's wait in its table for longer than they should: their relay does not deliver, or they have none",
    "outbox-relay list --foreign, and status of the relay that has their type; where none has it, give it to one in eventTypes",
  );
  const isLate = (sinceMs: number | undefined) => sinceMs !== undefined && nowMs - sinceMs > LATE_RUNS * minAgeMs;
  const forTargetMs = backlog.oldestForTargetMs ?? nowMs;
  const waitsMs = nowMs - forTargetMs;
  // Lambda repeats what a process that died had in hand: a death is over when nothing waits any more.
  tell(
    (facts.relayErrors ?? 0) > 0 && waitsMs > WAITS_MS,
    `The relay crashed or timed out ${facts.relayErrors} times of late`,
    "outbox-relay doctor",
  );
  for (const failure of failures.filter(({ scope }) => scope === "target").slice(0, SHOWN_FAILURES)) {
    const { code = "", message, undecidedId } = failure;
    tell(
      stillFails(failure, facts, forTargetMs),
      undecidedId === undefined
        ? `The target fails: ${code}: ${message}`
        : `Event ${undecidedId} fails alone, and too few others were there to tell whether it or the target is to blame: ${code}: ${message}`,
      undecidedId !== undefined
        ? `outbox-relay show ${undecidedId}, and look at the target; the next event that it takes or fails decides`
        : failure.class === "throttled"
          ? "raise the target's quota"
          : "repair the target; the requeuer then drains by itself",
    );
  }
  const lateFor = problems.length > 0 ? undefined : backlog.oldestForTargetMs;
  tell(
    backlog.malformed > 0,
    backlog.malformed === 1 ? "1 row breaks the item contract" : `${backlog.malformed} rows break the item contract`,
    `outbox-relay list --failure MalformedRow; ${FIX_OF_MALFORMED}`,
  );
  tell(
    backlog.refused > 0,
    backlog.refused === 1 ? "1 event fails by its own fault" : `${backlog.refused} events fail by their own fault`,
    "outbox-relay list --scope event, and outbox-relay show <id> for one of them",
  );
  tell(
    isLate(lateFor) || (problems.length === 0 && isLate(backlog.oldestMs)),
    "Events wait for longer than they should",
    "outbox-relay list, and outbox-relay show <id> for one of them",
  );
  return problems;
}

/**
 * Whether the target fails still, and did not just fail once. A row that waited for it says so, unless the target has taken
 * events since; without one only a failure of a moment ago does. Rows that fail by their own fault say nothing of it.
 */
function stillFails({ lastMs }: SeenFailure, facts: HealthFacts, forTargetMs: number): boolean {
  const { nowMs, minAgeMs, deliveredMs } = facts;
  if (deliveredMs !== undefined && deliveredMs > lastMs) return false;
  const sinceMs = nowMs - lastMs;
  const waitsMs = nowMs - forTargetMs;
  return sinceMs < JUST_NOW_MS || waitsMs > LATE_RUNS * minAgeMs || (waitsMs > WAITS_MS && sinceMs < OF_LATE_MS);
}

/** A row that waits for longer than this is not just on its way. */
const WAITS_MS = 30_000;
/** A failure of the target that is not older than this is not over, whether or not anything waits for long yet. */
const JUST_NOW_MS = 60_000;
/** A failure of the target that is older than this may be over. */
const OF_LATE_MS = 5 * 60_000;
/** The sweep takes a row at its minimum age, and needs a run or two for it. */
const LATE_RUNS = 2;
