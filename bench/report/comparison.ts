import type { Child } from "../child.ts";
import type { RoundDone, RoundOrder } from "../contender.ts";
import { STATISTICS_PATH, type StubStatistics } from "../stubs/stub-server.ts";
import type { Bench } from "../workload.ts";

/** One way to do the work, in its own process: a program that calls `takePart` (contender.ts). */
export interface Contender {
  readonly name: string;
  /** The program, by its path below bench/. */
  readonly program: string;
  /** Events of one round. */
  readonly events: number;
  /** Events of a warm-up round, if a full one would take seconds. @default as many as in a round */
  readonly warmUpEvents?: number;
  /** Whether it leaves its rows in the table. @default false */
  readonly publishesOnly?: boolean;
  /** The whole environment, given the stub's address. A setting to be compared goes here. */
  environment(endpoint: string): Readonly<Record<string, string>>;
}

export interface Comparison {
  readonly contenders: readonly Contender[];
  readonly rounds: number;
  readonly warmUpRounds: number;
}

/** The cost of one round of one contender. */
export interface Round {
  readonly events: number;
  readonly ms: number;
  /** CPU time of the contender, in milliseconds. */
  readonly cpuMs: number;
  /** Calls that the stub answered in the round, by operation. */
  readonly calls: Readonly<Record<string, number>>;
  /** The share of the round, from 0 to 1, in which the stub's core was busy. */
  readonly stubBusy: number;
}

export interface Standings {
  /** The rounds of one contender, in order: the n-th rounds of all contenders ran under the same load of the machine. */
  of(name: string): readonly Round[];
  /** How many times more calls a second the stub can answer than the fastest round made. */
  readonly stubHeadroom: number;
}

/**
 * Lets contenders take turns at the same work, all of them in each round, against one stub on its own core.
 *
 * @throws Error if one of them published or deleted more or fewer events than it was given.
 */
export async function comparison(bench: Bench, { contenders, rounds, warmUpRounds }: Comparison): Promise<Standings> {
  const stub = bench.start(await bench.program("stubs/stub-process.ts"), { core: "stub" });
  const { port } = await stub.next<{ readonly port: number }>();
  const endpoint = `http://127.0.0.1:${port}`;
  const running: { readonly contender: Contender; readonly child: Child; readonly rounds: Round[] }[] = [];
  for (const contender of contenders) {
    bench.progress(`Starting ${contender.name}`);
    const environment = contender.environment(endpoint);
    const child = bench.start(await bench.program(contender.program), { core: "client", environment });
    await child.next();
    running.push({ contender, child, rounds: [] });
  }
  for (let round = 1; round <= warmUpRounds; round += 1) {
    bench.progress(`Warming up, round ${round} of ${warmUpRounds}`);
    for (const { contender, child } of running) {
      await measured(contender, child, contender.warmUpEvents ?? contender.events, endpoint);
    }
  }
  for (let round = 1; round <= rounds; round += 1) {
    bench.progress(`Round ${round} of ${rounds}`);
    // Each round begins with another contender, so that none always runs after the same one.
    const first = round % running.length;
    for (const { contender, child, rounds: done } of [...running.slice(first), ...running.slice(0, first)]) {
      done.push(await measured(contender, child, contender.events, endpoint));
    }
  }
  const most = Math.max(...running.flatMap((contender) => contender.rounds.map(callsPerSecond)));
  return {
    of: (name) => running.find(({ contender }) => contender.name === name)?.rounds ?? [],
    stubHeadroom: (await stubCapacity(bench, endpoint)) / most,
  };
}

async function measured(contender: Contender, child: Child, events: number, endpoint: string): Promise<Round> {
  const before = await stubStatistics(endpoint);
  child.send({ events } satisfies RoundOrder);
  const { ms, cpuMs } = await child.next<RoundDone>();
  const after = await stubStatistics(endpoint);
  const published = after.published - before.published;
  const deleted = after.deleted - before.deleted;
  const deletable = contender.publishesOnly === true ? 0 : events;
  if (published !== events || deleted !== deletable) {
    throw new Error(`${contender.name} published ${published} and deleted ${deleted} of ${events} events`);
  }
  const calls = Object.fromEntries(
    Object.entries(after.calls).map(([operation, count]) => [operation, count - (before.calls[operation] ?? 0)]),
  );
  return { events, ms, cpuMs, calls, stubBusy: (after.cpuMs - before.cpuMs) / ms };
}

const stubStatistics = async (endpoint: string): Promise<StubStatistics> =>
  (await (await fetch(`${endpoint}${STATISTICS_PATH}`)).json()) as StubStatistics;

const callsOf = ({ calls }: Pick<Round, "calls">): number =>
  Object.values(calls).reduce((sum, count) => sum + count, 0);

const callsPerSecond = (round: Pick<Round, "calls" | "ms">): number => (callsOf(round) * 1_000) / round.ms;

/** Enough calls at once that only the stub's core limits it, not its delay. */
const SATURATING = { OUTBOX_BENCH_PARALLEL: "256" };
const SATURATING_EVENTS = 8_000;
/** The best of a few tries: other load can only make the stub look slower. */
const TRIES = 3;

/** Calls a second that the stub answers at full load. */
async function stubCapacity(bench: Bench, endpoint: string): Promise<number> {
  bench.progress("Measuring what the stub could answer");
  const child = bench.start(await bench.program("contenders/floor.ts"), {
    core: "client",
    environment: { AWS_ENDPOINT_URL: endpoint, ...SATURATING },
  });
  await child.next();
  let best = 0;
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const before = await stubStatistics(endpoint);
    child.send({ events: SATURATING_EVENTS } satisfies RoundOrder);
    const { ms } = await child.next<RoundDone>();
    const after = await stubStatistics(endpoint);
    best = Math.max(best, ((callsOf(after) - callsOf(before)) * 1_000) / ms);
  }
  return best;
}
