import { parseArgs } from "node:util";
import { endWithReader } from "../../../lib/local/closed-output.ts";
import { beginRecording, commandLine } from "../../reliability/record.ts";
import { wholeNumber } from "../../simulation/options.ts";
import { ForeignRowError, type ScaleReport, sendThrough } from "./scale.ts";

const USAGE = `Sends rows as other people's code writes them through the decoder, over the wires of each kind of target, and into
a consumer's reader. Nothing may throw, and payload, key and id must arrive as they were written, or the publisher must
refuse the event with a reason.

  npm run foreign -- --rows N --seed S

  --rows N     rows to draw (default 1000000)
  --seed S     draws them (default 1)
  --record     writes what was counted into docs/reliability.json and its page

Exit code: 0 when all arrived whole or were refused with a reason, 1 otherwise, 2 for a wrong option.
`;
const SHOWN_EVERY_ROWS = 100_000;

function show({ malformed, nonconforming, arrived, refused, ...counts }: ScaleReport): void {
  console.log(
    `\n${counts.rows} rows: ${counts.events} events, ${counts.ordered} of them in the order of a key, ` +
      `${counts.rows - counts.events - counts.reserved} malformed and ${counts.reserved} of the relay's own`,
  );
  showCounts("Arrived with payload, key and id as they were written, by way", arrived);
  showCounts("Refused by the publisher with a reason, by way and code", refused);
  showCounts("Events that break CloudEvents and are carried, by reason", nonconforming);
  console.log(
    `  ${String(counts.refusedBySchema).padStart(9)}  events that the JSON Schema of CloudEvents refuses, in all`,
  );
  showCounts("Malformed, by what is wrong", malformed);
}

function showCounts(title: string, counts: ReadonlyMap<string, number>): void {
  console.log(`\n${title}:`);
  for (const [name, count] of [...counts].sort()) console.log(`  ${String(count).padStart(9)}  ${name}`);
}

const sorted = (counts: ReadonlyMap<string, number>) => Object.fromEntries([...counts].sort());

function main(): number {
  const { values } = parseArgs({
    options: {
      rows: { type: "string", default: "1000000" },
      seed: { type: "string", default: "1" },
      record: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  const rows = wholeNumber("--rows", values.rows);
  const seed = wholeNumber("--seed", values.seed);
  const recording = values.record ? beginRecording("foreign rows") : undefined;
  console.log(`foreign: ${rows} rows, seed ${seed}`);
  const onProgress = (done: number): void => {
    if (done % SHOWN_EVERY_ROWS === 0) console.log(`  ${done} rows`);
  };
  try {
    const report = sendThrough({ rows, seed, onProgress });
    show(report);
    recording?.end({
      ...{ command: commandLine("foreign", process.argv.slice(2)), passed: true },
      figures: {
        rows: report.rows,
        "events that arrived whole or were refused with a reason": report.events,
        "of them in ordering keys": report.ordered,
        "rows malformed": report.rows - report.events - report.reserved,
        "events that the schema of CloudEvents refuses": report.refusedBySchema,
      },
      details: {
        "Arrived, by way": sorted(report.arrived),
        "Refused by the publisher, by way and code": sorted(report.refused),
        "Nonconforming, by reason": sorted(report.nonconforming),
        "Malformed, by what is wrong": sorted(report.malformed),
      },
    });
    return 0;
  } catch (error) {
    if (!(error instanceof ForeignRowError)) throw error;
    console.log(error.message);
    console.log(`Run it again: npm run foreign -- --rows ${rows} --seed ${seed}`);
    return 1;
  }
}

endWithReader();
try {
  process.exitCode = main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 2;
}
