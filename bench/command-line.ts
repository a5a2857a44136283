import { parseArgs } from "node:util";
import type { Workload } from "./workload.ts";

export interface CommandLine {
  readonly workloads: readonly Workload[];
  readonly rounds: number;
  /** The file for the result as JSON. */
  readonly json?: string;
  /** Whether to rewrite the page of results. */
  readonly write: boolean;
}

/** A wrong command line. Only its message is shown. */
export class CommandLineError extends Error {
  override readonly name = "CommandLineError";
}

const DEFAULT_ROUNDS = 10;
const OPTIONS = { rounds: { type: "string" }, json: { type: "string" }, write: { type: "boolean" } } as const;

/**
 * Reads `[NAME...] [--rounds N] [--json FILE] [--write]`.
 *
 * @throws CommandLineError in one line that names the choices.
 */
export function readCommandLine(args: readonly string[], all: readonly Workload[]): CommandLine {
  const { values, positionals } = parsed(args);
  const names = all.map(({ name }) => name);
  const unknown = positionals.filter((name) => !names.includes(name));
  if (unknown.length > 0) {
    throw new CommandLineError(`There is no workload ${unknown.join(", ")}: choose from ${names.join(", ")}.`);
  }
  const rounds = Number(values.rounds ?? DEFAULT_ROUNDS);
  if (!Number.isInteger(rounds) || rounds < 1) {
    throw new CommandLineError(`--rounds is ${values.rounds}: it must be a whole number from 1 up.`);
  }
  if (values.write === true && positionals.length > 0) {
    throw new CommandLineError("--write takes one run of all workloads: leave the names out.");
  }
  return {
    workloads: positionals.length === 0 ? all : all.filter(({ name }) => positionals.includes(name)),
    rounds,
    ...(values.json === undefined ? {} : { json: values.json }),
    write: values.write ?? false,
  };
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
  } catch (error) {
    // The sentences after the first are advice for another kind of command line.
    const [problem] = (error instanceof Error ? error.message : String(error)).split(". ");
    throw new CommandLineError(`${problem}. Usage: npm run bench -- [NAME...] [--rounds N] [--json FILE] [--write]`);
  }
}
