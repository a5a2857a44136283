import { type Command, Option } from "commander";
import { OperatorError } from "../aws/operator-error.ts";
import { isEmptyFilter } from "../core/events/event-filter.ts";
import type { AsidePlace } from "../core/journal.ts";
import type { Action } from "./action.ts";
import { audit } from "./commands/audit.ts";
import { dashboard } from "./commands/dashboard.ts";
import { doctor } from "./commands/doctor.ts";
import { journal } from "./commands/journal.ts";
import { list, listAll } from "./commands/list.ts";
import { show } from "./commands/show.ts";
import { status } from "./commands/status.ts";
import { tail } from "./commands/tail.ts";
import { type FilterOptions, readCount, readFilter, withFilter } from "./filter-options.ts";
import { readMoment } from "./times.ts";

const MAX_LIMIT = 10_000;

interface ListGiven extends FilterOptions {
  readonly newest?: boolean;
  readonly limit: string;
  readonly after?: string;
  readonly aside?: AsidePlace;
  readonly all?: boolean;
  readonly foreign?: boolean;
}

/** The commands that change nothing. */
export function addReadCommands(program: Command, action: Action, write: (line: string) => void): void {
  program
    .command("status")
    .description("healthy or not, and why")
    .action(action(() => status));
  addList(program, action, write);
  program
    .command("show")
    .description("one event: where it is, its history, what comes next")
    .argument("[id]", "the event's id")
    .option("--key <pk>", "its partition key, where it has no id that can be read")
    .option("--sequence <n>", "its sort key; with --key")
    .option("--data", "show the row with its payload")
    .action(
      action((id: string | undefined, given: FilterOptions & { readonly data?: boolean }) => {
        const filter = readFilter(id === undefined ? [] : [id], given);
        if (isEmptyFilter(filter)) {
          throw new OperatorError("misuse", "Nothing says which event: give its id, or --key and --sequence.");
        }
        return (session) => show(session, filter, given.data === true);
      }),
    );
  program
    .command("journal")
    .description("what was done by hand, by whom and why")
    .option("--limit <n>", "how many, the latest first", "20")
    .action(
      action(({ limit }: { readonly limit: string }) => {
        const acts = readCount("--limit", limit, MAX_LIMIT);
        return (session) => journal(session, acts);
      }),
    );
  addAudit(program, action, write);
  program
    .command("doctor")
    .description("checks what is deployed; each finding with its fix")
    .action(action(() => doctor));
  program
    .command("tail")
    .description("events as they are written, parked and delivered")
    .action(action(() => (session) => tail(session, write)));
  program
    .command("dashboard")
    .description("the dashboard's link")
    .action(action(() => dashboard));
}

function addList(program: Command, action: Action, write: (line: string) => void): void {
  const command = program
    .command("list")
    .description("undelivered events, or set-aside ones")
    .argument("[id...]", "events by their ids");
  withFilter(command)
    .addOption(new Option("--newest", "newest first").conflicts("oldest"))
    .option("--oldest", "oldest first (default)")
    .option("--limit <n>", "events on a page", "50")
    .option("--after <place>", "the page after this one")
    .addOption(new Option("--aside <place>", "set-aside events instead").choices(["quarantined", "discarded"]))
    .option("--all", "every event, one JSON text a line, in no order")
    .addOption(
      new Option("--foreign", "events of the table that are not this relay's, by their type").conflicts("aside"),
    )
    .action(
      action((ids: string[], given: ListGiven) => {
        const filter = readFilter(ids, given);
        if (given.all === true) return (session) => listAll(session, filter, given.foreign === true, write);
        const order = given.newest === true ? "newest" : "oldest";
        const limit = readCount("--limit", given.limit, MAX_LIMIT);
        return (session) =>
          list(session, { filter, order, limit, after: given.after, place: given.aside, foreign: given.foreign });
      }),
    );
}

interface AuditGiven {
  readonly from: string;
  readonly to?: string;
  readonly gapless?: boolean;
  readonly limit: string;
}

function addAudit(program: Command, action: Action, write: (text: string) => void): void {
  program
    .command("audit")
    .description("what became of every event that the relay met in a time; needs an archive: docs/audit.md")
    .requiredOption("--from <time>", "its beginning: 2026-11-29T14:00:00Z, a day in UTC, or 24h for so long ago")
    .option("--to <time>", "its end, which is not part of it (default: now)")
    .option("--gapless", "sequences of ordering keys that were never met, where writers count without gaps")
    .option("--limit <n>", "events to show; --json has all", "50")
    .action(
      action(({ from, to, gapless, limit }: AuditGiven) => {
        const options = {
          from: readMoment("--from", from),
          to: to === undefined ? (nowMs: number) => nowMs : readMoment("--to", to),
          gapless: gapless === true,
          limit: readCount("--limit", limit, MAX_LIMIT),
        };
        return (session) => audit(session, options, write);
      }),
    );
}
