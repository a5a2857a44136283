import { itemBytes, writeUnits } from "../../lib/contract/codec/item-size.ts";
import { relayContender } from "../contenders.ts";
import { awsEnvironment } from "../relay-environment.ts";
import { comparison, type Round } from "../report/comparison.ts";
import { PRICES } from "../report/prices.ts";
import { ratioOf, type Summary, summaryOf } from "../report/statistics.ts";
import { rowOf } from "../rows.ts";
import type { Row, Workload } from "../workload.ts";
import { idleCost } from "./idle-cost.ts";

const MILLION = 1_000_000;
const MEMORY_GB = 1;
const WARM_UP_ROUNDS = 5;
const SEQUENTIAL_EVENTS = 100;
/** A mapping's default. https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-params.html */
const SEQUENTIAL_BATCH = 100;

/** Lambda polls a shard four times a second. */
const POLLS_A_SECOND = 4;
/** A row needs two write units for its put in a transaction and one for its delete; a partition has 1,000. */
const BUSY_SHARD_EVENTS = Math.floor(1_000 / 3 / POLLS_A_SECOND);
const QUIET_EVENTS_PER_SECOND = 10;
const QUIET_EVENTS = Math.ceil(QUIET_EVENTS_PER_SECOND / POLLS_A_SECOND);

const row = rowOf(0, Date.now());
const deletesOfAMillion = MILLION * writeUnits(itemBytes(row)) * PRICES.dynamodbWriteUnit;

/** Invocations of a number of events, and their billed time. */
function lambdaOfAMillion({ ms, events }: Round, batch: number): number {
  const seconds = ((ms / 1_000) * MILLION) / events;
  return (MILLION / batch) * PRICES.lambdaRequest + seconds * MEMORY_GB * PRICES.lambdaArmGigabyteSecond;
}

export const cost: Workload = {
  name: "cost",
  about:
    "What a million events cost from the stream to EventBridge, beside a pipe and beside one event a call; and what a relay costs that delivers none.",
  async run(bench) {
    const relay = await relayContender(bench, "relay");
    const standings = await comparison(bench, {
      contenders: [
        { ...relay, name: "busy", events: BUSY_SHARD_EVENTS },
        { ...relay, name: "quiet", events: QUIET_EVENTS },
        {
          name: "sequential",
          program: "contenders/sequential.ts",
          events: SEQUENTIAL_EVENTS,
          warmUpEvents: 20,
          environment: awsEnvironment,
        },
      ],
      rounds: Math.min(bench.rounds, 5),
      warmUpRounds: WARM_UP_ROUNDS,
    });
    const rounds = standings.of("busy");
    const ours = rounds.map((round) => lambdaOfAMillion(round, BUSY_SHARD_EVENTS));
    const quiet = standings.of("quiet").map((round) => lambdaOfAMillion(round, QUIET_EVENTS));
    const oneByOne = standings.of("sequential").map((round) => lambdaOfAMillion(round, SEQUENTIAL_BATCH));
    const pipe = [MILLION * PRICES.pipeRequest];
    const withDeletes = (sums: readonly number[]) => sums.map((sum) => sum + deletesOfAMillion);
    const over = (sums: readonly number[], theirs: number): Summary => summaryOf(sums.map((sum) => sum / theirs));
    const common = { unit: "$ per million events", goal: { atMost: 1 }, stubHeadroom: standings.stubHeadroom };
    const pipes = { name: "EventBridge Pipes", value: summaryOf(pipe) };
    const [{ calls } = { calls: {} }] = rounds;
    return [
      {
        ...common,
        name: "cost of carrying, beside a pipe",
        ours: summaryOf(ours),
        against: pipes,
        ratio: over(ours, pipe[0] ?? Number.NaN),
        note: `A busy shard: invocations of ${BUSY_SHARD_EVENTS} events, as a poll brings them, at 1,024 MB on arm64. Calls of one: ${callText(calls)}. The put in a transaction ($${(2 * deletesOfAMillion).toFixed(2)}) and the target ($${(MILLION * PRICES.eventBridgeEvent).toFixed(2)}) are the same for all.`,
      },
      {
        ...common,
        name: `cost of carrying at ${QUIET_EVENTS_PER_SECOND} events a second`,
        ours: summaryOf(quiet),
        against: pipes,
        ratio: over(quiet, pipe[0] ?? Number.NaN),
        note: `A quiet table: ${QUIET_EVENTS} events an invocation.`,
      },
      {
        ...common,
        name: "cost of carrying, beside one event a call",
        ours: summaryOf(ours),
        against: { name: "one event a call, in sequence", value: summaryOf(oneByOne) },
        ratio: ratioOf(ours, oneByOne),
        note: `Both at 1,024 MB; its batches are of ${SEQUENTIAL_BATCH}, a mapping's default.`,
      },
      {
        ...common,
        name: "cost with the deletes, beside a pipe that deletes nothing",
        ours: summaryOf(withDeletes(ours)),
        against: pipes,
        ratio: over(withDeletes(ours), pipe[0] ?? Number.NaN),
        note: `The price of the promise: a pipe leaves its rows to a TTL, which deletes undelivered ones too. A row of ${itemBytes(row).toLocaleString("en-US")} bytes takes ${writeUnits(itemBytes(row))} to delete, in write units; one above 1 KB takes another.`,
      },
      checkRow(rounds, standings.of("quiet")),
      ...(await idleCost(bench)),
    ];
  },
};

/** A check is a management event of CloudTrail, free in a first trail. */
function checkRow(busy: readonly Round[], quiet: readonly Round[]): Row {
  const target = MILLION * PRICES.eventBridgeEvent;
  const checks = (rounds: readonly Round[]) =>
    rounds.map(({ calls, events }) => ((calls["DescribeEventBus"] ?? 0) * MILLION) / events);
  const dollars = checks(busy).map((count) => count * PRICES.guardDutyEvent);
  const { median: ofQuiet } = summaryOf(checks(quiet));
  const { median: ofBusy } = summaryOf(checks(busy));
  const priceOf = (count: number) =>
    `${Math.round(count).toLocaleString("en-US")} checks, $${(count * PRICES.guardDutyEvent).toFixed(2)} where GuardDuty reads them and $${(count * PRICES.secondTrailEvent).toFixed(2)} in a second trail`;
  return {
    name: "cost of checks of the bus, where GuardDuty reads them",
    unit: "$ per million events",
    ours: summaryOf(dollars),
    against: { name: "EventBridge's own price", value: summaryOf([target]) },
    ratio: summaryOf(dollars.map((sum) => sum / target)),
    goal: { atMost: 0.2 },
    note: `A million events of a busy shard: ${priceOf(ofBusy)}. At ${QUIET_EVENTS_PER_SECOND} events a second: ${priceOf(ofQuiet)}. A first trail takes them for nothing; busCheckEverySeconds makes fewer.`,
  };
}

const callText = (calls: Round["calls"]): string =>
  Object.entries(calls)
    .filter(([, count]) => count > 0)
    .map(([operation, count]) => `${count} ${operation}`)
    .join(", ");
