import type { Random } from "../../lib/core/resilience/backoff.ts";
import type { BackoffSettings, Ordering, RequeueBackoffSettings } from "../../lib/core/settings.ts";

/** Settings of the simulated deployment: the defaults' shape at a size that a run of a few hundred points can cover. */
export const SETTINGS = {
  concurrency: 3,
  minAgeSeconds: 120,
  backoff: { jitter: "full", baseMs: 100, capMs: 5_000, attempts: 2, budgetMs: 20_000 } satisfies BackoffSettings,
  requeueBackoff: { baseSeconds: 60, capSeconds: 600 } satisfies RequeueBackoffSettings,
} as const;

export const RELAY_TIMEOUT_MS = 60_000;
/** A new gate stays shut for the relay's timeout and a margin. */
export const GATE_MS = RELAY_TIMEOUT_MS + 10_000;
export const REQUEUER_TIMEOUT_MS = 60_000;
export const REQUEUE_EVERY_MS = 60_000;

/** What a seed stands for, before any of its interleaving. */
export interface Scenario {
  readonly seed: number;
  /** One key that parks and drains again and again, without the sweep: what gates are for. */
  readonly gates: boolean;
  readonly sweep: boolean;
  /** No fault at all: then there is no duplicate either. */
  readonly calm: boolean;
  readonly events: number;
  readonly batchSize: number;
  /** How many ordering keys the events share; 0 when they are unordered. */
  readonly keys: number;
  readonly ordering: Ordering;
  /** How often, from 0 to 1, a timer fires before answers that are on their way: slow networks, long pauses, zombies. */
  readonly haste: number;
  /** Events are written about when requeuers start, so that relays and drains meet. */
  readonly crowded: boolean;
  /** When requeuers start, in milliseconds past each minute. */
  readonly tickMs: number;
  /** Milliseconds over which the events are written. */
  readonly spanMs: number;
}

export interface SimulationOptions {
  readonly seed: number;
  /** A storm around gates. @default drawn by the seed */
  readonly gates?: true | undefined;
}

export function scenarioOf({ seed, gates: asked }: SimulationOptions, random: Random): Scenario {
  const drawnGates = random() < 0.3;
  const gates = asked ?? drawnGates;
  const drawnSweep = !gates && random() < 0.7;
  const ordering = (["none", "per-key", "per-key", "strict"] as const)[Math.floor(random() * 4)] ?? "none";
  const keys = 1 + Math.floor(random() * 3);
  return {
    seed,
    gates,
    sweep: drawnSweep,
    calm: !gates && random() < 0.1,
    events: 1 + Math.floor(random() * 6),
    ordering: gates ? "per-key" : ordering,
    keys: gates ? 1 : ordering === "none" ? 0 : keys,
    haste: (gates ? [0, 0.1, 0.2, 0.4] : [0, 0, 0.02, 0.1])[Math.floor(random() * 4)] ?? 0,
    crowded: random() < 0.5,
    tickMs: random() * REQUEUE_EVERY_MS,
    batchSize: 1 + Math.floor(random() * (gates ? 2 : 5)),
    spanMs: random() < 0.5 ? 2_000 : 150_000,
  };
}
