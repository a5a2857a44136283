import type { Clock } from "../../ports.ts";
import {
  admit,
  afterAnswer,
  afterFailure,
  afterVerdict,
  type Breaker,
  type BreakerLimits,
  CLOSED,
  coolingDownUntil,
} from "../../resilience/breaker.ts";
import { afterSuccess, afterThrottle, type Concurrency } from "../../resilience/concurrency.ts";
import type { Rate } from "../../resilience/rate.ts";
import type { ExistenceCheck } from "../existence/existence-check.ts";
import { NOTHING_TO_CHECK } from "../existence/existences.ts";
import { adaptiveRateLimiter } from "./adaptive-rate-limiter.ts";
import type { CallVerdict } from "./call-verdict.ts";

/**
 * The way in to one destination: as many calls at once as its concurrency allows, and none while its breaker is open.
 * One per destination and process, so that a sick destination keeps nobody else waiting.
 */
export interface DestinationLimiter {
  /**
   * Waits for a place. Every `admitted` and every `probe` must be followed by one `leave`. A probe is a call of one
   * event. `existence-unknown`: the destination may not exist.
   */
  enter(untilMs: number): Promise<"admitted" | "probe" | "breaker-open" | "deadline-exceeded" | "existence-unknown">;
  leave(verdict: CallVerdict, calledAtMs: number): void;
  /** Admits nothing until `untilMs` (epoch milliseconds), whatever calls under way answer: the target asked for it. */
  coolDown(untilMs: number): void;
  /** Admits nothing for a while: the target is known to be to blame. */
  trip(): void;
  /** Also open while it is unknown whether the destination exists and no check is due. */
  readonly breaker: Breaker;
  /** How many calls may be out at once now. */
  readonly widthNow: number;
  readonly existence: ExistenceCheck;
  readonly settings: LimiterSettings;
}

export interface LimiterSettings {
  readonly start: Concurrency;
  readonly maxConcurrency: number;
  readonly breaker: BreakerLimits;
  /** The rate of calls at the start. Absent: calls are not limited. */
  readonly rate?: Rate;
  /**
   * Follows earlier limiters of the same destination: existence is proved anew before the first call, and
   * acknowledgements do not wait for one another before they are confirmed.
   */
  readonly anew: boolean;
}

/** What calls to a destination have taught. May outlive the limiter. */
export interface LimiterMemory {
  /** Epoch milliseconds until which the destination asked to be left alone. */
  cooldownUntilMs: number;
  /** How many calls a second the destination took. Absent: not known yet. */
  rate?: Rate;
}

export function destinationLimiter(
  settings: LimiterSettings,
  clock: Clock,
  memory: LimiterMemory = { cooldownUntilMs: 0 },
  existence: ExistenceCheck = NOTHING_TO_CHECK,
): DestinationLimiter {
  const { start, maxConcurrency, breaker: limits, rate } = settings;
  const isCoolingDown = () => memory.cooldownUntilMs > clock.now();
  const rateLimiter =
    rate === undefined ? undefined : adaptiveRateLimiter(Object.assign(memory, { rate: memory.rate ?? rate }), clock);
  let breaker = isCoolingDown() ? coolingDownUntil(memory.cooldownUntilMs) : CLOSED;
  let concurrency = start;
  let inside = 0;
  const waiting: (() => void)[] = [];

  const wake = () => {
    for (const enter of waiting.splice(0, Math.max(0, Math.floor(concurrency.limit) - inside))) {
      inside += 1;
      enter();
    }
  };
  const place = async () => {
    if (inside < Math.floor(concurrency.limit)) {
      inside += 1;
      return;
    }
    await new Promise<void>((resolve) => waiting.push(resolve));
  };
  const giveBack = () => {
    inside -= 1;
    wake();
  };

  return {
    settings,
    existence,
    get breaker() {
      const shutUntilMs = existence.shutUntilMs();
      return shutUntilMs === undefined ? breaker : coolingDownUntil(shutUntilMs);
    },
    get widthNow() {
      return Math.floor(concurrency.limit);
    },
    async enter(untilMs) {
      if (rateLimiter !== undefined) await rateLimiter.turn(untilMs);
      await place();
      const now = clock.now();
      if (now >= untilMs) {
        giveBack();
        return "deadline-exceeded";
      }
      if (!existence.mayPublish()) {
        giveBack();
        return "existence-unknown";
      }
      const answer = admit(breaker, now);
      breaker = answer.breaker;
      if (!answer.admitted) {
        giveBack();
        return "breaker-open";
      }
      return breaker.kind === "half-open" ? "probe" : "admitted";
    },
    leave(verdict, calledAtMs) {
      const now = clock.now();
      if (!isCoolingDown() && verdict !== "unclear") {
        breaker = verdict === "failed" ? afterFailure(breaker, now, limits) : afterAnswer();
      }
      rateLimiter?.observe(verdict, calledAtMs);
      if (verdict === "answered") concurrency = afterSuccess(concurrency, maxConcurrency);
      if (verdict === "throttled") concurrency = afterThrottle(concurrency, calledAtMs, now);
      giveBack();
    },
    coolDown(untilMs) {
      memory.cooldownUntilMs = Math.max(memory.cooldownUntilMs, untilMs);
      breaker = coolingDownUntil(memory.cooldownUntilMs);
    },
    trip() {
      breaker = afterVerdict(breaker, clock.now(), limits);
    },
  };
}
