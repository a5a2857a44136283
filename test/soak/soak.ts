import { setTimeout as sleep } from "node:timers/promises";
import { countMessages } from "../../dev/demo/backlog.ts";
import { seededRandom } from "../../dev/demo/seeded-random.ts";
import { eventually } from "../setup/eventually.ts";
import type { Cause } from "./causes.ts";
import { FunctionLog } from "./function-log.ts";
import { type Actor, Journal } from "./journal.ts";
import { Misfortune } from "./misfortune.ts";
import { type FaultKind, type Incident, incidents, storms } from "./plan.ts";
import { Requeuing } from "./requeuing.ts";
import { ORDERS, openSoakStack, type SoakStack } from "./stack.ts";
import { judge } from "./verdict.ts";
import { Weather } from "./weather.ts";
import { Writers } from "./writers.ts";

export interface SoakOptions {
  readonly minutes: number;
  readonly seed: number;
  /** The writers' rate, as far as the machine keeps up. */
  readonly eventsPerSecond: number;
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
}

/** What a soak did, and what was found. */
export interface SoakReport {
  readonly violations: readonly string[];
  readonly written: number;
  /** How many of the written events have an ordering key. */
  readonly ordered: number;
  readonly received: number;
  readonly duplicates: ReadonlyMap<Cause, number>;
  /** Processes killed, and those that the emulator ended at their timeout. */
  readonly kills: ReadonlyMap<Actor, number>;
  readonly timeouts: ReadonlyMap<Actor, number>;
  readonly incidents: ReadonlyMap<Incident, number>;
  /** How many faults of each kind the storms had, and how many calls met one. */
  readonly faults: ReadonlyMap<FaultKind, number>;
  readonly struck: ReadonlyMap<string, number>;
  readonly requeuerRuns: ReadonlyMap<string, number>;
  readonly heartbeats: number;
  /** From the end of the last storm and incident until table and queues were empty. */
  readonly drainedInSeconds: number;
  readonly logs: string;
}

const TOLD_EVERY_MS = 15_000;

/** Runs a soak: storms, incidents and writers side by side for this long. Then all must come to rest. */
export async function soak({ minutes, seed, eventsPerSecond, signal, say }: SoakOptions): Promise<SoakReport> {
  // Each has a random source of its own, so that one's draws do not change another's course.
  const [forStorms, forIncidents, forWriters, forProxies] = [1, 2, 3, 4].map((part) => seededRandom(seed * 4 + part));
  if (!(forStorms && forIncidents && forWriters && forProxies)) throw new Error("There are four sources of chance");
  const journal = new Journal();
  const stack = await openSoakStack({ journal, random: forProxies, signal, say });
  try {
    const log = await FunctionLog.open(stack.logFile, stack.functionNames);
    const weather = new Weather(Object.values(stack.proxies));
    const misfortune = new Misfortune(stack, journal, weather, signal);
    const onTheirWay = () => writers.count - stack.consumer.ids.size;
    const writers: Writers = new Writers({
      ...{ clients: stack.clients, outbox: stack.deployment.tableName, orders: ORDERS },
      ...{ random: forWriters, eventsPerSecond, onTheirWay, signal },
    });
    const startMs = performance.now();
    const seconds = () => Math.round((performance.now() - startMs) / 1_000);
    const progress = setInterval(() => {
      say(
        `${seconds()} s: ${writers.count} events written, ${onTheirWay()} on their way, ${journal.kills.length} kills`,
      );
    }, TOLD_EVERY_MS);
    let drainedInSeconds = 0;
    const requeuing = new Requeuing(stack, log, journal.kills);
    try {
      const untilMs = startMs + minutes * 60_000;
      await Promise.all([
        writers.writeUntil(untilMs),
        stormsUntil(untilMs, weather, forStorms, signal),
        incidentsUntil(untilMs, misfortune, forIncidents, signal),
      ]);
      const overSeconds = seconds();
      say(`${overSeconds} s: the storms are over`);
      await untilDrained(stack, writers, signal);
      drainedInSeconds = seconds() - overSeconds;
      await requeuing.stop();
      await log.read();
    } finally {
      clearInterval(progress);
      requeuing.abandon();
      await log.close();
    }
    const { received } = stack.consumer;
    const kills = [...journal.kills, ...log.timeouts];
    const verdict = judge({
      ...{ written: writers.written, received, stories: journal.stories, kills },
      ...{ checks: journal.checks, failedDeletes: journal.failedDeletes },
      absences: misfortune.absences,
    });
    const silent =
      requeuing.silent === 0 ? [] : [`HEARTBEAT: ${requeuing.silent} runs of the requeuer ended and told none`];
    return {
      violations: [...verdict.violations, ...silent],
      written: writers.count,
      ordered: [...writers.written.values()].filter(({ place }) => place !== undefined).length,
      received: received.length,
      duplicates: verdict.duplicates,
      kills: countedBy(journal.kills.map(({ of }) => of)),
      timeouts: countedBy(log.timeouts.map(({ of }) => of)),
      incidents: misfortune.happened,
      faults: weather.kinds,
      struck: weather.struck(),
      requeuerRuns: requeuing.ends,
      heartbeats: log.heartbeats,
      drainedInSeconds,
      logs: stack.logs,
    };
  } finally {
    await stack.close();
  }
}

async function stormsUntil(
  untilMs: number,
  weather: Weather,
  random: () => number,
  signal: AbortSignal,
): Promise<void> {
  for (const { strikes, lastsMs, calmMs } of storms(random)) {
    weather.set(strikes);
    await sleep(lastsMs, undefined, { signal });
    weather.set([]);
    if (performance.now() > untilMs) return;
    await sleep(calmMs, undefined, { signal });
  }
}

async function incidentsUntil(
  untilMs: number,
  misfortune: Misfortune,
  random: () => number,
  signal: AbortSignal,
): Promise<void> {
  for (const planned of incidents(random)) {
    await sleep(planned.pauseMs, undefined, { signal });
    if (performance.now() > untilMs) return;
    await misfortune.happen(planned);
  }
}

/** Waits until table and queues are empty, and the stream has brought all its records. */
async function untilDrained(stack: SoakStack, writers: Writers, signal: AbortSignal): Promise<void> {
  const { consumer, clients, deployment, outbox } = stack;
  const left = async () => {
    signal.throwIfAborted();
    const [rows, deadLetters, unread] = [
      (await outbox.items()).length,
      await countMessages(clients.sqs, deployment.deadLetterQueueUrl),
      await consumer.unread(),
    ];
    return { rows, deadLetters, unread };
  };
  const untilEmpty = () =>
    eventually(
      "table, dead-letter queue and the consumer's queue are empty",
      async () => Object.values(await left()).every((count) => count === 0),
      async () => `There are left: ${JSON.stringify(await left())}. The logs are in ${stack.logs}`,
    );
  await untilEmpty();
  // The stream brings records in their order. When it has brought this one, it has brought all.
  const last = await writers.writeOne();
  await eventually(
    "the last event is received",
    () => consumer.ids.has(last),
    () => `The logs are in ${stack.logs}`,
  );
  await untilEmpty();
}

function countedBy<Name>(names: readonly Name[]): ReadonlyMap<Name, number> {
  const counts = new Map<Name, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}
