import { runProgram } from "../../lib/local/program.ts";
import { HELP, readCommandLine } from "./options.ts";
import { runLocal } from "./run.ts";

const MISUSED = 2;

/** The command behind `npm start`. Resolves with its exit code; whatever it started has ended by then. */
export async function main(args: readonly string[]): Promise<number> {
  const line = readCommandLine(args);
  switch (line.kind) {
    case "help":
      process.stdout.write(HELP);
      return 0;
    case "refused":
      process.stderr.write(`${line.message}\n`);
      return MISUSED;
    case "run":
      return runProgram((context) => runLocal(line.options, context));
  }
}
