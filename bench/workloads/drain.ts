import { startBacklog } from "../backlog.ts";
import type { RequeuerRun } from "../contenders/requeuer.ts";
import { type Summary, summaryOf } from "../report/statistics.ts";
import type { BacklogOptions } from "../stubs/backlog-stub.ts";
import type { Bench, Row, Workload } from "../workload.ts";
import { SHARD_EVENTS_PER_SECOND } from "./catch-up.ts";

const ROWS = 100_000;
const MINUTE_MS = 60_000;

interface Drained {
  readonly eventsPerSecond: number;
  readonly cpuMicrosPerEvent: number;
  readonly runs: number;
}

/** Rows old enough for the sweep, without dead letters; and dead letters of rows too young for it. */
const BACKLOGS = {
  sweep: { rows: ROWS, ageMs: 30 * MINUTE_MS, deadLetters: false },
  messages: { rows: ROWS, ageMs: MINUTE_MS, deadLetters: true },
} satisfies Record<string, BacklogOptions>;

export const drain: Workload = {
  name: "drain",
  about:
    "A hundred thousand rows that nobody delivered: the requeuer's bundle, by the sweep alone and by dead letters alone.",
  async run(bench) {
    const bySweep = await drained(bench, "by sweep", BACKLOGS.sweep);
    const byMessages = await drained(bench, "by messages", BACKLOGS.messages);
    const shard = { name: "what a shard can take in", value: summaryOf([SHARD_EVENTS_PER_SECOND]) };
    const rowOf = (name: string, { eventsPerSecond, cpuMicrosPerEvent, runs }: Drained): Row => ({
      name,
      unit: "events/s",
      ours: summaryOf([eventsPerSecond]),
      against: shard,
      ratio: summaryOf([eventsPerSecond / SHARD_EVENTS_PER_SECOND]),
      goal: { atLeast: 5 },
      cpuMicrosPerEvent: { ours: cpuMicrosPerEvent },
      note: `${ROWS.toLocaleString("en-US")} rows in ${runs === 1 ? "one run" : `${runs} runs`} of the requeuer, on one core; its slow start counts.`,
    });
    const ahead: Summary = summaryOf([bySweep.eventsPerSecond / byMessages.eventsPerSecond]);
    return [
      rowOf("drain by sweep", bySweep),
      rowOf("drain by messages", byMessages),
      {
        name: "drain, sweep and messages",
        unit: "events/s",
        ours: summaryOf([bySweep.eventsPerSecond]),
        against: { name: "by messages", value: summaryOf([byMessages.eventsPerSecond]) },
        ratio: ahead,
        goal: { atLeast: 1 },
      },
    ];
  },
};

async function drained(bench: Bench, how: string, backlog: BacklogOptions): Promise<Drained> {
  bench.progress(`Draining ${how}`);
  const at = await startBacklog(bench, backlog);
  const runs: RequeuerRun[] = [];
  for (let left = await at.left(); left.rows > 0; left = await at.left()) {
    runs.push(await at.run());
    bench.progress(
      `Draining ${how}, ${(await at.left()).rows.toLocaleString("en-US")} rows left after run ${runs.length}`,
    );
  }
  const { published } = await at.left();
  // A call that is cut off at the end of a run may have succeeded; its events are published again.
  if (published < backlog.rows) throw new Error(`${published} events were published for ${backlog.rows} rows`);
  await at.end();
  const sum = (of: (run: RequeuerRun) => number) => runs.reduce((total, run) => total + of(run), 0);
  return {
    eventsPerSecond: (backlog.rows * 1_000) / sum(({ ms }) => ms),
    cpuMicrosPerEvent: (sum(({ cpuMs }) => cpuMs) * 1_000) / backlog.rows,
    runs: runs.length,
  };
}
