import type { Ordering } from "../../../lib/contract/settings/settings.ts";
import type { Poison } from "../poisons.ts";

/** What a run is mostly about: */
export const STORMS = [
  /** anything at all, in either protocol; */
  "mixed",
  /** one ordering key that parks and drains again and again while relays meet its parked-key record; */
  "parked-keys",
  /** unordered events that an outage parks, and requeuers that meet relays and each other over their dead letters. */
  "dead-letters",
  /** a target that acknowledges while it does not exist, and checks of it that fail; */
  "buses",
  /** events that people retry, quarantine, release and discard, and pauses; */
  "operators",
  /** events that fail every call they are in, and a destination that never answers, beside sound events; */
  "neighbours",
  /** events in order whose gaps must be told from events that a query missed; */
  "gaps",
  /** rows that stay although their events are acknowledged; */
  "undeleted",
  /** requeuers that begin while others are at work, by clocks that disagree. */
  "overlapping-runs",
] as const;

export type Storm = (typeof STORMS)[number];

/** What a seed decides before any interleaving. */
export interface Scenario {
  readonly seed: number;
  readonly storm: Storm;
  readonly sweep: boolean;
  /** True: no fault at all, and so no duplicate. */
  readonly calm: boolean;
  readonly events: number;
  readonly batchSize: number;
  /** How many ordering keys the events share; 0 when they are unordered. */
  readonly keys: number;
  readonly ordering: Ordering;
  /** The share of events that have a key, from 0 to 1, where there are keys. */
  readonly keyedShare: number;
  /** How often, from 0 to 1, a timer fires before answers that are on their way: slow networks, long pauses, zombies. */
  readonly earlyProbability: number;
  /** Slow await points: an actor waits there while others take many steps. */
  readonly slow: SlowPoints;
  /** How likely a receive finds a visible dead letter. SQS asks only some of its servers. */
  readonly visibleProbability: number;
  /** When the events are written: over the span, or in crowds about when requeuers start. */
  readonly writes: Writes;
  /** When requeuers start, in milliseconds past each minute. */
  readonly tickMs: number;
  /** How many destinations the events are for. */
  readonly destinations: 1 | 2;
  /** True: the target takes events of a key in their order, and none behind one that it does not take. */
  readonly atomicBatches: boolean;
  /** True: operators are at work. */
  readonly operators: boolean;
  /** Entries of one call. @default 3 */
  readonly maxEntries?: number;
  /** Events that fail every call they are in. Absent: none. */
  readonly neighbours?: Neighbours;
  /** Absent: nothing is archived. */
  readonly archive?: ArchiveScenario;
}

export interface ArchiveScenario {
  /** Receipts hold their events whole. */
  readonly withPayload: boolean;
  /** How many times somebody looks for a row to delete by hand. */
  readonly removals: number;
}

export interface Neighbours {
  /** By the index of the event among those written. Fewer than three, so that they never look like a target that is down. */
  readonly spoilers: ReadonlyMap<number, Poison>;
  /** Indexes of events for a destination that never answers. */
  readonly hanging: ReadonlySet<number>;
  readonly maxEntries: number;
  readonly atomicBatches: boolean;
  /** How long the target is down at first, in milliseconds, so that the requeuer gets events of which nothing is known. */
  readonly downMs: number;
}

export interface SlowPoints {
  /** Await points by name; `any`: each point by chance. */
  readonly points: readonly string[] | "any";
  /** Milliseconds, the longest. */
  readonly ms: number;
}

export type Writes =
  | { readonly kind: "spread"; readonly spanMs: number }
  /** The longest time before a requeuer starts, and after it. */
  | { readonly kind: "crowded"; readonly beforeMs: number; readonly afterMs: number };

export type Drawn = Omit<Scenario, "seed" | "storm" | "tickMs" | "operators" | "destinations" | "atomicBatches">;
