import type { OutboxEvent } from "../../lib/contract/event.ts";
import {
  ACKNOWLEDGED,
  type CheckAnswer,
  type Clock,
  type Publisher,
  type PublishResult,
  type Random,
} from "../../lib/core/ports.ts";
import { TARGET_MS } from "../stubs/stub-server.ts";

/** DescribeEventBus of an account and region. https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html */
const CHECKS_PER_SECOND = 50;

export interface QuotaTargetOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Events a second; a second's worth can accumulate. Calls above it are throttled as a whole. */
  readonly eventsPerSecond: number;
}

/** EventBridge on simulated time: ten events per call, a quota, and a check whether the bus exists. */
export class QuotaTarget {
  /** Called for each event when it is taken, with the time in epoch milliseconds. */
  onTaken: (event: OutboxEvent, atMs: number) => void = () => undefined;
  taken = 0;
  readonly #options: QuotaTargetOptions;
  #tokens: number;
  #filledAtMs: number;
  #checks = CHECKS_PER_SECOND;
  #checkedAtMs: number;

  constructor(options: QuotaTargetOptions) {
    this.#options = options;
    this.#tokens = options.eventsPerSecond;
    this.#filledAtMs = options.clock.now();
    this.#checkedAtMs = options.clock.now();
  }

  /** The target for one process. With `checks` an acknowledgement counts only after a check has found the bus. */
  publisher({ checks = true } = {}): Publisher {
    const { clock, random } = this.#options;
    const check = async (): Promise<CheckAnswer> => {
      await clock.sleep(TARGET_MS);
      return this.#takeCheck() ? "exists" : "unanswered";
    };
    const existence = { covers: () => true, check, memoryMs: 10_000, checkEveryMs: 0, permission: "" };
    return {
      limits: { maxEntries: 10, maxBytes: 1_000_000 },
      destinationOf: () => "bus",
      bytesOf: ({ json }) => json.length,
      ...(checks && { existence }),
      publish: async (_destination, events) => {
        // Round trips vary, or all processes would run in lockstep.
        const roundTripMs = TARGET_MS * (0.75 + random() / 2);
        await clock.sleep(roundTripMs / 2);
        const results = this.#take(events);
        await clock.sleep(roundTripMs / 2);
        return results;
      },
    };
  }

  /** All processes of an account share its quota of checks. */
  #takeCheck(): boolean {
    const nowMs = this.#options.clock.now();
    this.#checks = Math.min(
      CHECKS_PER_SECOND,
      this.#checks + ((nowMs - this.#checkedAtMs) * CHECKS_PER_SECOND) / 1_000,
    );
    this.#checkedAtMs = nowMs;
    if (this.#checks < 1) return false;
    this.#checks -= 1;
    return true;
  }

  #take(events: readonly OutboxEvent[]): readonly PublishResult[] {
    const { clock, eventsPerSecond } = this.#options;
    const nowMs = clock.now();
    const sinceMs = nowMs - this.#filledAtMs;
    if (sinceMs > 0) this.#tokens = Math.min(eventsPerSecond, this.#tokens + (sinceMs * eventsPerSecond) / 1_000);
    this.#filledAtMs = nowMs;
    if (this.#tokens < events.length) {
      return events.map(() => THROTTLED);
    }
    this.#tokens -= events.length;
    this.taken += events.length;
    for (const event of events) this.onTaken(event, nowMs);
    return events.map(() => ACKNOWLEDGED);
  }
}

const THROTTLED: PublishResult = {
  kind: "failed",
  failure: { class: "throttled", scope: "target", code: "ThrottlingException", message: "Rate exceeded" },
};
