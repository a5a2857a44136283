import { errorName } from "../../../contract/telemetry/error-name.ts";
import type { Deadlines, Delivery } from "../../delivery/delivery-run.ts";
import type { Parking } from "../../delivery/park.ts";
import { inTime } from "../../in-time.ts";
import { drainKey, type KeyEnd } from "../../ordered/drain-key.ts";
import type { OrderedPorts } from "../../ordered/ordering.ts";
import type { PublishInOrder } from "../../ordered/publish-in-order.ts";
import { boundedMap } from "../../parallel.ts";
import { type LateDestinations, PATIENCE_MS } from "../late-destinations.ts";
import type { TargetHealth } from "../target-health.ts";

/**
 * The ordering keys that one run drains, many at once. A slow key, such as one with ten thousand waiting events, takes
 * one place of many; the sweep and the dead letters go on beside it.
 *
 * A destination whose keys hold all places, and give none back for a second, is late: its keys have places of their own
 * then. Where a key goes is known once it is read, so one too many is given back, and stands in a line until a key of
 * its destination has ended.
 */
export interface KeyDrains {
  /**
   * Drains a key in the background, as soon as there is room. Resolves with whether the drain begins: it does not when
   * time is up, no destination takes events, or the key is being drained already.
   *
   * @param ended is called with the end of the drain.
   */
  start(pk: string, ended: (end: KeyEnd) => Promise<void>): Promise<boolean>;
  /** Waits for all begun drains. Rejects with the first error of any. */
  settled(): Promise<void>;
}

export interface KeyDrainsPorts {
  readonly ordering: OrderedPorts;
  readonly delivery: Delivery;
  readonly parking: Parking;
  /** Publishing for one key, which asks before each call whether it may make one to this destination. */
  readonly publishOf: (mayCall: (destination: string) => boolean) => PublishInOrder;
  readonly health: TargetHealth;
  readonly late: LateDestinations;
  /** Names this run. */
  readonly owner: string;
  readonly leaseMs: number;
}

/** How many keys are at work at once; beside them, as many of each late destination. */
const KEYS_AT_ONCE = 100;
const ENDS_AT_ONCE = 16;

interface KeyDrain {
  readonly pk: string;
  readonly ended: (end: KeyEnd) => Promise<void>;
  /** Where its next event goes, once it is read. */
  destination?: string;
  /** Events delivered before it stood in line. */
  delivered: number;
  /** Over when the key is no longer at work: it may be in line then. */
  work?: Promise<void>;
}

export function keyDrains(ports: KeyDrainsPorts, { publishUntilMs, endMs }: Deadlines): KeyDrains {
  const { delivery, owner, health, late } = ports;
  const { clock, telemetry } = delivery;
  /** At work, or in line. */
  const known = new Map<string, KeyDrain>();
  const working = new Set<KeyDrain>();
  /** By destination. */
  const lines = new Map<string, KeyDrain[]>();
  /** By destination: when the first of its keys now at work began, or the last one ended or went on to another one. */
  const movedAtMs = new Map<string, number>();
  const errors: unknown[] = [];
  let begun = 0;

  const isOver = () => clock.now() >= publishUntilMs || health.allFailed();
  const of = (destination: string) => [...working].filter((each) => each.destination === destination);
  const isBesideOthers = ({ destination }: KeyDrain) => destination !== undefined && late.has(destination);
  const inPlaces = () => [...working].filter((each) => !isBesideOthers(each));

  function begin(drain: KeyDrain): void {
    begun += 1;
    working.add(drain);
    drain.work = work(drain, `${owner}/${begun}`);
  }

  async function work(drain: KeyDrain, drainOwner: string): Promise<void> {
    const { pk, ended } = drain;
    let isOneTooMany = false;
    const publish = ports.publishOf((destination) => {
      const { destination: before } = drain;
      const there = of(destination).length;
      isOneTooMany = before !== destination && there >= KEYS_AT_ONCE;
      // A key that goes on at its destination is there already: it has not moved.
      if (there === 0) movedAtMs.set(destination, clock.now());
      drain.destination = destination;
      if (before !== undefined && before !== destination) gaveBack(before);
      return !isOneTooMany;
    });
    try {
      const end = await drainKey(pk, { ...delivery, ...ports, publish, endMs, owner: drainOwner });
      drain.delivered += end.delivered;
      if (!isOneTooMany) await ended({ ...end, delivered: drain.delivered });
    } catch (error) {
      errors.push(error);
      telemetry.log("warn", "An ordering key could not be drained; it stays parked until the next run", {
        error: errorName(error),
      });
    } finally {
      working.delete(drain);
      const { destination } = drain;
      if (!isOneTooMany) known.delete(pk);
      if (destination !== undefined && isOneTooMany) goOn(destination, [drain]);
      else if (destination !== undefined) gaveBack(destination);
    }
  }

  /** A key has ended at this destination, or goes on to another one. */
  function gaveBack(destination: string): void {
    movedAtMs.set(destination, clock.now());
    goOn(destination, []);
  }

  /** Puts a key into the line of its destination, and begins as many of the line as there is room for. */
  function goOn(destination: string, more: readonly KeyDrain[]): void {
    const line = lines.get(destination) ?? [];
    lines.set(destination, line);
    line.push(...more);
    const mayBegin = () =>
      of(destination).length < KEYS_AT_ONCE && !isOver() && health.of(destination) !== "unavailable";
    for (let next = mayBegin() && line.shift(); next; next = mayBegin() && line.shift()) begin(next);
  }

  /** Waits for a place, or until a destination is late that keeps its places for too long. */
  async function place(): Promise<void> {
    for (let waited = inPlaces(); waited.length >= KEYS_AT_ONCE; waited = inPlaces()) {
      const silent = waited.filter(
        ({ destination = "" }) => clock.now() - (movedAtMs.get(destination) ?? clock.now()) >= PATIENCE_MS,
      );
      for (const { destination, work } of silent)
        if (destination !== undefined && work !== undefined) late.add(destination, work);
      const ended = Promise.race(waited.map((drain) => drain.work));
      if (silent.length === 0) await inTime(ended, PATIENCE_MS, undefined, clock);
    }
  }

  return {
    async start(pk, ended) {
      if (working.size >= KEYS_AT_ONCE) await place();
      // A second drain of the same key could not tell whether the first one saw what its dead letter stands for.
      if (known.has(pk) || isOver()) return false;
      const drain = { pk, ended, delivered: 0 };
      known.set(pk, drain);
      begin(drain);
      return true;
    },
    async settled() {
      while (working.size > 0) await Promise.all([...working].map((drain) => drain.work));
      // There was no time for them. They are looked at again by the next run.
      const left = [...lines.values()].flat();
      await boundedMap(left, ENDS_AT_ONCE, ({ ended, delivered }) => ended({ kind: "busy", delivered }));
      if (errors.length > 0) throw errors[0];
    },
  };
}
