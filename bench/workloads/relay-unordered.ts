import { floorContender, publishOnlyFloor, publishOnlyRelay, relayContender, WARM_UP_ROUNDS } from "../contenders.ts";
import { comparison } from "../report/comparison.ts";
import { TABLE_MS, TARGET_MS } from "../stubs/stub-server.ts";
import { timedRow } from "../timing.ts";
import type { Workload } from "../workload.ts";

/**
 * The same calls by bare HTTP are the floor: unsigned, with bodies made before the clock starts, and at the relay's own
 * concurrency. To compare a variant, add another `relayContender` with its settings, and a row.
 */
export const relayUnordered: Workload = {
  name: "relay-unordered",
  about: "A whole batch of unordered events to EventBridge, and their deletes, beside the same calls by bare HTTP.",
  async run(bench) {
    const relay = await relayContender(bench, "relay");
    const standings = await comparison(bench, {
      contenders: [floorContender, relay, publishOnlyFloor, publishOnlyRelay],
      rounds: bench.rounds,
      warmUpRounds: WARM_UP_ROUNDS,
    });
    const goal = { atMost: 2 };
    return [
      timedRow(standings, {
        name: "relay-unordered",
        ours: relay.name,
        theirs: floorContender.name,
        against: "the same calls by bare HTTP",
        goal,
        note: `The target answers after ${TARGET_MS} ms, the table after ${TABLE_MS} ms.`,
      }),
      timedRow(standings, {
        name: "relay-unordered, publish only",
        ours: publishOnlyRelay.name,
        theirs: publishOnlyFloor.name,
        against: "the same calls by bare HTTP",
        goal,
        note: "The handler's own parts, with a table whose deletes cost nothing.",
      }),
    ];
  },
};
