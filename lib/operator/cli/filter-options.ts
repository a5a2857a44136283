import type { Command } from "commander";
import { Option } from "commander";
import { FAILURE_CLASSES, type FailureClass, type FailureScope } from "../../contract/failure.ts";
import { canonicalSortKey } from "../../contract/sort-key.ts";
import { OperatorError } from "../aws/operator-error.ts";
import type { EventFilter } from "../core/events/event-filter.ts";
import type { ReplayFilter } from "../core/replay/replay-request.ts";
import { readDuration } from "./times.ts";

export interface FilterOptions {
  readonly key?: string;
  readonly sequence?: string;
  readonly type?: string;
  readonly class?: FailureClass;
  readonly scope?: FailureScope;
  readonly failure?: string;
  readonly olderThan?: string;
  readonly newerThan?: string;
}

/** The filters that `list` and the commands that act have in common. */
export function withFilter(command: Command): Command {
  return command
    .option("--key <pk>", "events of this partition key")
    .option("--sequence <n>", "the event with this sort key; with --key")
    .option("--type <type>", "events of this type; order.* for all that begin so")
    .addOption(new Option("--class <class>", "events that failed so").choices([...FAILURE_CLASSES]))
    .addOption(new Option("--scope <scope>", "whose fault it was").choices(["event", "target"]))
    .option("--failure <text>", "events whose failure has this text in its code or message")
    .option("--older-than <time>", "events that wait for longer: 90s, 10m, 2h, 1d")
    .option("--newer-than <time>", "events that wait for less");
}

export function readFilter(ids: readonly string[], options: FilterOptions): EventFilter {
  const { key, type, class: failureClass, scope, failure, olderThan, newerThan } = options;
  return {
    ...(ids.length === 0 ? {} : { ids }),
    ...(key === undefined ? {} : { key }),
    ...(options.sequence === undefined ? {} : { sequence: readSequence(options) }),
    ...(type === undefined ? {} : { type: readType(type) }),
    ...(failureClass === undefined ? {} : { class: failureClass }),
    ...(scope === undefined ? {} : { scope }),
    ...(failure === undefined ? {} : { reason: failure }),
    ...(olderThan === undefined ? {} : { olderThanMs: readDuration("--older-than", olderThan) }),
    ...(newerThan === undefined ? {} : { newerThanMs: readDuration("--newer-than", newerThan) }),
  };
}

/**
 * A `*` alone would be every event. That is what `--all` is for, and a shell variable in front of the `*` may not be
 * set.
 */
function readType(type: string): string {
  if (type.trim() !== "*") return type;
  throw new OperatorError(
    "misuse",
    `--type is ${JSON.stringify(type)}, which is every type: give the beginning of one.`,
  );
}

function readSequence({ key, sequence = "" }: FilterOptions): string {
  const sortKey = canonicalSortKey(sequence.trim());
  if (key === undefined || sortKey === undefined) {
    throw new OperatorError("misuse", `--sequence is ${JSON.stringify(sequence)}: give a number, together with --key.`);
  }
  return sortKey;
}

/**
 * The filter in words, for the journal.
 *
 * @param longest UTF-16 code units: what is longer is cut.
 */
export function filterWords(filter: EventFilter | Omit<ReplayFilter, "destinationHash">, longest = 1_000): string {
  const words = Object.entries(filter).map(([name, value]) =>
    name === "ids" ? `ids ${(value as readonly string[]).join(", ")}` : `${name} ${String(value)}`,
  );
  return words.length === 0 ? "all" : words.join(", ").slice(0, longest);
}

export const DEFAULT_RATE = 100;
const MAX_RATE = 10_000;
/** An event in 100 seconds. Slower than that nobody means it, and a command that waits for days looks like one that hangs. */
const MIN_RATE = 0.01;

export function readRate(value: string | undefined): number {
  if (value === undefined) return DEFAULT_RATE;
  const rate = value.trim() === "" ? Number.NaN : Number(value);
  if (rate >= MIN_RATE && rate <= MAX_RATE) return rate;
  throw new OperatorError(
    "misuse",
    `--rate is ${JSON.stringify(value)}: it must be from ${MIN_RATE} to ${MAX_RATE} events a second.`,
  );
}

export function readCount(option: string, value: string, max: number): number {
  const count = value.trim() === "" ? Number.NaN : Number(value);
  if (Number.isInteger(count) && count >= 1 && count <= max) return count;
  throw new OperatorError(
    "misuse",
    `${option} is ${JSON.stringify(value)}: it must be a whole number from 1 to ${max}.`,
  );
}
