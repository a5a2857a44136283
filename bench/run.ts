import { writeFile } from "node:fs/promises";
import { onClosedOutput } from "../lib/local/closed-output.ts";
import { LocalRunError } from "../lib/local/local-run-error.ts";
import { requireWritable } from "../lib/local/unwritable.ts";
import { harness } from "./bench.ts";
import { CommandLineError, readCommandLine } from "./command-line.ts";
import { placement } from "./cores.ts";
import { PAGE, PICTURE, publish, RESULT } from "./publish.ts";
import { type MeasuredWorkload, machine, machineText, type Result } from "./report/result.ts";
import { isStubTheLimit, plainTable } from "./report/table.ts";
import { isMet } from "./workload.ts";
import { WORKLOADS } from "./workloads.ts";

const interruption = new AbortController();
process.once("SIGINT", () => interruption.abort());
onClosedOutput([process.stdout, process.stderr], () => interruption.abort());

/** Progress: on a terminal one line that changes, elsewhere a line per step. */
function progress(text: string): void {
  process.stderr.write(process.stderr.isTTY ? `\r\u001b[2K${text}` : `${text}\n`);
}

async function main(args: readonly string[]): Promise<void> {
  const { workloads, rounds, json, write } = readCommandLine(args, WORKLOADS);
  if (write) requireWritable(PAGE, RESULT, PICTURE);
  const where = placement();
  if (where.kind === "free") console.error(`Not pinned to cores: ${where.why}.`);
  const measuredOn = machine(where.kind === "pinned");
  const shop = await harness({
    rounds,
    placement: where,
    signal: interruption.signal,
    progress: (workload, text) => progress(`${workload}: ${text}`),
  });
  const measured: MeasuredWorkload[] = [];
  try {
    for (const workload of workloads) {
      const { name, about } = workload;
      measured.push({ name, about, rows: await shop.with(name, (bench) => workload.run(bench)) });
    }
  } finally {
    if (process.stderr.isTTY) progress("");
    await shop.close();
  }
  const result: Result = {
    command: ["npm run bench", ...(args.length === 0 ? [] : ["--", ...args])].join(" "),
    node: process.version,
    machine: measuredOn,
    workloads: measured,
  };
  if (json !== undefined) await writeFile(json, `${JSON.stringify(result, undefined, 2)}\n`);
  if (write) await publish(result);
  tell(result);
}

function tell(result: Result): void {
  const rows = result.workloads.flatMap((workload) => workload.rows);
  console.log(`${machineText(result)}. Medians (min-max) over interleaved rounds.\n`);
  console.log(plainTable(rows));
  const notes = rows.flatMap(({ name, note }) => (note === undefined ? [] : [`${name}: ${note}`]));
  if (notes.length > 0) console.log(`\n${notes.join("\n")}`);
  console.log(`\n${rows.filter(isMet).length} of ${rows.length} goals met.`);
  if (rows.some(isStubTheLimit)) {
    console.error("Rows with too little headroom measured the stub: run them again on an idle machine.");
    process.exitCode = 1;
  }
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  if (interruption.signal.aborted) process.exitCode = 130;
  else if (error instanceof CommandLineError || error instanceof LocalRunError) {
    console.error(error.message);
    process.exitCode = 2;
  } else throw error;
}
