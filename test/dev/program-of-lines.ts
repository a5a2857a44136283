import { writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { runProgram } from "../../lib/local/program.ts";

/** A program that writes until it is stopped, and then tidies up: it leaves a file that says so. */
const [file = ""] = process.argv.slice(2);
process.exitCode = await runProgram(async ({ output, signal }) => {
  for (let line = 1; !signal.aborted; line += 1) {
    output.write(`line ${line}\n`);
    await sleep(10);
  }
  writeFileSync(file, "tidied up");
  throw signal.reason;
});
