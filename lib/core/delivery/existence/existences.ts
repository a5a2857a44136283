import { keepRecent } from "../../keep-recent.ts";
import type { Clock, Publisher, Random, Telemetry } from "../../ports.ts";
import { checkBudget } from "./check-budget.ts";
import { type ExistenceCheck, existenceCheck } from "./existence-check.ts";

/** What one process knows of the existence of all its destinations. It outlives the runs of a requeuer. */
export interface Existences {
  of(destination: string): ExistenceCheck;
}

/** Rows name destinations freely, so a process remembers this many. */
export const MOST_DESTINATIONS = 1_000;

export interface ExistencesPorts {
  readonly publisher: Publisher;
  readonly clock: Clock;
  readonly random: Random;
  readonly telemetry: Telemetry;
}

export function existencesOf({ publisher, clock, random, telemetry }: ExistencesPorts): Existences {
  const { existence } = publisher;
  if (existence === undefined) return { of: () => NOTHING_TO_CHECK };
  const known = new Map<string, ExistenceCheck>();
  const budget = checkBudget(clock);
  const { check, memoryMs, checkEveryMs } = existence;

  function checkOf(destination: string): ExistenceCheck {
    return existenceCheck({
      check: (untilMs) => {
        telemetry.count("ExistenceChecks");
        return check(destination, untilMs);
      },
      onUnknown: () => telemetry.count("TargetUnverified"),
      // Told on success too, or an alarm would take old failures for new ones.
      onAnswered: () => telemetry.count("TargetUnverified", 0),
      ...{ clock, random, budget, memoryMs, checkEveryMs },
    });
  }

  return {
    of(destination) {
      if (!existence.covers(destination)) return NOTHING_TO_CHECK;
      const met = known.get(destination) ?? checkOf(destination);
      keepRecent(known, destination, met, MOST_DESTINATIONS);
      return met;
    },
  };
}

/** For a target that refuses a missing destination by itself, and for a destination that cannot be checked. */
export const NOTHING_TO_CHECK: ExistenceCheck = {
  mayPublish: () => true,
  shutUntilMs: () => undefined,
  untilPublishable: async () => "exists",
  confirm: async () => "exists",
  work: () => () => undefined,
  begin: () => undefined,
  renew: () => undefined,
};
