import { Command, CommanderError } from "commander";
import { DeploymentFaultError } from "../aws/deployment-fault.ts";
import { explained, type OperatorError } from "../aws/operator-error.ts";
import type { Action } from "./action.ts";
import { EXIT, exitCodeOf } from "./exit-code.ts";
import { addLocalCommands } from "./local-commands.ts";
import { type OutputStream, outputTo } from "./output.ts";
import { addReadCommands } from "./read-commands.ts";
import { refuseBlank } from "./refuse-blank.ts";
import { type CommonOptions, openSession } from "./session.ts";
import { faultMessage } from "./texts/fault-texts.ts";
import { VERSION } from "./version.ts";
import { addWriteCommands } from "./write-commands.ts";

export interface Io {
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  readonly environment: NodeJS.ProcessEnv;
  /** Whether the operator wants the command to end. */
  readonly stopped: () => boolean;
  /** Called by a command that listens to the process's signals itself. */
  readonly handSignalsOver?: () => void;
}

const DEFAULT_STACK = "OutboxRelay";

/** Runs the command line. Resolves with the exit code, after errors have been shown. */
export async function run(args: readonly string[], io: Io): Promise<number> {
  let exitCode: number = EXIT.ok;
  const program = createProgram(io, (code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync([...args], { from: "user" });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.misuse;
    const explanation = explained(error);
    if (explanation === undefined) throw error;
    io.stderr.write(`${messageOf(explanation)}\n`);
    return exitCodeOf[explanation.kind];
  }
}

const messageOf = (error: OperatorError): string =>
  error instanceof DeploymentFaultError ? faultMessage(error.fault) : error.message;

function createProgram(io: Io, exitWith: (code: number) => void): Command {
  const { stdout, stderr, environment, stopped } = io;
  const program = new Command("outbox-relay")
    .description("Looks at a deployed outbox relay and does by hand what an alarm asks for.")
    .version(VERSION)
    .option("--stack <name>", "the CloudFormation stack", DEFAULT_STACK)
    .option("--relay <name>", "one of the stack's relays, where it has several")
    .option("--region <region>", "the AWS region; else as the AWS CLI finds it")
    .option("--profile <profile>", "the profile of your AWS configuration")
    .option("--endpoint-url <url>", "another endpoint for all services: an emulator")
    .option("--json", "one JSON document on standard output")
    .exitOverride()
    .showHelpAfterError("(--help shows what there is)")
    .configureOutput({ writeOut: (text) => void stdout.write(text), writeErr: (text) => void stderr.write(text) });

  const action: Action =
    (read) =>
    async (...args) => {
      // What was typed is read before anything is asked of AWS.
      const work = read(...args);
      const common = program.opts<CommonOptions>();
      const output = outputTo({ stdout, stderr, json: common.json === true, environment });
      exitWith(await work(await openSession({ common, output, stopped })));
    };
  program.hook("preAction", (_program, command) => refuseBlank(program, command));
  addReadCommands(program, action, (line) => void stdout.write(line));
  addWriteCommands(program, action);
  addLocalCommands(program, {
    environment,
    exitWith,
    common: () => program.opts<CommonOptions>(),
    handSignalsOver: io.handSignalsOver ?? (() => {}),
  });
  return program;
}
