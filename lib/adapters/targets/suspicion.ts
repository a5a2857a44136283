import type { FailureScope } from "../../core/resilience/failure.ts";

/**
 * Whose fault a failure is that names nobody: the event's own, or the target's.
 *
 * One poison event must not stop a target, and a target that is down must not be paid for by each event. So a failure is
 * the event's own while others pass, and the target's once a few *different* events in a row failed and none passed.
 */
export interface Suspicion {
  /** Whom the next failure would be blamed on, as far as is known. */
  readonly scope: FailureScope;
  /** Something was taken. */
  passed(): void;
  /** Notes events that failed, each by itself, and says who is to blame. */
  failed(eventIds: readonly string[]): FailureScope;
}

const DIFFERENT_EVENTS = 3;

export function suspicion(): Suspicion {
  const failing = new Set<string>();
  const suspect = (): FailureScope => (failing.size < DIFFERENT_EVENTS ? "event" : "target");
  return {
    get scope() {
      return suspect();
    },
    passed: () => failing.clear(),
    failed(eventIds) {
      // No more are kept than are needed to tell.
      for (const id of eventIds) if (failing.size < DIFFERENT_EVENTS) failing.add(id);
      return suspect();
    },
  };
}
