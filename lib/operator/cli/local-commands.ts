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
import type { CommonOptions } from "./session.ts";

export interface LocalCommandsOptions {
  readonly environment: NodeJS.ProcessEnv;
  readonly exitWith: (code: number) => void;
  /** What stands before the command. */
  readonly common: () => CommonOptions;
  readonly handSignalsOver: () => void;
}

interface LocalGiven {
  readonly fault: FaultName;
  readonly service: FaultyService;
  readonly account?: string;
}

const ACCOUNT = { shape: /^\d{12}$/, allowed: "it must be 12 digits" };
// The line for the shell names it without quotes.
const REGION = { shape: /^[a-z]{2}[a-z-]*-\d+$/, allowed: "give one such as eu-central-1" };

/**
 * The commands for a stack on this machine. What they do is loaded when they are typed: the other commands start no slower
 * for it.
 */
export function addLocalCommands(program: Command, options: LocalCommandsOptions): void {
  const { environment, exitWith, common, handSignalsOver } = options;
  const local = program
    .command("local")
    .description("an emulator of AWS on this machine, for your own stack: docs/local.md")
    .addOption(new Option("--fault <fault>", "fails from the start").choices(FAULT_NAMES).default("off"))
    .addOption(new Option("--service <service>", "which fails").choices(FAULTY_SERVICES).default("eventbridge"))
    .option("--account <id>", "the account that your stack names; --region too goes before the command")
    .action(async ({ fault, service, account }: LocalGiven) => {
      const { region, json } = common();
      const place = {
        account: readPlace("--account", account, ACCOUNT),
        region: readPlace("--region", region, REGION),
      };
      handSignalsOver();
      const { startLocal } = await import("../../local/command/start-local.ts");
      exitWith(await startLocal({ fault: { fault, service }, place, json: json === true }));
    });
  local
    .command("fault")
    .description("what a service does from now on, in the run of `local` whose line you pasted")
    // Among them --service, which is read by the command above wherever it stands.
    .configureHelp({ showGlobalOptions: true })
    .addArgument(new Argument("<fault>", faultList()).choices(FAULT_NAMES))
    .action(async (fault: FaultName) => {
      const { fromNowOn, setRunningFault } = await import("../../local/command/fault-control.ts");
      const given = { fault, service: local.opts<LocalGiven>().service };
      await setRunningFault(given, environment).catch(orExplained);
      console.log(fromNowOn(given));
    });
}

const faultList = (): string => FAULT_NAMES.map((name) => `${name}: ${FAULT_TEXTS[name]}`).join("; ");

function readPlace(name: string, value: string | undefined, { shape, allowed }: typeof ACCOUNT): string | undefined {
  if (value === undefined || shape.test(value)) return value;
  throw new OperatorError("misuse", `${name} is ${JSON.stringify(value)}: ${allowed}.`);
}

function orExplained(error: unknown): never {
  if (error instanceof LocalRunError) throw new OperatorError("failed", error.message, { cause: error });
  throw error;
}
