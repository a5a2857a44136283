import { type Command, Option } from "commander";
import { OperatorError } from "../aws/operator-error.ts";
import { isEmptyReplayFilter, type ReplayFilter } from "../core/replay/replay-request.ts";
import type { Action } from "./action.ts";
import { type ReplayOptions, replayEvents } from "./commands/replay.ts";
import { DEFAULT_RATE, type FilterOptions, readFilter, readRate } from "./filter-options.ts";
import type { AskedReplay } from "./replay/asked-replay.ts";
import { readMoment } from "./times.ts";

interface ReplayGiven extends Pick<FilterOptions, "key" | "sequence" | "type"> {
  readonly from?: string;
  readonly to?: string;
  readonly destination?: string;
  readonly all?: boolean;
  readonly sendTo?: string;
  readonly sameId?: boolean;
  readonly newId?: boolean;
  readonly skipBusyKeys?: boolean;
  readonly resume?: string;
  readonly rate: string;
  readonly reason?: string;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
}

export function addReplay(program: Command, action: Action): void {
  program
    .command("replay")
    .description("puts acknowledged events into the outbox again; needs an archive with payloads: docs/replay.md")
    .argument("[id...]", "events by their ids")
    .option("--from <time>", "acknowledged since: 2026-11-29T14:00:00Z, a day in UTC, or 24h for so long ago")
    .option("--to <time>", "acknowledged before (default: now)")
    .option("--key <pk>", "events of this partition key")
    .option("--sequence <n>", "the event with this sort key; with --key")
    .option("--type <type>", "events of this type; order.* for all that begin so")
    .option("--destination <name>", "events that went there")
    .option("--all", "all there are")
    .option("--send-to <destination>", "another one of the relay's destinations (default: where they went)")
    .addOption(new Option("--same-id", "consumers may know them again (default)").conflicts("newId"))
    .option("--new-id", "nobody knows them again; replayof names the first id")
    .option("--skip-busy-keys", "leave keys out that have events in the table")
    .option("--resume <act>", "go on with a replay that was stopped or died")
    .option("--rate <n>", "events a second", String(DEFAULT_RATE))
    .option("--reason <text>", "why, for the journal")
    .option("--dry-run", "show what would be done; the default, but for a single event by its id")
    .option("--yes", "do it")
    .action(
      action((ids: string[], given: ReplayGiven) => {
        const options: ReplayOptions = {
          asked: given.resume === undefined ? readNew(ids, given) : readResume(ids, given, given.resume),
          why: given.reason,
          eventsPerSecond: readRate(given.rate),
          yes: given.yes === true,
          dryRun: given.dryRun === true,
        };
        return (session) => replayEvents(session, options);
      }),
    );
}

function readNew(ids: readonly string[], given: ReplayGiven): AskedReplay {
  const { from, to, destination, sendTo } = given;
  if (from === undefined) {
    throw new OperatorError(
      "misuse",
      "--from is missing: give the time since which the events were acknowledged, such as 24h; the archive is kept by time.",
    );
  }
  const filter: ReplayFilter = {
    ...readFilter(ids, pick(given)),
    ...(destination === undefined ? {} : { destination }),
  };
  if (isEmptyReplayFilter(filter) !== (given.all === true)) {
    const what = isEmptyReplayFilter(filter)
      ? "Nothing says which events: give ids, a filter, or --all."
      : "--all and a filter exclude each other: give one of them.";
    throw new OperatorError("misuse", what);
  }
  refuseTooLong(filter);
  return {
    kind: "new",
    from: readMoment("--from", from),
    to: to === undefined ? (nowMs: number) => nowMs : readMoment("--to", to),
    filter,
    sendTo,
    ids: given.newId === true ? "new" : "same",
    skipBusyKeys: given.skipBusyKeys === true,
  };
}

/** The journal keeps the request in one item of 400 KB, with a reason beside it that may be as long as an argument may be, 128 KB. */
const MAX_FILTER_KB = 256;

function refuseTooLong(filter: ReplayFilter): void {
  const kb = Math.ceil(Buffer.byteLength(JSON.stringify(filter)) / 1_024);
  if (kb <= MAX_FILTER_KB) return;
  throw new OperatorError(
    "misuse",
    `What says which events is ${kb} KB long, and the journal keeps ${MAX_FILTER_KB} KB of it: give fewer ids, in several ` +
      "replays, or other filters.",
  );
}

const pick = ({ key, sequence, type }: ReplayGiven): FilterOptions => ({
  ...(key === undefined ? {} : { key }),
  ...(sequence === undefined ? {} : { sequence }),
  ...(type === undefined ? {} : { type }),
});

/** A replay goes on with what it was asked for. */
const FIXED = {
  ...{ from: "--from", to: "--to", key: "--key", sequence: "--sequence", type: "--type", destination: "--destination" },
  ...{ all: "--all", sendTo: "--send-to", sameId: "--same-id", newId: "--new-id", skipBusyKeys: "--skip-busy-keys" },
} as const satisfies Partial<Record<keyof ReplayGiven, string>>;

function readResume(ids: readonly string[], given: ReplayGiven, actId: string): AskedReplay {
  const [other] = Object.entries(FIXED).flatMap(([name, option]) =>
    given[name as keyof typeof FIXED] === undefined ? [] : [option],
  );
  if (other === undefined && ids.length === 0) return { kind: "resume", actId };
  throw new OperatorError(
    "misuse",
    `--resume goes on with what the replay was asked for: leave ${other ?? "the ids"} out, or begin another replay.`,
  );
}
