import { relayContender, WARM_UP_ROUNDS } from "../contenders.ts";
import { awsEnvironment } from "../relay-environment.ts";
import { type Contender, comparison } from "../report/comparison.ts";
import { RECORDS } from "../rows.ts";
import { timedRow } from "../timing.ts";
import type { Workload } from "../workload.ts";

const sequential: Contender = {
  name: "sequential",
  program: "contenders/sequential.ts",
  // A tenth of a batch: a whole one takes half a minute.
  events: RECORDS / 10,
  warmUpEvents: 10,
  environment: awsEnvironment,
};

export const relayVsSequential: Workload = {
  name: "relay-vs-sequential",
  about: "The relay beside the common Lambda: one event a call, one call after the other.",
  async run(bench) {
    const relay = await relayContender(bench, "relay");
    const standings = await comparison(bench, {
      contenders: [relay, sequential],
      rounds: Math.min(bench.rounds, 5),
      warmUpRounds: WARM_UP_ROUNDS,
    });
    return [
      timedRow(standings, {
        name: "relay-vs-sequential",
        ours: relay.name,
        theirs: sequential.name,
        against: "one event a call, in sequence",
        goal: { atLeast: 100 },
        note: `Scaled from ${sequential.events} events a round in sequence.`,
      }),
    ];
  },
};

const powertools: Contender = {
  name: "powertools",
  program: "contenders/powertools.ts",
  events: RECORDS,
  environment: (endpoint) => ({ ...awsEnvironment(endpoint), POWERTOOLS_SERVICE_NAME: "bench" }),
};

export const relayVsPowertools: Workload = {
  name: "relay-vs-powertools",
  about: "The relay beside a Lambda made with Powertools' batch processor: one event a call, all calls at once.",
  async run(bench) {
    const relay = await relayContender(bench, "relay");
    const standings = await comparison(bench, {
      contenders: [relay, powertools],
      rounds: bench.rounds,
      warmUpRounds: WARM_UP_ROUNDS,
    });
    return [
      timedRow(standings, {
        name: "relay-vs-powertools",
        ours: relay.name,
        theirs: powertools.name,
        against: "Powertools' batch processor",
        goal: { atLeast: 5 },
      }),
    ];
  },
};
