import type { Ordering } from "../../../lib/contract/settings.ts";
import type { Poison } from "../poisons.ts";

/** What a run is mostly about: */
export const STORMS = [
  /** anything at all, in either protocol; */
  "mixed",
  /** one ordering key that parks and drains again and again, with relays coming by: what parked-key records are for; */
  "parked-keys",
  /** unordered events that an outage parks, and requeuers that meet relays and each other over their dead letters. */
  "dead-letters",
  /** a target that acknowledges while it is not there, and checks of it that say nothing; */
  "buses",
  /** events that people retry, quarantine, release and discard beside all that, and pauses. */
  "operators",
  /** events that fail every call they are in, and a destination that never answers, beside events that nothing is wrong with. */
  "neighbours",
  /** events in order whose gaps must be told from events that a query missed; */
  "gaps",
  /** rows that stay although their events are acknowledged; */
  "undeleted",
  /** requeuers that begin while others are at work, by clocks that disagree. */
  "overlapping-runs",
] as const;

export type Storm = (typeof STORMS)[number];

/** What a seed stands for, before any of its interleaving. */
export interface Scenario {
  readonly seed: number;
  readonly storm: Storm;
  readonly sweep: boolean;
  /** No fault at all: then there is no duplicate either. */
  readonly calm: boolean;
  readonly events: number;
  readonly batchSize: number;
  /** How many ordering keys the events share; 0 when they are unordered. */
  readonly keys: number;
  readonly ordering: Ordering;
  /** Of the events, where there are keys: how many have one, from 0 to 1. */
  readonly keyedShare: number;
  /** How often, from 0 to 1, a timer fires before answers that are on their way: slow networks, long pauses, zombies. */
  readonly earlyProbability: number;
  /** Await points that are long in coming: whoever is before one stands there while others take their steps. */
  readonly slow: SlowPoints;
  /** How likely a receive sees a dead letter that is visible. SQS asks only some of its servers. */
  readonly visibleProbability: number;
  /** When the events are written: over the span, or in crowds about when requeuers start. */
  readonly writes: Writes;
  /** When requeuers start, in milliseconds past each minute. */
  readonly tickMs: number;
  /** How many destinations the events are for. */
  readonly destinations: 1 | 2;
  /** The target takes events of a key in their order, and none after one that it does not take. */
  readonly atomicBatches: boolean;
  /** People with commands are about. */
  readonly operators: boolean;
  /** Entries of one call. @default 3 */
  readonly maxEntries?: number;
  /** Events that fail every call they are in, and the calls. Absent: none. */
  readonly neighbours?: Neighbours;
}

export interface Neighbours {
  /** By the place of the event among those written. Fewer than three, so that they never look like a target that is down. */
  readonly spoilers: ReadonlyMap<number, Poison>;
  /** Places of events for a destination that never answers. */
  readonly hanging: ReadonlySet<number>;
  readonly maxEntries: number;
  readonly atomicBatches: boolean;
  /** Milliseconds that the target is down at first, so that events come to the requeuer of which nothing is known. */
  readonly downMs: number;
}

export interface SlowPoints {
  /** By their names; `any`: each by chance. */
  readonly points: readonly string[] | "any";
  /** Milliseconds, the longest. */
  readonly ms: number;
}

export type Writes =
  | { readonly kind: "spread"; readonly spanMs: number }
  /** So long before a requeuer starts at most, and so long after it. */
  | { readonly kind: "crowded"; readonly beforeMs: number; readonly afterMs: number };

export type Drawn = Omit<Scenario, "seed" | "storm" | "tickMs" | "operators" | "destinations" | "atomicBatches">;
