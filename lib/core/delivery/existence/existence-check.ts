import { inTime } from "../../in-time.ts";
import type { CheckAnswer, Existence } from "../../ports.ts";
import { type Check, CheckAnswers, type CheckAnswersOptions } from "./check-answers.ts";
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

export interface ExistenceCheckOptions extends CheckAnswersOptions {
  readonly check: (untilMs: number) => Promise<CheckAnswer>;
  /** Called after each check that leaves the existence unknown. */
  readonly onUnknown: () => void;
  /** Called after every other check. */
  readonly onAnswered: () => void;
  readonly budget: CheckBudget;
}

/** The longest wait for proof, and the longest that a spell of doubt holds an invocation. */
export const PROOF_WAIT_MS = 5_000;
/** A check without an answer after this long counts as unanswered. */
export const CHECK_TIMEOUT_MS = 2_000;
/** A check that follows another one begins this much later than it could: acknowledgements come in bursts. */
export const FOLLOW_MS = 5;
/** The longest that acknowledged events wait for others before their check begins. */
export const GATHER_MS = 1_000;

interface Waiter {
  readonly deadlineMs: number;
  /** Waits for one check only, whatever its answer. */
  readonly once?: boolean;
  readonly resolve: (existence: Existence) => void;
}

export const existenceCheck = (options: ExistenceCheckOptions): ExistenceCheck => new SharedCheck(options);

/** Everyone who waits for the same destination, and the checks that are made for them. */
class SharedCheck implements ExistenceCheck {
  readonly #options: ExistenceCheckOptions;
  readonly #answers: CheckAnswers;
  /** Since when somebody has waited in this spell. Undefined while the destination exists. */
  #waitedSinceMs: number | undefined;
  /** Waiters who want to publish: any proof will do. */
  #wantingToPublish: Waiter[] = [];
  /** Waiters whose events are acknowledged: the next check that begins will do. */
  #acknowledged: Waiter[] = [];
  /** Waiters whose events are acknowledged too, and who wait for others. */
  readonly #gathering: Waiter[] = [];
  /** Ends the wait of the gathering. */
  #gatheringEnd = new AbortController();
  #gathered = 0;
  #working = 0;
  #isChecking = false;

  constructor(options: ExistenceCheckOptions) {
    this.#options = options;
    this.#answers = new CheckAnswers(options);
  }

  mayPublish(): boolean {
    return this.#answers.existence === "exists";
  }

  shutUntilMs(): number | undefined {
    const { existence, cooldownUntilMs } = this.#answers;
    const nowMs = this.#options.clock.now();
    const isShut =
      existence === "missing" || (this.#waitedSinceMs !== undefined && nowMs >= this.#waitedSinceMs + PROOF_WAIT_MS);
    return isShut && nowMs < cooldownUntilMs ? cooldownUntilMs : undefined;
  }

  untilPublishable(untilMs: number): Promise<Existence> {
    const nowMs = this.#options.clock.now();
    const now = this.#answers.existence;
    if (now === "exists") return Promise.resolve(now);
    this.#waitedSinceMs ??= nowMs;
    const patienceMs = this.#waitedSinceMs + PROOF_WAIT_MS;
    const once = now === "missing" || nowMs >= patienceMs;
    if (once && nowMs < this.#answers.cooldownUntilMs && !this.#isChecking) return Promise.resolve(now);
    const deadlineMs = Math.min(untilMs, once ? nowMs + PROOF_WAIT_MS : patienceMs);
    return new Promise((resolve) => {
      this.#wantingToPublish.push({ deadlineMs, once, resolve });
      if (!this.#isChecking) void this.#checkWhileAwaited();
    });
  }

  confirm(events: number, untilMs: number, enough: number): Promise<Existence> {
    if (this.#answers.confirmsNow) return Promise.resolve("exists");
    const nowMs = this.#options.clock.now();
    return new Promise((resolve) => {
      this.#gathering.push({ deadlineMs: Math.min(untilMs, nowMs + PROOF_WAIT_MS), resolve });
      this.#gathered += events;
      if (this.#working === 0 || this.#gathered >= enough) return this.#askForCheck();
      if (this.#gathering.length === 1) void this.#askLater();
    });
  }

  work(): () => void {
    this.#working += 1;
    return () => {
      this.#working -= 1;
      if (this.#working === 0 && this.#gathering.length > 0) this.#askForCheck();
    };
  }

  begin(): void {
    if (this.#isChecking) return;
    const deadlineMs = this.#options.clock.now() + CHECK_TIMEOUT_MS;
    this.#wantingToPublish.push({ deadlineMs, once: true, resolve: () => undefined });
    void this.#checkWhileAwaited();
  }

  renew(): void {
    this.#answers.doubt();
    this.#waitedSinceMs = undefined;
  }

  /** Makes checks as long as somebody waits for one. */
  async #checkWhileAwaited(): Promise<void> {
    const { clock, budget } = this.#options;
    this.#isChecking = true;
    let turnAtMs = clock.now() + budget.takeTurn();
    while (this.#wantingToPublish.length + this.#acknowledged.length > 0) {
      const nowMs = clock.now();
      const deadlines = [...this.#wantingToPublish, ...this.#acknowledged].map(({ deadlineMs }) => deadlineMs);
      const firstDeadlineMs = Math.min(...deadlines);
      // A missing destination is checked at once for acknowledged events: it may be back.
      const { existence, cooldownUntilMs } = this.#answers;
      const dueAtMs = Math.max(turnAtMs, existence === "missing" ? 0 : cooldownUntilMs);
      if (nowMs >= firstDeadlineMs) {
        this.#letGo(nowMs);
      } else if (nowMs < dueAtMs) {
        await clock.sleep(Math.min(dueAtMs, firstDeadlineMs) - nowMs);
      } else {
        await this.#checkOnce(Math.min(CHECK_TIMEOUT_MS, firstDeadlineMs - nowMs));
        turnAtMs = clock.now() + Math.max(FOLLOW_MS, budget.takeTurn());
      }
    }
    this.#isChecking = false;
  }

  async #checkOnce(limitMs: number): Promise<void> {
    const { clock, onUnknown, onAnswered } = this.#options;
    this.#gather();
    const asked = this.#acknowledged;
    this.#acknowledged = [];
    const check = this.#answers.begin();
    const asking = this.#answerOf(check.beganAtMs + limitMs);
    const answer = await inTime(asking, limitMs, "late" as const, clock);
    this.#learn(answer === "late" ? "unanswered" : answer, check);
    // Too late for those who waited, but the answer still tells about the moment when the check began.
    if (answer === "late") void asking.then((late) => late !== "unanswered" && this.#learn(late, check));
    const now = this.#answers.existence;
    if (now !== "exists" && now !== "missing") {
      onUnknown();
      // Unknown: waiters with time left wait for the next check.
      this.#acknowledged = [...asked, ...this.#acknowledged];
      if (this.#acknowledged.length > 0) this.#waitedSinceMs ??= check.beganAtMs;
      this.#letGo(clock.now());
      return;
    }
    onAnswered();
    // No check follows an answer from memory at once, so this answer must also serve those who came meanwhile.
    const meanwhile = this.#answers.isDoubted ? this.#acknowledged.splice(0) : [];
    const answered = [...asked, ...this.#wantingToPublish, ...meanwhile];
    this.#wantingToPublish = [];
    for (const { resolve } of answered) resolve(now);
  }

  async #answerOf(untilMs: number): Promise<CheckAnswer> {
    try {
      return await this.#options.check(untilMs);
    } catch {
      // Any rejection proves nothing; the checker has already told of it.
      return "unanswered";
    }
  }

  #learn(answer: CheckAnswer, check: Check): void {
    this.#answers.learn(answer, check);
    if (this.#answers.existence === "exists") this.#waitedSinceMs = undefined;
  }

  /** Turns away everyone who has waited long enough. */
  #letGo(nowMs: number): void {
    const { existence, isDoubted } = this.#answers;
    const isOver = ({ deadlineMs, once = false }: Waiter) => once || deadlineMs <= nowMs;
    const isIn = (waiter: Waiter) => !isOver(waiter);
    for (const { resolve } of this.#wantingToPublish.filter(isOver)) resolve(existence);
    // No check has begun since these were acknowledged. A proof from before does not confirm them, but in doubt the memory does.
    const unconfirmed = existence === "exists" && !isDoubted ? "unknown" : existence;
    for (const { resolve } of this.#acknowledged.filter(isOver)) resolve(unconfirmed);
    this.#wantingToPublish = this.#wantingToPublish.filter(isIn);
    this.#acknowledged = this.#acknowledged.filter(isIn);
  }

  #gather(): void {
    this.#acknowledged.push(...this.#gathering.splice(0));
    this.#gathered = 0;
    this.#gatheringEnd.abort();
    this.#gatheringEnd = new AbortController();
  }

  #askForCheck(): void {
    this.#gather();
    if (!this.#isChecking) void this.#checkWhileAwaited();
  }

  async #askLater(): Promise<void> {
    const { signal } = this.#gatheringEnd;
    await this.#options.clock.sleep(GATHER_MS, signal);
    if (!signal.aborted) this.#askForCheck();
  }
}
