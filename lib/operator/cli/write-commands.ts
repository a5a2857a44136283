import { Argument, type Command } from "commander";
import { OperatorError } from "../aws/operator-error.ts";
import { isEmptyFilter } from "../core/events/event-filter.ts";
import type { Action } from "./action.ts";
import { type EventActOptions, release, retry, setAside } from "./commands/event-acts.ts";
import { DEFAULT_TEST_SOURCE, DEFAULT_TEST_TYPE, put } from "./commands/put.ts";
import { readParts, switchParts } from "./commands/switching.ts";
import { DEFAULT_RATE, type FilterOptions, readCount, readFilter, readRate, withFilter } from "./filter-options.ts";
import { addReplay } from "./replay-command.ts";
import { readDuration } from "./times.ts";

interface Given extends FilterOptions {
  readonly all?: boolean;
  readonly reason?: string;
  readonly rate?: string;
  readonly yes?: boolean;
  readonly dryRun?: boolean;
  readonly outOfOrder?: boolean;
}

/** The commands that change something. */
export function addWriteCommands(program: Command, action: Action): void {
  addEventActs(program, action);
  addReplay(program, action);
  addSwitches(program, action);
  addPut(program, action);
}

function addEventActs(program: Command, action: Action): void {
  const acting = (name: string, description: string) =>
    withFilter(program.command(name).description(description).argument("[id...]", "events by their ids"))
      .option("--all", "all there are")
      .option("--rate <n>", "events a second", String(DEFAULT_RATE))
      .option("--reason <text>", "why, for the journal")
      .option("--dry-run", "show what would be done; the default for more than one event")
      .option("--yes", "do it");
  acting("retry", "has events tried again at the requeuer's next run").action(
    action((ids: string[], given: Given) => {
      const options = readAct(ids, given);
      return (session) => retry(session, options);
    }),
  );
  acting("quarantine", "takes events out of the outbox, to come back by release").action(
    action((ids: string[], given: Given) => {
      const options = { ...readAct(ids, given), why: readWhy(given.reason) };
      return (session) => setAside(session, "quarantined", options);
    }),
  );
  acting("release", "puts quarantined events back into the outbox")
    .option("--out-of-order", "also events that later ones of their key have overtaken")
    .action(
      action((ids: string[], given: Given) => {
        const options = { ...readAct(ids, given), outOfOrder: given.outOfOrder === true };
        return (session) => release(session, options);
      }),
    );
  acting("discard", "gives events up; they are kept whole in the journal").action(
    action((ids: string[], given: Given) => {
      const options = { ...readAct(ids, given), why: readWhy(given.reason) };
      return (session) => setAside(session, "discarded", options);
    }),
  );
}

function addSwitches(program: Command, action: Action): void {
  for (const [name, on, description] of [
    ["pause", false, "switches relay, requeuer or both off; nothing is lost"],
    ["resume", true, "switches them on again"],
  ] as const) {
    program
      .command(name)
      .description(description)
      .addArgument(new Argument("[part]", "what").choices(["relay", "requeuer", "both"]).default("both"))
      .option("--reason <text>", "why, for the journal")
      .option("--yes", "do it")
      .action(
        action((which: string, given: Given) => {
          const options = { parts: readParts(which), why: given.reason, yes: given.yes === true };
          return (session) => switchParts(session, on, options);
        }),
      );
  }
}

interface PutGiven {
  readonly type: string;
  readonly source: string;
  readonly key?: string;
  readonly sequence: string;
  readonly timeout: string;
}

function addPut(program: Command, action: Action): void {
  program
    .command("put")
    .description(
      "writes one test event and follows it until it is delivered; while the target fails, until the timeout",
    )
    .option("--type <type>", "its type", DEFAULT_TEST_TYPE)
    .option("--source <source>", "its source", DEFAULT_TEST_SOURCE)
    .option("--key <pk>", "its ordering key; else it stands by itself")
    .option("--sequence <n>", "its place in the key", "1")
    .option("--timeout <time>", "how long to follow it", "2m")
    .action(
      action((given: PutGiven) => {
        const sequence = readCount("--sequence", given.sequence, Number.MAX_SAFE_INTEGER);
        const options = { ...given, sequence, timeoutMs: readDuration("--timeout", given.timeout) };
        return (session) => put(session, options);
      }),
    );
}

/** A command that changes events must be told which; "all" must be said. */
function readAct(ids: readonly string[], given: Given): EventActOptions {
  const filter = readFilter(ids, given);
  if (isEmptyFilter(filter) !== (given.all === true)) {
    const what = isEmptyFilter(filter)
      ? "Nothing says which events: give ids, a filter, or --all."
      : "--all and a filter exclude each other: give one of them.";
    throw new OperatorError("misuse", what);
  }
  return {
    filter,
    why: given.reason,
    eventsPerSecond: readRate(given.rate),
    yes: given.yes === true,
    dryRun: given.dryRun === true,
  };
}

function readWhy(reason: string | undefined): string {
  if (reason !== undefined && reason.trim() !== "") return reason;
  throw new OperatorError("misuse", "--reason is missing: say why, for those who read the journal later.");
}
