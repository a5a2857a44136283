import { ratioOf, summaryOf } from "../report/statistics.ts";
import type { RecoveryOptions, RecoveryResult } from "../simulated/recovery.ts";
import type { SimulationOrder } from "../simulated/simulation-process.ts";
import type { Workload } from "../workload.ts";

const LIVE_EVENTS_PER_SECOND = 500;
const QUOTA_EVENTS_PER_SECOND = 600;
const LEFT_BY_THE_QUOTA = QUOTA_EVENTS_PER_SECOND - LIVE_EVENTS_PER_SECOND;
const BACKLOG = 100_000;
/** Twice what the goal allows. */
const AT_MOST_SECONDS = 2_500;
const QUIET_SECONDS = 120;
const SEEDS = [1];

/** Simulated time, so that a drain of twenty minutes takes seconds, and the figures do not depend on the machine. */
export const recovery: Workload = {
  name: "recovery",
  about:
    "A backlog behind live traffic whose quota is a fifth above it: the real relay and requeuer on simulated time.",
  async run(bench) {
    const program = await bench.program("simulated/simulation-process.ts");
    const simulated = async (core: "client" | "stub", options: RecoveryOptions) => {
      const child = bench.start(program, { core });
      child.send({ kind: "recovery", options } satisfies SimulationOrder);
      const result = await child.next<RecoveryResult>();
      await child.end();
      return result;
    };
    const quiet: RecoveryResult[] = [];
    const loaded: RecoveryResult[] = [];
    for (const seed of SEEDS) {
      bench.progress(`Simulation ${seed} of ${SEEDS.length}`);
      const common = {
        seed,
        liveEventsPerSecond: LIVE_EVENTS_PER_SECOND,
        quotaEventsPerSecond: QUOTA_EVENTS_PER_SECOND,
      };
      const [without, withBacklog] = await Promise.all([
        simulated("stub", { ...common, backlog: 0, atMostSeconds: QUIET_SECONDS }),
        simulated("client", { ...common, backlog: BACKLOG, atMostSeconds: AT_MOST_SECONDS }),
      ]);
      quiet.push(without);
      loaded.push(withBacklog);
    }
    const p99s = (results: readonly RecoveryResult[]) => results.map(({ p99Ms }) => p99Ms);
    const rates = loaded.map(({ drained, seconds }) => drained / seconds);
    return [
      {
        name: "recovery, live latency",
        unit: "ms, 99th percentile",
        ours: summaryOf(p99s(loaded)),
        against: { name: "the same with no backlog", value: summaryOf(p99s(quiet)) },
        ratio: ratioOf(p99s(loaded), p99s(quiet)),
        goal: { atMost: 2 },
        note: `Simulated: ${LIVE_EVENTS_PER_SECOND} live events a second, a quota of ${QUOTA_EVENTS_PER_SECOND}, ${BACKLOG.toLocaleString("en-US")} waiting.`,
      },
      {
        name: "recovery, drain",
        unit: "events/s",
        ours: summaryOf(rates),
        against: { name: "what the quota leaves", value: summaryOf([LEFT_BY_THE_QUOTA]) },
        ratio: summaryOf(rates.map((rate) => rate / LEFT_BY_THE_QUOTA)),
        goal: { atLeast: 0.8 },
        note: "Simulated: all time counted, that between two runs of the requeuer too.",
      },
    ];
  },
};
