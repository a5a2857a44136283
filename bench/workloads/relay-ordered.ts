import type { TargetKind } from "../../lib/contract/deployment/target-kind.ts";
import { longestKeyGroupOf, ORDERED_KEYS } from "../ordered-rows.ts";
import { relayEnvironment } from "../relay-environment.ts";
import { type Contender, comparison, type Standings } from "../report/comparison.ts";
import { RECORDS } from "../rows.ts";
import { TARGET_MS } from "../stubs/stub-server.ts";
import { boundedRow } from "../timing.ts";
import type { Bench, Workload } from "../workload.ts";

/** The key with the most events decides the shortest time of a batch. */
const LONGEST_KEY_GROUP = longestKeyGroupOf(RECORDS);
const RUN_ENTRIES = 10;
const goal = { atMost: 1.2 };
/** With one event of a key at a time a round takes seconds, so it warms up on a part, and has few rounds. */
const WARM_UP_EVENTS = 200;
const WARM_UP_ROUNDS = 6;
const ROUNDS = 3;
/** Where runs share a call a round takes half a second. */
const RUNS_WARM_UP_ROUNDS = 12;
const KEYS = `${ORDERED_KEYS} keys, the n-th drawn 1/n as often as the first (Zipf); the longest key group has ${LONGEST_KEY_GROUP}.`;

async function orderedRelay(
  bench: Bench,
  ordering: "per-key" | "strict",
  kind: TargetKind,
  targetAt: (endpoint: string) => object,
  warmUpEvents: number,
): Promise<Contender> {
  const { file } = await bench.bundle("relay", kind);
  return {
    name: `${ordering}, ${kind}`,
    program: "contenders/ordered.ts",
    events: RECORDS,
    warmUpEvents,
    environment: (endpoint) => ({
      ...relayEnvironment(endpoint, { settings: { ordering }, target: { kind, ...targetAt(endpoint) } }),
      OUTBOX_BENCH_BUNDLE: file,
    }),
  };
}

const slowComparison = (bench: Bench, contender: Contender): Promise<Standings> =>
  comparison(bench, {
    contenders: [contender],
    rounds: Math.min(bench.rounds, ROUNDS),
    warmUpRounds: WARM_UP_ROUNDS,
  });

/** SQS refuses single entries, so a key has only one event in flight. */
const fifoQueue = (endpoint: string) => ({ queueUrl: `${endpoint}/123456789012/orders.fifo` });
/** A function that takes a call as a whole or not at all, so that several events of a key share a call. */
const atomicFunction = () => ({
  functionArn: "arn:aws:lambda:us-east-1:123456789012:function:orders",
  atomic: true,
  batchSize: RUN_ENTRIES,
});

export const relayOrdered: Workload = {
  name: "relay-ordered",
  about: "A batch with order per key, beside the least time that the longest key group allows.",
  async run(bench) {
    const oneByOne = await orderedRelay(bench, "per-key", "sqs", fifoQueue, WARM_UP_EVENTS);
    const runs = await orderedRelay(bench, "per-key", "lambda", atomicFunction, RECORDS);
    return [
      boundedRow(await slowComparison(bench, oneByOne), {
        name: "relay-ordered",
        ours: oneByOne.name,
        bound: oneInFlight(LONGEST_KEY_GROUP),
        goal,
        note: `SQS FIFO. ${KEYS}`,
      }),
      boundedRow(
        await comparison(bench, { contenders: [runs], rounds: bench.rounds, warmUpRounds: RUNS_WARM_UP_ROUNDS }),
        {
          name: "relay-ordered, runs share a call",
          ours: runs.name,
          bound: oneInFlight(Math.ceil(LONGEST_KEY_GROUP / RUN_ENTRIES)),
          goal,
          note: `A function that takes a call of ${RUN_ENTRIES} whole or not at all. ${KEYS}`,
        },
      ),
    ];
  },
};

export const relayStrict: Workload = {
  name: "relay-strict",
  about: "The same batch in strict mode, where a gap in a key's sequence holds up what comes after.",
  async run(bench) {
    const strict = await orderedRelay(bench, "strict", "sqs", fifoQueue, WARM_UP_EVENTS);
    return [
      boundedRow(await slowComparison(bench, strict), {
        name: "relay-strict",
        ours: strict.name,
        bound: oneInFlight(LONGEST_KEY_GROUP),
        goal,
        note: `SQS FIFO. ${KEYS}`,
      }),
    ];
  },
};

const oneInFlight = (calls: number) => ({ name: `${calls} calls in a row x ${TARGET_MS} ms`, ms: calls * TARGET_MS });
