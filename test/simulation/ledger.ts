import { Knowledge } from "./knowledge.ts";

/** Why an event may come twice. A duplicate without one of these causes is a violation. */
export const DUPLICATE_CAUSES = [
  "lost acknowledgement",
  "landed late",
  "crash before delete",
  "two actors at once",
  "redelivered while fresh",
  "delete failed",
  "target unverified",
] as const;
export type DuplicateCause = (typeof DUPLICATE_CAUSES)[number];

interface Place {
  readonly key: string;
  /** The number of its commit, in the order of all commits. */
  readonly commit: number;
}

interface Account {
  readonly id: string;
  /** Its place in the order of its key, if order was promised. */
  readonly place?: Place;
  deliveredAt: readonly { readonly by: string; readonly instant: number }[];
  /** Causes by faults that struck this event. Each accounts for one duplicate. */
  excuses: DuplicateCause[];
  /** Deliveries whose row was left in the table. Each accounts for one duplicate, however often the row is read. */
  readonly undeleted: Set<number>;
  /** Failures of the event's own, as the target meant them. */
  ownFailures: number;
  inTable: boolean;
  /** Processes that received its acknowledgement from a missing target, and when. */
  readonly vanishedFor: Map<string, number>;
  /**
   * The target existed again when such a process checked. It was deleted and made again between two calls, which nobody can see
   * and no protocol can mend (docs/decisions/0009).
   */
  unseeable: boolean;
  /** The event is sound, and so are its destination and the events before it in its key. */
  watched: boolean;
  /** Epoch milliseconds: when a relay was first done with it. */
  relayedMs?: number;
  /** Runs of the requeuer that were completed since, and did not deliver it. */
  runs: number;
  /** An operator has taken it out of the outbox. */
  aside: boolean;
  /** An operator has said that it may come after events that were committed later. */
  outOfOrder: boolean;
  /** Epoch milliseconds: when somebody deleted its row by hand, of which no journal tells. Nobody need deliver it any more. */
  removedMs: number | undefined;
}

/**
 * A sound event is delivered by the relay or by the next two runs that can meet it, whatever events are beside it. A run meets it by
 * its age, in the sweep, or by its dead letter. A short poll of SQS asks some servers only, so what it leaves out is nobody's fault.
 */
const LONGEST_WAIT_RUNS = 2;

/** What became of one destination's calls in one invocation or run. */
interface Met {
  readonly acknowledged: Set<string>;
  /** Events that failed alone in a call, without it being known by whose fault. */
  readonly failedAlone: Set<string>;
}

/** How a process came to have an event in hand. */
interface Hold {
  readonly by: string;
  readonly id: string;
  readonly instant: number;
  /** By a stream record young enough that the protocol does not ask the table about it. */
  readonly freshRecord: boolean;
  /** What the row held then. */
  readonly version: string;
  /** Another process had delivered the event by then, was still at work, and had not deleted the row yet. */
  readonly contested: boolean;
}

/**
 * The truth of a run, kept beside the world: what was committed, delivered, deleted. It checks every act of the code against
 * the promise.
 */
export class Ledger {
  readonly violations: string[] = [];
  readonly duplicates = new Map<DuplicateCause, number>();
  /** The kinds of processes that a pause has reported idle, until they are switched on again. */
  readonly quiet = new Set<string>();
  /** A run without any fault, in which nothing excuses a duplicate. */
  readonly calm: boolean;
  /** What processes know of the target's existence. */
  readonly knowledge = new Knowledge();
  readonly #accounts = new Map<string, Account>();
  readonly #atWork = new Set<string>();
  readonly #holds = new Map<string, Hold>();
  /** By process: partition keys of the dead letters that the last receive of its run left out. */
  readonly #leftOut = new Map<string, ReadonlySet<string>>();
  /** What each process has met in the invocation or run that it is in. */
  readonly #met = new Map<string, Map<string, Met>>();

  constructor(calm: boolean) {
    this.calm = calm;
  }

  get committed(): number {
    return this.#accounts.size;
  }

  /** `key`: the ordering key under which order was promised. */
  commit(id: string, key?: string): void {
    this.#accounts.set(id, {
      ...(key !== undefined && { place: { key, commit: this.#accounts.size } }),
      ...{
        id,
        deliveredAt: [],
        excuses: [],
        undeleted: new Set(),
        ownFailures: 0,
        inTable: true,
        hadDeadLetter: false,
        vanishedFor: new Map(),
        unseeable: false,
        watched: false,
        runs: 0,
        aside: false,
        outOfOrder: false,
        removedMs: undefined,
      },
    });
  }

  /** A process was handed the event by a stream record, or has just read its row consistently. */
  hold(by: string, id: string, instant: number, freshRecord: boolean, version: string): void {
    const contested = this.#account(id).deliveredAt.some(
      (delivery) => delivery.by !== by && this.#atWork.has(delivery.by),
    );
    this.#holds.set(`${by}/${id}`, { by, id, instant, freshRecord, version, contested });
  }

  begin(by: string): void {
    this.#atWork.add(by);
    this.#met.set(by, new Map());
    this.#leftOut.delete(by);
  }

  get isAnybodyAtWork(): boolean {
    return this.#atWork.size > 0;
  }

  watch(id: string): void {
    this.#account(id).watched = true;
  }

  /** A relay is done with these events: it has delivered or parked them. */
  relayed(ids: readonly string[], nowMs: number): void {
    for (const id of ids) this.#account(id).relayedMs ??= nowMs;
  }

  /** A receive did not show these visible dead letters, which are of these partition keys. */
  leftOut(by: string, pks: readonly string[]): void {
    this.#leftOut.set(by, new Set(pks));
  }

  /**
   * A run of the requeuer is over that could have delivered the events with which a relay was done by then, unless the queue left
   * out their dead letters and they were too young for the sweep.
   *
   * @param swept partition keys that were due for the sweep when the run began.
   */
  requeued(by: string, sinceMs: number, swept: ReadonlySet<string>): void {
    const leftOut = this.#leftOut.get(by) ?? new Set();
    for (const account of this.#accounts.values()) {
      const { id, watched, place, relayedMs = Number.POSITIVE_INFINITY, deliveredAt, removedMs } = account;
      if (!watched || deliveredAt.length > 0 || relayedMs > sinceMs || removedMs !== undefined) continue;
      const pk = place?.key ?? id;
      if (leftOut.has(pk) && !swept.has(pk)) continue;
      account.runs += 1;
      if (account.runs === LONGEST_WAIT_RUNS) {
        this.violate(`NEIGHBOUR: ${id} waits for the fault of others after a relay and ${account.runs} runs`);
      }
    }
  }

  acknowledge(by: string, destination: string, id: string): void {
    this.#metBy(by, destination).acknowledged.add(id);
  }

  failAlone(by: string, destination: string, id: string): void {
    this.#metBy(by, destination).failedAlone.add(id);
  }

  /** Events that failed alone in the process's present invocation or run, while others of the destination were acknowledged. */
  toBlame(by: string): readonly string[] {
    return [...(this.#met.get(by)?.values() ?? [])].flatMap(({ acknowledged, failedAlone }) =>
      [...failedAlone].filter((id) => [...acknowledged].some((other) => other !== id)),
    );
  }

  blameless(by: string, id: string): void {
    this.violate(`BLAME: ${id} failed alone beside neighbours that ${by} delivered, and bears no mark`);
  }

  #metBy(by: string, destination: string): Met {
    const met = this.#met.get(by) ?? new Map<string, Met>();
    this.#met.set(by, met);
    const found = met.get(destination) ?? { acknowledged: new Set(), failedAlone: new Set() };
    met.set(destination, found);
    return found;
  }

  end(by: string): void {
    this.#atWork.delete(by);
  }

  /** A process publishes the event. It must be the version that the process read last, and not an older copy. */
  publish(by: string, id: string, version: string): void {
    if (this.quiet.has(by.replace(/\d+$/, ""))) {
      this.violate(`IDLE: ${by} publishes ${id}, and a pause had told that nobody has work in hand`);
    }
    const hold = this.#holds.get(`${by}/${id}`);
    if (hold === undefined) this.violate(`UNREAD: ${by} publishes ${id}, which it neither was handed nor has read`);
    else if (hold.version > version) this.violate(`STALE: ${by} publishes ${id} as it was before it was repaired`);
  }

  /** The target has the event now. */
  deliver(by: string, id: string, instant: number): void {
    const account = this.#account(id);
    if (account.aside) this.violate(`ASIDE: ${by} delivered ${id}, which an operator has set aside`);
    if (account.deliveredAt.length > 0) this.#explain(account, by);
    else this.#checkOrder(account, by);
    account.deliveredAt = [...account.deliveredAt, { by, instant }];
  }

  /** The target acknowledged the event, and did not exist. */
  vanish(by: string, id: string, nowMs: number): void {
    this.#account(id).vanishedFor.set(by, nowMs);
  }

  /** A process makes a call to a target that acknowledges even while it is missing. */
  callsWith(by: string, nowMs: number): void {
    const objection = this.knowledge.objection(by, nowMs);
    if (objection !== undefined) this.violate(`UNKNOWN: ${by} publishes, and ${objection}`);
  }

  /** A process checked, and the target existed. */
  seen(by: string): void {
    for (const account of this.#accounts.values()) account.unseeable ||= account.vanishedFor.has(by);
  }

  excuse(id: string, cause: DuplicateCause): void {
    this.#account(id).excuses.push(cause);
  }

  /** Excuses every event that this process delivered and whose row still stands. */
  excuseUndeleted(by: string, cause: DuplicateCause): void {
    for (const account of this.#accounts.values()) {
      if (!account.inTable) continue;
      for (const delivery of account.deliveredAt) {
        if (delivery.by !== by || account.undeleted.has(delivery.instant)) continue;
        account.undeleted.add(delivery.instant);
        account.excuses.push(cause);
      }
    }
  }

  failOwn(id: string): void {
    this.#account(id).ownFailures += 1;
  }

  /**
   * An event is to blame itself if the target said so, or if it failed alone while another was acknowledged. Call this when a
   * process decides to mark the event. Call the returned function when the mark lands, which may be after the process's
   * invocation.
   */
  marking(by: string, id: string): () => void {
    const isToBlame = this.toBlame(by).includes(id);
    return () => {
      if (this.#account(id).ownFailures > 0 || isToBlame) return;
      this.violate(`MARK: ${id} rests for a failure that was not its own`);
    };
  }

  remove(id: string): void {
    const account = this.#account(id);
    account.inTable = false;
    if (account.deliveredAt.length === 0 && !this.#mayBeGone(account))
      this.violate(`LOSS: the row of ${id} was deleted and nobody has the event`);
  }

  /** Somebody deleted its row by hand. */
  removeByHand(id: string, nowMs: number): void {
    Object.assign(this.#account(id), { removedMs: nowMs, inTable: false });
  }

  /** @param beforeMs epoch milliseconds. @default whenever it was */
  isRemovedByHand(id: string, beforeMs = Number.POSITIVE_INFINITY): boolean {
    const { removedMs } = this.#account(id);
    return removedMs !== undefined && removedMs < beforeMs;
  }

  isAside(id: string): boolean {
    return this.#account(id).aside;
  }

  /** How many deliveries were not the first of their event. While the target was missing its acknowledgements were none. */
  mostDuplicates(): number {
    let most = 0;
    for (const { deliveredAt, vanishedFor } of this.#accounts.values()) {
      most += vanishedFor.size > 0 ? Number.POSITIVE_INFINITY : Math.max(0, deliveredAt.length - 1);
    }
    return most;
  }

  /** An operator took the event out of the outbox, and it is kept. */
  setAside(id: string): void {
    Object.assign(this.#account(id), { aside: true, inTable: false });
  }

  /** It is in the outbox again. */
  putBack(id: string): void {
    const account = this.#account(id);
    Object.assign(account, { aside: false, inTable: true });
    const { place, outOfOrder, deliveredAt } = account;
    if (place === undefined || outOfOrder || deliveredAt.length > 0) return;
    for (const other of this.#accounts.values()) {
      if (other.place?.key !== place.key || other.place.commit <= place.commit || other.outOfOrder) continue;
      if (other.deliveredAt.length > 0) {
        this.violate(`ORDER: ${id} was released after ${other.id} of its key, committed later, was delivered`);
      }
    }
  }

  allowOutOfOrder(id: string): void {
    this.#account(id).outOfOrder = true;
  }

  /** As far as anybody can see. */
  isDelivered(id: string): boolean {
    const { deliveredAt } = this.#account(id);
    return deliveredAt.length > 0 || this.#mayBeGone(this.#account(id));
  }

  /**
   * All that the ledger's verdicts can depend on, as a string, as long as the target is never missing. Of an instant only its
   * order among the deliveries counts; the rest is history.
   *
   * @param gone processes without pending operations: what they had in hand excuses nothing.
   */
  fingerprint(gone: ReadonlySet<string>): string {
    const accounts = [...this.#accounts.values()].map(
      ({ id, deliveredAt, excuses, undeleted, ownFailures, inTable }) => [
        ...[
          id,
          deliveredAt.map(({ by, instant }) => [by, undeleted.has(instant)]),
          [...excuses].sort(),
          ownFailures,
          inTable,
        ],
      ],
    );
    const hands = [...this.#holds.values()]
      .filter(({ by }) => !gone.has(by))
      .map((hold) => {
        const { by, id, freshRecord, version, contested } = hold;
        const { isFirst, isOvertaken } = this.#sinceHeld(hold);
        return `${by} ${id} ${freshRecord} ${version} ${contested} ${isFirst} ${isOvertaken}`;
      });
    const met = [...this.#met]
      .filter(([by]) => this.#atWork.has(by) && !gone.has(by))
      .flatMap(([by, met]) =>
        [...met].map(([to, { acknowledged, failedAlone }]) => [
          by,
          to,
          [...acknowledged].sort(),
          [...failedAlone].sort(),
        ]),
      );
    return JSON.stringify([accounts, this.violations.length, [...this.#atWork].sort(), hands.sort(), met.sort()]);
  }

  /** After recovery: everything committed was delivered. */
  close(): void {
    for (const account of this.#accounts.values()) {
      const { id, deliveredAt, aside, removedMs } = account;
      if (deliveredAt.length === 0 && !this.#mayBeGone(account) && !aside && removedMs === undefined)
        this.violate(`LOSS: ${id} was never delivered`);
    }
  }

  strand(what: string): void {
    this.violate(`STRANDED: ${what}`);
  }

  leak(by: string, what: string): void {
    this.violate(`LEAK: ${by} is at rest, and ${what}`);
  }

  livelock(what: string): void {
    this.violate(`LIVELOCK: ${what}`);
  }

  /** First deliveries of a key form a prefix of its commits. */
  #checkOrder({ id, place, outOfOrder }: Account, by: string): void {
    if (place === undefined || outOfOrder) return;
    for (const other of this.#accounts.values()) {
      if (other.place?.key !== place.key || other.place.commit >= place.commit) continue;
      if (other.aside || other.outOfOrder || this.#isCutOff(other.place, place)) continue;
      if (other.deliveredAt.length === 0 && !this.#mayBeGone(other)) {
        this.violate(`ORDER: ${by} delivered ${id} of ${place.key} before ${other.id}, which was committed earlier`);
      }
    }
  }

  /**
   * The place, or one between it and a later one of its key, was emptied by hand. In strict mode an event whose predecessor is
   * gone follows a delivered one, as far as anybody can see: all before it seem to be done.
   */
  #isCutOff({ key, commit }: Place, later: Place): boolean {
    return [...this.#accounts.values()].some(
      ({ place, removedMs }) =>
        removedMs !== undefined && place?.key === key && place.commit >= commit && place.commit < later.commit,
    );
  }

  /** The event is lost in one of the two ways that README names. */
  #mayBeGone({ unseeable, vanishedFor }: Account): boolean {
    return unseeable || [...vanishedFor].some(([by, atMs]) => this.knowledge.couldRemember(by, atMs));
  }

  #explain(account: Account, by: string): void {
    const hold = this.#holds.get(`${by}/${account.id}`);
    const known = hold === undefined ? undefined : this.#sinceHeld(hold);
    const cause =
      hold !== undefined && known?.isFirst && (hold.contested || known.isOvertaken)
        ? "two actors at once"
        : hold !== undefined && known?.isFirst && hold.freshRecord
          ? "redelivered while fresh"
          : account.excuses.shift();
    if (cause === undefined || this.calm) {
      this.violate(
        `DUP: ${account.id} was delivered again by ${by}, which ${cause === undefined ? "nothing accounts for" : `should not happen in calm: ${cause}`}`,
      );
    }
    if (cause !== undefined) this.duplicates.set(cause, (this.duplicates.get(cause) ?? 0) + 1);
  }

  /**
   * A process that had the event in hand before another delivered it could not know of that delivery. That accounts for the
   * first delivery that follows, and for no other.
   */
  #sinceHeld({ by, id, instant }: Hold): { readonly isFirst: boolean; readonly isOvertaken: boolean } {
    const since = this.#account(id).deliveredAt.filter((delivery) => delivery.instant >= instant);
    return {
      isFirst: since.every((delivery) => delivery.by !== by),
      isOvertaken: since.some((delivery) => delivery.by !== by),
    };
  }

  #account(id: string): Account {
    const account = this.#accounts.get(id);
    if (account === undefined) throw new Error(`${id} was never committed: the simulation is wrong`);
    return account;
  }

  violate(what: string): void {
    this.violations.push(what);
  }
}
