import { setTimeout as sleep } from "node:timers/promises";
import { explainDuplicates, Ledger, percentilesOf } from "./ledger.ts";
import { Observer } from "./observer.ts";
import type { RunOptions } from "./options.ts";
import { ORDERS_TABLE, writeOrders } from "./orders.ts";
import { ACTS, type Outage, playOutage } from "./outage.ts";
import type { RunResult } from "./report.ts";
import { keepRequeuing } from "./requeue-loop.ts";
import type { Stage } from "./stage.ts";

const POLL_MS = 50;
/** The share of all orders that is written before the target is touched. */
const STEADY_SHARE = 0.2;
/** Longer than a dead letter can be hidden, so that the run does not give up while a delivery may follow. */
const GIVE_UP_AFTER_MS = 150_000;

/** Writes orders, takes the target away, brings it back and waits until everything is delivered. */
export async function runShow(stage: Stage, options: RunOptions): Promise<RunResult> {
  const ledger = new Ledger();
  const observer = new Observer(stage, ledger, options.events);
  const ending = new AbortController();
  const signal = AbortSignal.any([stage.signal, ending.signal]);
  const background = [observer.run(signal), keepRequeuing(stage, signal), stage.subscriber.reading];
  const play = async (): Promise<Outage> => {
    const [outage] = await Promise.all([
      takeTheTargetAway(stage, ledger, observer, options.events, signal),
      write(stage, ledger, options, signal),
    ]);
    await untilDrained(observer, signal);
    return outage;
  };
  const playing = play();
  try {
    const outage = await Promise.race([playing, ...background]);
    // The background never resolves, so the play has ended.
    return resultOf(stage, ledger, observer, outage as Outage);
  } finally {
    ending.abort();
    await Promise.allSettled([playing, ...background.slice(0, 2)]);
    stage.screen.clear();
  }
}

function write({ clients, deployment }: Stage, ledger: Ledger, options: RunOptions, signal: AbortSignal) {
  return writeOrders({
    dynamodb: clients.dynamodb,
    tables: { orders: ORDERS_TABLE, outbox: deployment.tableName },
    events: options.events,
    ratePerSecond: options.ratePerSecond,
    signal,
    onWritten: (order) => ledger.wrote(order),
  });
}

async function takeTheTargetAway(
  { proxy }: Stage,
  ledger: Ledger,
  observer: Observer,
  events: number,
  signal: AbortSignal,
): Promise<Outage> {
  while (ledger.written < events * STEADY_SHARE) {
    await sleep(POLL_MS, undefined, { signal });
  }
  const outage = await playOutage({
    acts: ACTS,
    proxy,
    onAct: ({ title }) => {
      observer.phase = title;
    },
    signal,
  });
  observer.phase = "the target is back";
  return outage;
}

async function untilDrained(observer: Observer, signal: AbortSignal): Promise<void> {
  // The reading in progress may have begun before the last order was written; the second one from here has not.
  const enough = observer.looks + 2;
  while (!(observer.looks >= enough && observer.settled) && observer.idleMs < GIVE_UP_AFTER_MS) {
    observer.phase =
      observer.looks >= enough && observer.delivered
        ? "everything is delivered; messages that a run hid for a minute are cleared"
        : "everything is written: the requeuer drains";
    await sleep(POLL_MS, undefined, { signal });
  }
}

function resultOf({ subscriber, proxy }: Stage, ledger: Ledger, observer: Observer, outage: Outage): RunResult {
  const arrivals = subscriber.arrivals.byId;
  const lost = ledger.undelivered(arrivals).map(({ eventId }) => eventId);
  const lastArrivalMs = ledger.lastArrivalOf(arrivals, outage.backAtMs);
  return {
    written: ledger.written,
    delivered: ledger.written - lost.length,
    lost,
    duplicates: explainDuplicates(arrivals, proxy.counts),
    everParked: ledger.everParked,
    requeued: ledger.requeued(arrivals),
    outageMs: outage.awayMs,
    recoveryMs: lastArrivalMs === undefined ? undefined : Math.max(0, lastArrivalMs - outage.backAtMs),
    latencyUp: percentilesOf(ledger.latencies(arrivals, (order) => order.recordedAtMs < outage.firstFaultAtMs)),
    latencyAll: percentilesOf(ledger.latencies(arrivals)),
    rowsLeft: observer.left.rows,
    messagesLeft: observer.left.messages,
  };
}
