import { inTime } from "../../in-time.ts";
import type { CheckAnswer, Clock, Existence, Random } from "../../ports.ts";
import type { CheckBudget } from "./check-budget.ts";

/**
 * What one process knows of the existence of one destination, for targets that acknowledge events for a missing one.
 *
 *   unknown -- a check finds it ----------------------------> exists
 *   exists --- a check finds that it is gone ---------------> missing
 *   exists --- checks go unanswered, past the memory -------> unknown
 *   exists --- a check is denied ---------------------------> unknown, at once
 *   unknown -- checks are denied for a minute --------------> denied
 *   missing -- a check finds it, or none is answered -------> exists, unknown
 *
 * - *Exists*: events may be published.
 *   - A check confirms acknowledgements from before it *began*: one in flight may have asked before the destination went away.
 *   - While checks are answered, no proof outlasts the next check.
 *   - When a check goes unanswered (throttled, slow, 5xx), the last proof stands until the memory is over, counted from the
 *     beginning of *its own* check. No check follows for a while: all processes of an account share its quota, and so find the
 *     rate that serves all.
 * - *Unknown, missing*: nothing is published; the breaker is open and its probe is a check. The first events in such a
 *   spell wait, as do acknowledged events that are not confirmed: 5 s in all. Later events are turned away at once,
 *   except for a few that wait for an occasional check.
 *
 * At most one check is in flight, and all waiters share the next one.
 */
export interface ExistenceCheck {
  /** Whether events may be published now. */
  mayPublish(): boolean;
  /** Epoch milliseconds until which events are turned away without a check. Undefined: they are not turned away. */
  shutUntilMs(): number | undefined;
  /** Waits until events may be published, or until they certainly may not. Never rejects. */
  untilPublishable(untilMs: number): Promise<Existence>;
  /**
   * Says whether this many acknowledged events count. Only after `exists` may their rows be deleted. Never rejects.
   *
   * @param enough 1: they wait for no others. Otherwise their check waits for the last acknowledgement of the calls at
   * {@link work}, for this many events, or for a second, whichever comes first.
   */
  confirm(events: number, untilMs: number, enough: number): Promise<Existence>;
  /** Tells that a call is made that may be acknowledged. Call the result when that call is over, retries included. */
  work(): () => void;
  /** Begins a check that nobody waits for yet. */
  begin(): void;
  /** Asks for a check before the next publish, unless the last proof is within the memory. */
  renew(): void;
}

export interface ExistenceCheckOptions {
  readonly check: (untilMs: number) => Promise<CheckAnswer>;
  /** Called after each check that leaves the existence unknown. */
  readonly onUnknown: () => void;
  /** Called after every other check. */
  readonly onAnswered: () => void;
  readonly clock: Clock;
  readonly random: Random;
  readonly budget: CheckBudget;
  /** How long the last proof stands while checks go unanswered. */
  readonly memoryMs: number;
  /** How long a proof is believed without another check. */
  readonly checkEveryMs: number;
}

/** The longest wait for proof, and the longest that a spell of doubt holds an invocation. */
export const PROOF_WAIT_MS = 5_000;
/** A check without an answer after this long counts as unanswered. */
export const CHECK_TIMEOUT_MS = 2_000;
/** A check that follows another one begins this much later than it could: acknowledgements come in bursts. */
export const FOLLOW_MS = 5;
/** The longest that acknowledged events wait for others before their check begins. */
export const GATHER_MS = 1_000;
/** No check for this long after the first that proved nothing. Doubles with each such check, halves with each proof. */
const COOLDOWN_MS = 100;
const MAX_COOLDOWN_MS = 5_000;
/** How many checks are made while the last proof stands. */
const CHECKS_A_MEMORY = 8;
/** Checks denied for this long will not be allowed by waiting: the IAM of a first deployment takes less. */
export const DENIED_FOR_GOOD_MS = 60_000;

interface Waiter {
  readonly deadlineMs: number;
  /** Waits for one check only, whatever its answer. */
  readonly once?: boolean;
  readonly resolve: (existence: Existence) => void;
}

export function existenceCheck(options: ExistenceCheckOptions): ExistenceCheck {
  const { check, onUnknown, onAnswered, clock, random, budget, memoryMs, checkEveryMs } = options;
  /** Checks are numbered as they begin: an answer tells about that moment, however late it comes. */
  let checks = 0;
  let proof: { readonly exists: boolean; readonly number: number; readonly beganAtMs: number } | undefined;
  let lastUnanswered = 0;
  let lastDenied = 0;
  let deniedSinceMs: number | undefined;
  let cooldownMs = 0;
  let cooldownUntilMs = Number.NEGATIVE_INFINITY;
  /** Since when somebody has waited in this spell. */
  let waitedSinceMs: number | undefined;
  /** Waiters who want to publish: any proof will do. */
  let wantingToPublish: Waiter[] = [];
  /** Waiters whose events are acknowledged: the next check that begins will do. */
  let acknowledged: Waiter[] = [];
  /** Waiters whose events are acknowledged too, and who wait for others. */
  const gathering: Waiter[] = [];
  /** Ends the wait of the gathering. */
  let gatheringEnd = new AbortController();
  let gathered = 0;
  let working = 0;
  let isChecking = false;

  const isDoubted = () => lastUnanswered > (proof?.number ?? 0);

  function existence(): Existence {
    const nowMs = clock.now();
    if (proof !== undefined && lastDenied < proof.number) {
      if (proof.exists && (!isDoubted() || nowMs < proof.beganAtMs + memoryMs)) return "exists";
      if (!proof.exists && !isDoubted()) return "missing";
    }
    return deniedSinceMs !== undefined && nowMs - deniedSinceMs >= DENIED_FOR_GOOD_MS ? "denied" : "unknown";
  }

  function learn(answer: CheckAnswer, number: number, beganAtMs: number): void {
    if (answer === "unanswered") {
      lastUnanswered = Math.max(lastUnanswered, number);
    } else if (answer === "denied") {
      lastDenied = Math.max(lastDenied, number);
      deniedSinceMs ??= clock.now();
    } else if (number > (proof?.number ?? 0)) {
      proof = { exists: answer === "exists", number, beganAtMs };
      if (number > lastDenied) deniedSinceMs = undefined;
    }
    if (existence() === "exists") waitedSinceMs = undefined;
    if (answer === "exists") {
      cooldownMs = cooldownMs > COOLDOWN_MS ? cooldownMs / 2 : 0;
      cooldownUntilMs = Number.NEGATIVE_INFINITY;
      return;
    }
    const longestMs = existence() === "exists" ? Math.max(COOLDOWN_MS, memoryMs / CHECKS_A_MEMORY) : MAX_COOLDOWN_MS;
    cooldownMs = Math.min(MAX_COOLDOWN_MS, longestMs, Math.max(COOLDOWN_MS, 2 * cooldownMs));
    // Processes that were turned away together do not come back together.
    cooldownUntilMs = clock.now() + cooldownMs * (0.5 + random() / 2);
  }

  /** Makes checks as long as somebody waits for one. */
  async function checkWhileAwaited(): Promise<void> {
    isChecking = true;
    let turnAtMs = clock.now() + budget.takeTurn();
    while (wantingToPublish.length + acknowledged.length > 0) {
      const nowMs = clock.now();
      const firstDeadlineMs = Math.min(...[...wantingToPublish, ...acknowledged].map(({ deadlineMs }) => deadlineMs));
      // A missing destination is checked at once for acknowledged events: it may be back.
      const dueAtMs = Math.max(turnAtMs, existence() === "missing" ? 0 : cooldownUntilMs);
      if (nowMs >= firstDeadlineMs) {
        letGo(nowMs);
      } else if (nowMs < dueAtMs) {
        await clock.sleep(Math.min(dueAtMs, firstDeadlineMs) - nowMs);
      } else {
        await checkOnce(Math.min(CHECK_TIMEOUT_MS, firstDeadlineMs - nowMs));
        turnAtMs = clock.now() + Math.max(FOLLOW_MS, budget.takeTurn());
      }
    }
    isChecking = false;
  }

  async function checkOnce(limitMs: number): Promise<void> {
    gather();
    const asked = acknowledged;
    acknowledged = [];
    const beganAtMs = clock.now();
    const asking = answerOf(beganAtMs + limitMs);
    const number = ++checks;
    const answer = await inTime(asking, limitMs, "late" as const, clock);
    learn(answer === "late" ? "unanswered" : answer, number, beganAtMs);
    // Too late for those who waited, but the answer still tells about the moment when the check began.
    if (answer === "late") void asking.then((late) => late !== "unanswered" && learn(late, number, beganAtMs));
    const now = existence();
    if (now !== "exists" && now !== "missing") {
      onUnknown();
      // Unknown: waiters with time left wait for the next check.
      acknowledged = [...asked, ...acknowledged];
      if (acknowledged.length > 0) waitedSinceMs ??= beganAtMs;
      letGo(clock.now());
      return;
    }
    onAnswered();
    // No check follows an answer from memory at once, so this answer must also serve those who came meanwhile.
    const answered = [...asked, ...wantingToPublish, ...(isDoubted() ? acknowledged.splice(0) : [])];
    wantingToPublish = [];
    for (const { resolve } of answered) resolve(now);
  }

  async function answerOf(untilMs: number): Promise<CheckAnswer> {
    try {
      return await check(untilMs);
    } catch {
      // Any rejection proves nothing; the checker has already told of it.
      return "unanswered";
    }
  }

  /** Turns away everyone who has waited long enough. */
  function letGo(nowMs: number): void {
    const now = existence();
    const isOver = ({ deadlineMs, once = false }: Waiter) => once || deadlineMs <= nowMs;
    const isIn = (waiter: Waiter) => !isOver(waiter);
    for (const { resolve } of wantingToPublish.filter(isOver)) resolve(now);
    // No check has begun since these were acknowledged. A proof from before does not confirm them, but in doubt the memory does.
    for (const { resolve } of acknowledged.filter(isOver)) resolve(now === "exists" && !isDoubted() ? "unknown" : now);
    wantingToPublish = wantingToPublish.filter(isIn);
    acknowledged = acknowledged.filter(isIn);
  }

  function gather(): void {
    acknowledged.push(...gathering.splice(0));
    gathered = 0;
    gatheringEnd.abort();
    gatheringEnd = new AbortController();
  }

  function askForCheck(): void {
    gather();
    if (!isChecking) void checkWhileAwaited();
  }

  return {
    mayPublish: () => existence() === "exists",
    shutUntilMs() {
      const isShut =
        existence() === "missing" || (waitedSinceMs !== undefined && clock.now() >= waitedSinceMs + PROOF_WAIT_MS);
      return isShut && existence() !== "exists" && clock.now() < cooldownUntilMs ? cooldownUntilMs : undefined;
    },
    untilPublishable(untilMs) {
      const nowMs = clock.now();
      const now = existence();
      if (now === "exists") return Promise.resolve(now);
      waitedSinceMs ??= nowMs;
      const patienceMs = waitedSinceMs + PROOF_WAIT_MS;
      const once = now === "missing" || nowMs >= patienceMs;
      if (once && nowMs < cooldownUntilMs && !isChecking) return Promise.resolve(now);
      const deadlineMs = Math.min(untilMs, once ? nowMs + PROOF_WAIT_MS : patienceMs);
      return new Promise((resolve) => {
        wantingToPublish.push({ deadlineMs, once, resolve });
        if (!isChecking) void checkWhileAwaited();
      });
    },
    confirm(events, untilMs, enough) {
      const nowMs = clock.now();
      const isFound = existence() === "exists";
      const isRecent = isFound && !isDoubted() && nowMs < (proof?.beganAtMs ?? 0) + checkEveryMs;
      const isRemembered = isFound && isDoubted() && nowMs < cooldownUntilMs;
      if (isRecent || isRemembered) return Promise.resolve("exists");
      return new Promise((resolve) => {
        gathering.push({ deadlineMs: Math.min(untilMs, nowMs + PROOF_WAIT_MS), resolve });
        gathered += events;
        if (working === 0 || gathered >= enough) return askForCheck();
        if (gathering.length === 1) void askLater();
      });
    },
    work() {
      working += 1;
      return () => {
        working -= 1;
        if (working === 0 && gathering.length > 0) askForCheck();
      };
    },
    begin() {
      if (isChecking) return;
      wantingToPublish.push({ deadlineMs: clock.now() + CHECK_TIMEOUT_MS, once: true, resolve: () => undefined });
      void checkWhileAwaited();
    },
    renew() {
      // Counts as a check that went unanswered.
      lastUnanswered = ++checks;
      waitedSinceMs = undefined;
      cooldownUntilMs = Number.NEGATIVE_INFINITY;
    },
  };

  async function askLater(): Promise<void> {
    const { signal } = gatheringEnd;
    await clock.sleep(GATHER_MS, signal);
    if (!signal.aborted) askForCheck();
  }
}
