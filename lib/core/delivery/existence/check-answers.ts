import type { CheckAnswer, Clock, Existence, Random } from "../../ports.ts";

/** A check, as it begins. An answer tells about that moment, however late it comes. */
export interface Check {
  readonly number: number;
  /** Epoch milliseconds. */
  readonly beganAtMs: number;
}

export interface CheckAnswersOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** How long the last proof stands while checks go unanswered. */
  readonly memoryMs: number;
  /** How long a proof is believed without another check. */
  readonly checkEveryMs: number;
}

/** No check for this long after the first that proved nothing. Doubles with each such check, halves with each proof. */
const COOLDOWN_MS = 100;
const MAX_COOLDOWN_MS = 5_000;
/** How many checks are made while the last proof stands. */
const CHECKS_A_MEMORY = 8;
/** Checks denied for this long will not be allowed by waiting: the IAM of a first deployment takes less. */
export const DENIED_FOR_GOOD_MS = 60_000;

/** What the answers to the checks of one destination prove, and how long the next check must wait for its turn. */
export class CheckAnswers {
  readonly #options: CheckAnswersOptions;
  #begun = 0;
  #proof: (Check & { readonly exists: boolean }) | undefined;
  #lastUnanswered = 0;
  #lastDenied = 0;
  #deniedSinceMs: number | undefined;
  #cooldownMs = 0;
  #cooldownUntilMs = Number.NEGATIVE_INFINITY;

  constructor(options: CheckAnswersOptions) {
    this.#options = options;
  }

  get existence(): Existence {
    const { clock, memoryMs } = this.#options;
    const nowMs = clock.now();
    const proof = this.#proof;
    if (proof !== undefined && this.#lastDenied < proof.number) {
      if (proof.exists && (!this.isDoubted || nowMs < proof.beganAtMs + memoryMs)) return "exists";
      if (!proof.exists && !this.isDoubted) return "missing";
    }
    const deniedSinceMs = this.#deniedSinceMs;
    return deniedSinceMs !== undefined && nowMs - deniedSinceMs >= DENIED_FOR_GOOD_MS ? "denied" : "unknown";
  }

  /** A check has gone unanswered since the last proof. */
  get isDoubted(): boolean {
    return this.#lastUnanswered > (this.#proof?.number ?? 0);
  }

  /** Whether what is acknowledged now counts without another check. */
  get confirmsNow(): boolean {
    if (this.existence !== "exists") return false;
    const { clock, checkEveryMs } = this.#options;
    const nowMs = clock.now();
    return this.isDoubted ? nowMs < this.#cooldownUntilMs : nowMs < (this.#proof?.beganAtMs ?? 0) + checkEveryMs;
  }

  /** Epoch milliseconds, also of the past: until then no check should begin. */
  get cooldownUntilMs(): number {
    return this.#cooldownUntilMs;
  }

  begin(): Check {
    this.#begun += 1;
    return { number: this.#begun, beganAtMs: this.#options.clock.now() };
  }

  learn(answer: CheckAnswer, { number, beganAtMs }: Check): void {
    if (answer === "unanswered") {
      this.#lastUnanswered = Math.max(this.#lastUnanswered, number);
    } else if (answer === "denied") {
      this.#lastDenied = Math.max(this.#lastDenied, number);
      this.#deniedSinceMs ??= this.#options.clock.now();
    } else if (number > (this.#proof?.number ?? 0)) {
      this.#proof = { exists: answer === "exists", number, beganAtMs };
      if (number > this.#lastDenied) this.#deniedSinceMs = undefined;
    }
    if (answer === "exists") this.#warmUp();
    else this.#coolDown();
  }

  /** The last proof counts from now on as if a check had gone unanswered, and a check may begin at once. */
  doubt(): void {
    this.#begun += 1;
    this.#lastUnanswered = this.#begun;
    this.#cooldownUntilMs = Number.NEGATIVE_INFINITY;
  }

  #warmUp(): void {
    this.#cooldownMs /= 2;
    this.#cooldownUntilMs = Number.NEGATIVE_INFINITY;
  }

  #coolDown(): void {
    const { clock, random, memoryMs } = this.#options;
    const longestMs = this.existence === "exists" ? Math.max(COOLDOWN_MS, memoryMs / CHECKS_A_MEMORY) : MAX_COOLDOWN_MS;
    this.#cooldownMs = Math.min(MAX_COOLDOWN_MS, longestMs, Math.max(COOLDOWN_MS, 2 * this.#cooldownMs));
    // Processes that were turned away together do not come back together.
    this.#cooldownUntilMs = clock.now() + this.#cooldownMs * (0.5 + random() / 2);
  }
}
