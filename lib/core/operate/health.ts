import type { KnownFailure, WaitingEvent } from "./waiting-event.ts";

/** What `status` knows. A number is absent where nobody could tell. */
export interface HealthFacts {
  readonly nowMs: number;
  readonly relay: { readonly on: boolean; readonly words: string };
  readonly requeuer: { readonly on: boolean; readonly words: string };
  readonly backlog: Backlog;
  readonly letters: { readonly visible: number; readonly hidden: number };
  readonly quarantined: { readonly events: number; readonly more: boolean };
  /** Runs that the requeuer completed in the window. */
  readonly heartbeats?: number;
  readonly requeuerErrors?: number;
  readonly relayErrors?: number;
  readonly iteratorAgeMs?: number;
  readonly breakerOpen?: boolean;
  /** Failures of the target of late, by what they say. */
  readonly failures: readonly SeenFailure[];
  readonly windowMs: number;
  readonly minAgeMs: number;
}

export interface SeenFailure extends KnownFailure {
  readonly count: number;
  readonly lastMs: number;
}

/** The undelivered events, added up in one look at the table. */
export interface Backlog {
  readonly undelivered: number;
  readonly oldestMs?: number;
  readonly resting: number;
  readonly parkedKeys: number;
  readonly behind: number;
  readonly held: number;
  readonly malformed: number;
  /** Of events that rest or are parked, by what they say, the most frequent first. */
  readonly failures: readonly SeenFailure[];
}

export function backlogOf(): { readonly see: (event: WaitingEvent) => void; readonly backlog: () => Backlog } {
  const states = new Map<string, number>();
  const failures = new Map<string, { -readonly [Name in keyof SeenFailure]: SeenFailure[Name] }>();
  let oldestMs: number | undefined;
  let undelivered = 0;
  let malformed = 0;
  return {
    see({ state, sinceMs, failure, type }) {
      undelivered += 1;
      if (type === undefined) malformed += 1;
      states.set(state, (states.get(state) ?? 0) + 1);
      if (sinceMs !== undefined) oldestMs = Math.min(oldestMs ?? sinceMs, sinceMs);
      if (failure === undefined) return;
      const text = `${failure.class}/${failure.code}/${failure.message}`;
      const seen = failures.get(text) ?? { ...failure, count: 0, lastMs: 0 };
      seen.count += 1;
      if (failures.has(text) || failures.size < MAX_FAILURES) failures.set(text, seen);
    },
    backlog: () => ({
      undelivered,
      ...(oldestMs === undefined ? {} : { oldestMs }),
      resting: states.get("resting") ?? 0,
      parkedKeys: states.get("parked") ?? 0,
      behind: states.get("behind") ?? 0,
      held: states.get("held") ?? 0,
      malformed,
      failures: [...failures.values()].sort((one, other) => other.count - one.count).slice(0, SHOWN_FAILURES),
    }),
  };
}

const MAX_FAILURES = 1_000;
const SHOWN_FAILURES = 5;

export interface Problem {
  readonly what: string;
  /** What to do about it: a command, or where to look. */
  readonly fix: string;
}

/** Says what is wrong, the cause before its consequences. Nothing is wrong: an empty list. */
export function problemsOf(facts: HealthFacts): readonly Problem[] {
  const { backlog, relay, requeuer, failures, heartbeats, nowMs, minAgeMs } = facts;
  const problems: Problem[] = [];
  const tell = (wrong: boolean, what: string, fix: string) => {
    if (wrong) problems.push({ what, fix });
  };
  tell(!relay.on, `The relay is switched off (${relay.words})`, "outbox-relay resume relay --yes");
  tell(!requeuer.on, `The requeuer is switched off (${requeuer.words})`, "outbox-relay resume requeuer --yes");
  tell(requeuer.on && heartbeats === 0, "The requeuer has not completed a run of late", "outbox-relay doctor");
  const waitsMs = backlog.oldestMs === undefined ? 0 : nowMs - backlog.oldestMs;
  const late = waitsMs > LATE_RUNS * minAgeMs;
  // Lambda repeats what a process that died had in hand: a death is over when nothing waits any more.
  tell(
    (facts.relayErrors ?? 0) > 0 && waitsMs > WAITS_MS,
    `The relay crashed or timed out ${facts.relayErrors} times of late`,
    "outbox-relay doctor",
  );
  for (const failure of failures.filter(({ scope }) => scope === "target").slice(0, SHOWN_FAILURES)) {
    tell(
      late || (waitsMs > WAITS_MS && nowMs - failure.lastMs < OF_LATE_MS),
      `The target fails: ${failure.code ?? ""}: ${failure.message}`,
      failure.class === "throttled"
        ? "raise the target's quota"
        : "repair the target; the requeuer then drains by itself",
    );
  }
  tell(
    backlog.malformed > 0,
    backlog.malformed === 1 ? "1 row breaks the item contract" : `${backlog.malformed} rows break the item contract`,
    "outbox-relay list --failure MalformedRow; repair them, and retry them",
  );
  const own = backlog.resting + backlog.parkedKeys - backlog.malformed;
  tell(
    own > 0,
    own === 1 ? "1 event fails by its own fault" : `${own} events fail by their own fault`,
    "outbox-relay list --scope event, and outbox-relay show <id> for one of them",
  );
  tell(
    late && problems.length === 0,
    "Events wait for longer than they should",
    "outbox-relay list, and outbox-relay show <id> for one of them",
  );
  return problems;
}

/** A row that waits for longer than this is not just on its way. */
const WAITS_MS = 30_000;
/** A failure of the target that is older than this may be over. */
const OF_LATE_MS = 5 * 60_000;
/** The sweep takes a row at its minimum age, and needs a run or two for it. */
const LATE_RUNS = 2;
