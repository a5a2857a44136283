import { parseArgs } from "node:util";
import { outliveReader } from "../../lib/local/closed-output.ts";
import { runProgram } from "../../lib/local/program.ts";
import { beginRecording, type Counted, commandLine } from "../reliability/record.ts";
import { wholeNumber } from "../simulation/options.ts";
import { type SoakReport, soak } from "./soak.ts";

const USAGE = `Runs the deployed app on an AWS emulator while everything around it fails, and counts what the consumer has.

  npm run soak -- --minutes N --seed S

  --minutes N   of storms, with writers at work (default 5); coming to rest takes some minutes more
  --seed S      draws the storms and what befalls the deployment (default 1)
  --rate N      events a second, as far as the machine keeps up (default 40)
  --record      writes what was counted into docs/reliability.json and its page

Exit code: 0 when nothing was lost, out of order or repeated without a cause, 1 otherwise, 2 for a wrong option.
`;
/** Of each kind. */
const SHOWN_VIOLATIONS = 5;

interface Asked {
  readonly minutes: number;
  readonly seed: number;
  readonly rate: number;
  readonly record: boolean;
}

function asked(): Asked | undefined {
  const { values } = parseArgs({
    options: {
      minutes: { type: "string", default: "5" },
      seed: { type: "string", default: "1" },
      rate: { type: "string", default: "40" },
      record: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return undefined;
  return {
    minutes: wholeNumber("--minutes", values.minutes),
    seed: wholeNumber("--seed", values.seed),
    rate: wholeNumber("--rate", values.rate),
    record: values.record,
  };
}

function show(
  { violations, written, ordered, received, duplicates, ...report }: SoakReport,
  { minutes, seed, rate }: Asked,
): void {
  const repeated = [...duplicates.values()].reduce((sum, count) => sum + count, 0);
  console.log(
    `\n${written} events written, ${ordered} of them in ordering keys; ${received} received, ${repeated} of them repetitions`,
  );
  showCounts("Repetitions, each with its cause", duplicates);
  showCounts("Processes killed", report.kills);
  showCounts("Processes that were still at work at their timeout", report.timeouts);
  showCounts("What happened", report.incidents);
  showCounts("Faults in storms", report.faults);
  showCounts("Calls that met a fault", report.struck);
  showCounts("Runs of the requeuer", report.requeuerRuns);
  console.log(`\n${report.heartbeats} heartbeats; all at rest ${report.drainedInSeconds} s after the last storm`);
  if (violations.length === 0) {
    console.log("Nothing lost, order kept, nothing repeated without a cause, table and queues empty.");
    return;
  }
  const kinds = new Map<string, number>();
  for (const violation of violations) {
    const kind = violation.slice(0, violation.indexOf(":"));
    const count = (kinds.get(kind) ?? 0) + 1;
    kinds.set(kind, count);
    if (count <= SHOWN_VIOLATIONS) console.log(violation);
  }
  showCounts("Violations", kinds);
  console.log(`\nThe logs are in ${report.logs}`);
  console.log(`Run it again: npm run soak -- --minutes ${minutes} --seed ${seed} --rate ${rate}`);
}

function showCounts(title: string, counts: ReadonlyMap<string, number>): void {
  console.log(`\n${title}:`);
  for (const [name, count] of [...counts].sort()) console.log(`  ${String(count).padStart(9)}  ${name}`);
}

/** What docs/reliability.json keeps of a soak. */
function countedIn(report: SoakReport): Pick<Counted, "passed" | "figures" | "details"> {
  const sum = (counts: ReadonlyMap<string, number>) => [...counts.values()].reduce((all, count) => all + count, 0);
  const sorted = (counts: ReadonlyMap<string, number>) => Object.fromEntries([...counts].sort());
  return {
    passed: report.violations.length === 0,
    figures: {
      "events written": report.written,
      "of them in ordering keys": report.ordered,
      received: report.received,
      "duplicates, each with its cause": sum(report.duplicates),
      violations: report.violations.length,
      "processes killed": sum(report.kills),
      "calls that met a fault": sum(report.struck),
      heartbeats: report.heartbeats,
      "seconds until all was at rest": report.drainedInSeconds,
    },
    details: {
      "Processes killed": sorted(report.kills),
      "Processes that were still at work at their timeout": sorted(report.timeouts),
      "What happened": sorted(report.incidents),
      "Faults in storms": sorted(report.faults),
      "Calls that met a fault": sorted(report.struck),
      "Duplicates, by cause": sorted(report.duplicates),
      "Runs of the requeuer": sorted(report.requeuerRuns),
    },
  };
}

async function main(): Promise<number> {
  const options = asked();
  if (options === undefined) {
    console.log(USAGE);
    return 0;
  }
  const recording = options.record ? beginRecording("soak") : undefined;
  return runProgram(async ({ signal }) => {
    const { minutes, seed, rate: eventsPerSecond } = options;
    console.log(`soak: ${minutes} minutes, seed ${seed}`);
    try {
      const report = await soak({ minutes, seed, eventsPerSecond, signal, say: (line) => console.log(line) });
      show(report, options);
      recording?.end({ command: commandLine("soak", process.argv.slice(2)), ...countedIn(report) });
      return report.violations.length === 0 ? 0 : 1;
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      console.log(error instanceof Error ? error.message : error);
      console.log(`Run it again: npm run soak -- --minutes ${minutes} --seed ${seed} --rate ${eventsPerSecond}`);
      return 1;
    }
  });
}

outliveReader();
try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 2;
}
