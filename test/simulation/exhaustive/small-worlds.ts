import type { Ordering } from "../../../lib/contract/settings/settings.ts";
import type { Fault } from "../storms/fault-names.ts";

/** Faults that concern one operation only, so that one choice at that operation covers them. */
export type SmallFault = Extract<
  Fault,
  | "crash"
  | "acknowledgement lost"
  | "publish failed"
  | "publish throttled"
  | "publish timed out, not landed"
  | "partial batch failure"
  | "table write failed"
  | "table read failed"
  | "send failed"
  | "dead letter lost"
  | "queue unreachable"
  | "torn query"
  | "transaction conflict"
>;

/** A world small enough to explore every interleaving of it. */
export interface SmallWorld {
  readonly name: string;
  readonly ordering: Ordering;
  /** How many events each key has. Unordered events have a key each, so there all are 1. */
  readonly keys: readonly number[];
  /**
   * True: the rows were written a moment ago, so relays do not read them again, and the sweep leaves them alone. False: minutes
   * ago.
   */
  readonly fresh: boolean;
  /** Relays that are handed all records at once: the batch and its redeliveries. */
  readonly relays: number;
  /** Requeuers that start at once: the run and those that overlap it. */
  readonly requeuers: number;
  /** The events have been parked before: each has a dead letter. */
  readonly deadLetters: boolean;
  /** Ordered keys have a parked-key record, due and free. */
  readonly parkedKeys: boolean;
  /** Faults that may happen, any of them anywhere, at most this many in all. */
  readonly faults: readonly SmallFault[];
  readonly faultBudget: number;
  /** True: once, at any moment, all dead letters are gone. */
  readonly purge: boolean;
  /**
   * True: once, at any moment, minutes pass while everybody is at work. Leases end, hidden dead letters come back, and a
   * requeuer starts.
   */
  readonly lateRequeuer: boolean;
}

const PLAIN: Omit<SmallWorld, "name" | "keys"> = {
  ordering: "none",
  fresh: false,
  relays: 0,
  requeuers: 0,
  deadLetters: false,
  parkedKeys: false,
  faults: [],
  faultBudget: 0,
  purge: false,
  lateRequeuer: false,
};

const ANY: readonly SmallFault[] = [
  "crash",
  "acknowledgement lost",
  "publish failed",
  "partial batch failure",
  "table write failed",
  "send failed",
];

export const smallWorld = (name: string, keys: readonly number[], rest: Partial<SmallWorld>): SmallWorld => ({
  ...PLAIN,
  name,
  keys,
  ...rest,
});

const ANY_ORDERED: readonly SmallFault[] = [...ANY, "torn query", "transaction conflict"];

const UNORDERED: readonly SmallWorld[] = [
  smallWorld("one dead letter, a relay, a requeuer and a late one", [1], {
    relays: 1,
    requeuers: 1,
    deadLetters: true,
    lateRequeuer: true,
  }),
  smallWorld("one dead letter, a relay and a requeuer, any two faults", [1], {
    relays: 1,
    requeuers: 1,
    deadLetters: true,
    faults: ANY,
    faultBudget: 2,
  }),
  smallWorld("two swept events, two requeuers, any fault", [1, 1], { requeuers: 2, faults: ANY, faultBudget: 1 }),
  smallWorld("one event, a relay and a requeuer, any two faults", [1], {
    relays: 1,
    requeuers: 1,
    faults: ANY,
    faultBudget: 2,
  }),
  smallWorld("four events, a relay, any fault", [1, 1, 1, 1], { relays: 1, faults: ANY, faultBudget: 1 }),
  smallWorld("three dead letters, a requeuer, any three faults", [1, 1, 1], {
    requeuers: 1,
    deadLetters: true,
    faults: ANY,
    faultBudget: 3,
  }),
  smallWorld("one fresh event, three relays, any fault", [1], { relays: 3, fresh: true, faults: ANY, faultBudget: 1 }),
  smallWorld("one event, two relays, any two faults", [1], { relays: 2, faults: ANY, faultBudget: 2 }),
  smallWorld("two events, two relays, any fault", [1, 1], { relays: 2, faults: ANY, faultBudget: 1 }),
  smallWorld("one dead letter, a late requeuer, any fault", [1], {
    requeuers: 1,
    deadLetters: true,
    lateRequeuer: true,
    faults: ANY,
    faultBudget: 1,
  }),
  smallWorld("two dead letters, a purge, any two faults", [1, 1], {
    requeuers: 1,
    deadLetters: true,
    purge: true,
    faults: ANY,
    faultBudget: 2,
  }),
  smallWorld("one event, two relays and a requeuer", [1], { relays: 2, requeuers: 1 }),
  smallWorld("one swept event, a late requeuer, a purge", [1], { requeuers: 1, purge: true, lateRequeuer: true }),
];

/** Several events of a key, whose order is promised. Further such worlds belong here. */
const ORDERED: readonly SmallWorld[] = [
  smallWorld("ordered: a key of four, a relay, any three faults", [4], {
    ordering: "per-key",
    relays: 1,
    faults: ANY_ORDERED,
    faultBudget: 3,
  }),
  smallWorld("ordered: a key of two, two relays", [2], { ordering: "per-key", relays: 2 }),
  smallWorld("ordered: a key of two, two relays, a crash", [2], {
    ordering: "per-key",
    relays: 2,
    faults: ["crash"],
    faultBudget: 1,
  }),
  smallWorld("ordered: a key of two, a relay and a requeuer", [2], { ordering: "per-key", relays: 1, requeuers: 1 }),
  smallWorld("ordered: a parked event, a relay and a requeuer", [1], {
    ordering: "per-key",
    relays: 1,
    requeuers: 1,
    deadLetters: true,
    parkedKeys: true,
  }),
  smallWorld("strict: a key of two, two relays", [2], { ordering: "strict", relays: 2 }),
];

/** Each of them is explored completely. The larger ones stand first, so that no core waits long for another at the end. */
export const SMALL_WORLDS: readonly SmallWorld[] = [...UNORDERED, ...ORDERED];

/** Explored completely too, and on demand: it takes two thirds of the time that all others take. */
export const LARGER_WORLDS: readonly SmallWorld[] = [
  smallWorld("three swept events, two requeuers, any two faults", [1, 1, 1], {
    requeuers: 2,
    faults: ANY,
    faultBudget: 2,
  }),
];
