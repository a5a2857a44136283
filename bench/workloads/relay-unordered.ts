import { type Contender, contest, type Round } from "../contest.ts";
import { relayEnvironment } from "../relay-environment.ts";
import { RECORDS } from "../rows.ts";
import { ratioOf, summaryOf } from "../statistics.ts";
import { TABLE_MS, TARGET_MS } from "../stub-server.ts";
import type { Bench, Row, Workload } from "../workload.ts";

const WARM_UP_ROUNDS = 5;

export const relayUnordered: Workload = {
  name: "relay-unordered",
  about: `The relay's handler with ${RECORDS.toLocaleString("en-US")} records, beside the same calls by bare HTTP.`,
  async run(bench: Bench): Promise<readonly Row[]> {
    const { file } = await bench.bundle("relay", "eventbridge");
    const floor: Contender = {
      name: "floor",
      program: "contenders/floor.ts",
      events: RECORDS,
      environment: (endpoint) => ({ AWS_ENDPOINT_URL: endpoint }),
    };
    const relay: Contender = {
      name: "relay",
      program: "contenders/relay.ts",
      events: RECORDS,
      environment: (endpoint) => ({ ...relayEnvironment(endpoint), OUTBOX_BENCH_BUNDLE: file }),
    };
    const standings = await contest(bench, {
      contenders: [floor, relay],
      rounds: bench.rounds,
      warmUpRounds: WARM_UP_ROUNDS,
    });
    const [ours, theirs] = [standings.of("relay"), standings.of("floor")];
    const ms = (rounds: readonly Round[]) => rounds.map((round) => round.ms);
    return [
      {
        name: "relay-unordered",
        unit: "ms",
        ours: summaryOf(ms(ours)),
        against: { name: "raw HTTP, unsigned", value: summaryOf(ms(theirs)) },
        ratio: ratioOf(ms(ours), ms(theirs)),
        goal: { atMost: 2 },
        cpuMicrosPerEvent: { ours: cpuMicros(ours), against: cpuMicros(theirs) },
        stubHeadroom: standings.stubHeadroom,
        note: `the target answers after ${TARGET_MS} ms, the table after ${TABLE_MS} ms`,
      },
    ];
  },
};

const cpuMicros = (rounds: readonly Round[]): number =>
  summaryOf(rounds.map(({ cpuMs, events }) => (1_000 * cpuMs) / events)).median;
