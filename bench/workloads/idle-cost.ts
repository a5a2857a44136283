import { execFile } from "node:child_process";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { type BacklogLeft, LEFT_PATH } from "../backlog-stub.ts";
import type { RequeuerRun } from "../contenders/requeuer.ts";
import { billText, type IdleRun, idleBill, RUNS_A_MONTH, type Template, totalOf } from "../idle-bill.ts";
import { PRICES } from "../prices.ts";
import { relayEnvironment } from "../relay-environment.ts";
import { summaryOf } from "../statistics.ts";
import type { Bench, Row } from "../workload.ts";

const MEMORY_GB = 1;
/** Twice around the requeuer's own rhythm of polls, after the first runs, which load and compile. */
const WARM_UP_RUNS = 5;
const RUNS = 10;
const MILLION = 1_000_000;
/** What a relay may cost while it does nothing. */
const MOST_DOLLARS = 10;
const SYNTH_WITHIN_MS = 300_000;

/** The price of a relay that delivers nothing, at each level of monitoring. */
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
  /** The same, where each run makes a long poll. */
  readonly longSeconds: number;
}

async function idleRun(bench: Bench): Promise<Measured> {
  bench.progress("Runs with nothing to do");
  const stub = bench.start(await bench.program("backlog-stub-process.ts"), {
    core: "stub",
    args: [JSON.stringify({ rows: 0, ageMs: 0, deadLetters: false })],
  });
  const { port } = await stub.next<{ readonly port: number }>();
  const endpoint = `http://127.0.0.1:${port}`;
  const { file } = await bench.bundle("requeuer", "eventbridge");
  const requeuer = bench.start(await bench.program("contenders/requeuer.ts"), {
    core: "client",
    environment: { ...relayEnvironment(endpoint), OUTBOX_BENCH_BUNDLE: file },
  });
  await requeuer.next();
  const makeRun = async () => {
    requeuer.send({});
    return requeuer.next<RequeuerRun>();
  };
  const callsNow = async () => ((await (await fetch(`${endpoint}${LEFT_PATH}`)).json()) as BacklogLeft).calls;
  for (let run = 0; run < WARM_UP_RUNS; run += 1) await makeRun();
  const before = await callsNow();
  const runs: RequeuerRun[] = [];
  for (let run = 0; run < RUNS; run += 1) runs.push(await makeRun());
  const after = await callsNow();
  await Promise.all([requeuer.end(), stub.end()]);
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
function metricsIn(told: string): IdleRun["metrics"] {
  return told.split("\n").flatMap((text) => {
    if (!text.includes('"_aws"')) return [];
    const line = JSON.parse(text);
    const directives = line._aws.CloudWatchMetrics as readonly {
      readonly Dimensions: readonly (readonly string[])[];
      readonly Metrics: readonly { readonly Name: string }[];
    }[];
    return directives.flatMap(({ Dimensions, Metrics }) =>
      Metrics.flatMap(({ Name: name }) =>
        Dimensions.map((names) => ({ name, series: [name, ...names.map((each) => `${each}=${line[each]}`)].join() })),
      ),
    );
  });
}

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
