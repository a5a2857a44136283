import type { Random } from "../../lib/core/resilience/backoff.ts";
import type { BackoffSettings, RequeueBackoffSettings } from "../../lib/core/settings.ts";

/** Settings of the simulated deployment: the defaults' shape at a size that a run of a few hundred points can cover. */
export const SETTINGS = {
  concurrency: 3,
  minAgeSeconds: 120,
  backoff: { jitter: "full", baseMs: 100, capMs: 5_000, attempts: 2, budgetMs: 20_000 } satisfies BackoffSettings,
  requeueBackoff: { baseSeconds: 60, capSeconds: 600 } satisfies RequeueBackoffSettings,
} as const;

export const RELAY_TIMEOUT_MS = 60_000;
export const REQUEUER_TIMEOUT_MS = 60_000;
export const REQUEUE_EVERY_MS = 60_000;

/** What a seed stands for, before any of its interleaving. */
export interface Scenario {
  readonly seed: number;
  readonly sweep: boolean;
  /** No fault at all: then there is no duplicate either. */
  readonly calm: boolean;
  readonly events: number;
  readonly batchSize: number;
  /** Milliseconds over which the events are written. */
  readonly spanMs: number;
}

export interface SimulationOptions {
  readonly seed: number;
  /** @default drawn by the seed */
  readonly sweep?: boolean;
}

export function scenarioOf({ seed, sweep }: SimulationOptions, random: Random): Scenario {
  const drawnSweep = random() < 0.7;
  return {
    seed,
    sweep: sweep ?? drawnSweep,
    calm: random() < 0.1,
    events: 1 + Math.floor(random() * 6),
    batchSize: 1 + Math.floor(random() * 5),
    spanMs: random() < 0.5 ? 2_000 : 150_000,
  };
}
