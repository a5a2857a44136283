import { parseArgs } from "node:util";
import { campaign, unexercised } from "./campaign.ts";
import { simulate } from "./simulate.ts";
import type { Failure, Summary } from "./summary.ts";

const USAGE = `Simulates the delivery protocol: the real code in a world of faults, one seed per run.

  npm run sim -- --seeds N        N seeds, from --seed on (default 100000, from 1)
  npm run sim -- --seed S --trace one seed, with everything that happens in it
`;

const SHOWN_FAILURES = 10;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      seeds: { type: "string", default: "100000" },
      seed: { type: "string", default: "1" },
      trace: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const firstSeed = wholeNumber("--seed", values.seed);
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  return values.trace ? traceSeed(firstSeed) : runSeeds(firstSeed, wholeNumber("--seeds", values.seeds));
}

function wholeNumber(name: string, text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 1) return value;
  throw new RangeError(`${name} is ${JSON.stringify(text)}: it must be a whole number from 1 up.`);
}

async function traceSeed(seed: number): Promise<number> {
  const { scenario, violations } = await simulate({ seed }, (line) => console.log(line));
  console.log(`\n${JSON.stringify(scenario)}`);
  for (const violation of violations) console.log(violation);
  console.log(violations.length === 0 ? "No violation." : `${violations.length} violations.`);
  return violations.length === 0 ? 0 : 1;
}

async function runSeeds(firstSeed: number, seeds: number): Promise<number> {
  const startMs = performance.now();
  let shownMs = startMs;
  const rate = ({ seeds: done }: Summary) => Math.round((done * 1_000) / (performance.now() - startMs));
  const summary = await campaign({
    seeds,
    firstSeed,
    onProgress: (soFar) => {
      if (performance.now() - shownMs < 2_000) return;
      shownMs = performance.now();
      console.log(
        `${soFar.seeds} of ${seeds} seeds, ${rate(soFar)} a second, ${soFar.failures.length} with violations`,
      );
    },
  });
  showCounts("Faults", summary.faults);
  showCounts("Duplicates, each with its cause", summary.duplicates);
  console.log(`\n${Object.keys(summary.visited).length} await points, ${summary.points} steps`);
  for (const failure of summary.failures.slice(0, SHOWN_FAILURES)) showFailure(failure);
  const missing = unexercised(summary);
  for (const what of missing) console.log(`Never exercised: ${what}`);
  const verdict = summary.failures.length === 0 ? "no violation" : `${summary.failures.length} seeds with violations`;
  console.log(`\n${summary.seeds} seeds, ${rate(summary)} a second: ${verdict}`);
  return summary.failures.length === 0 && missing.length === 0 ? 0 : 1;
}

function showCounts(title: string, counts: Readonly<Record<string, number>>): void {
  console.log(`\n${title}:`);
  for (const [name, count] of Object.entries(counts).sort()) console.log(`  ${String(count).padStart(9)}  ${name}`);
}

export function showFailure({ seed, sweep, violations }: Failure): void {
  console.log(`\nSeed ${seed} (sweep ${sweep ? "on" : "off"}); replay: npm run sim -- --seed ${seed} --trace`);
  for (const violation of violations) console.log(`  ${violation}`);
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 2;
}
