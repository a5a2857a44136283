import { execFile } from "node:child_process";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { emfSamples } from "../../lib/cloudwatch/emf.ts";
import { startBacklog } from "../backlog.ts";
import type { RequeuerRun } from "../contenders/requeuer.ts";
import { billText, type IdleRun, idleBill, RUNS_A_MONTH, type Template, totalOf } from "../report/idle-bill.ts";
import { PRICES } from "../report/prices.ts";
import { summaryOf } from "../report/statistics.ts";
import type { Bench, Row } from "../workload.ts";

const MEMORY_GB = 1;
/** Two cycles of the requeuer's polls, after the first runs, which load and compile. */
const WARM_UP_RUNS = 5;
const RUNS = 10;
const MILLION = 1_000_000;
/** The most that an idle relay may cost. */
const MOST_DOLLARS = 10;
const SYNTH_WITHIN_MS = 300_000;

/** The price of an idle relay, at each level of monitoring. */
export async function idleCost(bench: Bench): Promise<readonly Row[]> {
  const run = await idleRun(bench);
  const templates = await templatesByLevel(bench);
  const most = { name: "what idling may cost", value: summaryOf([MOST_DOLLARS]) };
  const rows = Object.entries(templates).map(([level, template]): Row => {
    const lines = idleBill(template, run, MEMORY_GB);
    const total = totalOf(lines);
    return {
      name: `cost of an idle relay, monitoring ${level}`,
      unit: "$ a month",
      ours: summaryOf([total]),
      against: most,
      ratio: summaryOf([total / MOST_DOLLARS]),
      goal: { atMost: 1 },
      note: `${billText(lines)}. From the template, and from ${RUNS} runs with nothing to do of ${(run.seconds * 1_000).toFixed(0)} ms on average; no free tier.`,
    };
  });
  const polled = RUNS_A_MONTH * (run.longSeconds - run.seconds) * MEMORY_GB;
  return [
    ...rows,
    {
      name: "cost of idle runs, beside a long poll in each",
      unit: "GB-seconds a month",
      ours: summaryOf([RUNS_A_MONTH * run.seconds * MEMORY_GB]),
      against: {
        name: "a long poll in each",
        value: summaryOf([RUNS_A_MONTH * run.longSeconds * MEMORY_GB]),
      },
      ratio: summaryOf([run.seconds / run.longSeconds]),
      goal: { atMost: 0.4 },
      note: `Saved: ${polled.toFixed(0)} GB-seconds, $${(polled * PRICES.lambdaArmGigabyteSecond).toFixed(2)} a month.`,
    },
  ];
}

interface Measured extends IdleRun {
  /** The same runs, each with a long poll. */
  readonly longSeconds: number;
}

async function idleRun(bench: Bench): Promise<Measured> {
  bench.progress("Runs with nothing to do");
  const idle = await startBacklog(bench, { rows: 0, ageMs: 0, deadLetters: false });
  for (let run = 0; run < WARM_UP_RUNS; run += 1) await idle.run();
  const { calls: before } = await idle.left();
  const runs: RequeuerRun[] = [];
  for (let run = 0; run < RUNS; run += 1) runs.push(await idle.run());
  const { calls: after } = await idle.left();
  await idle.end();
  const average = (of: (run: RequeuerRun) => number) => runs.reduce((sum, run) => sum + of(run), 0) / RUNS;
  return {
    seconds: average(({ ms }) => ms) / 1_000,
    longSeconds: Math.max(...runs.map(({ ms }) => ms)) / 1_000,
    logBytes: average(({ told }) => Buffer.byteLength(told)),
    calls: Object.fromEntries(
      Object.entries(after).map(([name, count]) => [name, (count - (before[name] ?? 0)) / RUNS]),
    ),
    metrics: runs.flatMap(({ told }) => metricsIn(told)),
  };
}

/** The metrics in lines of embedded metric format. */
const metricsIn = (told: string): IdleRun["metrics"] =>
  told.split("\n").flatMap((line) =>
    emfSamples(line).map(({ metric: { name, dimensions } }) => ({
      name,
      series: [name, ...Object.entries(dimensions).map((each) => each.join("="))].join(),
    })),
  );

async function templatesByLevel(bench: Bench): Promise<Readonly<Record<string, Template>>> {
  bench.progress("The template at each level of monitoring");
  const [bundle] = await bench.bundles();
  if (bundle === undefined) throw new Error("There is no bundle to synthesize with");
  const root = join(import.meta.dirname, "..", "..");
  const args = ["--import", "tsx", "bin/templates-by-level.ts", dirname(dirname(bundle.file)), bench.folder];
  const options = { cwd: root, timeout: SYNTH_WITHIN_MS, maxBuffer: 64 * MILLION, signal: bench.signal };
  const { stdout } = await promisify(execFile)(process.execPath, args, options);
  return JSON.parse(stdout);
}
