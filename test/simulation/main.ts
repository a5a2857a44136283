import { parseArgs } from "node:util";
import { endWithReader } from "../../lib/local/closed-output.ts";
import { beginRecording, commandLine } from "../reliability/record.ts";
import { campaign, thoroughCampaign, unexercised } from "./campaign.ts";
import { wholeNumber } from "./options.ts";
import { simulate } from "./simulate.ts";
import { STORMS, type Storm } from "./storms/scenario-shape.ts";
import { countedIn, type Failure, type Summary } from "./summary.ts";

const DEFAULT_SEEDS = 100_000;

const USAGE = `Simulates the delivery protocol: the real code in a world of faults, one seed per run.

  npm run sim -- --seeds N        N seeds, from --seed on (default ${DEFAULT_SEEDS}, from 1), and at most half as many again
                                  for a fault or an await point that none of them has met
  npm run sim -- --events N       seeds until N events were written in them, in the memory of one seed
  npm run sim -- --seed S --trace one seed, with everything that happens in it

  --storm ${STORMS.join(" | ")}   the kind of storm (default: drawn by each seed)
  --threads N                     (default: the machine's cores)
  --record                        writes what was counted into docs/reliability.json and its page
`;

const SHOWN_FAILURES = 10;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      seeds: { type: "string" },
      events: { type: "string" },
      seed: { type: "string", default: "1" },
      storm: { type: "string" },
      threads: { type: "string" },
      trace: { type: "boolean", default: false },
      record: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  const run: Run = {
    firstSeed: wholeNumber("--seed", values.seed),
    storm: values.storm === undefined ? undefined : stormNamed(values.storm),
  };
  if (values.record && (values.trace || run.storm !== undefined)) {
    throw new RangeError("--record records a whole campaign: leave out --trace and --storm.");
  }
  if (values.trace) return traceSeed(run);
  const threads = values.threads === undefined ? undefined : wholeNumber("--threads", values.threads);
  if (values.seeds !== undefined && values.events !== undefined) {
    throw new RangeError("Either --seeds or --events says how long the campaign is, not both.");
  }
  const events = values.events === undefined ? undefined : wholeNumber("--events", values.events);
  // Each seed writes at least one event.
  const seeds = wholeNumber("--seeds", values.seeds ?? String(events ?? DEFAULT_SEEDS));
  const recording = values.record ? beginRecording(events === undefined ? "storms" : "a million events") : undefined;
  const summary = await runSeeds(run, { seeds, events }, threads);
  const missing = run.storm === undefined ? unexercised(summary) : [];
  for (const what of missing) console.log(`Never exercised: ${what}`);
  const passed = summary.failures.length === 0 && missing.length === 0;
  recording?.end({ command: commandLine("sim", process.argv.slice(2)), passed, ...countedIn(summary, missing.length) });
  return passed ? 0 : 1;
}

function stormNamed(name: string): Storm {
  const storm = STORMS.find((each) => each === name);
  if (storm !== undefined) return storm;
  throw new RangeError(`--storm is ${JSON.stringify(name)}: it must be one of ${STORMS.join(", ")}.`);
}

interface Run {
  readonly firstSeed: number;
  readonly storm: Storm | undefined;
}

async function traceSeed({ firstSeed: seed, storm }: Run): Promise<number> {
  const { scenario, violations } = await simulate({ seed, storm }, (line) => console.log(line));
  console.log(`\n${JSON.stringify(scenario)}`);
  for (const violation of violations) console.log(violation);
  console.log(violations.length === 0 ? "No violation." : `${violations.length} violations.`);
  return violations.length === 0 ? 0 : 1;
}

interface Length {
  readonly seeds: number;
  readonly events: number | undefined;
}

async function runSeeds(run: Run, { seeds, events }: Length, threads: number | undefined): Promise<Summary> {
  const startMs = performance.now();
  let shownMs = startMs;
  const rate = ({ seeds: done }: Summary) => Math.round((done * 1_000) / (performance.now() - startMs));
  // A storm of one kind leaves out the faults of the others.
  const summary = await (run.storm === undefined ? thoroughCampaign : campaign)({
    ...run,
    ...{ seeds, events },
    ...(threads !== undefined && { threads }),
    onProgress: (soFar) => {
      if (performance.now() - shownMs < 2_000) return;
      shownMs = performance.now();
      console.log(
        `${events === undefined ? `${soFar.seeds} of ${seeds} seeds` : `${soFar.events} of ${events} events`}, ` +
          `${rate(soFar)} seeds a second, ${soFar.failures.length} with violations`,
      );
    },
  });
  showCounts("Storms", summary.storms);
  showCounts("Faults", summary.faults);
  showCounts("Duplicates, each with its cause", summary.duplicates);
  showCounts("Storms with an archive, by their audits", summary.audits);
  console.log(`\n${Object.keys(summary.visited).length} await points, ${summary.points} steps`);
  for (const failure of summary.failures.slice(0, SHOWN_FAILURES)) showFailure(failure, run);
  const verdict = summary.failures.length === 0 ? "no violation" : `${summary.failures.length} seeds with violations`;
  console.log(`\n${summary.seeds} seeds with ${summary.events} events, ${rate(summary)} seeds a second: ${verdict}`);
  return summary;
}

function showCounts(title: string, counts: Readonly<Record<string, number>>): void {
  console.log(`\n${title}:`);
  for (const [name, count] of Object.entries(counts).sort()) console.log(`  ${String(count).padStart(9)}  ${name}`);
}

function showFailure({ seed, sweep, violations }: Failure, { storm }: Run): void {
  const replay = `npm run sim -- --seed ${seed}${storm === undefined ? "" : ` --storm ${storm}`} --trace`;
  console.log(`\nSeed ${seed} (sweep ${sweep ? "on" : "off"}); replay: ${replay}`);
  for (const violation of violations) console.log(`  ${violation}`);
}

endWithReader();
try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 2;
}
