import { Argument, type Command, Option } from "commander";
import {
  FAULT_NAMES,
  FAULT_TEXTS,
  FAULTY_SERVICES,
  type FaultName,
  type FaultyService,
} from "../../local/faults/named-faults.ts";
import { LocalRunError } from "../../local/local-run-error.ts";
import { OperatorError } from "../aws/operator-error.ts";

export interface LocalCommandsOptions {
  readonly environment: NodeJS.ProcessEnv;
  readonly exitWith: (code: number) => void;
  readonly json: () => boolean;
  readonly handSignalsOver: () => void;
}

interface ServiceOption {
  readonly service: FaultyService;
}

/**
 * The commands for a stack on this machine. What they do is loaded when they are typed: the other commands start no slower
 * for it.
 */
export function addLocalCommands(program: Command, options: LocalCommandsOptions): void {
  const { environment, exitWith, json, handSignalsOver } = options;
  const service = () =>
    new Option("--service <service>", "which service fails").choices(FAULTY_SERVICES).default("eventbridge");
  const local = program
    .command("local")
    .description("an emulator of AWS on this machine, for your own stack: docs/local.md")
    // Both have the option --service: what stands behind `fault` is its own.
    .enablePositionalOptions()
    .addOption(new Option("--fault <fault>", "fails from the start").choices(FAULT_NAMES).default("off"))
    .addOption(service())
    .action(async (given: ServiceOption & { readonly fault: FaultName }) => {
      handSignalsOver();
      const { startLocal } = await import("../../local/command/start-local.ts");
      exitWith(await startLocal({ fault: { fault: given.fault, service: given.service }, json: json() }));
    });
  local
    .command("fault")
    .description("what a service does from now on, in the run of `local` whose line you pasted")
    .addArgument(new Argument("<fault>", faultList()).choices(FAULT_NAMES))
    .addOption(service())
    .action(async (fault: FaultName, given: ServiceOption) => {
      const { setRunningFault } = await import("../../local/command/fault-control.ts");
      await setRunningFault({ fault, service: given.service }, environment).catch(orExplained);
    });
}

const faultList = (): string => FAULT_NAMES.map((name) => `${name}: ${FAULT_TEXTS[name]}`).join("; ");

function orExplained(error: unknown): never {
  if (error instanceof LocalRunError) throw new OperatorError("failed", error.message, { cause: error });
  throw error;
}
