import { parseArgs } from "node:util";

export interface RunOptions {
  /** Orders to write. @default 600 */
  readonly events: number;
  /** Orders a second. @default so that writing takes {@link WRITING_SECONDS}, 1 to {@link MAX_DEFAULT_RATE} */
  readonly ratePerSecond: number;
  /** Stay up after the show. @default false */
  readonly keep: boolean;
}

export const DEFAULT_EVENTS = 600;
/** Longer than the outage, so that orders are written before, during and after it. */
const WRITING_SECONDS = 30;
const MAX_DEFAULT_RATE = 100;
const MAX_EVENTS = 100_000;
const MAX_RATE_PER_SECOND = 1_000;

export type CommandLine =
  | { readonly kind: "run"; readonly options: RunOptions }
  | { readonly kind: "help" }
  | { readonly kind: "refused"; readonly message: string };

export const HELP = `Runs the outbox relay on this machine, on an AWS emulator, through an outage of its target.

Usage: npm start -- [options]

  --events N   orders to write, 1 to ${MAX_EVENTS} (default ${DEFAULT_EVENTS})
  --rate N     orders a second, 1 to ${MAX_RATE_PER_SECOND} (default: so that writing takes ${WRITING_SECONDS} s, ${MAX_DEFAULT_RATE} at most)
  --keep       stay up afterwards, and print lines to copy: the command outbox-relay, and an event of your own
  --help       this text

It needs Python 3.10 or later, or Docker, and no AWS account: it uses dummy credentials and an endpoint
on 127.0.0.1, whatever your shell is set to. A MiniStack that runs already is used when AWS_ENDPOINT_URL
names it.

Exit code: 0 when nothing was lost, 1 when something was or when the run failed, 2 for a wrong option.
`;

/** Reads the command line. Refusals are one line for the person who typed it. */
export function readCommandLine(args: readonly string[]): CommandLine {
  const parsed = parse(args);
  if (parsed.kind === "refused") {
    return parsed;
  }
  const { events, rate, keep, help } = parsed.values;
  if (help === true) {
    return { kind: "help" };
  }
  const eventCount = readNumber("--events", events ?? String(DEFAULT_EVENTS), MAX_EVENTS);
  if (typeof eventCount === "string") {
    return { kind: "refused", message: eventCount };
  }
  const ratePerSecond = rate === undefined ? defaultRate(eventCount) : readNumber("--rate", rate, MAX_RATE_PER_SECOND);
  if (typeof ratePerSecond === "string") {
    return { kind: "refused", message: ratePerSecond };
  }
  return { kind: "run", options: { events: eventCount, ratePerSecond, keep: keep === true } };
}

const defaultRate = (events: number): number =>
  Math.min(MAX_DEFAULT_RATE, Math.max(1, Math.round(events / WRITING_SECONDS)));

function parse(args: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        events: { type: "string" },
        rate: { type: "string" },
        keep: { type: "boolean" },
        help: { type: "boolean", short: "h" },
      },
    });
    return { kind: "parsed" as const, values };
  } catch (error) {
    // parseArgs explains unknown options and missing values in several sentences; the first is enough.
    const [message = "The command line cannot be read"] = String((error as Error).message).split(/\. |\n/);
    return { kind: "refused" as const, message: `${message.replace(/\.$/, "")}; --help lists the options.` };
  }
}

/** The number, or the message of its refusal. */
function readNumber(name: string, text: string, max: number): number | string {
  const value = text.trim() === "" ? Number.NaN : Number(text);
  return Number.isInteger(value) && value >= 1 && value <= max
    ? value
    : `${name} is ${JSON.stringify(text)}: it must be a whole number from 1 to ${max}.`;
}
