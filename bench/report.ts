import { longestLaneOf, ORDERED_KEYS } from "./ordered-rows.ts";
import { RECORDS } from "./rows.ts";
import { ratioOf, type Summary, summaryOf } from "./statistics.ts";
import { TARGET_MS } from "./stub-server.ts";
import type { RoundResult, WorkloadName } from "./workload.ts";

/** The aim for the handler, for a whole batch on one core. It is shown, and never asserted. */
const AIM_MS = 350;

/** The same for order per key, as a ratio to the least time that one call in flight for each key allows. */
const ORDERED_AIM = 1.25;

type UnorderedName = Exclude<WorkloadName, "relay-ordered">;

const DESCRIPTIONS: Readonly<Record<UnorderedName, string>> = {
  floor: "floor: the same calls by bare HTTP, unsigned, bodies made before",
  "relay-unordered": "relay-unordered: the relay's bundle, fresh records",
  "relay-reread": "relay-unordered, records 60 s old: their rows are read first",
  sequential: "sequential: one event a call by the AWS SDK, then its delete",
};

const number = (value: number) => value.toLocaleString("en-US", { maximumFractionDigits: value < 10 ? 2 : 0 });
const range = ({ median, min, max }: Summary) => `${number(median)} (${number(min)}-${number(max)})`;

/** Writes the table: ratios first, for they hold on other machines, and times after. */
export function report(rounds: readonly (readonly RoundResult[])[]): string {
  const of = (workload: WorkloadName, value: (result: RoundResult) => number) =>
    rounds.flatMap((results) => results.filter((result) => result.workload === workload).map(value));
  const batchMs = (result: RoundResult) => (result.ms * RECORDS) / result.events;
  const costs = (workload: WorkloadName) => [
    range(summaryOf(of(workload, batchMs))),
    number(summaryOf(of(workload, (result) => (result.cpuMs * RECORDS) / result.events)).median),
    `${number(100 * summaryOf(of(workload, ({ stubBusy }) => stubBusy)).median)} %`,
  ];
  const floor = of("floor", batchMs);
  const rows = (Object.keys(DESCRIPTIONS) as UnorderedName[]).map((workload) => [
    `x ${range(ratioOf(of(workload, batchMs), floor))}`,
    ...costs(workload),
    DESCRIPTIONS[workload],
  ]);
  const relay = of("relay-unordered", batchMs);
  const sequential = of("sequential", batchMs);
  const slices = of("sequential", ({ ms }) => ms);
  const sequentialEvents = of("sequential", ({ events }) => events);
  const measured = sequentialEvents.reduce((sum, events) => sum + events, 0);
  const { median } = summaryOf(relay);
  const longest = longestLaneOf(RECORDS);
  const boundMs = longest * TARGET_MS;
  const ordered = summaryOf(of("relay-ordered", ({ ms }) => ms / boundMs));
  const headings = [`ms per ${number(RECORDS)} events`, "CPU ms", "stub busy", "workload"];
  const description = `relay-ordered: the relay's bundle for SQS FIFO, per-key, ${ORDERED_KEYS} keys (Zipf)`;
  return [
    ...table([["x the floor", ...headings], ...rows]),
    "",
    ...table([
      ["x its bound", ...headings],
      [`x ${range(ordered)}`, ...costs("relay-ordered"), description],
    ]),
    `Its bound is ${number(boundMs)} ms: the longest lane of ${longest} events, one in flight, x ${TARGET_MS} ms. Each round published every event once, in order per key, and deleted it.`,
    `The aim is x ${ORDERED_AIM} or better: the median is ${ordered.median <= ORDERED_AIM ? "within it" : "over it"}.`,
    "",
    `relay-vs-sequential: ${number(ratioOf(sequential, relay).median)} times as fast.`,
    `The sequential rows are scaled: ${sequentialEvents[0]} events a round, ${number(measured)} in all rounds together, which took ${number(slices.reduce((sum, ms) => sum + ms, 0))} ms.`,
    `The aim is ${AIM_MS} ms for ${number(RECORDS)} records on one core: the median is ${number(median)} ms, ${median < AIM_MS ? "under it" : "over it"}.`,
  ].join("\n");
}

function table(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_heading, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("   ")
      .trimEnd(),
  );
}
