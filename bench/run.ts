import { workshop } from "./bench.ts";
import { CommandLineError, readCommandLine } from "./command-line.ts";
import type { Row } from "./workload.ts";
import { WORKLOADS } from "./workloads.ts";

const interruption = new AbortController();
process.once("SIGINT", () => interruption.abort());

/** On a terminal one line that changes; elsewhere a line for each step. */
function progress(workload: string, text: string): void {
  process.stderr.write(process.stderr.isTTY ? `\r\u001b[2K${workload}: ${text}` : `${workload}: ${text}\n`);
}

async function main(): Promise<void> {
  const { workloads, rounds } = readCommandLine(process.argv.slice(2), WORKLOADS);
  const shop = await workshop({ rounds, signal: interruption.signal, progress });
  const rows: Row[] = [];
  try {
    for (const workload of workloads) {
      rows.push(...(await shop.with(workload.name, (bench) => workload.run(bench))));
    }
  } finally {
    await shop.close();
  }
  console.log(JSON.stringify(rows, null, 2));
}

try {
  await main();
} catch (error) {
  if (interruption.signal.aborted) process.exitCode = 130;
  else if (error instanceof CommandLineError) {
    console.error(error.message);
    process.exitCode = 2;
  } else throw error;
}
