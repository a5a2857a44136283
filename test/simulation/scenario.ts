import type { BackoffSettings, RequeueBackoffSettings } from "../../lib/contract/settings/settings.ts";
import type { Random } from "../../lib/core/ports.ts";
import { oneOf } from "./one-of.ts";
import { POISONS } from "./poisons.ts";
import { gaps } from "./storms/gaps.ts";
import { overlappingRuns } from "./storms/overlapping-runs.ts";
import type { Drawn, Scenario, Storm } from "./storms/scenario-shape.ts";
import { undeletedStorm } from "./storms/undeleted.ts";

/** Settings of the simulated deployment: the defaults' shape at a size that a run of a few hundred points can cover. */
export const SETTINGS = {
  relayTimeoutSeconds: 60,
  concurrency: 3,
  minAgeSeconds: 120,
  backoff: { jitter: "full", baseMs: 100, capMs: 5_000, attempts: 2, budgetMs: 20_000 } satisfies BackoffSettings,
  requeueBackoff: { baseSeconds: 60, capSeconds: 600 } satisfies RequeueBackoffSettings,
} as const;

export const RELAY_TIMEOUT_MS = SETTINGS.relayTimeoutSeconds * 1_000;
/**
 * A new parked-key record rests for the relay's timeout and a margin. Stated again here: a wrong variant must not move the
 * judge.
 */
export const MIN_PARKED_MS = RELAY_TIMEOUT_MS + 10_000;
export const REQUEUER_TIMEOUT_MS = 60_000;
export const REQUEUE_EVERY_MS = 60_000;

export interface SimulationOptions {
  readonly seed: number;
  /** @default drawn by the seed */
  readonly storm?: Storm | undefined;
}

export function scenarioOf({ seed, storm: asked }: SimulationOptions, random: Random): Scenario {
  const drawn = oneOf(
    [
      "mixed",
      "mixed",
      "mixed",
      "parked-keys",
      "parked-keys",
      "dead-letters",
      "buses",
      "buses",
      "operators",
      "operators",
      "neighbours",
      "gaps",
      "undeleted",
      "overlapping-runs",
    ] as const,
    random,
  );
  const storm = asked ?? drawn;
  const common = {
    ...{ seed, storm, tickMs: random() * REQUEUE_EVERY_MS, operators: storm === "operators" },
    ...{ destinations: oneOf([1, 1, 2], random), atomicBatches: random() < 0.4 },
  };
  switch (storm) {
    case "mixed":
      return { ...common, ...mixed(random) };
    case "parked-keys":
      return { ...common, ...parkedKeyStorm(random) };
    case "dead-letters":
      return { ...common, ...deadLetters(random) };
    case "buses":
      return { ...common, ...buses(random) };
    case "operators":
      return { ...common, ...operators(random) };
    case "neighbours":
      return { ...common, ...neighbours(random) };
    case "gaps":
      return { ...common, ...gaps(random) };
    case "undeleted":
      return { ...common, ...undeletedStorm(random) };
    case "overlapping-runs":
      return { ...common, ...overlappingRuns(random) };
  }
}

function mixed(random: Random): Drawn {
  const ordering = oneOf(["none", "per-key", "per-key", "strict"] as const, random);
  const calm = random() < 0.1;
  return {
    sweep: random() < 0.7,
    calm,
    events: 1 + Math.floor(random() * 6),
    ordering,
    keys: ordering === "none" ? 0 : 1 + Math.floor(random() * 3),
    keyedShare: 0.8,
    earlyProbability: oneOf([0, 0, 0.02, 0.1], random),
    slow: { points: calm ? [] : oneOf([[], [], [], "any"] as const, random), ms: 5_000 },
    visibleProbability: 0.9,
    writes:
      random() < 0.5
        ? { kind: "spread", spanMs: oneOf([2_000, 150_000], random) }
        : { kind: "crowded", beforeMs: 490, afterMs: 210 },
    batchSize: 1 + Math.floor(random() * 5),
  };
}

/**
 * This storm has no sweep, which would find a key that somebody forgot. Events come while requeuers work, or just before, so a
 * key is parked, drained, written to and relayed at the same time.
 */
function parkedKeyStorm(random: Random): Drawn {
  return {
    sweep: false,
    calm: false,
    events: 1 + Math.floor(random() * 4),
    ordering: "per-key",
    keys: 1,
    keyedShare: 1,
    earlyProbability: oneOf([0, 0, 0, 0.2], random),
    slow: {
      points: oneOf(
        [
          [],
          // Slow points: between a dead letter and its parked-key record, between the reads of the record and of the events,
          // and between an acknowledgement and its delete.
          ["send answers", "acquire answers", "publish answers"],
          // In a drain: between the read of the version and the closing of the parked-key record.
          ["highest answers", "publish answers", "deleteRows answers"],
          "any",
        ] as const,
        random,
      ),
      ms: oneOf([2_000, 15_000], random),
    },
    visibleProbability: 0.9,
    writes:
      random() < 0.3
        ? { kind: "spread", spanMs: 240_000 }
        : { kind: "crowded", beforeMs: 15_000, afterMs: oneOf([1_000, 15_000], random) },
    batchSize: 1 + Math.floor(random() * 2),
  };
}

/** An outage early on parks nearly everything; then the dead letters, the sweep and late relays meet. */
function deadLetters(random: Random): Drawn {
  return {
    sweep: random() < 0.5,
    calm: false,
    events: 2 + Math.floor(random() * 8),
    ordering: "none",
    keys: 0,
    keyedShare: 0,
    earlyProbability: oneOf([0, 0, 0.02, 0.1], random),
    slow: { points: oneOf([[], ["deleteRows"], ["check", "check answers"], "any"] as const, random), ms: 15_000 },
    visibleProbability: oneOf([0.5, 0.9], random),
    writes: { kind: "spread", spanMs: oneOf([2_000, 60_000], random) },
    batchSize: 1 + Math.floor(random() * 3),
  };
}

/** Events come all the time, while the target comes and goes and checks of it are refused. */
function buses(random: Random): Drawn {
  const ordering = oneOf(["none", "none", "per-key"] as const, random);
  return {
    sweep: ordering !== "none" || random() < 0.5,
    calm: false,
    events: 4 + Math.floor(random() * 12),
    ordering,
    keys: ordering === "none" ? 0 : 1 + Math.floor(random() * 4),
    keyedShare: 0.9,
    earlyProbability: oneOf([0, 0, 0, 0.02], random),
    slow: {
      points: oneOf([[], [], ["check"], ["check answers"], ["publish", "check answers"], "any"] as const, random),
      ms: oneOf([1_500, 3_000, 15_000], random),
    },
    visibleProbability: 0.9,
    writes: { kind: "spread", spanMs: oneOf([2_000, 60_000, 240_000], random) },
    batchSize: 1 + Math.floor(random() * 9),
  };
}

/** Events fail and rest, so that operators have something to do while relays and requeuers work on the same events. */
function operators(random: Random): Drawn {
  const ordering = oneOf(["none", "none", "per-key", "per-key", "strict"] as const, random);
  return {
    sweep: random() < 0.93,
    calm: false,
    events: 1 + Math.floor(random() * 6),
    ordering,
    keys: ordering === "none" ? 0 : 1 + Math.floor(random() * 2),
    keyedShare: 0.8,
    earlyProbability: 0,
    slow: {
      points: oneOf(
        [
          [],
          ["publish answers", "check answers"],
          ["deleteRows", "setAside"],
          // In a release: between its read of the parked-key record and the row that it puts back.
          ["readParkedKey answers", "putBack"],
          "any",
        ] as const,
        random,
      ),
      ms: 15_000,
    },
    visibleProbability: 0.9,
    writes: { kind: "spread", spanMs: oneOf([2_000, 60_000, 240_000], random) },
    batchSize: 1 + Math.floor(random() * 3),
  };
}

/** Only events cause failures, so a sound event that waits is kept waiting by another event. */
function neighbours(random: Random): Drawn {
  const ordering = oneOf(["none", "none", "per-key", "strict"] as const, random);
  const events = 3 + Math.floor(random() * 10);
  const places = shuffled(events, random);
  const spoilers = places
    .slice(0, 1 + Math.floor(random() * 2))
    .map((place) => [place, oneOf(POISONS, random)] as const);
  const hanging = random() < 0.5 ? [] : places.slice(spoilers.length, spoilers.length + 1 + Math.floor(random() * 4));
  return {
    sweep: true,
    calm: false,
    events,
    ordering,
    keys: ordering === "none" ? 0 : 2 + Math.floor(random() * 4),
    keyedShare: 0.8,
    earlyProbability: 0,
    slow: { points: [], ms: 0 },
    visibleProbability: 1,
    writes: { kind: "spread", spanMs: oneOf([1, 2_000, 100_000], random) },
    batchSize: oneOf([1, 3, 12], random),
    neighbours: {
      spoilers: new Map(spoilers),
      hanging: new Set(hanging),
      maxEntries: oneOf([1, 3, 10], random),
      // A target with routes takes and refuses the entries of a call one by one.
      atomicBatches: random() < 0.5 && spoilers.every(([, poison]) => poison !== "full route"),
      // The sweep takes the keys that an open breaker left behind, and parks them first. That takes some more minutes.
      downMs: ordering === "none" ? oneOf([0, 90_000], random) : 0,
    },
  };
}

function shuffled(count: number, random: Random): readonly number[] {
  return Array.from({ length: count }, (_unused, index) => ({ place: index + 1, by: random() }))
    .sort((one, other) => one.by - other.by)
    .map(({ place }) => place);
}

/**
 * In ordered delivery without a sweep, nobody would find the events that the relay may not publish. So there the target refuses
 * a missing destination by itself. It does so too in storms about the deletes that follow an acknowledgement, for there an
 * acknowledgement alone must be enough.
 */
export const isChecked = ({ storm, sweep, ordering }: Pick<Scenario, "storm" | "sweep" | "ordering">): boolean =>
  storm !== "undeleted" && (sweep || ordering === "none");
