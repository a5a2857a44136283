import { setTimeout as sleep } from "node:timers/promises";
import { countMessages, countWaiting, peekParkedIds } from "./backlog.ts";
import type { ArrivalsById, Ledger } from "./ledger.ts";
import { percentilesOf } from "./ledger.ts";
import type { Stage } from "./stage.ts";

const CHECK_EVERY_MS = 500;
/** How many of the latest deliveries the percentiles on the screen cover. */
const LATEST = 200;

/** Reads table, queue and subscriber repeatedly, and shows the state. */
export class Observer {
  readonly #stage: Stage;
  readonly #ledger: Ledger;
  readonly #events: number;
  #waiting = Number.POSITIVE_INFINITY;
  #parked = Number.POSITIVE_INFINITY;
  #changedAtMs = Date.now();
  #looks = 0;
  /** A description of the current fault of the target. */
  phase = "all is well";

  constructor(stage: Stage, ledger: Ledger, events: number) {
    this.#stage = stage;
    this.#ledger = ledger;
    this.#events = events;
  }

  /** Rows in the table and messages in the dead-letter queue, at the last reading. */
  get left(): { readonly rows: number; readonly messages: number } {
    return { rows: this.#waiting, messages: this.#parked };
  }

  /** The number of readings. */
  get looks(): number {
    return this.#looks;
  }

  /** Every event has arrived, and no row is left. */
  get delivered(): boolean {
    return this.#waiting === 0 && this.#ledger.undelivered(this.#arrivals).length === 0;
  }

  /** Everything is delivered, and the dead-letter queue is empty too. */
  get settled(): boolean {
    return this.delivered && this.#parked === 0;
  }

  /** For how long nothing has arrived, left the table or left the queue, in milliseconds. */
  get idleMs(): number {
    return Date.now() - this.#changedAtMs;
  }

  /** Rejects when a reading fails or is aborted; never resolves. */
  async run(signal: AbortSignal): Promise<never> {
    for (;;) {
      await this.#look();
      await sleep(CHECK_EVERY_MS, undefined, { signal });
    }
  }

  get #arrivals(): ArrivalsById {
    return this.#stage.subscriber.arrivals.byId;
  }

  async #look(): Promise<void> {
    const { clients, deployment, subscriber, screen } = this.#stage;
    const deliveredBefore = this.#arrivals.size;
    const [waiting, parked, parkedIds] = await Promise.all([
      countWaiting(clients.dynamodb, deployment.tableName),
      countMessages(clients.sqs, deployment.deadLetterQueueUrl),
      peekParkedIds(clients.endpoint, deployment.deadLetterQueueUrl),
    ]);
    this.#ledger.sawParked(parkedIds);
    if (waiting !== this.#waiting || parked !== this.#parked || this.#arrivals.size !== deliveredBefore) {
      this.#changedAtMs = Date.now();
    }
    this.#waiting = waiting;
    this.#parked = parked;
    this.#looks += 1;
    screen.show({
      phase: this.phase,
      events: this.#events,
      written: this.#ledger.written,
      delivered: this.#ledger.written - this.#ledger.undelivered(this.#arrivals).length,
      waiting,
      parked,
      requeued: this.#ledger.requeued(this.#arrivals),
      duplicates: subscriber.arrivals.extraCopies,
      ...percentilesOf(this.#ledger.latencies(this.#arrivals).slice(-LATEST)),
    });
  }
}
