import type { FunctionRole } from "../../contract/deployment/function-role.ts";
import { FOREIGN_AGES } from "../../contract/settings/event-types.ts";
import type { DeploymentFault } from "./deployment-fault.ts";
import type { KnownFailure, WaitingEvent } from "./events/waiting-event.ts";
import type { SwitchState } from "./switches.ts";

/**
 * What `status` knows. A number is absent where it could not be found out. The facts of a part are absent where that
 * part is gone.
 */
export interface HealthFacts {
  readonly nowMs: number;
  /** Parts that are gone or not as they must be. */
  readonly faults: readonly DeploymentFault[];
  readonly relay: SwitchState;
  readonly requeuer: SwitchState;
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
   * Epoch milliseconds: the target has taken an event at this time or later. Absent: no delivery is known, or the relay
   * has several destinations, and a delivery to one proves nothing about the others.
   */
  readonly deliveredMs?: number;
  /** Recent failures of the target, grouped by what they say. */
  readonly failures: readonly SeenFailure[];
  readonly windowMs: number;
  readonly minAgeMs: number;
}

export interface SeenFailure extends KnownFailure {
  readonly count: number;
  readonly lastMs: number;
  /** The event that failed alone, where it could not be decided whether the event or the target is to blame. */
  readonly undecidedId?: string;
}

export type ForeignRows = Pick<Backlog, "undelivered" | "oldestMs" | "ageless">;

/** The undelivered events, counted in one scan of the table. */
export interface Backlog {
  readonly undelivered: number;
  readonly oldestMs?: number;
  /** Events whose waiting time is unknown. */
  readonly ageless: number;
  readonly resting: number;
  readonly parkedKeys: number;
  readonly behind: number;
  readonly held: number;
  readonly malformed: number;
  /** Events that rest, or are the first of a parked key, by their own fault. Malformed rows are not counted here. */
  readonly refused: number;
  /** Epoch milliseconds: since when the oldest event waits that waits for the target alone. */
  readonly oldestForTargetMs?: number;
  /** The failures of events that rest or are parked, the most frequent first. */
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

/** The event failed by its own fault, also where its mark holds no reason. */
const isRefused = ({ state, failure }: WaitingEvent): boolean =>
  (state === "resting" || state === "parked") && failure?.scope !== "target";

/** An event behind another one waits for that one, and a held event waits for the command. */
const waitsForTarget = ({ state }: WaitingEvent): boolean => state !== "behind" && state !== "held";

const MAX_FAILURES = 1_000;
/** The kinds of failure that `status` shows, the most frequent first. */
export const SHOWN_FAILURES = 5;

const NOTHING_SEEN = backlogOf().backlog();

/** What is wrong with a relay. The words and what to do are in `lib/operator/cli/texts/problem-texts.ts`. */
export type Problem =
  | { readonly kind: "fault"; readonly fault: DeploymentFault }
  | { readonly kind: "switched-off"; readonly part: FunctionRole; readonly state: SwitchState }
  /** The requeuer is on, and completed no run in the window. */
  | { readonly kind: "no-run"; readonly windowMs: number }
  /** Rows of other types wait in the table for too long. */
  | { readonly kind: "foreign-rows-late" }
  /** The relay crashed or timed out, and events wait since. */
  | { readonly kind: "relay-died"; readonly times: number }
  | { readonly kind: "target-fails"; readonly failure: SeenFailure }
  | { readonly kind: "malformed-rows"; readonly rows: number }
  | { readonly kind: "refused-events"; readonly events: number }
  /** Events wait for too long, and nothing else that is known explains it. */
  | { readonly kind: "late" };

/** Says what is wrong, the cause before its consequences. Nothing is wrong: an empty list. */
export function problemsOf(facts: HealthFacts): readonly Problem[] {
  const { backlog = NOTHING_SEEN, nowMs, minAgeMs } = facts;
  const causes = [...partProblems(facts), ...targetProblems(facts, backlog)];
  const isLate = (sinceMs: number | undefined) => sinceMs !== undefined && nowMs - sinceMs > LATE_RUNS * minAgeMs;
  const own: Problem[] = [];
  if (backlog.malformed > 0) own.push({ kind: "malformed-rows", rows: backlog.malformed });
  if (backlog.refused > 0) own.push({ kind: "refused-events", events: backlog.refused });
  const lateForTarget = causes.length === 0 && isLate(backlog.oldestForTargetMs);
  const lateAtAll = causes.length + own.length === 0 && isLate(backlog.oldestMs);
  return [...causes, ...own, ...(lateForTarget || lateAtAll ? [{ kind: "late" } as const] : [])];
}

/** What is wrong with the parts of the deployment. */
function partProblems(facts: HealthFacts): readonly Problem[] {
  const { relay, requeuer, heartbeats = 0, nowMs, minAgeMs, windowMs } = facts;
  const problems: Problem[] = facts.faults.map((fault) => ({ kind: "fault", fault }));
  for (const [part, state] of [
    ["relay", relay],
    ["requeuer", requeuer],
  ] as const) {
    if (!state.on && state.fault === undefined) problems.push({ kind: "switched-off", part, state });
  }
  if (requeuer.on && heartbeats === 0) problems.push({ kind: "no-run", windowMs });
  const foreignMs = facts.foreign?.oldestMs === undefined ? 0 : nowMs - facts.foreign.oldestMs;
  if (foreignMs >= FOREIGN_AGES * minAgeMs) problems.push({ kind: "foreign-rows-late" });
  return problems;
}

/** Why events wait for the target. */
function targetProblems(facts: HealthFacts, backlog: Backlog): readonly Problem[] {
  const { failures, nowMs, relayErrors: times = 0 } = facts;
  const problems: Problem[] = [];
  const forTargetMs = backlog.oldestForTargetMs ?? nowMs;
  // Lambda repeats the batch of a process that died. So a crash is over when no event waits any more.
  if (times > 0 && nowMs - forTargetMs > WAITS_MS) problems.push({ kind: "relay-died", times });
  for (const failure of failures.filter(({ scope }) => scope === "target").slice(0, SHOWN_FAILURES)) {
    if (stillFails(failure, facts, forTargetMs)) problems.push({ kind: "target-fails", failure });
  }
  return problems;
}

/**
 * Whether the target still fails. A row that waits for the target proves that, unless the target has taken events
 * since. Without such a row, only a failure of the last minute counts. Rows that fail by their own fault prove nothing
 * about the target.
 */
function stillFails({ lastMs }: SeenFailure, facts: HealthFacts, forTargetMs: number): boolean {
  const { nowMs, minAgeMs, deliveredMs } = facts;
  if (deliveredMs !== undefined && deliveredMs > lastMs) return false;
  const sinceMs = nowMs - lastMs;
  const waitsMs = nowMs - forTargetMs;
  return sinceMs < JUST_NOW_MS || waitsMs > LATE_RUNS * minAgeMs || (waitsMs > WAITS_MS && sinceMs < OF_LATE_MS);
}

/** A row that waits for longer than this is late, and not just on its way. */
const WAITS_MS = 30_000;
/** A failure of the target that is younger than this counts as lasting, even if no event has waited for long yet. */
const JUST_NOW_MS = 60_000;
/** A failure of the target that is older than this may be over. */
const OF_LATE_MS = 5 * 60_000;
/** The sweep takes a row at its minimum age, and needs a run or two for it. */
const LATE_RUNS = 2;
